"""The faults of a definition and the questionable choices in it: sentences, with the places of fields to mend.

Publishing makes them. No function that visitors call loads this module.
"""

from dataclasses import dataclass

type Place = tuple[str | int, ...]
"""The way to a field: names of members, and numbers of entries from 0. An empty one is the definition as a whole."""

_LONGEST_NAME, _LONGEST_SENTENCE = 200, 2_000


def written(place: Place) -> str:
    """Return a place as people write it, such as ``services[0].slug``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault or a warning.

    ``sentence`` is what a form says beside the field; without a place it is whole. ``lead`` comes before it wherever
    the field is not in sight. None: it is the place and a colon.
    """

    place: Place
    sentence: str
    lead: str | None = None

    def __str__(self) -> str:
        """Return the sentence with what it is about, for a list of problems."""
        return f"{self._lead}{self.sentence}"

    def under(self, place: Place, lead: str) -> "Problem":
        """Return the problem of a part as one of the whole, which has the part at ``place``."""
        return Problem((*place, *self.place), self.sentence, f"{lead}{self._lead}")

    def as_json(self) -> dict[str, object]:
        """Return ``loc`` and ``detail``. Names that a program has made are cut: an answer has an end."""
        loc = [part if isinstance(part, int) else part[:_LONGEST_NAME] for part in self.place]
        return {"loc": loc, "detail": self.sentence[:_LONGEST_SENTENCE]}

    @property
    def _lead(self) -> str:
        if self.lead is not None:
            return self.lead
        return f"{written(self.place)}: " if self.place else ""
