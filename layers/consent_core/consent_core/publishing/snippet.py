"""The lines for the pages of a site: the widget's element, the SDK's tag, and the policy that they need."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

NEWEST = "/sdk/dastra.js"
"""The path of the newest SDK, which every build replaces."""

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


def _logos(definition: Mapping[str, Any]) -> Iterator[str]:
    for place in (definition.get("buttonLogoUrl"), *(each.get("logoUrl") for each in definition["services"])):
        if place:
            yield place
