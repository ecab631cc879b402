"""Drafts of definitions, from the first edit to the publication."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent_core import shapes
from consent_core.catalogue import LiveWidget, Purpose
from consent_core.errors import (
    ConflictError,
    DefinitionError,
    DraftConflictError,
    NotFoundError,
    UnconfirmedError,
)
from consent_core.publishing import changes, drafts, widgets
from consent_core.publishing.changes import Published
from consent_core.publishing.definitions import WidgetDefinition, definition_from_json
from consent_core.widget_table import LARGEST_ITEM, Draft
from local.tables import Tables

WIDGET = 44
NOW = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
AT = "2026-11-30T10:00:00.000Z"


class By(TypedDict):
    actor: str
    now: datetime


ADA: By = {"actor": "ada", "now": NOW}
BOB: By = {"actor": "bob", "now": NOW + timedelta(minutes=1)}


def live(tables: Tables, widget_id: int = WIDGET) -> LiveWidget:
    found = tables.widgets.live(widget_id)
    assert found is not None
    return found


def definition(tables: Tables, **changed: object) -> WidgetDefinition:
    """The definition that is live, with changes; its parts need not fit together."""
    stated = widgets.read(tables.widgets, WIDGET).definition | changed
    return definition_from_json(json.dumps(stated), parts_only=True)


def stated(draft: Draft) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(draft.definition)
    return found


def draft_of(tables: Tables, **part: object) -> Draft:
    """Begin a draft of the widget with these members changed."""
    return drafts.save_part(tables.widgets, WIDGET, part, **ADA)


MISFIT = {"consentCookieDomain": "co.uk"}
"""A part that is valid by itself, and cannot be published."""
MISFITS_PROBLEM = "consentCookieDomain: browsers refuse cookies for co.uk, a public suffix"

# --- Editing ----------------------------------------------------------------------------------------------------------


def test_a_draft_begins_with_what_is_live(tables: Tables) -> None:
    before = live(tables)
    draft = drafts.start(tables.widgets, WIDGET, **ADA)

    assert drafts.read(tables.widgets, WIDGET) == draft
    assert stated(draft) == widgets.read(tables.widgets, WIDGET).definition
    assert (draft.number, draft.based_on, draft.changed_by, draft.changed_at) == (1, before.revision, "ada", AT)
    assert (draft.is_valid, draft.last_valid) == (True, None)
    assert live(tables) == before


def test_a_widget_has_one_draft(tables: Tables) -> None:
    draft = drafts.start(tables.widgets, WIDGET, **ADA)
    beginnings: list[Callable[[], object]] = [
        lambda: drafts.start(tables.widgets, WIDGET, **BOB),
        lambda: drafts.save(tables.widgets, definition(tables), **BOB),
        lambda: drafts.save_part(tables.widgets, WIDGET, {"label": "Bob's"}, **BOB),
    ]
    for begin in beginnings:
        with pytest.raises(DraftConflictError) as told:
            begin()
        assert told.value.members == {"number": 1, "changedAt": AT, "changedBy": "ada"}
    assert drafts.read(tables.widgets, WIDGET) == draft


def test_a_part_is_saved_and_the_others_stay(tables: Tables) -> None:
    first = draft_of(tables, label="Ours", position="Center")
    second = drafts.save_part(tables.widgets, WIDGET, {"label": "Mine"}, expected=1, **BOB)

    assert (stated(first)["label"], stated(second)["label"], stated(second)["position"]) == ("Ours", "Mine", "Center")
    assert (second.number, second.label, second.changed_by) == (2, "Mine", "bob")
    third = drafts.save_part(tables.widgets, WIDGET, {"position": None}, expected=2, **BOB)
    assert stated(third)["position"] == "BottomLeft"


def test_a_stale_save_is_told_who_was_first_and_writes_nothing(tables: Tables) -> None:
    draft_of(tables, label="Ours")
    kept = drafts.save_part(tables.widgets, WIDGET, {"label": "Bob's"}, expected=1, **BOB)

    with pytest.raises(DraftConflictError, match=r"Draft 2 of widget 44 was saved by bob at 2026-11-30T10:01:00.000Z"):
        drafts.save_part(tables.widgets, WIDGET, {"label": "Ada's"}, expected=1, **ADA)
    with pytest.raises(DraftConflictError):
        drafts.save(tables.widgets, definition(tables), expected=1, **ADA)
    assert drafts.read(tables.widgets, WIDGET) == kept


def test_of_two_saves_at_the_same_moment_one_wins(tables: Tables) -> None:
    draft = draft_of(tables, label="Ours")
    won = replace(draft, number=2, changed_by="bob")
    tables.widgets.save_draft(won)

    with pytest.raises(DraftConflictError) as told:
        tables.widgets.save_draft(replace(draft, number=2, changed_by="ada"))
    assert told.value.members == {"number": 2, "changedAt": AT, "changedBy": "bob"}
    assert drafts.read(tables.widgets, WIDGET) == won


@pytest.mark.parametrize(
    ("part", "problems"),
    [
        ({"bgColor": "red"}, ("bgColor: must be a colour such as #1a2b3c",)),
        ({"colour": "red"}, ("colour: it is not known: is it a typing error?",)),
        ({"label": None}, ("label: it is missing",)),
        ({"id": 43}, ("id: it is 43, but this is the draft of widget 44",)),
    ],
)
def test_a_part_that_is_not_valid_by_itself_is_refused(
    tables: Tables, part: dict[str, object], problems: tuple[str, ...]
) -> None:
    draft = draft_of(tables, label="Ours")
    with pytest.raises(DefinitionError) as refused:
        drafts.save_part(tables.widgets, WIDGET, part, expected=1, **ADA)
    assert refused.value.problems == problems
    assert drafts.read(tables.widgets, WIDGET) == draft


def test_parts_that_do_not_fit_together_are_saved_with_the_last_version_that_could_be_published(tables: Tables) -> None:
    good = draft_of(tables, label="Good")
    misfit = drafts.save_part(tables.widgets, WIDGET, MISFIT, expected=1, **ADA)
    worse = drafts.save_part(tables.widgets, WIDGET, {"label": "Worse"}, expected=2, **ADA)
    mended = drafts.save_part(tables.widgets, WIDGET, {"consentCookieDomain": None}, expected=3, **ADA)

    assert drafts.problems(misfit) == (MISFITS_PROBLEM,)
    assert [each.is_valid for each in (good, misfit, worse, mended)] == [True, False, False, True]
    assert [each.last_valid for each in (good, misfit, worse, mended)] == [None, good.definition, good.definition, None]
    assert drafts.read(tables.widgets, WIDGET) == mended


def test_a_draft_has_the_bound_of_definitions(tables: Tables) -> None:
    """With a version that could be published beside it, the item would be too large for the table: the draft stays."""
    services = [
        {"name": "Service", "slug": f"s-{number}", "purpose": 2, "description": "ü" * 1_000} for number in range(100)
    ]
    large = draft_of(tables, services=services)
    assert LARGEST_ITEM / 2 < len(large.definition.encode()) < LARGEST_ITEM
    misfit = drafts.save_part(tables.widgets, WIDGET, MISFIT, expected=1, **ADA)
    assert (misfit.is_valid, misfit.last_valid) == (False, None)
    assert drafts.read(tables.widgets, WIDGET) == misfit

    more = [{**each, "slug": f"t-{number}"} for number, each in enumerate(services)]
    with pytest.raises(DefinitionError) as refused:
        drafts.save_part(tables.widgets, WIDGET, {"services": services + more}, expected=2, **ADA)
    (problem,) = refused.value.problems
    assert problem.startswith("The definition would have 4")
    assert problem.endswith(" bytes, and 350,000 can be stored: shorten texts, styles or images")


NAMES = st.sampled_from(["label", "bgColor", "services", "languages", "translations", "id", "keys", "unknown"])
TEXT = st.text(st.characters(codec="utf-8") | st.characters(categories=["Cs"]), max_size=9)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.dictionaries(NAMES, JSON, max_size=3))
def test_any_part_is_saved_whole_or_refused_without_a_trace(tables: Tables, part: Mapping[str, object]) -> None:
    found = tables.widgets.draft(WIDGET)
    before = found or drafts.start(tables.widgets, WIDGET, **ADA)
    try:
        after = drafts.save_part(tables.widgets, WIDGET, part, expected=before.number, **ADA)
    except DefinitionError:
        after = before
    assert drafts.read(tables.widgets, WIDGET) == after
    assert after.number - before.number == (after is not before)
    definition_from_json(after.definition, parts_only=True)


def test_a_draft_is_discarded_and_its_number_never_comes_again(tables: Tables) -> None:
    """Otherwise a page that was left open could save on another draft than its own."""
    draft_of(tables, label="Ours")
    with pytest.raises(DraftConflictError):
        drafts.discard(tables.widgets, WIDGET, expected=2)
    drafts.discard(tables.widgets, WIDGET, expected=1)

    for ask in (drafts.read, drafts.discard):
        with pytest.raises(NotFoundError, match="Widget 44 has no draft"):
            ask(tables.widgets, WIDGET)
    with pytest.raises(DraftConflictError, match="was published or discarded in the meantime"):
        drafts.save_part(tables.widgets, WIDGET, {"label": "Late"}, expected=1, **ADA)
    assert drafts.start(tables.widgets, WIDGET, **BOB).number == 3


def test_nothing_of_a_draft_that_is_over_stays(tables: Tables) -> None:
    draft_of(tables, label="Ours")
    drafts.discard(tables.widgets, WIDGET)

    key = {"widgetId": {"N": "44"}, "version": {"S": "draft"}}
    client: Any = boto3.client("dynamodb")
    assert client.get_item(TableName="WidgetsTable", Key=key)["Item"] == {**key, "revision": {"N": "2"}}


@pytest.mark.parametrize("widget_id", [999, 998])
def test_a_widget_that_is_not_live_gets_no_draft(tables: Tables, widget_id: int) -> None:
    if widget_id == 998:
        changes.publish(tables.widgets, definition(tables).model_copy(update={"id": 998, "enabled": False}), **ADA)
        changes.delete(tables.widgets, 998, even_with_proofs=True, **ADA)
    with pytest.raises(NotFoundError):
        drafts.start(tables.widgets, widget_id, **ADA)
    assert tables.widgets.draft(widget_id) is None


def test_deleting_a_widget_discards_its_draft(tables: Tables) -> None:
    draft_of(tables, label="Ours")
    changes.set_enabled(tables.widgets, WIDGET, on=False, **ADA)
    changes.delete(tables.widgets, WIDGET, even_with_proofs=True, **ADA)
    assert tables.widgets.draft(WIDGET) == Draft(WIDGET, 2)


# --- Publishing -------------------------------------------------------------------------------------------------------


def test_a_draft_is_published_and_over_in_one_transaction(tables: Tables) -> None:
    before = live(tables)
    draft_of(tables, label="Ours")
    published = drafts.publish(tables.widgets, WIDGET, **BOB)

    after = live(tables)
    assert published == Published(after.version_key, before.revision + 1, is_new_version=True)
    assert (after.label, after.created_at) == ("Ours", before.created_at)
    assert tables.widgets.draft(WIDGET) == Draft(WIDGET, 2)
    (entry, *_) = tables.widgets.changes(WIDGET)
    assert (entry.change.what, entry.change.actor, entry.change.detail) == ("publish", "bob", "label")
    with pytest.raises(NotFoundError):
        drafts.publish(tables.widgets, WIDGET, **BOB)


def test_a_draft_that_changes_nothing_is_over_all_the_same(tables: Tables) -> None:
    before = live(tables)
    drafts.start(tables.widgets, WIDGET, **ADA)
    published = drafts.publish(tables.widgets, WIDGET, **ADA)

    assert published == Published(before.version_key, before.revision, is_new_version=False)
    assert live(tables) == before
    assert tables.widgets.draft(WIDGET) == Draft(WIDGET, 2)


def test_a_draft_with_a_fault_is_not_published(tables: Tables) -> None:
    draft = draft_of(tables, **MISFIT)
    with pytest.raises(DefinitionError) as refused:
        drafts.publish(tables.widgets, WIDGET, **ADA)
    assert refused.value.problems == (MISFITS_PROBLEM,)
    assert drafts.read(tables.widgets, WIDGET) == draft


def test_other_settings_that_came_between_are_a_conflict(tables: Tables) -> None:
    draft = draft_of(tables, label="Ours")
    theirs = widgets.read(tables.widgets, WIDGET).changed(overlay=True)
    changes.publish(tables.widgets, theirs, **BOB)
    now = live(tables)

    with pytest.raises(ConflictError) as conflict:
        drafts.publish(tables.widgets, WIDGET, **ADA)
    assert (conflict.value.version_key, conflict.value.revision) == (now.version_key, now.revision)
    assert (live(tables), drafts.read(tables.widgets, WIDGET)) == (now, draft)


def test_domains_and_keys_that_were_changed_at_once_stay(tables: Tables) -> None:
    (first,) = live(tables).keys
    draft_of(tables, label="Ours", allowNativeApps=True)
    changes.add_origin(tables.widgets, WIDGET, "https://new.example", **BOB)
    changes.add_key(tables.widgets, WIDGET, "another-key", **BOB)
    changes.retire_key(tables.widgets, WIDGET, first, **BOB)
    changes.set_enabled(tables.widgets, WIDGET, on=False, **BOB)
    origins = live(tables).origins
    drafts.publish(tables.widgets, WIDGET, **ADA)

    after = live(tables)
    assert (after.label, after.origins, after.keys) == ("Ours", origins, ("another-key",))
    assert (after.enabled, after.allow_native_apps) == (False, True)


def test_developer_mode_and_renewal_that_were_changed_at_once_stay(tables: Tables) -> None:
    draft_of(tables, label="Ours")
    changes.set_developer_mode(tables.widgets, WIDGET, on=True, **BOB)
    changes.raise_renewal(tables.widgets, WIDGET, **BOB)
    drafts.publish(tables.widgets, WIDGET, **ADA)

    after = widgets.read(tables.widgets, WIDGET).definition
    assert (after["label"], after["developerMode"], after["renewal"]) == ("Ours", True, 1)


def test_a_review_says_what_would_change_beside_what_was_changed_at_once(tables: Tables) -> None:
    draft = draft_of(tables, label="Ours")
    changes.add_origin(tables.widgets, WIDGET, "https://new.example", **BOB)
    review = drafts.review(tables.widgets, draft, now=BOB["now"])

    assert [each.member for each in review.differences] == ["label"]
    assert review.definition["origins"] == [*live(tables).origins]
    assert review.findings.problems == ()


def test_a_review_of_a_faulty_draft_has_differences_and_problems(tables: Tables) -> None:
    review = drafts.review(tables.widgets, draft_of(tables, **MISFIT), now=BOB["now"])

    assert tuple(map(str, review.findings.problems)) == (MISFITS_PROBLEM,)
    assert review.differences != ()


def test_domains_that_both_have_changed_are_a_conflict(tables: Tables) -> None:
    draft_of(tables, origins=["https://mine.example"])
    changes.add_origin(tables.widgets, WIDGET, "https://new.example", **BOB)
    with pytest.raises(ConflictError):
        drafts.publish(tables.widgets, WIDGET, **ADA)


def test_a_change_whose_earlier_values_are_not_known_is_a_conflict(tables: Tables) -> None:
    """As release 1.0.0 recorded it."""
    draft_of(tables, label="Ours")
    changes.add_key(tables.widgets, WIDGET, "another-key", **BOB)
    client: Any = boto3.client("dynamodb")
    client.update_item(
        TableName="WidgetsTable",
        Key={"widgetId": {"N": "44"}, "version": {"S": "audit#2026-11-30T10:01:00.000Z#2"}},
        UpdateExpression="SET what = :what, detail = :detail REMOVE #before",
        ExpressionAttributeNames={"#before": "before"},
        ExpressionAttributeValues={":what": {"S": "publish"}, ":detail": {"S": "keys"}},
    )
    with pytest.raises(ConflictError) as conflict:
        drafts.publish(tables.widgets, WIDGET, **ADA)
    assert conflict.value.revision == 2


def test_a_new_widget_that_was_published_otherwise_is_a_conflict(tables: Tables) -> None:
    draft = drafts.create(tables.widgets, "Shop", "https://shop.example", ["en"], **ADA)
    other = changes.publish(tables.widgets, definition(tables).model_copy(update={"id": draft.widget_id}), **BOB)
    with pytest.raises(ConflictError) as conflict:
        drafts.publish(tables.widgets, draft.widget_id, **ADA)
    assert (conflict.value.version_key, conflict.value.revision) == (other.version_key, 1)
    assert drafts.read(tables.widgets, draft.widget_id) == draft


def test_a_widget_that_was_deleted_meanwhile_is_a_conflict(tables: Tables) -> None:
    draft = draft_of(tables, label="Ours")
    tables.widgets.publish(
        replace(live(tables), revision=2, enabled=False, deleted=True), tables.widgets.changes(WIDGET)[0].change
    )
    with pytest.raises(ConflictError) as conflict:
        drafts.publish(tables.widgets, WIDGET, **ADA)
    assert (conflict.value.version_key, conflict.value.revision) == (None, None)
    assert drafts.read(tables.widgets, WIDGET) == draft


def test_what_a_draft_takes_away_needs_a_confirmation(tables: Tables) -> None:
    draft_of(tables, origins=["https://mine.example"])
    with pytest.raises(UnconfirmedError) as refused:
        drafts.publish(tables.widgets, WIDGET, confirmed=False, **ADA)
    assert [each["member"] for each in refused.value.takes_away] == ["origins"]

    drafts.publish(tables.widgets, WIDGET, confirmed=False, expected=1, **ADA)
    assert live(tables).origins == ("https://mine.example",)


def test_a_save_before_the_publication_is_written_keeps_the_draft(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft_of(tables, label="Ours")
    before = live(tables)
    before_write(monkeypatch, lambda: drafts.save_part(tables.widgets, WIDGET, {"label": "Bob's"}, expected=1, **BOB))

    with pytest.raises(DraftConflictError) as told:
        drafts.publish(tables.widgets, WIDGET, **ADA)
    assert told.value.number == 2
    assert live(tables) == before
    assert drafts.read(tables.widgets, WIDGET).label == "Bob's"


def test_a_change_before_the_publication_is_written_keeps_the_draft(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = draft_of(tables, label="Ours")
    before_write(monkeypatch, lambda: changes.add_origin(tables.widgets, WIDGET, "https://new.example", **BOB))

    with pytest.raises(ConflictError) as conflict:
        drafts.publish(tables.widgets, WIDGET, **ADA)
    assert conflict.value.revision == 2
    assert drafts.read(tables.widgets, WIDGET) == draft


# --- Rebasing ---------------------------------------------------------------------------------------------------------

ADS = {"slug": "ads", "name": "Ads", "purpose": "Marketing", "domain": ["ads.example"]}
MAPS = {"slug": "maps", "name": "Maps", "purpose": "Preference", "domain": ["maps.example"]}
CHAT = {"slug": "chat", "name": "Chat", "purpose": "Preference", "domain": ["chat.example"]}


def publish_now(tables: Tables, **changed: object) -> None:
    changes.publish(tables.widgets, widgets.read(tables.widgets, WIDGET).changed(**changed), **BOB)


def slugs(draft: Draft) -> list[str]:
    return [service["slug"] for service in stated(draft)["services"]]


def test_a_rebased_draft_has_its_changes_and_what_is_live(tables: Tables) -> None:
    publish_now(tables, services=[ADS], languages=["en"])
    draft_of(
        tables,
        label="Ours",
        services=[ADS | {"name": "Our ads"}, CHAT],
        languages=["en", "fr"],
        translations={"en": {"startupTitle": "Ours"}},
    )
    theirs = {"en": {"innerTitle": "Theirs"}}
    publish_now(tables, overlay=True, services=[ADS | {"purpose": "Analytical"}, MAPS], languages=["en", "de"])
    publish_now(tables, translations=theirs)
    changes.add_origin(tables.widgets, WIDGET, "https://new.example", **BOB)
    changes.raise_renewal(tables.widgets, WIDGET, **BOB)

    saved = drafts.save_rebased(tables.widgets, WIDGET, expected=1, **ADA)

    assert (saved.number, saved.based_on, saved.label) == (2, live(tables).revision, "Ours")
    assert drafts.read(tables.widgets, WIDGET) == saved
    merged = stated(saved)
    assert slugs(saved) == ["ads", "chat", "maps"]
    assert (merged["services"][0]["name"], merged["services"][0]["purpose"]) == ("Our ads", Purpose.ANALYTICAL)
    assert merged["languages"] == ["en", "fr", "de"]
    assert merged["translations"] == {"en": {"startupTitle": "Ours", "innerTitle": "Theirs"}}
    assert (merged["overlay"], merged["renewal"]) == (True, 1)
    assert merged["origins"] == [*live(tables).origins]
    drafts.publish(tables.widgets, WIDGET, **ADA)
    assert widgets.read(tables.widgets, WIDGET).definition == merged


def test_what_both_have_changed_is_named_and_stays_the_drafts(tables: Tables) -> None:
    publish_now(tables, services=[ADS, CHAT], translations={"en": {"startupTitle": "Before"}})
    draft = draft_of(
        tables,
        position="TopLeft",
        services=[CHAT | {"name": "Our chat"}],
        translations={"en": {"startupTitle": "Ours"}},
        renewal=1,
        overlay=True,
    )
    publish_now(tables, position="TopRight", services=[ADS | {"name": "Their ads"}], overlay=True, renewal=2)
    publish_now(tables, translations={"en": {"startupTitle": "Theirs"}})

    rebase = drafts.rebase(tables.widgets, draft)

    assert sorted(rebase.both) == [
        ("position",),
        ("services", "ads"),
        ("services", "chat"),
        ("translations", "en", "startupTitle"),
    ]
    assert (rebase.definition["position"], rebase.definition["renewal"]) == ("TopLeft", 2)
    assert [service["name"] for service in rebase.definition["services"]] == ["Our chat"]
    assert rebase.definition["translations"] == {"en": {"startupTitle": "Ours"}}
    assert [each.member for each in rebase.differences] == [
        "position",
        "services",
        "translations.en.startupTitle",
    ]


def test_cookies_that_both_have_changed_are_kept_as_a_whole(tables: Tables) -> None:
    publish_now(tables, services=[ADS | {"cookies": [{"name": "a"}]}])
    draft = draft_of(tables, services=[ADS | {"cookies": [{"name": "a"}, {"name": "b"}]}])
    publish_now(tables, services=[ADS | {"cookies": [{"name": "c"}]}])

    rebase = drafts.rebase(tables.widgets, draft)

    assert rebase.both == (("services", "ads", "cookies"),)
    assert [cookie["name"] for cookie in rebase.definition["services"][0]["cookies"]] == ["a", "b"]


def test_a_rebase_without_a_base_or_a_live_widget_is_a_conflict(tables: Tables) -> None:
    draft = drafts.create(tables.widgets, "Shop", "https://shop.example", ["en"], **ADA)
    with pytest.raises(ConflictError):
        drafts.rebase(tables.widgets, draft)
    changes.publish(tables.widgets, definition(tables).model_copy(update={"id": draft.widget_id}), **BOB)
    with pytest.raises(ConflictError):
        drafts.rebase(tables.widgets, draft)


def test_an_unseen_draft_is_not_rebased(tables: Tables) -> None:
    draft = draft_of(tables, label="Ours")
    with pytest.raises(DraftConflictError):
        drafts.save_rebased(tables.widgets, WIDGET, expected=draft.number + 1, **ADA)
    assert drafts.read(tables.widgets, WIDGET) == draft


JSON = st.recursive(
    st.none() | st.integers(0, 2) | st.sampled_from(["a", "b"]),
    lambda inner: st.dictionaries(st.sampled_from("xyz"), inner, max_size=3) | st.lists(inner, max_size=3),
    max_leaves=6,
)


@given(base=JSON, theirs=JSON)
def test_a_side_that_changed_nothing_loses_nothing(base: object, theirs: object) -> None:
    both: list[Any] = []
    assert drafts._merged((), base, base, theirs, both) == theirs
    assert drafts._merged((), base, theirs, base, both) == theirs
    assert both == []


def before_write(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let ``act`` happen between what the next publication reads and what it writes."""
    make = changes._written

    def written(*arguments: Any) -> Any:  # noqa: ANN401 - as the original
        monkeypatch.setattr(changes, "_written", make)
        made = make(*arguments)
        act()
        return made

    monkeypatch.setattr(changes, "_written", written)


