"""The labels of all texts, in the groups of the page of a language."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from consent_console.labels import PURPOSES
from consent_core.catalogue import Purpose


class Texts(NamedTuple):
    """Texts under one heading, with their labels by their names."""

    heading: str
    labels: Mapping[str, str]


def _of_purpose(purpose: Purpose) -> dict[str, str]:
    parts = {"Label": "name", "Excerpt": "in one line", "Description": "description"}
    return {f"category{purpose.label}{end}": f"{PURPOSES[purpose]}: {said}" for end, said in parts.items()}


GROUPS: tuple[Texts, ...] = (
    Texts(
        "First window",
        {
            "startupTitle": "Title",
            "startupDisclaimer": "Text",
            "buttonAcceptAllLabel": "Button that accepts everything",
            "buttonLaterLabel": "Button that refuses everything",
            "buttonSettingsLabel": "Button that opens the settings",
            "noticeUrlButtonLabel": "Link to your cookie page",
            "signalHonouredLabel": "An opt-out signal is honoured",
        },
    ),
    Texts(
        "Settings",
        {
            "innerTitle": "Title of the settings",
            "innerDisclaimer": "Text of the settings",
            "buttonConfirmLabel": "Button that saves the selection",
            "buttonBackLabel": "Button that goes back",
            "alwaysActiveLabel": "Beside the necessary services",
            "activeCountLabel": "How many services of a purpose are on",
            "cookieDeclaration": "Opens the cookies of a service",
            "privacyPolicyLabel": "Link to a service's privacy policy",
            "sessionLabel": "Kept until the browser is closed",
            "underADayLabel": "Kept for less than a day",
            "untilDeletedLabel": "Kept until it is deleted",
            "viewProof": "Opens the visitor's proofs",
            "controllerLabel": "Before the name of who answers for the site",
            "dataProtectionOfficerLabel": "Before the data protection officer",
        },
    ),
    Texts(
        "Purposes in use",
        {name: label for purpose in Purpose for name, label in _of_purpose(purpose).items()}
        | {
            "categoryIABLabel": "IAB: name",
            "categoryIABExcerpt": "IAB: in one line",
            "categoryIABDescription": "IAB: description",
        },
    ),
    Texts(
        "Buttons and messages",
        {
            "fixedButtonLabel": "Button with which visitors come back",
            "buttonCloseLabel": "Button that closes the window",
            "successMessage": "After a choice was saved",
            "failureMessage": "When the settings do not load",
            "newWindowLabel": "Read aloud after a link to a new window",
        },
    ),
    Texts(
        "Videos, maps and other content that waits for a consent",
        {
            "frameTitle": "Title in the place of the content",
            "frameText": "Text in the place of the content",
            "frameOnceLabel": "Button that shows it once",
            "frameAlwaysLabel": "Button that always allows it",
        },
    ),
    Texts(
        "Receipt and cookie declaration",
        {
            "receiptDateLabel": "Receipt: date",
            "receiptSiteLabel": "Receipt: website",
            "receiptReferenceLabel": "Receipt: reference",
            "receiptCopyLabel": "Receipt: button that copies the reference",
            "receiptCopiedLabel": "Receipt: after it was copied",
            "receiptDownloadLabel": "Receipt: button that downloads it",
            "acceptedLabel": "State: accepted",
            "refusedLabel": "State: refused",
            "notRefusedLabel": "State: on, not refused",
            "declarationCookieLabel": "Declaration: name",
            "declarationDurationLabel": "Declaration: how long it is kept",
            "declarationPurposeLabel": "Declaration: purpose",
            "declarationStateLabel": "Declaration: the visitor's choice",
            "declarationUpdatedLabel": "Declaration: last update",
        },
    ),
    Texts(
        "For windows of your own, and for older ones",
        {
            "buttonAcceptLabel": "Accept",
            "buttonViewPurposeLabel": "View the purposes",
            "buttonViewMoreLabel": "View the services",
            "buttonYes": "Yes",
            "buttonNo": "No",
        },
    ),
)
"""All texts of a widget."""

LABELS: Mapping[str, str] = {name: label for group in GROUPS for name, label in group.labels.items()}

PLACES: Mapping[str, str] = {
    name: f"{group.heading}: {label}" for group in GROUPS for name, label in group.labels.items()
}
"""The labels with their headings, for a list without any."""

_NAMES = re.compile(rf"\b(?:{'|'.join(LABELS)})\b")


def in_words(sentence: str) -> str:
    """Return a sentence with the labels of texts in place of their names."""
    return _NAMES.sub(lambda found: f"“{LABELS[found[0]]}”", sentence)
