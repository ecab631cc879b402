"""The earlier values of keys, domains and switches, by walking back through the audit."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_core.catalogue import LiveWidget
from consent_core.errors import NotFoundError
from consent_core.publishing import history
from consent_core.publishing.history import moments, private_at, replaced, state_of, version_at
from consent_core.widget_table import AuditEntry, Change
from tests.factories import live_widget

AT = "2026-11-24T10:00:00.000Z"
STATES = st.builds(
    live_widget,
    keys=st.lists(st.sampled_from(["key-1", "key-2", "key-3"]), min_size=1, unique=True).map(tuple),
    origins=st.lists(st.sampled_from(["https://a.example", "https://b.example"]), unique=True).map(tuple),
    enabled=st.booleans(),
    allow_native_apps=st.booleans(),
    developer_mode=st.booleans(),
    version_key=st.sampled_from(["first", "second"]),
)


def recorded(states: Sequence[LiveWidget]) -> tuple[LiveWidget, list[AuditEntry]]:
    """Return the live item after these states, one after the other, and the audit, newest first."""
    numbered = [replace(state, revision=number) for number, state in enumerate(states, start=1)]
    earlier = [None, *numbered]
    entries = [
        AuditEntry(
            Change(AT, "owner", "publish", "", None if before is None else replaced(before, after)),
            after.revision,
            after.version_key,
        )
        for before, after in zip(earlier, numbered, strict=False)
    ]
    return numbered[-1], entries[::-1]


@given(st.lists(STATES, min_size=1, max_size=8))
def test_every_earlier_state_is_known(states: list[LiveWidget]) -> None:
    found = list(moments(*recorded(states)))

    assert [moment.state for moment in found] == [state_of(state) for state in reversed(states)]
    for newer, older in pairwise(found):
        assert newer.before is not None
        assert newer.after is not None
        assert newer.state is not None
        assert older.state == {**newer.state, **newer.before}
        assert all(newer.before[name] != value for name, value in newer.after.items())
    assert (found[-1].before, found[-1].after) == (None, state_of(states[0]))


@given(st.lists(STATES, min_size=1, max_size=8), st.data())
def test_a_revision_has_the_members_of_its_time(states: list[LiveWidget], data: st.DataObject) -> None:
    found = list(moments(*recorded(states)))
    revision = data.draw(st.integers(1, len(states)))
    wanted = state_of(states[revision - 1])
    del wanted["developerMode"]

    assert private_at(found, 43, revision) == wanted
    assert version_at(found, 43, revision) == states[revision - 1].version_key


def entry(revision: int, what: str, detail: str = "", before: dict[str, Any] | None = None) -> AuditEntry:
    return AuditEntry(Change(AT, "owner", what, detail, before), revision, "first")


SHOP, NEW = "https://shop.example", "https://new.example"


@pytest.mark.parametrize(
    ("what", "detail", "before"),
    [
        ("add-origin", NEW, {"origins": [SHOP]}),
        ("remove-origin", "https://old.example", {"origins": [SHOP, NEW, "https://old.example"]}),
        ("developer-mode", "off", {"developerMode": True}),
        ("developer-mode", "on", {"developerMode": False}),
        ("raise-renewal", "1", {}),
        ("roll-back", "first", {}),
        ("publish", "label, services", {}),
        ("publish", "label, origins", None),
        ("publish", "keys", None),
        ("publish", "developerMode", None),
    ],
)
def test_an_entry_of_release_1_0_0_says_what_its_kind_and_detail_say(
    what: str, detail: str, before: dict[str, Any] | None
) -> None:
    live = live_widget(revision=3, origins=(SHOP, NEW))
    newest, older = list(moments(live, [entry(3, what, detail), entry(2, "renew")]))[:2]

    assert newest.before == before
    assert newest.after == (None if before is None else {name: state_of(live)[name] for name in before})
    assert older.state == (None if before is None else {**state_of(live), **before})


def test_what_lies_before_an_entry_that_does_not_say_is_unknown() -> None:
    entries = [
        entry(4, "publish", "keys"),
        entry(3, "add-origin", NEW),
        entry(2, "add-origin", NEW),
        entry(1, "publish"),
    ]
    found = list(moments(live_widget(revision=4), entries))

    assert [(each.before, each.after) for each in found] == [(None, None)] * 4
    with pytest.raises(NotFoundError, match=r"at revision 2 are not known: release 1\.0\.0 did not record them"):
        private_at(found, 43, 2)
    with pytest.raises(NotFoundError, match="Widget 43 has no revision 9"):
        version_at(found, 43, 9)


def test_a_change_during_the_reading_is_left_out() -> None:
    found = list(moments(live_widget(revision=1), [entry(2, "disable", before={"enabled": True}), entry(1, "publish")]))

    assert [each.entry.revision for each in found] == [1]


def test_the_live_version_has_the_last_members_that_were_others() -> None:
    both, one = live_widget(origins=(SHOP, NEW)), live_widget(origins=(SHOP,))
    found = list(moments(*recorded([one, both, one, replace(one, developer_mode=True)])))

    assert private_at(found, 43, both.version_key)["origins"] == [SHOP, NEW]
    unchanged = list(moments(*recorded([one, one])))
    assert private_at(unchanged, 43, one.version_key)["origins"] == [SHOP]


def test_an_older_version_has_the_members_with_which_it_was_replaced() -> None:
    old, new = (live_widget(version_key=key) for key in ("old", "new"))
    states = [old, replace(old, origins=(SHOP, NEW)), replace(new, origins=()), replace(new, origins=(NEW,))]

    assert private_at(list(moments(*recorded(states))), 43, "old")["origins"] == [SHOP, NEW]


@pytest.mark.parametrize(
    ("entries", "day"),
    [
        (["2026-01-03 disable", "2026-01-02 publish", "2026-01-01 publish"], 3),
        (["2026-01-04 add-origin", "2026-01-03 disable", "2026-01-01 publish"], 3),
        (["2026-01-04 add-origin", "2026-01-01 publish"], 1),
    ],
)
def test_a_widget_is_disabled_since_its_last_entry_that_says_so(entries: list[str], day: int) -> None:
    read = []
    for revision, (at, what) in zip(range(len(entries), 0, -1), map(str.split, entries), strict=True):
        before = {"enabled": True} if what == "disable" else {}
        read.append(AuditEntry(Change(f"{at}T00:00:00.000Z", "owner", what, "", before), revision, "first"))
    found = list(moments(live_widget(revision=len(entries), enabled=False), read))

    assert history.disabled_since(found) == datetime(2026, 1, day, tzinfo=UTC)


def test_versions_with_the_same_settings_are_told_by_their_changes() -> None:
    made = [
        ("a", "publish", ""),
        ("b", "raise-renewal", "1"),
        ("c", "publish", "label, renewal"),
        ("c", "add-origin", "https://a.example"),
        ("d", "developer-mode", "on"),
        ("e", "publish", "origins, renewal"),
        ("f", "roll-back", "b with domains"),
        ("g", "publish", ""),  # after a deletion: there was nothing to compare with
        ("h", "roll-back", "unknown"),
    ]
    entries = [
        AuditEntry(Change(AT, "owner", what, detail), revision, key)
        for revision, (key, what, detail) in enumerate(made, start=1)
    ]
    found = [history.Moment(entry, None, None, None) for entry in reversed(entries)]

    assert history.same_settings(found) == {
        "a": "a",
        "b": "a",
        "c": "c",
        "d": "c",
        "e": "c",
        "f": "a",
        "g": "g",
        "h": "h",
    }