# --- Sharing ----------------------------------------------------------------------------------------------------------


def test_a_draft_has_a_key_from_its_beginning_and_keeps_it(tables: Tables) -> None:
    draft = draft_of(tables, label="Ours")
    assert len(draft.share_key) == 43
    assert shapes.KEY.fullmatch(draft.share_key)

    saved = drafts.save_part(tables.widgets, WIDGET, {"label": "More"}, expected=draft.number, **ADA)
    assert saved.share_key == draft.share_key == drafts.read(tables.widgets, WIDGET).share_key


def test_a_new_widget_has_a_key_of_its_draft(tables: Tables) -> None:
    draft = drafts.create(tables.widgets, "Shop", "https://shop.example", ["en"], **ADA)
    assert len(draft.share_key) == 43
    assert draft.share_key not in stated(draft)["keys"]


def test_a_new_key_takes_the_place_of_the_old_one(tables: Tables) -> None:
    draft = draft_of(tables, label="Ours")
    renewed = drafts.new_share_key(tables.widgets, WIDGET, **BOB)
    assert renewed == drafts.read(tables.widgets, WIDGET)
    assert len(renewed.share_key) == 43
    assert renewed.share_key != draft.share_key
    assert (renewed.number, renewed.definition) == (draft.number + 1, draft.definition)


def test_each_draft_has_another_key(tables: Tables) -> None:
    keys = [draft_of(tables, label="Ours").share_key]
    drafts.publish(tables.widgets, WIDGET, **ADA)
    keys.append(drafts.start(tables.widgets, WIDGET, **ADA).share_key)
    drafts.discard(tables.widgets, WIDGET)
    keys.append(drafts.start(tables.widgets, WIDGET, **ADA).share_key)
    assert len(set(keys)) == 3


def test_neither_the_audit_nor_an_answer_has_the_key(tables: Tables) -> None:
    draft = drafts.save_part(tables.widgets, WIDGET, {"label": "Ours"}, **ADA)
    assert draft.share_key not in json.dumps(drafts.as_json(draft))
    drafts.publish(tables.widgets, WIDGET, **ADA)
    client: Any = boto3.client("dynamodb")
    assert draft.share_key not in str(client.scan(TableName="WidgetsTable")["Items"])
