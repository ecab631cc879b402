"""Small makers of what tests start from: each gives something ordinary, and takes what the test is about."""

import json
from typing import Any

from consent_core.catalogue import Catalogue, LiveWidget, Policy, Purpose, Service
from consent_core.decisions import Decision, decision_from_json
from consent_core.publishing.definitions import WidgetDefinition, definition_from_json

VERSION_KEY = "0d3f9c1e-5a77-4a55-8a39-3d1f2f7f9b01"
NECESSARY = Service(
    "80397d27-eaba-567a-a139-a8fb0bbd10cc",
    "Session",
    "session",
    "3c8f1d75-bdfb-58b4-a6b4-1dec18b6a6ff",
    Purpose.NECESSARY,
)
ANALYTICS = Service(
    "1c3baa61-0d05-44e4-da3d-08d7eeadee05",
    "Analytics",
    "analytics",
    "6f65cb1d-85eb-4a64-976d-519679189f8d",
    Purpose.ANALYTICAL,
)
DRIFT = Service(
    "584ffef3-251c-4e9a-efb8-08d7fbfbee92", "Drift", "drift", "6f65cb1d-85eb-4a64-976d-519679189f8d", Purpose.MARKETING
)


def live_widget(**changes: object) -> LiveWidget:
    fields: dict[str, Any] = {
        "widget_id": 43,
        "version_key": VERSION_KEY,
        "revision": 1,
        "enabled": True,
        "keys": ("a-public-key",),
        "origins": ("https://shop.example",),
        "allow_native_apps": False,
        "developer_mode": False,
        "save_consent_proof": True,
        "store_page_address": False,
        "languages": ("en", "fr"),
        "retention_days": 180,
        "created_at": "2026-01-01T00:00:00.000Z",
    }
    return LiveWidget(**{**fields, **changes})


def catalogue(*services: Service, **policies: Policy) -> Catalogue:
    known = services or (NECESSARY, ANALYTICS, DRIFT)
    return Catalogue(VERSION_KEY, workspace_id=19, tenant_id=7, services=known, policies=policies)


def decision_json(**changes: object) -> str:
    return json.dumps({"type": "Consents", "consents": {}, **changes})


def decision(**changes: object) -> Decision:
    return decision_from_json(decision_json(**changes))


def definition_json(**changes: object) -> str:
    return json.dumps({"id": 43, "label": "Shop", "keys": ["a-public-key"], **changes})


def definition(**changes: object) -> WidgetDefinition:
    return definition_from_json(definition_json(**changes))


def service_json(**changes: object) -> dict[str, Any]:
    return {"name": "Matomo", "slug": "matomo", "purpose": 2, **changes}
