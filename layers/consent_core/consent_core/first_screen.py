"""The first screen of a widget as HTML, for pages that a server makes: it is seen before any script has run.

It has the elements that sdk/src/screens.js builds (tests/browser/test_first_screen.py compares them), in a declarative
shadow root. The SDK puts its own window in its place, and carries out what the visitor has pressed meanwhile.
"""

import html
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from consent_core.catalogue import Rendering
from consent_core.markup import attributes, rich

NONCE = "DASTRA_NONCE"
"""The page's template replaces it: a cached answer cannot hold a nonce."""

SCRIPT = (
    "(s=>{const{cookie:c,widget:w,days:a,key}=s.dataset,h=s.previousElementSibling,k='dastra-closed:'+w,"
    "n=location.protocol=='https:'?c:c.replace('__Host-','');let d='',t;"
    "try{d=document.cookie;t=JSON.parse(localStorage[k])}catch{}"
    "if(`; ${d}`.includes(`; ${n}=`)||Date.now()-(t?.time??t)<864e5*a&&(t.key??key)==key)return h.remove();"
    "h.shadowRoot.addEventListener('click',e=>{const b=e.target.closest('button');"
    "if(!b||h.dastraPress)return;const[p]=b.classList;h.dastraPress=['.'+p,e];"
    "if(p=='close'){h.remove();try{localStorage[k]=JSON.stringify({time:Date.now(),key})}catch{}}"
    "else if(p!='settings')h.hidePopover()});"
    "h.showPopover()})(document.currentScript)"
)
"""Shows the screen, but not to visitors who have decided or closed it; and notes a press until the SDK is there.

It is the same for every widget, so that a policy can allow it by its hash (docs/sdk.md).
"""

# Only the script shows it: where none runs, nothing is asked. The style sheet keeps the page's rules out.
_HOST = ":host(:not(:popover-open)){display:none!important}"
_NEW_WINDOW = {"target": "_blank"}
_CROSS = "M6 6l12 12M18 6L6 18"


def first_screen(settings: Mapping[str, Any], css: str) -> str:
    """Return the screen for settings as they were rendered. ``css`` is the SDK's style sheet (make sdk).

    It is empty for a widget with policies: the SDK alone knows where the visitor is, and whether to ask there.
    """
    if settings.get("policies"):
        return ""
    text = settings["translation"]
    place = " ".join(name for name in (settings.get("layout"), settings["position"]) if name)
    language = {"lang": text.get("lang") or settings["lang"], "dir": settings.get("direction", "auto")}
    return "".join(
        (
            '<div id="dastra-first-screen" popover="manual" data-nosnippet><template shadowrootmode="open">',
            # Apart, as in the SDK: a fault of one sheet ends with it.
            *(_style(sheet) for sheet in (css + _HOST, _colours(settings), settings.get("customCSS") or "")),
            f'<div class="root" id="dastra-widget"{attributes(language)}>',
            f'<dialog class="window {place} dastra-cw-container" part="window" open tabindex="-1"',
            ' aria-labelledby="title" aria-describedby="text">',
            '<div class="header" part="header">',
            _logo(settings),
            f'<h2 class="title" part="title" id="title">{html.escape(text["startupTitle"] or "")}</h2>',
            f'<button class="close icon" part="close"{attributes({"aria-label": _close(text)})}>',
            f'<svg viewBox="0 0 24 24"><path d="{_CROSS}"></path></svg></button></div>',
            f'<div class="text" part="text"><div id="text">{rich(text["startupDisclaimer"], link=_NEW_WINDOW)}</div> ',
            _notice(settings),
            '<p class="failure" part="failure" role="status"></p></div>',
            '<div class="buttons" part="buttons">',
            _button("refuse-all", text["buttonLaterLabel"]),
            _button("accept-all", text["buttonAcceptAllLabel"]),
            _button("settings", text["buttonSettingsLabel"]),
            "</div></dialog></div></template></div>",
            f'<script nonce="{NONCE}"{attributes(_data(settings))}>{SCRIPT}</script>',
        )
    )


def _data(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return what the script reads. ``data-key`` is the SDK's: if it changes, the visitor is asked again."""
    return {
        "data-cookie": settings["consentCookieName"],
        "data-widget": str(settings["id"]),
        "data-days": str(settings.get("askAgainAfterClose", 180)),
        "data-key": f"{settings['renewal']},",
    }


def screen_of(settings: Rendering) -> Rendering:
    """Return the screen of a version in one language, from its settings."""
    return Rendering.of(first_screen(json.loads(settings.body), _css()))


@cache
def _css() -> str:
    return (files(__package__) / "first_screen.css").read_text("utf-8").strip()


def _colours(settings: Mapping[str, Any]) -> str:
    """Return what sdk/src/theme.js does. A version that an earlier release published has the system's colours."""
    theme = settings.get("theme")
    if not theme:
        return ""
    return f".root{{{theme['light']}}}@media(prefers-color-scheme:dark){{.root{{{theme['dark']}}}}}"


def _style(sheet: str) -> str:
    return f'<style nonce="{NONCE}">{sheet.replace("</", "<\\/")}</style>' if sheet else ""


def _close(text: Mapping[str, str]) -> str:
    return text.get("buttonCloseLabel") or text["buttonBackLabel"] or ""


def _button(part: str, label: str | None) -> str:
    return f'<button class="{part} button dastra-cw-button" part="{part}">{html.escape(label or "")}</button>'


def _logo(settings: Mapping[str, Any]) -> str:
    source = settings["displayLogo"] and settings["buttonLogoUrl"]
    return f'<img class="logo" part="logo"{attributes({"src": source, "alt": ""})}>' if source else ""


def _notice(settings: Mapping[str, Any]) -> str:
    address, label = settings["cookieNoticeUrl"], settings["translation"]["noticeUrlButtonLabel"]
    if not address or not address.lower().startswith("https://"):
        return ""
    return f"<a{attributes({'href': address, **_NEW_WINDOW})}>{html.escape(label or address)}</a>"
