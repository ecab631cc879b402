"""The policies of a widget: what is on by default where. Presets are ticked; each policy has fields of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from consent_console import forms
from consent_console.editor import saving, widget
from consent_console.labels import CHOICES, PLACES
from consent_console.pages import Answer, Page
from consent_console.people import Action
from consent_console.serving import Route, Visit
from consent_core.problems import Problem
from consent_core.publishing import policies
from consent_core.publishing.policies import EVERYWHERE, PolicyDefinition, Preset
from consent_core.widget_table import WidgetTable

type Policies = Sequence[Mapping[str, Any]]

MEMBERS = ("id", "regions", "optOut", "exempt", "link", "announce")
"""The members of a policy that have fields."""


class Offer(NamedTuple):
    """A preset as the page offers it. ``is_changed``: the widget's policy of this id has other rules."""

    id: str
    preset: Preset
    place: str
    effect: str
    is_on: bool
    is_changed: bool


def routes(table: WidgetTable) -> Mapping[str, Route]:
    """Return the routes of this page."""

    def show(visit: Visit) -> Answer:
        return _page(widget.read(table, visit.widget_id))

    def save(visit: Visit) -> Answer:
        """Save the policies of the form, without those that were taken away, with the presets that were ticked."""
        edited, kept = widget.read(table, visit.widget_id), _kept(visit.form)
        return saving.save(
            table,
            visit,
            _part(edited, _stated(visit.form, kept)),
            to=saving.back(f"/widgets/{visit.widget_id}/regions", visit.form),
            refused=lambda refusal: _page(edited, _as_numbered(refusal, kept)),
        )

    return {
        "GET /widgets/{id}/regions": Route(show, Action.SEE),
        "POST /widgets/{id}/regions": Route(save, Action.EDIT),
    }


# --- The form ---------------------------------------------------------------------------------------------------------


def _kept(typed: forms.Form) -> list[int]:
    """Return the numbers of the policies that stay. The one that could be added stays if anything names it."""
    unticked = {*typed.get("on", [])} - {*typed.get("preset", [])}
    return [
        at
        for at in forms.numbers("policies", typed)
        if str(at) not in typed.get("remove", [])
        and _text(typed, at, "id") not in unticked
        and (str(at) not in typed.get("new", []) or _text(typed, at, "id") or _text(typed, at, "regions"))
    ]


def _text(typed: forms.Form, at: int, member: str) -> str:
    return typed.get(f"policies.{at}.{member}", [""])[0].strip()


def _stated(typed: forms.Form, kept: Sequence[int]) -> Policies:
    """Return the policies. A button puts one for everywhere last; while a person types, none gets another number."""
    stated = [forms.entry(f"policies.{at}", MEMBERS, typed) for at in kept]
    known = {*typed.get("on", []), *(each.get("id") for each in stated)}
    ticked = [{"preset": each} for each in typed.get("preset", []) if each not in known and each in policies.presets()]
    if saving.was_pressed(typed) or ticked:
        stated.sort(key=lambda each: EVERYWHERE in each["regions"])
    last = len(stated) - (bool(stated) and EVERYWHERE in stated[-1]["regions"])
    return [*stated[:last], *ticked, *stated[last:]]


def _part(edited: widget.Edited, stated: Policies) -> dict[str, object]:
    """Return the members that change. The first policy switches signals on, as in a definition that does not say."""
    is_first = bool(stated) and not edited.definition.get("policies")
    return {"policies": stated, **({"enableGPC": True} if is_first else {})}


def _as_numbered(refusal: saving.Refusal, kept: Sequence[int]) -> saving.Refusal:
    """Return the faults with the numbers that the policies have in the form."""
    return replace(refusal, problems=tuple(_numbered(each, kept) for each in refusal.problems))


def _numbered(problem: Problem, kept: Sequence[int]) -> Problem:
    match problem.place:
        case ("policies", int(at), *rest) if at < len(kept):
            return replace(problem, place=("policies", kept[at], *rest))
    return problem


# --- The page ---------------------------------------------------------------------------------------------------------


def effect_of(policy: Mapping[str, Any]) -> str:
    """Return in two sentences at most what a policy does."""
    on = [CHOICES["policies.optOut"][str(purpose)] for purpose in policy.get("optOut", ())]
    on += ["the services that are exempt"] if policy.get("exempt") else []
    first = f"On until the visitor refuses: {', '.join(on)}." if on else "Nothing is on before the visitor decides."
    shown = {"link": "your page's own link to the choices", "announce": "the window, although nothing must be asked"}
    seen = [said for name, said in shown.items() if policy.get(name)]
    return f"{first} Shown: {' and '.join(seen)}." if seen else first


def _offers(stated: Policies) -> list[Offer]:
    own = {each["id"]: each for each in stated}
    return [
        Offer(name, each, PLACES.get(name, name), effect_of(each.policy), name in own, _differs(own.get(name), each))
        for name, each in policies.presets().items()
    ]


def _differs(own: Mapping[str, Any] | None, preset: Preset) -> bool:
    """Return whether a policy has other rules than the preset of its id."""
    if own is None:
        return False
    return PolicyDefinition.model_validate(own) != PolicyDefinition.model_validate(preset.policy)


def _page(edited: widget.Edited, refusal: saving.Refusal | None = None) -> Page:
    stated: Policies = edited.definition.get("policies", [])
    numbers = [*range(len(stated))]
    new = len(stated)
    if refusal:
        numbers = forms.numbers("policies", refusal.typed)
        sent = forms.whole(refusal.typed.get("new", [""])[0])
        new = new if sent is None else sent
        numbers = [at for at in numbers if at != new]
    names = [f"policies.{at}.{member}" for at in (*numbers, new) for member in MEMBERS]
    values = {
        "part": "regions",
        "offers": _offers(stated),
        "ticked": refusal.typed.get("preset", []) if refusal else [each["id"] for each in stated],
        "numbers": numbers,
        "new": new,
        "members": MEMBERS,
        "effects": [effect_of(each) for each in stated],
    }
    return saving.page_of_fields("regions.html", edited, refusal, names, values)
