"""The editor's words for the members of a definition: labels, hints, units, and words for choices.

docs/definition.md is the source of each hint.
"""

from collections.abc import Mapping
from typing import NamedTuple

from consent_core.built_in_texts import texts_in
from consent_core.catalogue import Purpose


class Label(NamedTuple):
    """A label of a field, with a sentence that explains the consequence, and the unit of a number."""

    text: str
    hint: str = ""
    unit: str = ""


CORNERS = {
    "TopLeft": "Top left",
    "TopRight": "Top right",
    "BottomLeft": "Bottom left",
    "BottomRight": "Bottom right",
    "Center": "In the middle",
}

_BUILT_IN = texts_in("en")
PURPOSES: Mapping[Purpose, str] = {purpose: _BUILT_IN[f"category{purpose.label}Label"] for purpose in Purpose}
"""The purposes as visitors read them in English."""

_MORE = {Purpose.NECESSARY: ": works without consent", Purpose.UNCLASSIFIED: ": visitors do not see it"}
_REFUSABLE = (Purpose.PREFERENCE, Purpose.ANALYTICAL, Purpose.MARKETING, Purpose.OTHER)

CHOICES: Mapping[str, Mapping[str, str]] = {
    "position": CORNERS,
    "fixedButtonPosition": {
        "": "As the window",
        **{name: said for name, said in CORNERS.items() if name != "Center"},
    },
    "layout": {"Box": "A box", "Bar": "A bar across the page"},
    "colorScheme": {"auto": "As the visitor's device", "light": "Always light", "dark": "Always dark"},
    "services.purpose": {purpose.label: said + _MORE.get(purpose, "") for purpose, said in PURPOSES.items()},
    "services.consentModes": {
        "ad_storage": "Advertising cookies (ad_storage)",
        "ad_user_data": "Data about users for advertising (ad_user_data)",
        "ad_personalization": "Personalised advertising (ad_personalization)",
        "analytics_storage": "Audience measurement (analytics_storage)",
        "functionality_storage": "Functions of the site (functionality_storage)",
        "personalization_storage": "Personalisation (personalization_storage)",
        "security_storage": "Security (security_storage)",
    },
    "policies.optOut": {str(int(purpose)): PURPOSES[purpose] for purpose in _REFUSABLE},
}

PLACES: Mapping[str, str] = {
    "gb": "United Kingdom",
    "fr": "France",
    "us": "United States",
    "us-ca": "California, beside the United States",
    "ca": "Canada without Quebec",
}
"""The presets, as docs/definition.md calls their regions."""

