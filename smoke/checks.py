"""The checks, in order. Each returns what it saw or raises CheckError. Later checks use what earlier ones found."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

from smoke.http import Answer, CheckError, Client, NotSentError
from smoke.widget import FOREIGN_ORIGIN, Widget

type Json = dict[str, Any]
type Check = Callable[["Run"], str]

LOCATION = "x-dastra-location"
EXPOSED = {LOCATION, "date", "age", "retry-after"}
"""Headers that a page must be able to read of an answer; the SDK dates the place by two of them."""
PLACE = re.compile(r"[A-Z]{2}|(?:CA|US)-[A-Z]{2}")

FRESH = 600
"""Seconds: to the SDK, the place in an older answer is unknown."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 2.0  # seconds between two looks


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds until a decision must be in the archive, and a publication must be seen by visitors."""

    archive: float = 180
    edge: float = 120


@dataclass(slots=True)
class Run:
    """A run of all checks against one stack. ``may_be_enabled``: the widget has to be cleaned up."""

    client: Client
    widget: Widget
    deadlines: Deadlines = field(default_factory=Deadlines)
    label: str = "Smoke test"
    may_be_enabled: bool = False
    version_key: str = ""
    etag: str = ""
    consent_id: str = ""

    def publish(self, *, enabled: bool = True) -> Answer:
        """Publish the widget. Raise CheckError if that failed."""
        definition = self.widget.definition(self.label, enabled=enabled)
        was_enabled, self.may_be_enabled = self.may_be_enabled, True  # also if the answer is lost
        try:
            answer = self.client.administer("PUT", f"/v1/widgets/{self.widget.id}?confirm=true", definition)
        except NotSentError:
            self.may_be_enabled = was_enabled
            raise
        if 400 <= answer.status < 500:
            self.may_be_enabled = was_enabled
        answer.expect(200, 201)
        self.may_be_enabled = enabled
        self.version_key = answer.member("versionKey")
        return answer

    @property
    def settings_path(self) -> str:
        return f"/v1/client/cookie-widget-settings/{self.widget.id}?key={self.widget.key}"

    def settings(self, origin: str, *, culture: str = "", **headers: str) -> Answer:
        path = f"{self.settings_path}&culture={culture}" if culture else self.settings_path
        return self.client.visit("GET", path, {"Origin": origin, **headers})

    def lookup(self) -> Json:
        """Return the consent's only decision. Raise CheckError if it is not there, or not as it must be."""
        if not self.consent_id:
            raise CheckError("not checked: no decision was stored")
        question = {"consentId": self.consent_id, "widgetId": self.widget.id, "dates": []}
        decisions = self.client.administer("POST", "/v1/consents/lookup", question).expect(200).member("decisions")
        if len(decisions) != 1:
            raise CheckError(f"expected one decision, found {len(decisions)}")
        decision: Json = decisions[0]
        refuted = [claim["claim"] for claim in decision["claims"] if claim["holds"] is False]
        if refuted:
            raise CheckError(f"does not hold: {' '.join(refuted)}")
        return decision


def publish(run: Run) -> str:
    answer = run.publish()
    return f"{answer.status}, version {run.version_key} ({answer.took})"


def settings(run: Run) -> str:
    answer, seconds = _until(run.deadlines.edge, lambda: run.settings(run.widget.origin), lambda a: a.status == 200)
    _expect_version(answer.expect(200), run.version_key)
    run.etag = answer.headers.get("etag", "")
    if not run.etag:
        raise CheckError("the answer has no ETag")
    return f"200, version {run.version_key}{_of_the_cache(answer)} (after {seconds:.1f} s)"


def not_modified(run: Run) -> str:
    if not run.etag:
        raise CheckError("not checked: there are no settings")
    answer = run.settings(run.widget.origin, **{"If-None-Match": run.etag}).expect(304)
    return f"304{_of_the_cache(answer)} ({answer.took})"


def foreign_origin(run: Run) -> str:
    answer = run.settings(FOREIGN_ORIGIN).expect(403)
    if not answer.member("type").endswith(":origin-not-allowed"):
        raise CheckError(f"refused for another reason: {answer.member('type')}")
    return f"403 for {FOREIGN_ORIGIN} ({answer.took})"


def location(run: Run) -> str:
    """Ask in a language that was not asked for before: the first answer comes from the origin, later ones do not."""

    def ask(**headers: str) -> Answer:
        return run.settings(run.widget.origin, culture="de", **headers)

    miss = ask().expect(200)
    is_cached = "x-cache" in miss.headers  # CloudFront always says it
    if not is_cached and LOCATION not in miss.headers:
        return "not checked: no CloudFront stands in front (a local stack can have a PLACE)"
    hit, seconds = _until(run.deadlines.edge, ask, lambda a: not is_cached or _is_of_the_cache(a))
    if is_cached and not _is_of_the_cache(hit):
        raise CheckError(f"no answer came from the cache after {seconds:.0f} s")
    answers = {"miss": miss, "hit": hit.expect(200)}
    unchanged = ask(**{"If-None-Match": hit.headers.get("etag", "")}).expect(200, 304)
    answers[str(unchanged.status)] = unchanged
    places = {name: _place(answer, name) for name, answer in answers.items()}
    if LOCATION in run.settings(FOREIGN_ORIGIN).expect(403).headers:
        raise CheckError("a refusal has X-Dastra-Location")
    return ", ".join(f"{place} with a {name}{_of_the_cache(answers[name])}" for name, place in places.items())


