"""The people of the console and what they may do. The identity provider says who is in which group.

A group ``consent-owner`` counts for all widgets, ``consent-owner-43`` for widget 43 alone.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self
from urllib.parse import urlsplit

from consent_core import shapes


class Action(StrEnum):
    """A thing that a page lets a person do. Each route states one."""

    ENTER = "enter"
    """Use the console at all: the lists show what else is allowed."""

    SEE = "see"
    """See a widget, its draft and its history."""

    EDIT = "edit"
    """Change a widget: its draft, domains and keys; publish, roll back, share."""

    CREATE = "create"
    COUNT = "count"
    """See statistics."""

    PROVE = "prove"
    """Look consents up, export and erase them."""

    AUDIT = "audit"
    """See who has done what."""


_MOST_NAME = 100
_UNSEEN = re.compile("[\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0f]")
"""Characters that are printable to Python and show nothing: fillers, blanks, and selectors of a variant."""

ROLES: Mapping[str, frozenset[Action]] = MappingProxyType(
    {
        "consent-owner": frozenset({Action.SEE, Action.EDIT, Action.CREATE, Action.COUNT}),
        "consent-viewer": frozenset({Action.SEE, Action.COUNT}),
        "consent-privacy": frozenset({Action.SEE, Action.COUNT, Action.PROVE, Action.AUDIT}),
        "consent-operator": frozenset({Action.SEE, Action.EDIT, Action.CREATE, Action.COUNT, Action.AUDIT}),
    }
)
"""The groups for all widgets. Only privacy officers read proofs, and they change no widget."""

OF_ONE_WIDGET = "consent-owner-{}"
_OWNS_ONE = frozenset({Action.SEE, Action.EDIT, Action.COUNT})
_ONE = re.compile(OF_ONE_WIDGET.format(f"({shapes.WIDGET_ID.pattern})"))

PURPOSES: Mapping[str, str] = MappingProxyType(
    {
        "consent-owner": "owners of all widgets",
        OF_ONE_WIDGET.format(43): "owners of widget 43 alone, and likewise for other numbers",
        "consent-viewer": "those who see all widgets and their statistics, and change none",
        "consent-privacy": "those who answer visitors about their consents",
        "consent-operator": "those who run the platform",
    }
)
"""The groups to ask for, and who is in each."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person who has signed in: ``subject`` is unique at the ``issuer``. ``groups`` are those that count here."""

    issuer: str
    subject: str
    name: str
    groups: tuple[str, ...] = ()

    @classmethod
    def of(cls, claims: Mapping[str, Any], role_claim: str) -> Self:
        """Return the person of an ID token's verified claims.

        A ``role_claim`` is a list of groups, or a text with spaces between them; anything else names no group.
        """
        stated = claims.get(role_claim)
        groups = stated.split(" ") if isinstance(stated, str) else stated if isinstance(stated, list) else ()
        known = sorted({group for group in groups if isinstance(group, str) and _counts(group)})
        named = (claims.get(each) for each in ("name", "email", "preferred_username", "cognito:username", "sub"))
        name = next(each for each in named if isinstance(each, str) and each.strip())
        return cls(str(claims["iss"]), str(claims["sub"]), _line(name), tuple(known))

    @property
    def actor(self) -> str:
        """The person's name in audits and histories."""
        return f"oidc:{urlsplit(self.issuer).netloc}:{self.subject} ({self.name})"

    def may(self, action: Action, widget_id: int | None = None) -> bool:
        """Return whether the person may do that with this widget; without one, with all of them."""
        if action is Action.ENTER:
            return bool(self.groups)
        everywhere = any(action in ROLES.get(group, ()) for group in self.groups)
        return everywhere or (widget_id in self._own and action in _OWNS_ONE)

    def may_somewhere(self, action: Action) -> bool:
        """Return whether there may be a widget with which the person may do that."""
        return self.may(action) or (bool(self._own) and action in _OWNS_ONE)

    @property
    def _own(self) -> frozenset[int]:
        return frozenset(int(found[1]) for found in map(_ONE.fullmatch, self.groups) if found)

    def as_json(self) -> str:
        """Return the person as text, for ``from_json``."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the person that ``as_json`` wrote."""
        stored = json.loads(text)
        return cls(**{**stored, "groups": tuple(stored["groups"])})


def groups_for(action: Action, widget_id: int | None = None) -> Iterable[str]:
    """Yield the groups whose members may do that, for a person who may not."""
    yield from (group for group, actions in ROLES.items() if action in actions or action is Action.ENTER)
    if widget_id is not None and action in _OWNS_ONE:
        yield OF_ONE_WIDGET.format(widget_id)


def _counts(group: str) -> bool:
    return group in ROLES or _ONE.fullmatch(group) is not None


def _line(name: str) -> str:
    """Return a name that fits into a line of an audit: to be seen, 100 characters at most, and unlike a program's."""
    shown = _UNSEEN.sub("", "".join(each for each in name if each.isprintable())).replace(":", " ")
    return shown.strip()[:_MOST_NAME] or "unnamed"
