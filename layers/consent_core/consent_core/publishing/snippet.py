"""The lines for the pages of a site: the widget's element, the SDK's tag, what they need, and tags that wait."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from consent_core.catalogue import Purpose
from consent_core.publishing import known_services

NEWEST = "/sdk/dastra.js"
"""The path of the newest SDK, which every build replaces."""

_SCRIPT = (
    '<script type="dastra/script" data-consent="{}" data-src="…"></script>',
    '<script type="dastra/script" data-consent="{}">…</script>',
)
_FRAME = ('<iframe data-blocked-src="…" data-consent="{}"></iframe>',)
_STYLES = ('<link rel="stylesheet" data-href="…" data-consent="{}">',)

_BLOCKED_FORMS: Mapping[str, tuple[str, ...]] = {
    "analytics": _SCRIPT,
    "advertising": _SCRIPT,
    "chat": _SCRIPT,
    "video": _FRAME,
    "fonts": _STYLES,
}
"""The tags by which sites use the services of a category of the library. Other services may have either."""

_SOURCE = re.compile(r"https://[^/?#]+|data:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Build:
    """A build of the SDK: where the service keeps it for ever, and the hash by which a browser checks it."""

    path: str
    integrity: str

    @classmethod
    def of(cls, content: bytes) -> "Build":
        """Return the build whose file has this content."""
        digest = b64encode(hashlib.sha384(content).digest()).decode()
        return cls(f"/sdk/{hashlib.sha256(content).hexdigest()[:16]}/dastra.js", f"sha384-{digest}")


@dataclass(frozen=True, slots=True)
class Held:
    """A service that needs consent: how its tags are written so that they wait (docs/integrate/html.md).

    ``…`` in a line stands for what the site's own tag has there.
    """

    name: str
    slug: str
    hosts: tuple[str, ...]
    lines: tuple[str, ...]


def settings_address(widget: int, key: str, service: str, language: str | None = None) -> str:
    """Return the address of a widget's settings."""
    culture = f"&culture={language}" if language else ""
    return f"{service}/v1/client/cookie-widget-settings/{widget}?key={key}{culture}"


def html(widget: int, key: str, service: str, build: Build | None, language: str | None = None) -> tuple[str, ...]:
    """Return the lines for each page of a site, with the newest SDK or with one build.

    A browser asks for the settings in this language at once, before the SDK has come. Without a fixed language it could
    ask for the wrong ones, and would load them twice.
    """
    source = f"{service}{build.path if build else NEWEST}?key={key}"
    pin = f' integrity="{build.integrity}" crossorigin' if build else ""
    settings = settings_address(widget, key, service, language)
    preload = f'<link rel="preload" as="fetch" href="{escape(settings)}" crossorigin>'
    speaks = f' data-lang="{language}"' if language else ""
    return (
        *([preload] if language else []),
        f'<div id="dastra-cookie-consent" data-widgetid="{widget}"{speaks}></div>',
        f'<script src="{escape(source)}"{pin} async></script>',
    )


def automatic(key: str, service: str) -> str:
    """Return the SDK's tag with which it holds scripts and frames by their hosts. Nothing may come before it."""
    return f'<script src="{escape(f"{service}{NEWEST}?key={key}")}" data-autoblock></script>'


def held(definition: Mapping[str, Any]) -> tuple[Held, ...]:
    """Return the services of a definition that need consent, in their order."""
    return tuple(
        Held(each["name"], each["slug"], tuple(each.get("domain", ())), _blocked_forms(each["slug"]))
        for each in definition["services"]
        if each["purpose"] != Purpose.NECESSARY
    )


def hosts(services: Sequence[Held]) -> Mapping[str, tuple[str, ...]]:
    """Return the slugs of the services that each host belongs to."""
    return {
        host: tuple(each.slug for each in services if host in each.hosts)
        for host in dict.fromkeys(host for each in services for host in each.hosts)
    }


def hints(definition: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what else a site needs, and where: a line of text for each, for the person who installs the widget."""
    hidden = " hidden" if any(each.get("link") for each in definition.get("policies") or ()) else ""
    return (
        f'Footer, a link to the choices: <a href="#" data-dastra-choices{hidden}>Your privacy choices</a>',
        "Cookie page, the list of services and cookies: <div data-dastra-declaration></div>",
        *(["Address /.well-known/gpc.json: a redirect to /sdk/gpc.json here"] if definition.get("enableGPC") else []),
    )


def policy(definition: Mapping[str, Any], service: str) -> str:
    """Return the Content-Security-Policy that the SDK and the pictures of its window need."""
    images = sorted({source for logo in _logos(definition) for source in _SOURCE.findall(logo)[:1]})
    directives = [
        f"script-src {service}",
        f"connect-src {service}",
        *([f"img-src {' '.join(images)}"] if images else []),
        "require-trusted-types-for 'script'",
        "trusted-types dastra",
    ]
    return f"Content-Security-Policy: {'; '.join(directives)}"


def _blocked_forms(slug: str) -> tuple[str, ...]:
    known = known_services.library().get(slug)
    forms = _BLOCKED_FORMS.get(known.category if known else "", (*_SCRIPT, *_FRAME))
    return tuple(form.format(slug) for form in forms)


def _logos(definition: Mapping[str, Any]) -> Iterator[str]:
    for place in (definition.get("buttonLogoUrl"), *(each.get("logoUrl") for each in definition["services"])):
        if place:
            yield place
