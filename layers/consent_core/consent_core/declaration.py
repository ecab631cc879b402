"""The cookie declaration of a widget as HTML, for any page: purposes, services, cookies, and who answers for them.

It has neither script nor style. The visitor's own choice, which only a browser knows, is for the SDK to fill in:
``data-dastra-state`` marks its place at each service, ``data-dastra-choices`` the button that opens the settings.
"""

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from consent_core import built_in_texts, durations
from consent_core.catalogue import Purpose, Rendering
from consent_core.markup import attributes, rich

type Json = Mapping[str, Any]


def declaration_of(settings: Rendering) -> Rendering:
    """Return the declaration of a version in one language, from its settings."""
    return Rendering.of(declaration(json.loads(settings.body)))


def declaration(settings: Json) -> str:
    """Return the declaration for settings as they were rendered, perhaps by an earlier release."""
    return _Declaration(settings).written()


class _Declaration:
    def __init__(self, settings: Json) -> None:
        self._settings = settings
        self._own: Json = settings["translation"]
        self._language: str = self._own.get("lang") or settings["lang"]
        self._built_in = built_in_texts.texts_in(built_in_texts.spoken(self._language))

    def written(self) -> str:
        language = {"lang": self._language, "dir": self._settings.get("direction", "auto")}
        return "".join(
            (
                f'<div class="dastra-declaration"{attributes(language)}>',
                self._facts(),
                f'<button type="button" data-dastra-choices hidden>{self._plain("fixedButtonLabel")}</button>',
                *map(self._purpose, self._settings["groups"]),
                "</div>",
            )
        )

    def _text(self, name: str) -> str:
        """Return a text of the widget, else the built-in one: settings have those alone that the window shows."""
        return self._own.get(name) or self._built_in[name]

    def _plain(self, name: str) -> str:
        return html.escape(self._text(name))

    def _facts(self) -> str:
        """Return who answers for the processing, where the owner has said it, and the date of the version."""
        controller = self._settings.get("controller") or {}
        day = self._settings["lastVersionGeneration"][:10]
        officer = controller.get("dataProtectionOfficer")
        facts = {
            "controllerLabel": _lines(controller.get(name) for name in ("name", "address", "contact")),
            "dataProtectionOfficerLabel": _lines([officer]),
            "declarationUpdatedLabel": f'<time datetime="{html.escape(day)}">{html.escape(day)}</time>',
        }
        written = (f"<dt>{self._plain(name)}</dt><dd>{fact}</dd>" for name, fact in facts.items() if fact)
        return f'<dl class="dastra-facts">{"".join(written)}</dl>'

    def _purpose(self, group: Json) -> str:
        services = "".join(map(self._service, group["services"]))
        return (
            f'<section class="dastra-purpose"><h3>{html.escape(group["label"] or "")}</h3>'
            f"{_block(rich(group['description']))}{services}</section>"
        )

    def _service(self, service: Json) -> str:
        name = html.escape(service["name"])
        return "".join(
            (
                f'<section class="dastra-service"><h4>{name}</h4>{self._state(service)}',
                _block(rich(service["description"])),
                _block(html.escape(", ".join(_hosts(service))), "dastra-hosts"),
                _block(self._privacy_policy(service)),
                self._table(service),
                "</section>",
            )
        )

    def _state(self, service: Json) -> str:
        if service["purpose"] == Purpose.NECESSARY:
            return f'<p class="dastra-state">{self._plain("alwaysActiveLabel")}</p>'
        states = {"data-on": "acceptedLabel", "data-off": "refusedLabel", "data-default": "notRefusedLabel"}
        label = self._text("declarationStateLabel")
        told = {"data-dastra-state": service["slug"]} | {
            name: f"{label}: {self._text(text)}" for name, text in states.items()
        }
        return f'<p class="dastra-state"{attributes(told)} hidden></p>'

    def _privacy_policy(self, service: Json) -> str:
        address = service["privacyPolicyUrl"] or ""
        if not address.lower().startswith("https://"):
            return ""
        label = self._text("privacyPolicyLabel").replace("{name}", service["name"])
        return f"<a{attributes({'href': address})}>{html.escape(label)}</a>"

    def _table(self, service: Json) -> str:
        """Return the table of a service's cookies and of its entries in storages, which last until they are deleted.

        Names are Latin, also in a page that is written from right to left: ``<bdi>`` keeps their signs in place.
        """
        cookies = [
            (each["name"], rich(each["description"]), self._kept(each["expiryDays"])) for each in service["cookies"]
        ]
        entries = [(name, "", self._text("untilDeletedLabel")) for name in service.get("storage") or ()]
        rows = [*cookies, *entries]
        if not rows:
            return ""
        heads = ("declarationCookieLabel", "declarationPurposeLabel", "declarationDurationLabel")
        head = "".join(f'<th scope="col">{self._plain(name)}</th>' for name in heads)
        body = "".join(
            f'<tr><th scope="row"><bdi>{html.escape(name)}</bdi></th>'
            f"<td>{purpose}</td><td>{html.escape(kept)}</td></tr>"
            for name, purpose, kept in rows
        )
        caption = f"{rich(self._text('cookieDeclaration'))} · {html.escape(service['name'])}"
        return (
            f'<table class="dastra-cookies"><caption>{caption}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def _kept(self, days: int | None) -> str:
        if days is None:
            return self._text("sessionLabel")
        return durations.in_words(days, self._language) if days else self._text("underADayLabel")


def _block(content: str, name: str = "") -> str:
    """Return a `<div>`, or an empty text for no content. Rich text may contain paragraphs, so it cannot be a `<p>`."""
    return f"<div{attributes({'class': name} if name else {})}>{content}</div>" if content else ""


def _lines(texts: Iterable[str | None]) -> str:
    lines = (line for text in texts if text for line in text.splitlines())
    return "<br>".join(f"<bdi>{html.escape(line)}</bdi>" for line in lines)


def _hosts(service: Json) -> Sequence[str]:
    """Return a service's hosts. Release 1.0.0 has them in ``domain``."""
    hosts: Sequence[str] = service.get("domains") or service["domain"] or ()
    return [hosts] if isinstance(hosts, str) else hosts
