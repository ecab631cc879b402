"""The widget that a run publishes for itself. No site uses it, and its proofs expire after a day."""

import random
import secrets
from dataclasses import dataclass
from typing import Any

type Json = dict[str, Any]

FOREIGN_ORIGIN = "https://foreign.example"

_IDS = range(900_000_000_000_000, 1_000_000_000_000_000)
"""The highest ids that the platform knows: an owner's widgets are far below."""


@dataclass(frozen=True, slots=True)
class Widget:
    """A widget that no other run has."""

    id: int
    key: str
    origin: str

    @classmethod
    def new(cls) -> "Widget":
        random_part = secrets.token_hex(8)
        return cls(random.SystemRandom().choice(_IDS), f"smoke-{random_part}", f"https://{random_part}.smoke.example")

    def definition(self, label: str, *, enabled: bool = True) -> Json:
        """Return a definition with two services. Another ``label`` makes another version."""
        return {
            "id": self.id,
            "label": label,
            "enabled": enabled,
            "tenantId": 0,
            "workSpaceId": 0,
            "keys": [self.key],
            "origins": [self.origin],
            "languages": ["en"],
            "consentCookieExpiryTime": 1,
            "services": [
                _service("Session", "session", "Necessary", "Keeps visitors signed in."),
                _service("Statistics", "statistics", "Analytical", "Counts visits."),
            ],
        }

    def decision(self, version_key: str) -> Json:
        """Return a visitor's decision for everything, on the widget's own site."""
        return {
            "type": "Consents",
            "typeDevice": 2,
            "action": "AcceptAll",
            "referrer": f"{self.origin}/",
            "consents": {"lang": "en", "versionKey": version_key, "purposes": {"Analytical": True}},
        }


def _service(name: str, slug: str, purpose: str, description: str) -> Json:
    return {"name": name, "slug": slug, "purpose": purpose, "description": description}
