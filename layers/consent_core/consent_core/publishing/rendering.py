"""The rendering of a definition as the settings that browsers read: one JSON string per language, at publication.

Its members have the types of the documented answer, which parsers of apps were made from: an optional text that the
owner left out is an empty one. Only ``tenant`` and a session cookie's ``expiryDays`` are null, as documented.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from consent_core.catalogue import Catalogue, Policy, Purpose, Rendering, Service, candidates
from consent_core.dates import timestamp
from consent_core.publishing import texts
from consent_core.publishing.definitions import (
    ASK_AGAIN_AFTER_CLOSE,
    PRIVATE,
    ServiceDefinition,
    WidgetDefinition,
    cookie_id,
    service_id,
    service_version,
    translation_id,
)
from consent_core.publishing.theme import theme_of

_IN_THEME = {
    "color_btn_secondary",
    "color_scheme",
    "dark_colors",
    "offset_top",
    "offset_bottom",
    "fixed_button_size",
}
_WHERE_USED = {"policies", "ask_again_after_close", "controller"}
_ELSEWHERE = PRIVATE | _IN_THEME | _WHERE_USED | {"translations", "services", "cookie_notice_url"}


@dataclass(frozen=True, slots=True)
class Stamp:
    """The values that a publication adds to a definition: the version's key, and the dates of widget and version.

    ``created`` is ISO 8601.
    """

    version_key: str
    created: str
    published: datetime


def catalogue_of(definition: WidgetDefinition, version_key: str) -> Catalogue:
    """Return the parts of a definition that the functions need."""
    return Catalogue(
        version_key=version_key,
        workspace_id=definition.work_space_id,
        tenant_id=definition.tenant_id,
        services=tuple(
            Service(
                service_id(definition, service),
                service.name,
                service.slug,
                service_version(service),
                service.purpose,
                bool(service.exempt),
            )
            for service in definition.services
        ),
        policies={each.id: Policy(frozenset(map(int, each.opt_out)), each.exempt) for each in definition.policies},
    )


def render(definition: WidgetDefinition, language: str, stamp: Stamp) -> Rendering:
    """Return the settings in one of the definition's languages, with a strong entity tag derived from their bytes."""
    body = json.dumps(settings_of(definition, language, stamp), ensure_ascii=False, separators=(",", ":"))
    return Rendering.of(body)


def settings_of(definition: WidgetDefinition, language: str, stamp: Stamp) -> dict[str, object]:
    """Return the settings (docs/contract.md, section 2) as plain values, without what ``definitions.PRIVATE`` names."""
    published = timestamp(stamp.published)
    owned = definition.model_dump(mode="json", by_alias=True, exclude=set(_ELSEWHERE))
    return {
        **{name: "" if value is None else value for name, value in owned.items()},
        "enabled": True,  # a disabled widget is answered with 404
        "isValid": True,
        "lang": language,
        "direction": texts.direction(definition.language_of_texts(language)),
        "versionKey": stamp.version_key,
        "lastVersionGeneration": published,
        "cookieNoticeUrl": localised(definition.cookie_notice_url, language),
        "tcfVersion": 0,  # none: the framework is not supported
        "dateCreation": stamp.created,
        "dateUpdate": published,
        "tenant": None,
        "theme": theme_of(definition, language),
        "translation": _translation(definition, language),
        "groups": [group for purpose in Purpose if (group := _group(definition, purpose, language))],
        **_where_used(definition),
    }


def _where_used(definition: WidgetDefinition) -> dict[str, object]:
    """Return the members that are only in the settings of a definition that uses them."""
    used: dict[str, object] = {}
    if definition.policies:
        stated = (each.model_dump(mode="json", by_alias=True, exclude_defaults=True) for each in definition.policies)
        used["policies"] = list(stated)
    if definition.ask_again_after_close != ASK_AGAIN_AFTER_CLOSE:
        used["askAgainAfterClose"] = definition.ask_again_after_close
    if definition.controller:
        used["controller"] = definition.controller.model_dump(mode="json", by_alias=True, exclude_none=True)
    return used


def _translation(definition: WidgetDefinition, language: str) -> dict[str, object]:
    shown = (name for name in sorted(texts.names()) if _is_shown(definition, language, name))
    return {
        "id": translation_id(definition, language),
        "lang": definition.language_of_texts(language),
        "order": definition.languages.index(language),
        **{name: definition.text(language, name) for name in shown},
    }


def _is_shown(definition: WidgetDefinition, language: str, name: str) -> bool:
    """Return whether browsers get a text with the settings."""
    if name in texts.OF_SIGNALS:
        return definition.enable_gpc
    if name in texts.OF_CONTROLLER:
        return definition.controller is not None
    if name in texts.OF_RECEIPTS_AND_DECLARATION:  # the answers of the service have the built-in ones
        return any(name in definition.translations.get(each, {}) for each in candidates(language))
    return "Unclassified" not in name


def _group(definition: WidgetDefinition, purpose: Purpose, language: str) -> dict[str, object] | None:
    services = [service for service in definition.services if service.purpose is purpose]
    if not services:
        return None
    return {
        "label": definition.text(language, f"category{purpose.label}Label"),
        "excerpt": definition.text(language, f"category{purpose.label}Excerpt"),
        "description": definition.text(language, f"category{purpose.label}Description"),
        "purpose": int(purpose),
        **_consents(purpose),
        "services": [_service(definition, service, language) for service in services],
    }


def _service(definition: WidgetDefinition, service: ServiceDefinition, language: str) -> dict[str, object]:
    own_id = service_id(definition, service)
    return {
        "id": own_id,
        "name": service.name,
        "slug": service.slug,
        "version": service_version(service),
        "domain": next(iter(service.domain), ""),
        "domains": service.domain,
        "logoUrl": service.logo_url or "",
        "privacyPolicyUrl": service.privacy_policy_url or "",
        "purpose": int(service.purpose),
        "description": localised(service.description, language),
        "lang": language,
        **_consents(service.purpose),
        "consentModes": service.consent_modes,
        "cookies": [
            {
                "id": cookie_id(own_id, cookie),
                "serviceId": own_id,
                "name": cookie.name,
                "description": localised(cookie.description, language),
                "value": "",
                "path": cookie.path,
                "domain": cookie.domain or "",
                "expiryDays": cookie.expiry_days,
            }
            for cookie in service.cookies
        ],
        "storage": service.storage or (),
        **({"exempt": True} if service.exempt else {}),
    }


def _consents(purpose: Purpose) -> dict[str, bool]:
    return {"requiredConsent": purpose is not Purpose.NECESSARY, "defaultConsent": purpose is Purpose.NECESSARY}


def localised(value: str | Mapping[str, str] | None, language: str) -> str:
    """Return the text for all languages, or the one for this language, else its base language, else the first one."""
    if value is None or isinstance(value, str):
        return value or ""
    return value.get(language) or value.get(language.partition("-")[0]) or next(iter(value.values()), "")
