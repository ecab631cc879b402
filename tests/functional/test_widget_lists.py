"""The list of widgets, new widgets and their ids, and public keys that come and go."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict

import boto3
import pytest

from consent_core.catalogue import LiveWidget
from consent_core.errors import ConflictError, DefinitionError, NotFoundError
from consent_core.publishing import changes, drafts, history, widgets
from consent_core.publishing.definitions import MOST_KEYS, members
from consent_core.shapes import KEY, LARGEST_ID
from consent_core.widget_table import Draft, ListedWidget, LiveSummary, Summary
from local.tables import Tables
from tests.factories import definition

NOW = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
AT = "2026-11-30T10:00:00.000Z"
LATER = "2026-11-30T11:00:00.000Z"
ORIGINS = ["https://shop.example"]


class By(TypedDict):
    actor: str
    now: datetime


ADA: By = {"actor": "ada", "now": NOW}
BOB: By = {"actor": "bob", "now": NOW + timedelta(hours=1)}


def live(tables: Tables, widget_id: int) -> LiveWidget:
    found = tables.widgets.live(widget_id)
    assert found is not None
    return found


def listed(tables: Tables) -> dict[int, ListedWidget]:
    page = widgets.listed(tables.widgets)
    assert page.next is None
    return {each.widget_id: each for each in page.widgets}


def published(tables: Tables, widget_id: int, **stated: object) -> LiveWidget:
    changes.publish(tables.widgets, definition(id=widget_id, **stated), **ADA)
    return live(tables, widget_id)


def create(tables: Tables, label: str = "Shop") -> Draft:
    return drafts.create(tables.widgets, label, ORIGINS[0], ["fr", "en"], **ADA)


def keys_of(draft: Draft) -> list[str]:
    found: list[str] = json.loads(draft.definition)["keys"]
    return found


# --- The list ---------------------------------------------------------------------------------------------------------


def test_the_demo_widgets_are_listed_in_the_order_of_their_ids(tables: Tables) -> None:
    found = listed(tables)
    assert list(found) == [43, 44]
    assert [each.label for each in found.values()] == ["Demo shop", "One site only"]
    assert all(each.draft is None for each in found.values())


def test_a_list_says_who_changed_a_widget_last_and_when(tables: Tables) -> None:
    widget = published(tables, 50, label="Shop", origins=ORIGINS)
    first = LiveSummary(1, "Shop", 1, AT, "ada", widget.version_key, is_enabled=True, is_deleted=False)
    assert listed(tables)[50] == ListedWidget(50, first, None)

    changes.add_origin(tables.widgets, 50, "https://new.example", **BOB)
    second = LiveSummary(2, "Shop", 2, LATER, "bob", widget.version_key, is_enabled=True, is_deleted=False)
    assert listed(tables)[50] == ListedWidget(50, second, None)


def test_a_draft_is_listed_beside_what_is_live(tables: Tables) -> None:
    published(tables, 50, label="Shop", origins=ORIGINS)
    before = listed(tables)[50]
    drafts.save_part(tables.widgets, 50, {"label": "Store"}, **BOB)
    assert listed(tables)[50] == ListedWidget(50, before.live, Summary(1, "Store", 1, LATER, "bob"))
    assert listed(tables)[50].label == "Shop"

    drafts.discard(tables.widgets, 50)
    assert listed(tables)[50] == before


def test_a_widget_that_is_disabled_or_deleted_stays_in_the_list(tables: Tables) -> None:
    published(tables, 50)
    for change, expected in (
        (lambda: changes.set_enabled(tables.widgets, 50, on=False, **ADA), (False, False)),
        (lambda: changes.delete(tables.widgets, 50, even_with_proofs=True, **ADA), (False, True)),
    ):
        change()
        found = listed(tables)[50].live
        assert found is not None
        assert (found.is_enabled, found.is_deleted) == expected


@pytest.mark.parametrize("most", [1, 2, 3, 7, 8])
def test_pages_have_every_widget_once(tables: Tables, most: int) -> None:
    for widget_id in range(50, 55):
        published(tables, widget_id)
    for widget_id in (51, 52, 54):
        drafts.start(tables.widgets, widget_id, **ADA)
    seen: list[ListedWidget] = []
    after: int | None = 0
    while after is not None:
        page = widgets.listed(tables.widgets, after=after, most=most)
        assert len(page.widgets) <= most
        seen += page.widgets
        after = page.next
    assert [each.widget_id for each in seen] == [43, 44, 50, 51, 52, 53, 54]
    assert [each.widget_id for each in seen if each.draft] == [51, 52, 54]


def test_the_index_has_nothing_of_a_definition(tables: Tables) -> None:
    published(tables, 50, origins=ORIGINS)
    drafts.start(tables.widgets, 50, **ADA)
    client: Any = boto3.client("dynamodb")
    items = client.query(
        TableName="WidgetsTable",
        IndexName="ListedWidgets",
        KeyConditionExpression="#l = :l AND widgetId = :w",
        ExpressionAttributeNames={"#l": "listed"},
        ExpressionAttributeValues={":l": {"S": "widgets"}, ":w": {"N": "50"}},
    )["Items"]
    keys = {"widgetId", "version", "listed", "revision", "summary"}
    assert sorted(map(sorted, items)) == sorted([sorted(keys), sorted(keys | {"enabled", "versionKey"})])


# --- Widgets that were published before there was a list --------------------------------------------------------------


def make_old(tables: Tables, *widget_ids: int) -> None:
    """Take away what the release before did not write."""
    client: Any = boto3.client("dynamodb")
    for widget_id in widget_ids:
        client.update_item(
            TableName="WidgetsTable",
            Key={"widgetId": {"N": str(widget_id)}, "version": {"S": "live"}},
            UpdateExpression="REMOVE #l, summary",
            ExpressionAttributeNames={"#l": "listed"},
        )
        assert live(tables, widget_id).label == ""


CHANGES: list[Callable[[Tables], object]] = [
    lambda tables: changes.add_origin(tables.widgets, 50, "https://new.example", **BOB),
    lambda tables: changes.add_key(tables.widgets, 50, **BOB),
    lambda tables: changes.set_enabled(tables.widgets, 50, on=False, **BOB),
    lambda tables: changes.raise_renewal(tables.widgets, 50, **BOB),
    lambda tables: changes.publish(tables.widgets, definition(id=50, enabled=False), **BOB),
]


@pytest.mark.parametrize("change", CHANGES)
def test_an_old_widget_enters_the_list_with_its_next_change(tables: Tables, change: Callable[[Tables], object]) -> None:
    published(tables, 50, label="Shop")
    make_old(tables, 50)
    assert 50 not in listed(tables)

    change(tables)
    found = listed(tables)[50].live
    assert found is not None
    assert (found.label, found.changed_at, found.changed_by) == ("Shop", LATER, "bob")


def test_a_change_that_changes_nothing_of_an_old_widget_writes_nothing(tables: Tables) -> None:
    published(tables, 50, origins=ORIGINS)
    make_old(tables, 50)
    changes.add_origin(tables.widgets, 50, ORIGINS[0], **BOB)
    assert (live(tables, 50).revision, 50 in listed(tables)) == (1, False)


def test_old_widgets_are_put_into_the_list_and_nothing_else_of_them_changes(tables: Tables) -> None:
    published(tables, 50, label="Shop", origins=ORIGINS)
    changes.add_origin(tables.widgets, 50, "https://new.example", **BOB)
    before, audit = listed(tables), {each: tables.widgets.changes(each) for each in (43, 50)}
    lives = {each: live(tables, each) for each in (43, 50)}
    make_old(tables, 43, 50)

    assert sorted(widgets.enlist(tables.widgets)) == [43, 50]
    assert listed(tables) == before
    assert {each: live(tables, each) for each in (43, 50)} == lives
    assert {each: tables.widgets.changes(each) for each in (43, 50)} == audit
    assert list(widgets.enlist(tables.widgets)) == []


def test_enlisting_that_ends_early_goes_on_with_the_rest(tables: Tables) -> None:
    make_old(tables, 43, 44)
    first = next(widgets.enlist(tables.widgets))
    assert list(listed(tables)) == [first]
    assert [first, *widgets.enlist(tables.widgets)] in ([43, 44], [44, 43])


def test_a_change_meanwhile_is_not_written_over(tables: Tables) -> None:
    published(tables, 50)
    make_old(tables, 50)
    old = live(tables, 50)
    changes.set_enabled(tables.widgets, 50, on=False, **BOB)
    with pytest.raises(ConflictError):
        tables.widgets.enlist(old, changed_at=AT, changed_by="ada")
    found = listed(tables)[50].live
    assert found is not None
    assert (found.revision, found.changed_by) == (2, "bob")


# --- New widgets ------------------------------------------------------------------------------------------------------


def test_a_new_widget_is_a_draft_with_an_id_and_a_key_of_its_own(tables: Tables) -> None:
    draft, other = create(tables), create(tables, "Blog")
    stated = definition(id=45, label="Shop", keys=["a-public-key"], origins=ORIGINS, languages=["fr", "en"])

    (key,) = keys_of(drafts.read(tables.widgets, 45))
    assert (draft.widget_id, other.widget_id) == (45, 46)
    assert (draft.number, draft.based_on, draft.is_valid) == (1, 0, True)
    assert KEY.fullmatch(key)
    assert keys_of(draft) != keys_of(other)
    assert json.loads(draft.definition) | {"keys": ["a-public-key"]} == members(stated)
    assert listed(tables)[45] == ListedWidget(45, None, Summary(1, "Shop", 1, AT, "ada"))


def test_nothing_of_a_new_widget_is_public(tables: Tables) -> None:
    create(tables)
    assert (tables.widgets.live(45), tables.widgets.versions(45), tables.widgets.changes(45)) == (None, [], [])
    with pytest.raises(NotFoundError):
        widgets.read(tables.widgets, 45)


def test_a_new_widget_is_published(tables: Tables) -> None:
    create(tables)
    published = drafts.publish(tables.widgets, 45, confirmed=False, **BOB)
    assert (published.revision, published.is_new_version) == (1, True)
    found = listed(tables)[45]
    assert (found.live and found.live.changed_by, found.draft) == ("bob", None)


def test_an_id_that_was_used_is_never_used_again(tables: Tables) -> None:
    """Live, deleted, a draft, or a draft that was discarded; and none of them may be in the index."""
    published(tables, 45)
    published(tables, 46, enabled=False)
    changes.delete(tables.widgets, 46, even_with_proofs=True, **ADA)
    make_old(tables, 43, 44, 45, 46)
    before = [live(tables, each) for each in (45, 46)]
    made = [create(tables).widget_id for _ in range(3)]
    drafts.discard(tables.widgets, made[0])

    assert made == [1, 2, 3]
    for widget_id in (1, 45, 46):
        with pytest.raises(ConflictError):
            tables.widgets.create(Draft(widget_id, 1, definition="{}"))
    assert [live(tables, each) for each in (45, 46)] == before
    assert [tables.widgets.draft(each) for each in (45, 46)] == [None, None]
    drafts.discard(tables.widgets, 3)
    assert create(tables).widget_id == 5  # after 2, the last one in the index, and 3


def test_the_next_id_is_tried_with_growing_steps(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    published(tables, 45)
    published(tables, 47)
    make_old(tables, 45, 47)
    assert create(tables).widget_id == 51  # 45 and 47 are used
    monkeypatch.setattr(tables.widgets, "last_listed", lambda: LARGEST_ID)
    assert create(tables).widget_id == 1


def test_a_smoke_tests_widget_has_no_part_in_the_next_id(tables: Tables) -> None:
    published(tables, 972_748_611_869_748)
    assert create(tables).widget_id == 45


def test_a_widget_is_not_made_if_no_id_is_free(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(draft: Draft) -> None:
        tried.append(draft.widget_id)
        raise ConflictError

    tried: list[int] = []
    monkeypatch.setattr(tables.widgets, "create", taken)
    with pytest.raises(ConflictError):
        create(tables)
    assert (tried[:4], len(tried)) == ([45, 47, 51, 59], 20)


@pytest.mark.parametrize(
    ("label", "origin", "languages", "problem"),
    [
        ("", ORIGINS[0], ["en"], "label"),
        ("Shop", "http://shop.example", ["en"], "origins[0]"),
        ("Shop", ORIGINS[0], [], "languages"),
        ("Shop", ORIGINS[0], ["English"], "languages[0]"),
        ("Shop", ORIGINS[0], [7], "languages[0]"),
    ],
)
def test_a_new_widget_with_a_fault_is_refused(
    tables: Tables, label: str, origin: str, languages: list[object], problem: str
) -> None:
    with pytest.raises(DefinitionError) as refused:
        drafts.create(tables.widgets, label, origin, languages, **ADA)
    assert [each.partition(":")[0] for each in refused.value.problems] == [problem]
    assert list(listed(tables)) == [43, 44]


# --- Public keys ------------------------------------------------------------------------------------------------------


def test_a_key_is_added_and_another_one_retired(tables: Tables) -> None:
    published(tables, 50, keys=["first-key"])
    added = changes.add_key(tables.widgets, 50, "second-key", **BOB)
    assert (added.keys, added.revision) == (("first-key", "second-key"), 2)
    assert changes.add_key(tables.widgets, 50, "second-key", **BOB) == added

    retired = changes.retire_key(tables.widgets, 50, "first-key", **BOB)
    assert (retired.keys, live(tables, 50)) == (("second-key",), retired)
    found = [(each.entry.change.what, each.before, each.after) for each in history.read(tables.widgets, retired)]
    assert found[:2] == [
        ("retire-key", {"keys": ["first-key", "second-key"]}, {"keys": ["second-key"]}),
        ("add-key", {"keys": ["first-key"]}, {"keys": ["first-key", "second-key"]}),
    ]
    with pytest.raises(ConflictError):
        changes.add_key(tables.widgets, 50, "third-key", expected=2, **BOB)


def test_a_key_is_made_if_none_is_given(tables: Tables) -> None:
    first = live(tables, 44).keys
    (*kept, one) = changes.add_key(tables.widgets, 44, **ADA).keys
    other = changes.add_key(tables.widgets, 44, **ADA).keys[-1]
    assert tuple(kept) == first
    assert len({one, other, *first}) == 2 + len(first)
    assert KEY.fullmatch(one)


@pytest.mark.parametrize("key", ["", "short", "with space in it", "k" * 65, "clé-publique"])
def test_a_key_of_another_shape_is_refused(tables: Tables, key: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        changes.add_key(tables.widgets, 44, key, **ADA)
    assert refused.value.problems == ("keys: must have 8 to 64 letters, digits, _ or -",)


def test_a_widget_has_a_bounded_number_of_keys_and_one_at_least(tables: Tables) -> None:
    keys = [f"public-key-{number}" for number in range(MOST_KEYS)]
    published(tables, 50, keys=keys)
    with pytest.raises(DefinitionError, match="keys: must have at most 20 entries"):
        changes.add_key(tables.widgets, 50, **ADA)
    for key in keys[1:]:
        changes.retire_key(tables.widgets, 50, key, **ADA)
    with pytest.raises(DefinitionError, match=r"keys: the last key cannot be retired\. Add another one first"):
        changes.retire_key(tables.widgets, 50, keys[0], **ADA)
    with pytest.raises(NotFoundError, match="public-key-1 is not a public key of widget 50"):
        changes.retire_key(tables.widgets, 50, "public-key-1", **ADA)
    assert live(tables, 50).keys == (keys[0],)


def test_a_roll_back_keeps_the_keys_unless_domains_are_asked_for(tables: Tables) -> None:
    first = published(tables, 50, keys=["first-key"])
    changes.add_key(tables.widgets, 50, "second-key", **BOB)
    changes.retire_key(tables.widgets, 50, "first-key", **BOB)
    changes.raise_renewal(tables.widgets, 50, **BOB)

    changes.roll_back(tables.widgets, 50, first.version_key, **BOB)
    assert live(tables, 50).keys == ("second-key",)
    changes.roll_back(tables.widgets, 50, 1, with_domains=True, **BOB)
    assert live(tables, 50).keys == ("first-key",)
