"""Forms for the members of a definition. The models of the definition say what kind of field each member is.

A field's name is the path of its member, such as ``darkColors.bgColor``, and an entry of a list has its number.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from consent_console.labels import CHOICES, label_of, plain
from consent_core.problems import Place, Problem
from consent_core.publishing.definitions import WidgetDefinition

_WHOLE = re.compile(r"-?[0-9]{1,15}")
_COLOUR_WITHOUT_HASH = re.compile(r"(?:[0-9a-fA-F]{3,4}){1,2}")
_LONG = frozenset({"customCSS", "services.description", "services.cookies.description"})
_LOCALISED = re.compile(r"\S+\s+\S+")

type Form = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Field:
    """A field as a template shows it."""

    name: str
    kind: str
    """switch, number, choice, several, colour, lines, localised, long or text."""

    value: object = ""
    """The value as it was typed, or as the definition has it: a bool, texts for several choices, otherwise text."""

    faults: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The label."""
        return label_of(self.name).text

    @property
    def hint(self) -> str:
        """A sentence that explains it, or an empty text."""
        return label_of(self.name).hint

    @property
    def unit(self) -> str:
        """The unit of a number, or an empty text."""
        return label_of(self.name).unit

    @property
    def choices(self) -> Sequence[tuple[str, str]]:
        """The values to choose from, with their words."""
        return [*CHOICES[plain(self.name)].items()]

    @property
    def rows(self) -> int:
        """The height of a text of several lines."""
        return min(max(3, str(self.value).count("\n") + 2), 20)

    @property
    def words(self) -> str:
        """The value for people who cannot change it."""
        match self.kind:
            case "switch":
                return "Yes" if self.value else "No"
            case "choice":
                return dict(self.choices).get(str(self.value), str(self.value))
            case "several":
                return ", ".join(said for value, said in self.choices if value in self.chosen)
        return f"{self.value} {self.unit}".strip() if self.value else ""

    @property
    def chosen(self) -> Sequence[str]:
        """The values that are ticked, of several choices."""
        return self.value if isinstance(self.value, tuple) else ()


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in a summary above a form: ``link`` leads to its field, and is empty for one without a field here."""

    sentence: str
    link: str = ""
    label: str = ""


def fields(
    names: Iterable[str],
    definition: Mapping[str, Any],
    typed: Form | None = None,
    problems: Iterable[Problem] = (),
) -> dict[str, Field]:
    """Return the fields of these members: as they were typed, otherwise as the definition has them."""
    listed = list(problems)
    return {name: _field(name, definition, typed, listed) for name in names}


def part(names: Iterable[str], typed: Form, definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a definition that a form states. An empty text is None: the member is left out.

    A number that cannot be read stays text, for the definition's own check to refuse. Members of an object that have no
    field keep what ``definition`` has.
    """
    stated: dict[str, Any] = {}
    for name in names:
        value = _stated(kind_of(name), typed.get(name, ()))
        whole, _, member = name.partition(".")
        if not member:
            stated[whole] = value
            continue
        inner = stated.setdefault(whole, dict(definition.get(whole) or {}))
        inner.pop(member, None)
        if value is not None:
            inner[member] = value
    return {name: None if value == {} else value for name, value in stated.items()}


def stated(name: str, typed: Form) -> Any:  # noqa: ANN401 - a member of a definition
    """Return the value that a form states for one member: None for an empty text."""
    return _stated(kind_of(name), typed.get(name, ()))


def numbers(list_name: str, typed: Form) -> list[int]:
    """Return the numbers of the entries of a list that a form states, in order."""
    entry = re.compile(rf"{re.escape(list_name)}\.([0-9]{{1,4}})\..+")
    return sorted({int(found[1]) for found in map(entry.fullmatch, typed) if found})


def entry(place: str, names: Iterable[str], typed: Form) -> dict[str, Any]:
    """Return the members of an entry of a list, such as ``policies.0``. Empty texts are left out."""
    stated = {name: _stated(kind_of(f"{place}.{name}"), typed.get(f"{place}.{name}", ())) for name in names}
    return {name: value for name, value in stated.items() if value is not None}


def whole(text: str) -> int | None:
    """Return the number that a text states, from 0 to fifteen digits; None for any other text."""
    return int(text) if _WHOLE.fullmatch(text) and text.isdecimal() else None


