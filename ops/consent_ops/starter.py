"""The definition that ``consent-ops new`` writes, and the JSON Schema that lets editors complete it."""

import secrets
from pathlib import Path

SCHEMA = "definition.schema.json"
"""The name of the schema's file, which the definition's ``$schema`` states."""

_TEMPLATES = Path(__file__).with_name("templates")
_DOCS = Path(__file__).resolve().parents[2] / "docs"


def definition(widget_id: int) -> str:
    """Return a definition of a widget with a new public key, as JSON."""
    text = (_TEMPLATES / "widget.json").read_text("utf-8")
    return text.replace('"id": 1,', f'"id": {widget_id},').replace("NEW_KEY", secrets.token_hex(16))


def schema() -> str:
    """Return the JSON Schema of definitions: of the installed package, or else of this checkout."""
    installed = _TEMPLATES / SCHEMA
    return (installed if installed.is_file() else _DOCS / SCHEMA).read_text("utf-8")