def _place(answer: Answer, name: str) -> str:
    """Return where an answer says that this machine is. Raise CheckError if the SDK could not read it."""
    exposed = {each.strip().lower() for each in answer.headers.get("access-control-expose-headers", "").split(",")}
    if not exposed >= EXPOSED:
        raise CheckError(f"a {name} does not expose {', '.join(sorted(EXPOSED - exposed))}")
    if not PLACE.fullmatch(place := answer.headers.get(LOCATION, "")):
        raise CheckError(f"a {name} has {f'the X-Dastra-Location {place}' if place else 'no X-Dastra-Location'}")
    if abs(age := _age(answer, name)) >= FRESH:
        raise CheckError(f"a {name} is {age:.0f} s old, and the SDK takes no place that is {FRESH} s old")
    return place


def _age(answer: Answer, name: str) -> float:
    """Return how many seconds ago the edge made an answer, by its headers and this machine's clock, as the SDK does."""
    date, age = answer.headers.get("date", ""), answer.headers.get("age", "0")
    try:
        return answer.at - parsedate_to_datetime(date).timestamp() - int(age)
    except ValueError:
        raise CheckError(f"a {name} has the Date {date!r} and the Age {age!r}") from None


def decision(run: Run) -> str:
    path = f"/v1/client/collect/{run.widget.id}?key={run.widget.key}"
    body = run.widget.decision(run.version_key)
    answer = run.client.visit("POST", path, {"Origin": run.widget.origin}, body).expect(201)
    run.consent_id = answer.member("consentId")
    return f"201, consent {run.consent_id} ({answer.took})"


def lookup(run: Run) -> str:
    found = run.lookup()
    choices = {entry["slug"]: entry["consent"] for entry in found["proof"]["consents"]["cookieConsents"]}
    if choices != {"session": True, "statistics": True} or found["proof"]["origin"] != run.widget.origin:
        raise CheckError(f"the proof is another one: {choices} on {found['proof'].get('origin')}")
    return f"one decision of {found['proof']['date']} in version {found['proof']['consents']['versionKey']}"


def archive(run: Run) -> str:
    found, seconds = _until(run.deadlines.archive, run.lookup, lambda each: each["archived"] is not None)
    if found["archived"] is None:
        raise CheckError(f"the archive does not have the decision after {seconds:.0f} s")
    return f"{found['archived']['key']} (after {seconds:.1f} s)"


def publish_to_edge(run: Run) -> str:
    before = run.version_key
    run.label += ", changed"
    run.publish()
    if run.version_key == before:
        raise CheckError("the change made no new version")
    answer, seconds = _until(
        run.deadlines.edge,
        lambda: run.settings(run.widget.origin),
        lambda a: a.status == 200 and a.json().get("versionKey") == run.version_key,
    )
    _expect_version(answer.expect(200), run.version_key)
    return f"version {run.version_key}{_of_the_cache(answer)} (after {seconds:.1f} s)"


def side_door(run: Run) -> str:
    url = run.client.stack.api_url
    if url is None:
        return "not checked: no CloudFront stands in front of this machine's API"
    answer = run.client.bypass("GET", run.settings_path, {"Origin": run.widget.origin})
    if answer.status != 403:
        raise CheckError(f"{url} answered {answer.status}, not 403: set OriginVerify, which is off")
    if not answer.member("type").endswith(":not-through-the-front-door"):
        raise CheckError(f"refused for another reason: {answer.member('type')}")
    return f"403 at {url} ({answer.took})"


CHECKS: dict[str, Check] = {
    "publish": publish,
    "settings": settings,
    "not modified": not_modified,
    "foreign origin": foreign_origin,
    "location": location,
    "side door": side_door,
    "decision": decision,
    "lookup": lookup,
    "archive": archive,
    "publish to edge": publish_to_edge,
}


def _until[T](seconds: float, look: Callable[[], T], is_there: Callable[[T], bool]) -> tuple[T, float]:
    """Look again until it is there or the time is over. Return the last look, and how long that took."""
    started, pause = time.monotonic(), SHORTEST_PAUSE
    while not is_there(seen := look()) and time.monotonic() - started + pause < seconds:
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
    return seen, time.monotonic() - started


def _expect_version(answer: Answer, version_key: str) -> None:
    if (seen := answer.json().get("versionKey")) != version_key:
        raise CheckError(f"expected version {version_key}, got {seen}")


def _is_of_the_cache(answer: Answer) -> bool:
    return "hit" in answer.headers.get("x-cache", "").lower()


def _of_the_cache(answer: Answer) -> str:
    return f", {answer.headers['x-cache']}" if "x-cache" in answer.headers else ""
