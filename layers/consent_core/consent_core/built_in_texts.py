"""The built-in texts, for publishing and for what the service writes itself."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from consent_core.catalogue import candidates

_FOLDER = files(__package__) / "publishing" / "built_in_texts"

LANGUAGES = tuple(sorted(file.name.removesuffix(".json") for file in _FOLDER.iterdir()))


@cache
def texts_in(language: str) -> Mapping[str, str]:
    """Return the texts of one of LANGUAGES, by their names in docs/contract.md."""
    texts: dict[str, str] = json.loads((_FOLDER / f"{language}.json").read_text("utf-8"))
    return texts


def spoken(language: str) -> str:
    """Return the built-in language for one such as ``fr-CA``: itself, its relative or its base, otherwise English."""
    return next((each for each in candidates(language) if each in LANGUAGES), "en")
