"""/v1/widgets, /v1/widgets/… and /v1/library, behind IAM. Each route is one call into the layer."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import accumulate
from typing import TypedDict

from consent_core.catalogue import LiveWidget
from consent_core.dynamodb import connect
from consent_core.environment import Environment
from consent_core.errors import MalformedError, NotFoundError
from consent_core.http import UNCHECKED, Request, Response, endpoint, json_response, response
from consent_core.observability import Telemetry
from consent_core.publishing import changes, check, drafts, history, known_services, widgets
from consent_core.publishing.changes import Published
from consent_core.publishing.definitions import definition_from_json, definition_of
from consent_core.widget_table import Draft, WidgetTable

ENVIRONMENT = Environment.from_environment()
TELEMETRY = Telemetry()
WIDGETS = WidgetTable(connect(for_operators=True), ENVIRONMENT.widgets_table)

DEFINITION_LIMIT = 1_048_576  # bytes of a definition with white space; once it is read, publishing accepts 350,000
LARGEST_ANSWER = 4_000_000  # characters of a list of changes; Lambda allows 6 MB


class Authorship(TypedDict):
    """The actor and time of a change, and the revision that the actor expects."""

    actor: str
    now: datetime
    expected: int | None


def listed(request: Request) -> Response:
    page = widgets.listed(WIDGETS, after=request.after)
    return json_response(200, {"widgets": [widgets.as_json(each) for each in page.widgets], "next": page.next})


def create(request: Request) -> Response:
    label, origin = request.member("label", str), request.named_origin
    languages = request.option("languages", list)
    stated = ["en"] if languages is None else languages
    draft = drafts.create(WIDGETS, label, origin, stated, actor=request.principal, now=datetime.now(UTC))
    TELEMETRY.about(draft.widget_id)
    body = {"widgetId": draft.widget_id, "key": json.loads(draft.definition)["keys"][0]}
    return json_response(201, body, _tagged(draft.number))


def show(request: Request) -> Response:
    widget = widgets.read(WIDGETS, request.widget_id)
    return json_response(200, widget.definition, _tagged(widget.live.revision))


def publish(request: Request) -> Response:
    definition = definition_of(request.widget_id, request.text(limit=DEFINITION_LIMIT))
    if request.flag("dryRun"):
        plan = changes.plan(WIDGETS, definition, now=datetime.now(UTC), expected=request.expected_revision)
        return json_response(200, {"widgetId": definition.id, **plan.as_json()})
    confirmed = request.flag("confirm")
    return _changed(definition.id, changes.publish(WIDGETS, definition, confirmed=confirmed, **_authorship(request)))


def check_definition(request: Request) -> Response:
    stated = request.text(limit=DEFINITION_LIMIT)
    return json_response(200, check.check(WIDGETS, request.widget_id, stated, now=datetime.now(UTC)).as_json())


def search_library(request: Request) -> Response:
    found = known_services.search(request.search)
    return json_response(200, {"services": [known.summary() for known in found]})


def versions(request: Request) -> Response:
    live = widgets.read_with_deleted(WIDGETS, request.widget_id)
    published, current = WIDGETS.versions(request.widget_id), None if live.deleted else live.version_key
    listed = [{"versionKey": key, "publishedAt": at, "live": key == current} for key, at in published]
    return json_response(200, {"versions": listed}, _tagged(live.revision))


def version(request: Request) -> Response:
    definition = WIDGETS.definition(request.widget_id, request.version_key)
    if definition is None:
        raise NotFoundError.version(request.widget_id, request.version_key)
    return response(200, definition)


def add_origin(request: Request) -> Response:
    return _origins(changes.add_origin(WIDGETS, request.widget_id, request.named_origin, **_authorship(request)))


def remove_origin(request: Request) -> Response:
    return _origins(changes.remove_origin(WIDGETS, request.widget_id, request.named_origin, **_authorship(request)))


def add_key(request: Request) -> Response:
    key = request.option("key", str)
    return _keys(changes.add_key(WIDGETS, request.widget_id, key, **_authorship(request)))


def retire_key(request: Request) -> Response:
    key = request.member("key", str)
    return _keys(changes.retire_key(WIDGETS, request.widget_id, key, **_authorship(request)))


def raise_renewal(request: Request) -> Response:
    return _changed(request.widget_id, changes.raise_renewal(WIDGETS, request.widget_id, **_authorship(request)))


def set_developer_mode(request: Request) -> Response:
    on = request.member("developerMode", bool)
    published = changes.set_developer_mode(WIDGETS, request.widget_id, on=on, **_authorship(request))
    return _changed(request.widget_id, published)


def set_enabled(request: Request) -> Response:
    on = request.member("enabled", bool)
    published = changes.set_enabled(WIDGETS, request.widget_id, on=on, **_authorship(request))
    return _changed(request.widget_id, published)


def roll_back(request: Request) -> Response:
    revision, version_key = request.option("revision", int), request.option("versionKey", str)
    if revision is not None and version_key is not None:
        raise MalformedError.at("body", "versionKey", kind="contradiction")
    version = request.member("versionKey", str) if revision is None else revision
    with_domains = request.option("withDomains", bool) or False
    published = changes.roll_back(
        WIDGETS, request.widget_id, version, with_domains=with_domains, **_authorship(request)
    )
    return _changed(request.widget_id, published)


def delete(request: Request) -> Response:
    even = request.flag("evenWithProofs")
    live = changes.delete(WIDGETS, request.widget_id, even_with_proofs=even, **_authorship(request))
    return json_response(200, {"widgetId": live.widget_id, "revision": live.revision}, _tagged(live.revision))


def audit(request: Request) -> Response:
    live = widgets.read_with_deleted(WIDGETS, request.widget_id)
    entries = [moment.as_json() for moment in history.read(WIDGETS, live)]
    shown = _fitting(entries)
    left_out = {"leftOut": len(entries) - len(shown)} if len(shown) < len(entries) else {}
    return json_response(200, {"changes": shown, **left_out}, _tagged(live.revision))


def show_draft(request: Request) -> Response:
    draft = drafts.read(WIDGETS, request.widget_id)
    return _drafted(draft, definition=json.loads(draft.definition))


def save_draft(request: Request) -> Response:
    widget_id = request.widget_id
    if request.flag("partial"):
        part = request.members(limit=DEFINITION_LIMIT)
        return _drafted(drafts.save_part(WIDGETS, widget_id, part, **_authorship(request)))
    definition = definition_from_json(request.text(limit=DEFINITION_LIMIT), parts_only=True)
    drafts.check_id(definition, widget_id)
    return _drafted(drafts.save(WIDGETS, definition, **_authorship(request)))


def discard_draft(request: Request) -> Response:
    drafts.discard(WIDGETS, request.widget_id, expected=request.expected_revision)
    return response(204)


def publish_draft(request: Request) -> Response:
    confirmed = request.flag("confirm")
    published = drafts.publish(WIDGETS, request.widget_id, confirmed=confirmed, **_authorship(request))
    return _changed(request.widget_id, published)


ROUTES: Mapping[str, Callable[[Request], Response]] = {
    "GET /v1/widgets": listed,
    "POST /v1/widgets": create,
    "GET /v1/widgets/{id}": show,
    "PUT /v1/widgets/{id}": publish,
    "POST /v1/widgets/{id}/check": check_definition,
    "GET /v1/widgets/{id}/versions": versions,
    "GET /v1/widgets/{id}/versions/{versionKey}": version,
    "DELETE /v1/widgets/{id}": delete,
    "POST /v1/widgets/{id}/origins": add_origin,
    "POST /v1/widgets/{id}/origins/remove": remove_origin,
    "POST /v1/widgets/{id}/keys": add_key,
    "POST /v1/widgets/{id}/keys/retire": retire_key,
    "POST /v1/widgets/{id}/enabled": set_enabled,
    "POST /v1/widgets/{id}/renewal": raise_renewal,
    "POST /v1/widgets/{id}/developer-mode": set_developer_mode,
    "POST /v1/widgets/{id}/rollback": roll_back,
    "GET /v1/widgets/{id}/changes": audit,
    "GET /v1/library": search_library,
    "GET /v1/widgets/{id}/draft": show_draft,
    "PUT /v1/widgets/{id}/draft": save_draft,
    "DELETE /v1/widgets/{id}/draft": discard_draft,
    "POST /v1/widgets/{id}/draft/publish": publish_draft,
}
READING = frozenset(route for route in ROUTES if route.startswith("GET ")) | {"POST /v1/widgets/{id}/check"}


@endpoint(
    TELEMETRY, refused="AdministrationRefused", secret=UNCHECKED
)  # not behind CloudFront; IAM authorises the caller
def handler(request: Request) -> Response:
    """Call the function of the route, and count the request."""
    if "{id}" in request.route:
        TELEMETRY.about(request.widget_id)
    answer = ROUTES[request.route](request)
    is_read = request.route in READING
    TELEMETRY.outcome("AdministrationRead" if is_read else "AdministrationChanged", status=answer["statusCode"])
    return answer


def _authorship(request: Request) -> Authorship:
    return {"actor": request.principal, "now": datetime.now(UTC), "expected": request.expected_revision}


def _changed(widget_id: int, published: Published) -> Response:
    body = {
        "widgetId": widget_id,
        "versionKey": published.version_key,
        "revision": published.revision,
        "isNewVersion": published.is_new_version,
        **({} if published.kept_renewal is None else {"keptRenewal": published.kept_renewal}),
    }
    is_new = published.revision == 1 and published.is_new_version
    return json_response(201 if is_new else 200, body, _tagged(published.revision))


def _origins(live: LiveWidget) -> Response:
    body = {"widgetId": live.widget_id, "revision": live.revision, "origins": live.origins}
    return json_response(200, body, _tagged(live.revision))


def _keys(live: LiveWidget) -> Response:
    body = {"widgetId": live.widget_id, "revision": live.revision, "keys": live.keys}
    return json_response(200, body, _tagged(live.revision))


def _drafted(draft: Draft, **more: object) -> Response:
    return json_response(200, {**drafts.as_json(draft), **more}, _tagged(draft.number))


def _fitting(entries: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return as many of the entries, newest first, as an answer can hold."""
    sizes = accumulate(len(json.dumps(entry)) for entry in entries)
    return [entry for entry, size in zip(entries, sizes, strict=True) if size <= LARGEST_ANSWER]


def _tagged(revision: int) -> dict[str, str]:
    """Return the entity tag that a change sends in If-Match. A draft's revision is its number."""
    return {"etag": json.dumps(str(revision))}
