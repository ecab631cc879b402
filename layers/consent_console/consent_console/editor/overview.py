"""My widgets, a new widget, and the overview of one, with the switch that takes the whole of it off at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from consent_console import forms, languages
from consent_console.editor import widget
from consent_console.editor.seen import Seen, allowed, seen
from consent_console.pages import Answer, Page, Redirect
from consent_console.people import Action
from consent_console.serving import Route, Visit
from consent_core.errors import ConflictError, DefinitionError
from consent_core.problems import Problem
from consent_core.publishing import allow_list, changes, drafts, widgets
from consent_core.sightings import Sightings
from consent_core.widget_table import WidgetTable

_INSTALL = "Paste the snippet, and hold the scripts of your services"
_LONGEST_WORD = 40
_NEW = ("label", "origins", "languages")


def routes(table: WidgetTable, sightings: Sightings) -> Mapping[str, Route]:
    """Return the routes of these pages."""

    def my_widgets(visit: Visit) -> Answer:
        """Show the widgets that the person may see."""
        page = widgets.listed(table, after=forms.whole(visit.query("after")) or 0)
        seen = [each for each in page.widgets if visit.person.may(Action.SEE, each.widget_id)]
        return Page("widgets.html", {"widgets": seen, "next": page.next, "may_create": visit.person.may(Action.CREATE)})

    def new(_: Visit) -> Answer:
        return _new_page({"languages": "en"})

    def create(visit: Visit) -> Answer:
        named = languages.listed(visit.field("languages"))
        try:
            draft = drafts.create(
                table, visit.field("label"), visit.field("origins"), named, actor=visit.person.actor, now=visit.now
            )
        except DefinitionError as error:
            return _new_page({name: visit.field(name) for name in _NEW}, error.errors)
        return Redirect(f"/widgets/{draft.widget_id}", {"said": "created"})

    def overview(visit: Visit) -> Answer:
        edited = widget.read(table, visit.widget_id)
        found = seen(sightings, edited, now=visit.now)
        values = {
            "widget": edited,
            "steps": _steps(edited, found),
            "seen": found,
            "state": _state(table, edited, visit),
            "keys": edited.live.live.keys if edited.live else edited.definition["keys"],
        }
        return Page("overview.html", values)

    def switch(visit: Visit) -> Answer:
        on = visit.field("on") == "yes"
        changes.set_enabled(table, visit.widget_id, on=on, actor=visit.person.actor, now=visit.now)
        return Redirect(f"/widgets/{visit.widget_id}", {"said": f"switched-{'on' if on else 'off'}"})

    def signed_in(_: Visit) -> Answer:
        """Lead back to the tab whose session was over."""
        return Page("signed_in.html")

    return {
        "GET /": Route(my_widgets, Action.ENTER),
        "GET /signed-in": Route(signed_in, Action.ENTER),
        "GET /widgets/new": Route(new, Action.CREATE),
        "POST /widgets": Route(create, Action.CREATE),
        "GET /widgets/{id}": Route(overview, Action.SEE),
        "POST /widgets/{id}/enabled": Route(switch, Action.EDIT),
    }


def _new_page(typed: Mapping[str, str], problems: tuple[Problem, ...] = ()) -> Page:
    named = languages.listed(typed["languages"])
    said = [Problem(each.place, _about(each, named)) for each in problems]
    faults = {name: [each.sentence for each in said if forms.name_of(each.place, [name])] for name in _NEW}
    if faults["origins"] and (meant := allow_list.meant(typed["origins"])):
        faults["origins"] = [f"Did you mean {meant}? It is in the field now: go on if it is right."]
        typed = {**typed, "origins": meant}
    return Page("new.html", {"typed": typed, "faults": faults}, 422 if problems else 200)


def _about(problem: Problem, named: Sequence[str]) -> str:
    """Return the sentence of a problem. One about a word that names no language has the word."""
    match problem.place:
        case ("languages", int(at)) if not languages.is_culture(named[at]):
            return f"“{named[at][:_LONGEST_WORD]}” is not known: write a name such as French, or a code such as fr."
    return problem.sentence


def _state(table: WidgetTable, edited: widget.Edited, visit: Visit) -> str:
    """Return what is live and what is not yet, as a sentence or two."""
    if edited.live is None:
        return "Never published: no page can use it yet."
    since = f"Live since {edited.live.live.created_at[:10]}"
    if edited.draft is None:
        return f"{since}, no changes in the draft."
    try:
        count = len(drafts.review(table, edited.draft, now=visit.now).differences)
    except ConflictError:
        return f"{since}. Other settings were published since the draft was started."
    return f"{since}, {count} {'change' if count == 1 else 'changes'} in the draft."


def _steps(edited: widget.Edited, found: Seen) -> list[dict[str, Any]]:
    """Return the five steps from a new widget to a window on a page, with whether each is done.

    The last one has its own word: a page that asks for settings may still start the scripts of its services.
    """
    definition, live, controller = edited.definition, edited.live, "behaviour#f-controller.name"
    return [
        {"done": bool(allowed(edited)), "to": "domains", "label": "Name the domains of your site"},
        {"done": bool(definition.get("services")), "to": "services", "label": "List the services that your site uses"},
        {"done": bool(definition.get("controller")), "to": controller, "label": "Say who answers for the site"},
        {"done": live is not None, "to": "publish", "label": "Publish"},
        {"done": found.has_arrived, "to": "install", "label": _INSTALL, "says": "Snippet seen"},
    ]