def summary(names: Iterable[str], problems: Iterable[Problem]) -> list[Fault]:
    """Return the faults for a summary. Those of fields on this page have a link to them."""
    known = frozenset(names)
    return [_fault(problem, known) for problem in problems]


def _fault(problem: Problem, known: frozenset[str]) -> Fault:
    name = name_of(problem.place, known)
    if name is None:
        return Fault(str(problem))
    return Fault(problem.sentence, f"#f-{name}", label_of(name).text)


def name_of(place: Place, known: Iterable[str]) -> str | None:
    """Return the name of the field at a place or around it, or None."""
    path = ".".join(map(str, place))
    around = (name for name in known if path == name or path.startswith(f"{name}."))
    return max(around, key=len, default=None)


def _field(name: str, definition: Mapping[str, Any], typed: Form | None, problems: Sequence[Problem]) -> Field:
    kind = kind_of(name)
    value = _typed(kind, typed.get(name, ())) if typed is not None else _shown(kind, _member(definition, name))
    faults = tuple(problem.sentence for problem in problems if name_of(problem.place, [name]))
    return Field(name, kind, value, faults)


def _stated(kind: str, values: Sequence[str]) -> Any:  # noqa: ANN401 - a member of a definition
    text = values[0].strip() if values else ""
    if kind == "colour" and _COLOUR_WITHOUT_HASH.fullmatch(text):
        text = f"#{text}"
    match kind:
        case "switch":
            return bool(values)
        case "several":
            return [_number(value) for value in values]
        case "number":
            return _number(text) if text else None
        case "lines":
            return _lines(text)
        case "localised":
            return _localised(_lines(text))
    return text or None


def _number(text: str) -> int | str:
    return int(text) if _WHOLE.fullmatch(text) else text


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _localised(lines: Sequence[str]) -> str | dict[str, str] | None:
    """Return one text for all languages, or one for each: then each line begins with its language."""
    if len(lines) > 1 or any(map(_LOCALISED.fullmatch, lines)):
        pairs = (line.partition(" ") for line in lines)
        return {language: text.strip() for language, _, text in pairs}
    return lines[0] if lines else None


def _typed(kind: str, values: Sequence[str]) -> object:
    match kind:
        case "switch":
            return bool(values)
        case "several":
            return tuple(values)
    return values[0] if values else ""


def _shown(kind: str, value: object) -> object:
    match kind, value:
        case "switch", _:
            return bool(value)
        case "several", _:
            return tuple(map(str, value)) if isinstance(value, list) else ()
        case "lines", list():
            return "\n".join(map(str, value))
        case "localised", dict():
            return "\n".join(f"{language} {text}" for language, text in value.items())
    return "" if value is None else str(value)


def _member(definition: Mapping[str, Any], name: str) -> object:
    value: Any = definition
    for each in name.split("."):
        match value:
            case Mapping():
                value = value.get(each)
            case list() if int(each) < len(value):
                value = value[int(each)]
            case _:
                return None
    return value


# --- The models -------------------------------------------------------------------------------------------------------


def kind_of(name: str) -> str:
    """Return the kind of field of a member. Raises KeyError for one that a definition does not have."""
    if plain(name) in _LONG:
        return "long"
    kind = ""
    found: Mapping[str, Any] = {"properties": _schema()["properties"]}
    for each in name.split("."):
        kind, found = _resolved(found["items"] if each.isdecimal() else found["properties"][each])
    if found.get("type") == "array" and "enum" in _resolved(found["items"])[1]:
        return "several"
    return _KINDS_BY_NAME.get(kind) or ("choice" if "enum" in found else _KINDS.get(found["type"], "text"))


_KINDS_BY_NAME = {"Colour": "colour", "LocalUrl": "localised"}
_KINDS = {"boolean": "switch", "integer": "number", "array": "lines"}


def _resolved(found: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the name of a schema and the schema, behind references and without null."""
    kind = ""
    while "type" not in found and "enum" not in found:
        if "$ref" in found:
            kind = found["$ref"].rpartition("/")[2]
            found = _schema()["$defs"][kind]
        else:
            found = next(each for each in found["anyOf"] if each.get("type") != "null")
    return kind, found


@cache
def _schema() -> dict[str, Any]:
    return WidgetDefinition.model_json_schema(by_alias=True)