LABELS: Mapping[str, Label] = {
    "label": Label("Name of the widget", "The window does not show it, but browsers receive it with the settings."),
    # --- Look
    "layout": Label("Shape", "On a phone both are a sheet at the edge."),
    "position": Label(
        "Place of the window",
        "Left and right change sides in languages that are written from right to left. In the middle: the floating "
        "button is at the bottom left, and a bar at the bottom.",
    ),
    "overlay": Label(
        "Cover the page until the visitor has answered or closed the window",
        "The window then comes a little later, because it needs a second file.",
    ),
    "offsetTop": Label("Keep away from the upper edge", "For a bar of your own. At most 400.", "pixels"),
    "offsetBottom": Label("Keep away from the lower edge", "For a bar of your own. At most 400.", "pixels"),
    "showFixedButton": Label(
        "Show a floating button that opens the window again",
        "Without it, put a link of your own on the page: withdrawing must be as easy as consenting.",
    ),
    "fixedButtonPosition": Label("Place of the floating button"),
    "fixedButtonSize": Label("Size of the floating button", "From 24 to 96.", "pixels"),
    "buttonLogoUrl": Label(
        "Picture on the floating button",
        "An address on one of the widget's domains, or a data:image/ of at most 24,000 characters.",
    ),
    "displayLogo": Label("Show this picture beside the window's title, too"),
    "colorScheme": Label("Light or dark"),
    "bgColor": Label("Background"),
    "colorTitle": Label("Titles"),
    "colorText": Label("Text"),
    "colorBtn": Label("Accept, refuse and save", "Both buttons of the first screen look alike, always."),
    "colorBtnSecondary": Label("Button that opens the settings", "Empty: it has no area."),
    "colorPrimary": Label("Switches that are on, and the focus"),
    "colorSecondary": Label("Lines"),
    "fontFamily": Label("Fonts", "Fonts of the visitor's own machine, such as Georgia, serif: the window loads none."),
    "customCSS": Label(
        "Your own style sheet",
        "It holds within the window, and may not load anything. At most 20,000 characters. Parts of the window are "
        ".window, .title, .text, .buttons, .accept-all, .refuse-all, .settings, .save, .card, .service and "
        ".floating-button.",
    ),
    # --- Behaviour
    "timerTrigger": Label("Show the window after", "0: at once. At most 3,600.", "seconds"),
    "scrollTrigger": Label(
        "Show the window after scrolling through",
        "0: without scrolling. With a time as well, whichever comes first. A page that cannot scroll shows it at once.",
        "% of the page",
    ),
    "consentCookieExpiryTime": Label("Ask again, and let the proof expire, after", "At most 180.", "days"),
    "askAgainAfterClose": Label(
        "After the window was closed by its X, ask again after",
        "At most 365. Without a choice, all but the necessary services stay off, unless a policy has them on.",
        "days",
    ),
    "renewOnNewService": Label(
        "Ask visitors again when a service is added",
        "Otherwise the new service counts as refused by those who have decided.",
    ),
    "reloadOnWithdrawal": Label(
        "Reload the page when a visitor withdraws a consent",
        "Also in the visitor's other tabs. A script that runs cannot be stopped otherwise.",
    ),
    "saveConsentProof": Label(
        "Store a proof of each decision",
        "Without proofs the choices stay in the browser alone: you cannot show that a visitor has consented.",
    ),
    "storePageAddress": Label(
        "Store in the proof on which page a visitor decided",
        "Without query, fragment, and parts of the path that may name a visitor.",
    ),
    "consentCookieName": Label(
        "Name of the consent cookie",
        "Widgets of one site need a name each. With __Host- in front, no other host can set it.",
    ),
    "consentCookieDomain": Label(
        "Share the choices among the subdomains of",
        "Such as .garden.example, which trusts all of them. Empty: each host asks for itself.",
    ),
    "cookieNoticeUrl": Label(
        "Address of your cookie notice",
        "Both screens of the window link to it. One address, or a line for each language: fr https://garden.example/fr",
    ),
    "autoGeneratedCookieNotice": Label(
        "That page has the cookie declaration", "Services, cookies and durations, made from this definition."
    ),
    "enableGPC": Label(
        "Honour a browser's signal against tracking",
        "Global Privacy Control and Do Not Track: all but necessary services and preferences is refused until the "
        "visitor decides otherwise. A new signal beats an earlier consent.",
    ),
    "proveSignals": Label("Store a proof of a refusal by such a signal alone"),
    "enableConsentMode": Label(
        "Tell Google's tags what visitors allow", "Consent Mode v2, from Google's signals in each service."
    ),
    "consentModeOptions.waitForUpdate": Label(
        "Google's tags wait for an earlier choice", "At most 10,000.", "milliseconds"
    ),
    "consentModeOptions.adsDataRedaction": Label(
        "Remove identifiers from advertising requests while advertising storage is denied"
    ),
    "consentModeOptions.urlPassthrough": Label("Pass on in links what a cookie would have kept"),
    "consentModeOptions.regions": Label(
        "Regions in which Google's tags begin as denied", "One a line, such as FR or US-CA. Empty: everywhere."
    ),
    "enableUET": Label("Tell Microsoft Advertising what visitors allow"),
    "enableClarity": Label("Tell Microsoft Clarity what visitors allow"),
    "enabled": Label(
        "The widget is on", "Off: every request of a site is answered by an error, and pages show no window."
    ),
    "developerMode": Label(
        "Developer mode: pages on localhost may use the widget",
        "http://localhost and http://127.0.0.1 on any port. Caches keep no copy meanwhile, so switch it off again.",
    ),
    "allowNativeApps": Label("Apps may use the widget", "Requests that name no site are accepted."),
    # --- Those who answer for it
    "controller.name": Label("Person or company that answers for the processing", "Visitors read it in the window."),
    "controller.address": Label("Postal address"),
    "controller.contact": Label("How visitors reach it", "An e-mail address, a telephone number or a page."),
    "controller.dataProtectionOfficer": Label("Data protection officer", "Name and address."),
    # --- Services
    "services.name": Label("Name", "As visitors read it."),
    "services.slug": Label(
        "Short name", "For pages, the cookie and proofs. Empty: made from the name. A new one is a new service."
    ),
    "services.purpose": Label("Purpose", "All but the necessary services wait for a consent."),
    "services.description": Label("Description", "For visitors: what the service does with their data."),
    "services.privacyPolicyUrl": Label("Privacy policy", "The vendor's page. It starts with https://."),
    "services.domain": Label("Hosts", "One a line, such as js.vendor.example. Their scripts are held until a consent."),
    "services.storage": Label(
        "Entries of the browser's storages", "One a line; * stands for any end. They are deleted after a refusal."
    ),
    "services.logoUrl": Label("Logo", "An address on your own site, or a small data:image/ URL."),
    "services.consentModes": Label("Google's signals that follow the consent to this service"),
    "services.exempt": Label(
        "Measures or adapts this site alone, for you alone, in aggregate",
        "On by default where a policy is exempt. Only for preferences and audience measurement.",
    ),
    "services.id": Label("Id", "A UUID that another platform gave it. Empty: derived."),
    "services.version": Label("Version", "A UUID. Empty: derived, so that it changes when the service does."),
    "services.cookies.name": Label("Name", "* stands for any end."),
    "services.cookies.domain": Label("Domain", "Empty: this host."),
    "services.cookies.path": Label("Path", "Empty: /."),
    "services.cookies.expiryDays": Label("Kept for", "Empty: until the browser is closed.", "days"),
    "services.cookies.description": Label("Description", "For visitors."),
    "services.cookies.id": Label("Id", "A UUID. Empty: derived."),
    # --- Regions
    "policies.id": Label(
        "Name of the policy", "In proofs and statistics, such as brazil. Never use one again for other rules."
    ),
    "policies.regions": Label(
        "For visitors in",
        "One a line: countries, such as BR, and parts of the United States and Canada, such as US-CA. * is every known "
        "place; it stands alone, in the last policy.",
    ),
    "policies.optOut": Label(
        "On until the visitor refuses",
        "Refused for the European Economic Area, Switzerland, the United Kingdom and their territories, and for *.",
    ),
    "policies.exempt": Label(
        "Exempt services are on as well",
        "Those that you have flagged: they measure or adapt this site alone, for you alone, in aggregate.",
    ),
    "policies.link": Label(
        "Show your page's own link to the choices",
        "An element with data-dastra-choices, in your words and with the icon that your law wants.",
    ),
    "policies.announce": Label(
        "Show the window although nothing must be asked", "Until the visitor decides or closes it."
    ),
}
"""By the member's path, without the numbers of entries. Those of ``darkColors`` have the labels of the light ones."""


def plain(name: str) -> str:
    """Return the path of a member without the numbers of entries, and without ``darkColors``."""
    return ".".join(part for part in name.split(".") if not part.isdecimal()).removeprefix("darkColors.")


def label_of(name: str) -> Label:
    """Return the label of a member by its path. Raises KeyError for one without a label."""
    return LABELS[plain(name)]
