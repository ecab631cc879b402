"""Forms of the privacy desk: what was typed, checked field by field. A wrong value stays where it was typed."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from consent_console.forms import Fault
from consent_console.people import Action, Person
from consent_console.serving import Visit
from consent_core import shapes
from consent_core.dossier.desk import MOST_DAYS, Asking
from consent_core.reports import activity
from consent_core.widget_table import WidgetTable

_EARLIEST = date(2000, 1, 1)
_APART = re.compile(r"[\W_]+")
_ID = re.compile(r"(?i)[0-9a-f]{32}")
"""A consentId, without what may stand between its parts."""

_BETWEEN = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class Field:
    """A field as the template's macros show it."""

    name: str
    label: str
    hint: str = ""
    kind: str = "text"
    value: object = ""
    faults: tuple[str, ...] = ()
    choices: Sequence[tuple[str, str]] = ()
    unit: str = ""
    placeholder: str = ""
    rows: int = 3


@dataclass
class Typed:
    """A form as it was typed. A method that reads a field notes its fault, and returns a value without meaning then."""

    visit: Visit
    problems: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a field as it was typed: of the form, or of the query of a GET."""
        is_form = self.visit.event["requestContext"]["http"]["method"] == "POST"
        return self.visit.field(name) if is_form else self.visit.query(name).strip()

    def consent_id(self) -> str:
        """Return the consentId, in lower case."""
        sent = self.text("consentId")
        if not shapes.UUID.fullmatch(sent):
            self.problems["consentId"] = "A consent id looks like 8a5e89c4-2243-4598-97c5-ba3cfb35a138."
        return sent.lower()

    def user_id(self) -> str:
        """Return the userId."""
        sent = self.text("userId")
        if not shapes.USER_ID.fullmatch(sent):
            self.problems["userId"] = "A user id has 1 to 128 printable ASCII characters."
        return sent

    def widget(self, known: Iterable[tuple[str, str]]) -> int:
        """Return the widget, one of those that the person may choose."""
        sent = self.text("widget")
        if sent not in dict(known):
            self.problems["widget"] = "Choose a widget."
            return 0
        return int(sent)

    def asking(self) -> Asking:
        """Return the person with the reason, which names no visitor: the audit keeps it."""
        sent = self.text("reason")
        if not shapes.REASON.fullmatch(sent):
            self.problems["reason"] = "Say why, in at most 500 characters."
        elif _ID.search(_APART.sub("", sent)) or _names(sent, self.text("userId")):
            self.problems["reason"] = "Leave the visitor's id out: the audit keeps the reason, and never the id."
        return Asking(self.visit.person.actor, sent)

    def days(self) -> tuple[str, ...]:
        """Return the days that are named, with spaces or commas between them."""
        sent = [each for each in _BETWEEN.split(self.text("days")) if each]
        if not all(map(_day, sent)):
            self.problems["days"] = "Write days as 2026-11-24, with spaces between them."
        elif len(sent) > MOST_DAYS:
            self.problems["days"] = f"Name {MOST_DAYS} days at most."
        return tuple(sent)

    def period(self, *, last: date, days: int, most: int) -> tuple[date, date]:
        """Return the first and the last day of a period: by default, ``days`` days that end with ``last``."""
        to = self._day_or("to", last)
        begin = self._day_or("from", to - timedelta(days=days - 1))
        if to > last:
            self.problems["to"] = f"End with {last} at the latest."
        elif begin > to:
            self.problems["from"] = "The first day comes after the last."
        elif (to - begin).days >= most:
            self.problems["from"] = f"Choose {most} days at most."
        return begin, to

    def day(self, name: str, *, last: date, default: date) -> date:
        """Return a day that is not later than ``last``."""
        found = self._day_or(name, default)
        if found > last:
            self.problems[name] = f"Choose {last} or a day before."
        return found

    def _day_or(self, name: str, default: date) -> date:
        sent = self.text(name)
        if not sent:
            return default
        found = _day(sent)
        if found is None:
            self.problems[name] = "Write a day as 2026-11-24."
        return found or default

    def shown(self, *fields: Field) -> dict[str, Field]:
        """Return the fields with what was typed into them, and with their faults."""
        return {
            each.name: Field(
                each.name,
                each.label,
                each.hint,
                each.kind,
                self._shown(each),
                tuple(filter(None, [self.problems.get(each.name)])),
                each.choices,
            )
            for each in fields
        }

    def _shown(self, field: Field) -> object:
        """Return what stands in a field. The browser's field for a day can hold no other text."""
        sent = self.text(field.name)
        return (sent if field.kind != "day" or _day(sent) else "") if sent else field.value

    def faults(self, fields: Iterable[Field]) -> list[Fault]:
        """Return the faults for the summary above the form."""
        return [
            Fault(self.problems[each.name], f"#f-{each.name}", each.label)
            for each in fields
            if each.name in self.problems
        ]


def widgets_of(table: WidgetTable, person: Person) -> list[tuple[str, str]]:
    """Return the widgets to choose from: the ids that the person may see, with their labels."""
    return [
        (str(each.widget_id), f"{each.widget_id}: {each.label or 'without a name'}")
        for each in activity.listed(table)
        if person.may(Action.SEE, each.widget_id)
    ]


def reason_field(value: str = "") -> Field:
    """Return the field for the reason of an access."""
    hint = "Such as: request for access, case 4711. It is kept in the audit. Leave the visitor's name and id out."
    return Field("reason", "Reason", hint, "long", value)


def _day(text: str) -> date | None:
    """Return the day of a text; None if it is not a day, or before 2000: earlier periods are compared with it."""
    try:
        found = date.fromisoformat(text) if shapes.DAY.fullmatch(text) else None
    except ValueError:
        return None
    return found if found and found >= _EARLIEST else None


def _names(reason: str, user_id: str) -> bool:
    return bool(user_id) and re.search(rf"(?<!\w){re.escape(user_id)}(?!\w)", reason) is not None
