"""The history of a widget on one line of time, the comparison of two versions, and the way back to one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from consent_console import forms
from consent_console.editor import comparison, widget
from consent_console.pages import Answer, Page, Redirect
from consent_console.people import Action
from consent_console.serving import Route, Visit
from consent_core.errors import DefinitionError, MalformedError, NotFoundError
from consent_core.publishing import changes, history
from consent_core.publishing.changes import Published
from consent_core.publishing.differences import differences
from consent_core.publishing.history import Moment
from consent_core.publishing.widgets import Widget
from consent_core.widget_table import Change, ChangeKind, Draft, WidgetTable

_PAGE = 50
"""The changes of a page."""

WORDS: Mapping[str, str] = {
    ChangeKind.PUBLISH: "Published",
    ChangeKind.RAISE_RENEWAL: "Asked everybody again",
    ChangeKind.DEVELOPER_MODE: "Switched developer mode",
    ChangeKind.ROLL_BACK: "Rolled back to an older version",
    ChangeKind.ADD_ORIGIN: "Added a domain",
    ChangeKind.REMOVE_ORIGIN: "Removed a domain",
    ChangeKind.ADD_KEY: "Added a public key",
    ChangeKind.RETIRE_KEY: "Retired a public key",
    ChangeKind.ENABLE: "Switched the widget on",
    ChangeKind.DISABLE: "Switched the widget off",
    ChangeKind.DELETE: "Deleted the widget",
}
"""The words for a change, by its kind."""


def words_of(change: Change) -> str:
    """Return what a person did. A kind that a later release wrote is shown as it is."""
    return WORDS.get(change.what, change.what)


def detail_of(change: Change, version_at: str = "") -> str:
    """Return what the change was about, such as the names of the members that were published.

    ``version_at``: when the version was made to which a roll-back led (ISO 8601, UTC).
    """
    match change.what:
        case ChangeKind.PUBLISH:
            heads = {name for name in change.detail.split(", ") if name}
            return ", ".join(sorted(f"“{comparison.name_of(name)}”" for name in heads))
        case ChangeKind.RAISE_RENEWAL:  # its detail counts how often
            return ""
        case ChangeKind.ROLL_BACK if version_at:
            with_domains = ", with its domains, keys and switches" if " " in change.detail else ""
            return f"that of {version_at[:10]} {version_at[11:16]} UTC{with_domains}"
    return change.detail


class Event(NamedTuple):
    """A change of the line. ``is_new``: it made the version that it names.

    ``is_same``: its settings are those that are live. ``is_drafts``: the draft began from such settings.
    """

    moment: Moment
    words: str
    detail: str
    is_new: bool
    is_live: bool
    is_same: bool
    is_drafts: bool


def routes(table: WidgetTable) -> Mapping[str, Route]:
    """Return the routes of these pages."""
    pages = _Pages(table)
    return {
        "GET /widgets/{id}/history": Route(pages.show, Action.SEE),
        "GET /widgets/{id}/history/compare": Route(pages.compare, Action.SEE),
        "POST /widgets/{id}/history/rollback": Route(pages.roll_back, Action.EDIT),
    }


class _Pages:
    """The pages, with the table that they read and change."""

    def __init__(self, table: WidgetTable) -> None:
        self._table = table

    def show(self, visit: Visit) -> Answer:
        edited = widget.read(self._table, visit.widget_id)
        if edited.live is None:
            return Page("history.html", {"widget": edited, "events": [], "next": None})
        found = history.read(self._table, edited.live.live)
        events = _events(found, edited.draft)
        before = forms.whole(visit.query("before"))
        if before is not None:
            events = [each for each in events if each.moment.entry.revision < before]
        shown = events[:_PAGE]
        following = shown[-1].moment.entry.revision if len(events) > _PAGE else None
        return Page("history.html", {"widget": edited, "events": shown, "next": following})

    def compare(self, visit: Visit) -> Answer:
        edited = widget.read(self._table, visit.widget_id)
        if edited.live is None:
            raise NotFoundError.widget(visit.widget_id)
        versions = self._table.versions(visit.widget_id)
        older, newer = visit.query("from"), visit.query("to") or edited.live.live.version_key
        older = older or next((key for key, _ in versions if key != newer), newer)
        before, after = (self._definition(edited.live, key) for key in (older, newer))
        found = differences(before, after)
        values = {
            "widget": edited,
            "versions": versions,
            "older": older,
            "newer": newer,
            "groups": comparison.groups(visit.widget_id, found, after),
        }
        return Page("compare.html", values)

    def roll_back(self, visit: Visit) -> Answer:
        revision, seen = forms.whole(visit.field("revision")), forms.whole(visit.field("live"))
        if revision is None or seen is None:
            raise MalformedError.at("body", "revision", kind="missing")
        try:
            outcome = changes.roll_back(
                self._table,
                visit.widget_id,
                revision,
                with_domains=bool(visit.field("domains")),
                actor=visit.person.actor,
                now=visit.now,
                expected=seen,
            )
        except DefinitionError as error:
            values = {"title": "That version cannot be published now", "detail": error.detail}
            way = {"way": f"/widgets/{visit.widget_id}/history", "way_label": "Back to the history"}
            return Page("message.html", {**values, **way}, 422)
        return Redirect(f"/widgets/{visit.widget_id}/history", {"said": _said(outcome, seen)})

    def _definition(self, live: Widget, version_key: str) -> dict[str, Any]:
        """Return the definition of a version, with the keys and domains of now: versions do not keep them."""
        text = self._table.definition(live.live.widget_id, version_key)
        if text is None:
            raise NotFoundError.version(live.live.widget_id, version_key)
        return replace(live, public=text).definition


def _said(outcome: Published, seen: int) -> str:
    """Return the word for what a roll-back from the revision ``seen`` has done."""
    if outcome.is_new_version:
        return "rolled-back"
    return "rolled-back-domains" if outcome.revision > seen else "rolled-back-nothing"


def _events(found: list[Moment], draft: Draft | None) -> list[Event]:
    live = found[0].entry.version_key if found else ""
    earlier = [each.entry.version_key for each in found[1:]] + [""]
    first = history.same_settings(found)
    entries = [each.entry for each in found]
    begun = next((each.entry.version_key for each in found if draft and each.entry.revision == draft.based_on), "")
    return [
        Event(
            each,
            words_of(each.entry.change),
            detail_of(each.entry.change, history.made_at(entries, history.went_back_to(each.entry.change))),
            is_new=each.entry.version_key != before,
            is_live=each.entry.version_key == live,
            is_same=first[each.entry.version_key] == first[live],
            is_drafts=first[each.entry.version_key] == first.get(begun),
        )
        for each, before in zip(found, earlier, strict=True)
    ]
