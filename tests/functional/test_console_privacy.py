"""The privacy desk of the console: look-up, search, dossier, erasure, export, and who did what."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from consent_console.desk import accesses, consents, export
from consent_console.pages import asset_path
from consent_core.access_audit import Access, AccessAudit, Kind, Subjects
from consent_core.archive.objects import Archive, Lane, archived
from consent_core.aws import errors as aws_errors
from consent_core.dates import timestamp
from consent_core.dynamodb import connect
from consent_core.errors import UnknownWidgetError
from consent_core.publishing import changes, past_versions, widgets
from consent_core.reports.spreadsheets import PROOF_COLUMNS
from consent_core.statistics import archived as counting
from local.tables import Tables
from tests.dossiers import PERSONAL
from tests.functional.console_pages import OPERATOR, OWNER, PRIVACY, VIEWER, Browser, Console, Element, Shown, parsed
from tests.functional.test_consent_statistics import Clock
from tests.functional.test_evidence import made, version

__all__ = ["version"]  # a fixture

CONSENT = "8a5e89c4-2243-4598-97c5-ba3cfb35a138"
OTHER = "0b93b823-ff36-4d61-8959-e9e8deee5ef8"
USER = "CRM-42"
REASON = "Request for access, case 4711"
PAULA = "oidc:login.example:u1 (Paula Privacy)"
PAULA_SHOWN = "Paula Privacy oidc:login.example:u1"
SUBJECTS = Subjects("key-of-the-audit")
NO_DAY = "2026-11-24"
DECISION = "2f1d8a3e-6c0b-4f57-9a5e-0d1c2b3a4f5e"


@pytest.fixture
def desk(console: Console, archive: Archive) -> Browser:
    """The browser of a privacy officer."""
    return console.person(PRIVACY, name="Paula Privacy")


@pytest.fixture
def stored(tables: Tables, archive: Archive, version: str) -> dict[str, Any]:
    """A proof of widget 45 that names its user, in the table and in the archive."""
    kept = made(version, consentId=CONSENT, userId=USER)
    tables.consents.put_proof(kept)
    Lane(archive, 0).append(45, NO_DAY, [archived(kept, "e1")])
    return kept


def recorded() -> list[tuple[Kind, str, str | None, int | None, str | None]]:
    """Return the entries of the audit, the oldest first, without their times."""
    audit = AccessAudit(connect(), "AccessAuditTable", days=1095)
    found = audit.between(date(2026, 1, 1), datetime.now(UTC).date())
    return [(each.kind, each.actor, each.reason, each.widget_id, each.subject) for each in found][::-1]


def pressed(browser: Browser, form: Element, **typed: str) -> Shown:
    """Send a form with what is typed into it."""
    return browser.post(form["action"], {**form.fields, **typed})


def form_to(shown: Shown, action: str) -> Element:
    """Return the page's form that leads there."""
    return shown.html.one("form", action=action)


def faults(shown: Shown) -> dict[str, str]:
    """Return the faults at the fields of a page, whose controls are marked as invalid."""
    marked = {each["name"]: each for each in shown.html if "aria-invalid" in each}
    return {name: shown.html.one(id=f"f-{name}-fault").text for name in marked}


# --- Look-up ----------------------------------------------------------------------------------------------------------


def test_the_desk_asks_for_a_consent_or_a_user_and_for_a_reason(desk: Browser) -> None:
    shown = desk.get("/consents")

    assert (shown.status, shown.html.one("h1").text) == (200, "Look up a consent")
    fields = form_to(shown, "/consents/lookup").fields
    assert fields == {"reason": [""], "consentId": [""], "days": [""], "widget": ["43"], "userId": [""]}
    assert [each.text for each in shown.html.one("select").all("option")] == ["43: Demo shop", "44: One site only"]
    assert recorded() == []


def test_a_look_up_shows_history_evidence_and_what_was_shown(
    desk: Browser, stored: dict[str, Any], version: str, tables: Tables
) -> None:
    shown = desk.post("/consents/lookup", consentId=CONSENT.upper(), reason=REASON)

    assert (shown.status, shown.html.one("title").text) == (200, "Consent dossier · Consent console")
    assert [each.text for each in shown.html.all("h2")][:2] == ["History", "Decision 1 24 November 2026, 10:00:00 UTC"]
    history = shown.html.one("table", class_="history").text
    assert history.endswith("Accept all Matomo none until 23 May 2027 all 8 hold")
    for said in (
        "1 decision. All 8 statements about the evidence hold.",
        "Visitor (userId) CRM-42",
        "holds The archive has the same proof.",
        "The settings shown are, byte for byte, those that were published.",
    ):
        assert said in shown.text
    frames = shown.html.all("iframe")
    live = tables.widgets.live(45)
    assert live is not None
    assert [(each["sandbox"], each["title"]) for each in frames] == [
        ("allow-scripts", "The first screen of widget 45 in fr"),
        ("allow-scripts", "The second screen of widget 45 in fr"),
    ]
    address = f"/preview/45?key={live.keys[0]}&version={version}&lang=fr"
    assert [each["src"] for each in frames] == [f"{address}&screen=first", f"{address}&screen=settings"]
    assert shown.text.index("The first screen") < shown.text.index("The second screen: the settings")
    assert recorded() == [(Kind.LOOKUP, PAULA, REASON, None, SUBJECTS.of(CONSENT))]


def test_the_stored_settings_of_a_version_are_drawn_without_proofs(tables: Tables, version: str) -> None:
    live = tables.widgets.live(45)
    assert live is not None
    shown = tables.widgets.shown(45, version, "fr-BE")
    assert shown is not None

    found = past_versions.find(tables.widgets, 45, version, key=live.keys[0], culture="fr-BE")

    served = json.loads(shown[1].body)
    assert (found.shown_in, found.label) == ("fr", "Shop")
    assert found.settings() == {**served, "saveConsentProof": False, "developerMode": True}
    assert served["saveConsentProof"] is True
    for key, named in ((f"{live.keys[0]}x", version), (live.keys[0], OTHER), (live.keys[0], "live")):
        with pytest.raises(UnknownWidgetError):
            past_versions.find(tables.widgets, 45, named, key=key, culture=None)


def test_an_unknown_consent_is_not_found_and_a_damaged_archive_is_not_an_answer(
    desk: Browser, archive: Archive, tables: Tables
) -> None:
    unknown = desk.post("/consents/lookup", consentId=CONSENT, reason=REASON)
    boto3.client("s3").put_object(
        Bucket="archivebucket", Key=f"proofs/widget=45/date={NO_DAY}/lane=0/0000000001.ndjson.gz", Body=b"?"
    )
    damaged = desk.post("/consents/lookup", consentId=CONSENT, days=NO_DAY, reason=REASON)

    advice = "Expired proofs are only in the archive, filed by the UTC day of the decision: name the days to search."
    other_ids = "The browser's storage has three ids: “consentId” finds proofs, “id” and “sessionId” do not."
    assert (unknown.status, unknown.html.one(role="alert").text) == (
        404,
        f"No proofs found for this consent. {other_ids} {advice}",
    )
    assert (damaged.status, damaged.html.one(role="alert").text) == (
        503,
        f"Unknown: proofs of this consent may exist, but not all places could be read. {advice}",
    )
    assert form_to(damaged, "/consents/lookup").fields["consentId"] == [CONSENT]


def test_an_expired_proof_is_found_by_its_day(desk: Browser, archive: Archive, version: str) -> None:
    old = made(version, consentId=CONSENT, date="2025-11-24T10:00:00.000Z", dateExpiration="2026-05-23T10:00:00.000Z")
    Lane(archive, 0).append(45, "2025-11-24", [archived(old, "e1")])

    shown = desk.post("/consents/lookup", consentId=CONSENT, days="2025-11-23, 2025-11-24", reason=REASON)

    assert shown.status == 200
    assert "expired on 23 May 2026" in shown.text
    assert "Days searched in the archive: widget 45 on 2025-11-23, widget 45 on 2025-11-24." in shown.text


def test_a_dossier_that_no_answer_can_hold_is_refused(
    desk: Browser, stored: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consents, "LARGEST_ANSWER", 1000)

    answers = [desk.post(f"/consents/{name}", consentId=CONSENT, reason=REASON) for name in ("lookup", "dossier")]

    assert [each.status for each in answers] == [422, 422]
    assert all("The dossier is too large for a page: use `consent-ops dossier`." in each.text for each in answers)


# --- Search -----------------------------------------------------------------------------------------------------------


def test_a_users_consents_are_listed_and_each_leads_to_its_dossier(
    desk: Browser, stored: dict[str, Any], tables: Tables
) -> None:
    tables.consents.put_proof({**stored, "id": OTHER, "date": "2026-11-25T11:30:00.000Z"})
    tables.consents.put_proof({**stored, "consentId": OTHER, "widgetId": 44})

    shown = desk.post("/consents/search", userId=USER, widget="45", reason=REASON)

    (row,) = shown.html.one("tbody").all("tr")
    assert row.text == f"2026-11-24 10:00 UTC 2026-11-25 11:30 UTC 2 {CONSENT} Open the dossier"
    dossier = pressed(desk, form_to(shown, "/consents/lookup"))
    assert (dossier.status, "2 decisions." in dossier.text) == (200, True)
    assert recorded() == [
        (Kind.SEARCH, PAULA, REASON, 45, SUBJECTS.of(USER)),
        (Kind.LOOKUP, PAULA, REASON, None, SUBJECTS.of(CONSENT)),
    ]


def test_the_key_enter_in_the_field_of_a_user_searches(desk: Browser, stored: dict[str, Any]) -> None:
    shown = desk.post("/consents/lookup", consentId="", userId=USER, widget="45", reason=REASON)

    assert shown.html.one("h1").text == "Consents of a user"


def test_a_user_without_proofs_has_a_page_that_says_why(desk: Browser) -> None:
    shown = desk.post("/consents/search", userId=USER, widget="43", reason=REASON)

    assert (shown.status, shown.html.one("h2").text) == (200, "No proof names this user")


LONG = "x" * 501
FAULTS = {
    "consentId": "A consent id looks like 8a5e89c4-2243-4598-97c5-ba3cfb35a138.",
    "userId": "A user id has 1 to 128 printable ASCII characters.",
    "reason": "Say why, in at most 500 characters.",
    "id in reason": "Leave the visitor's id out: the audit keeps the reason, and never the id.",
    "widget": "Choose a widget.",
    "days": "Write days as 2026-11-24, with spaces between them.",
}


@pytest.mark.parametrize(
    ("route", "changes", "field", "fault"),
    [
        ("lookup", {"consentId": ""}, "consentId", "consentId"),
        ("lookup", {"consentId": "43"}, "consentId", "consentId"),
        ("lookup", {"consentId": "00000000-0000-0000-0000-000000000000"}, "consentId", "consentId"),
        ("lookup", {"consentId": f"{CONSENT}0"}, "consentId", "consentId"),
        ("lookup", {"consentId": "<script>alert(1)</script>"}, "consentId", "consentId"),
        ("lookup", {"consentId": '"><img src=x onerror=alert(1)>'}, "consentId", "consentId"),
        ("lookup", {"reason": ""}, "reason", "reason"),
        ("lookup", {"reason": " \n\t "}, "reason", "reason"),
        ("lookup", {"reason": LONG}, "reason", "reason"),
        ("lookup", {"reason": "case \x1b[2J"}, "reason", "reason"),
        ("lookup", {"reason": f"Look at {CONSENT}"}, "reason", "id in reason"),
        ("lookup", {"reason": f"Look at {CONSENT.upper()}"}, "reason", "id in reason"),
        ("lookup", {"days": "2026-11-31"}, "days", "days"),
        ("lookup", {"days": "20261124"}, "days", "days"),
        ("lookup", {"days": "../../proofs"}, "days", "days"),
        ("lookup", {"days": "٢٠٢٦-١١-٢٤"}, "days", "days"),
        ("dossier", {"consentId": "43"}, "consentId", "consentId"),
        ("dossier", {"reason": ""}, "reason", "reason"),
        ("erase", {"consentId": "43"}, "consentId", "consentId"),
        ("erase", {"reason": ""}, "reason", "reason"),
        ("erase", {"consentId": "43", "word": "ERASE"}, "consentId", "consentId"),
        ("erase", {"reason": "", "word": "ERASE"}, "reason", "reason"),
        ("search", {"userId": ""}, "userId", "userId"),
        ("search", {"userId": "x" * 129}, "userId", "userId"),
        ("search", {"userId": "é"}, "userId", "userId"),
        ("search", {"userId": "a\x00b"}, "userId", "userId"),
        ("search", {"reason": f"About {USER}"}, "reason", "id in reason"),
        ("search", {"widget": "0"}, "widget", "widget"),
        ("search", {"widget": "99"}, "widget", "widget"),
        ("search", {"widget": "43 OR 1"}, "widget", "widget"),
    ],
    ids=ascii,
)
def test_what_was_typed_wrongly_stays_and_says_so_at_its_field(
    desk: Browser, route: str, changes: Mapping[str, str], field: str, fault: str
) -> None:
    ids = {"userId": USER, "widget": "43"} if route == "search" else {"consentId": CONSENT}
    shown = desk.post(f"/consents/{route}", {**ids, "reason": REASON, **changes})

    assert (shown.status, faults(shown)) == (422, {field: FAULTS[fault]})
    if field != "widget":
        assert shown.html.one(id=f"f-{field}").value.strip() == changes[field].strip()
    assert shown.html.one(id="faults").one("a")["href"] == f"#f-{field}"
    assert not shown.html.all("img")
    assert recorded() == []


@pytest.mark.parametrize("between", ["", " ", "\u2010", "_", ". "])
def test_a_consent_id_in_other_words_is_no_reason_either(desk: Browser, between: str) -> None:
    named = f"case {CONSENT.replace('-', between).upper()}."
    shown = desk.post("/consents/lookup", consentId=CONSENT, reason=named)
    assert (shown.status, [*faults(shown)]) == (422, ["reason"])


def test_a_link_fills_nothing_in(desk: Browser) -> None:
    shown = desk.get(f"/consents?consentId={CONSENT}&reason=case&anywhere=on&userId=crm-42")
    fields = form_to(shown, "/consents/lookup").fields
    assert fields == {"reason": [""], "consentId": [""], "days": [""], "widget": ["43"], "userId": [""]}


def test_a_name_in_a_longer_word_of_the_reason_is_none(desk: Browser) -> None:
    shown = desk.post("/consents/search", userId="case", widget="43", reason="Two cases")
    assert shown.status == 200


def test_at_most_31_days_are_searched(desk: Browser) -> None:
    days = [" ".join([NO_DAY] * number) for number in (31, 32)]
    shown = [desk.post("/consents/lookup", consentId=CONSENT, days=each, reason=REASON) for each in days]

    assert [(each.status, faults(each)) for each in shown] == [(404, {}), (422, {"days": "Name 31 days at most."})]


# --- The file ---------------------------------------------------------------------------------------------------------


def test_the_dossier_is_handed_on_as_a_file_without_an_id_in_its_name(desk: Browser, stored: dict[str, Any]) -> None:
    page = desk.post("/consents/lookup", consentId=CONSENT, reason=REASON)

    file = pressed(desk, form_to(page, "/consents/dossier"))

    assert (file.status, file.headers["content-type"]) == (200, "text/html; charset=utf-8")
    written = parsed(file.body)
    made = datetime.fromisoformat(written.all("time")[0]["datetime"])
    name = f"consent-dossier-{made:%Y-%m-%d-%H%M%S}.html"
    assert file.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert (written.one("title").text, written.one("h1").text) == ("Consent dossier", CONSENT)
    assert written.one("section", aria_labelledby="history").text in page.text
    assert not written.all("iframe")
    assert [each[0] for each in recorded()] == [Kind.LOOKUP, Kind.DOSSIER]


# --- Erasure ----------------------------------------------------------------------------------------------------------


def test_an_erasure_says_what_goes_asks_for_a_word_and_is_in_the_dossier_afterwards(
    desk: Browser, stored: dict[str, Any], tables: Tables
) -> None:
    tables.consents.put_proof({**stored, "id": OTHER})
    nameless = {name: value for name, value in stored.items() if name not in PERSONAL}
    tables.consents.put_proof({**nameless, "id": DECISION})
    dossier = desk.post("/consents/lookup", consentId=CONSENT, reason=REASON)

    page = pressed(desk, form_to(dossier, "/consents/erase"))
    assert (page.status, page.html.one("h1").text) == (200, "Erase the visitor’s data?")
    assert "2 of 3 proofs are changed. This cannot be undone." in page.text
    assert "Removed User id, session and page address" in page.text
    assert "In the archive Nothing to remove. The archive never has a user id" in page.text
    assert "Kept The decisions with their dates" in page.text
    assert [each.proof.get("userId") for each in tables.consents.history(CONSENT, now=0)].count(USER) == 2

    erased = pressed(desk, form_to(page, "/consents/erase"), word="ERASE", reason="Request for erasure, case 4711")
    assert (erased.status, erased.html.one("h1").text) == (200, "Erased")
    assert erased.html.one(role="status").text == (
        "User id, session and page address were removed from 2 of 3 proofs. A search by user id no longer finds them. "
        "The archive had none of the three."
    )

    assert "No proof names this user" in desk.post("/consents/search", userId=USER, widget="45", reason=REASON).text
    after = pressed(desk, form_to(erased, "/consents/lookup"))
    assert USER not in after.text
    for name in ("Page", "Visitor (userId)", "Session"):
        assert after.text.count(f"{name} not given, or erased on ") == 2
        assert after.text.count(f"{name} not given ") == 1
    assert "There is nothing to erase" in after.text
    assert not after.html.all("form", action="/consents/erase")
    kept = [each.proof for each in tables.consents.history(CONSENT, now=0)]
    assert [(each.keys() & PERSONAL.keys(), each["consents"]) for each in kept] == [(set(), stored["consents"])] * 3
    assert [(each[0], each[2]) for each in recorded()] == [
        (Kind.LOOKUP, REASON),
        (Kind.LOOKUP, REASON),
        (Kind.ERASURE, "Request for erasure, case 4711"),
        (Kind.SEARCH, REASON),
        (Kind.LOOKUP, "Request for erasure, case 4711"),
    ]


def test_a_consent_without_anything_to_erase_says_so_and_leads_to_its_dossier(
    desk: Browser, stored: dict[str, Any], tables: Tables
) -> None:
    tables.consents.erase(CONSENT, at="2026-11-25T12:00:00.000Z")
    (before,) = tables.consents.history(CONSENT, now=0)

    answers = [desk.post("/consents/erase", {"consentId": CONSENT, "reason": REASON, "days": NO_DAY})]
    answers += [desk.post("/consents/erase", {**ERASE, "days": NO_DAY})]

    for each in answers:
        assert (each.status, each.html.one("h1").text) == (200, "Nothing to erase")
        assert form_to(each, "/consents/lookup").fields == {
            "consentId": [CONSENT],
            "days": [NO_DAY],
            "reason": [REASON],
        }
    assert tables.consents.history(CONSENT, now=0) == [before]


@pytest.mark.parametrize("word", ["", "erase", "ERAS", "ERASE it", "ЕRASE"])
def test_another_word_erases_nothing(desk: Browser, stored: dict[str, Any], tables: Tables, word: str) -> None:
    shown = desk.post("/consents/erase", consentId=CONSENT, reason=REASON, word=word)

    assert (shown.status, faults(shown)) == (422, {"word": "Type ERASE in capitals. Nothing was erased."})
    assert [each.proof for each in tables.consents.history(CONSENT, now=0)] == [stored]
    assert recorded() == []


@pytest.mark.parametrize("typed", [{}, {"word": "ERASE"}])
def test_a_consent_without_proofs_cannot_be_erased(desk: Browser, typed: Mapping[str, str]) -> None:
    shown = desk.post("/consents/erase", {"consentId": CONSENT, "reason": REASON, **typed})

    assert (shown.status, shown.html.one("h1").text) == (404, "Not found")
    assert "No proofs found for this consent." in shown.text


# --- Export -----------------------------------------------------------------------------------------------------------


def test_a_day_is_exported_as_a_file_and_recorded(desk: Browser, stored: dict[str, Any], archive: Archive) -> None:
    Lane(archive, 0).append(45, "2026-11-26", [archived({**stored, "date": "2026-11-26T10:00:00.000Z"}, "e2")])
    period = {"from": "2026-11-20", "to": "2026-11-25", "widget": "45", "reason": REASON}

    days = desk.post("/consents/export", period)
    assert (days.status, [each.text for each in days.html.all("li")]) == (200, ["2026-11-24 Exported"])
    assert recorded() == []
    (button,) = days.html.all("form", data_once="")
    file = pressed(desk, button)

    assert (file.status, file.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert file.headers["content-disposition"] == 'attachment; filename="widget-45-2026-11-24.csv"'
    header, row = csv.reader(io.StringIO(file.body))
    assert tuple(header) == PROOF_COLUMNS
    told = dict(zip(header, row, strict=True))
    assert (told["consentId"], told["accepted"], told["versionAssumed"]) == (CONSENT, "session matomo", "false")
    assert USER not in file.body
    assert recorded() == [(Kind.EXPORT, PAULA, REASON, 45, None)]
    assert rows(desk.get("/accesses?kind=export")) == [
        f"{PAULA_SHOWN} Exported proofs 45 Proofs of 2026-11-24. {REASON}"
    ]


def test_several_days_are_offered_as_one_file_to_browsers_with_scripts(
    desk: Browser, stored: dict[str, Any], archive: Archive
) -> None:
    Lane(archive, 0).append(45, "2026-11-25", [archived({**stored, "date": "2026-11-25T10:00:00.000Z"}, "e2")])
    asked = {"from": "2026-11-20", "widget": "45", "reason": REASON}
    one, several = (desk.post("/consents/export", {**asked, "to": to}) for to in ("2026-11-24", "2026-11-26"))

    offer = several.html.one(id="together")
    assert "hidden" in offer  # until the script runs
    assert [each.text for each in offer.all("button", type="button")] == ["Download all 2 days", "Save what is here"]
    assert offer["data-file"] == "widget-45-2026-11-20--2026-11-26"
    assert int(offer["data-most"]) == export.MOST_HELD
    file = pressed(desk, several.html.all("form", data_once="")[0])
    assert file.body.startswith(f"{offer['data-columns']}\r\n")
    script, nonce = asset_path("export.js"), several.html.all("script")[0]["nonce"]
    assert [each["nonce"] for each in several.html.all("script", src=script)] == [nonce]
    for other in (one, desk.get("/consents/export")):
        assert not other.html.all(id="together")
        assert not other.html.all("script", src=script)


def test_days_without_proofs_are_said_to_have_none(desk: Browser) -> None:
    shown = desk.post("/consents/export", {"from": "2026-11-20", "to": "2026-11-25", "widget": "43", "reason": REASON})
    assert "The archive has no proofs of these days." in shown.html.one("section").text


@pytest.mark.parametrize(
    ("changes", "field", "fault"),
    [
        ({"from": "2026-11-26"}, "from", "The first day comes after the last."),
        ({"from": "2025-11-24"}, "from", "Choose 366 days at most."),
        ({"from": "yesterday"}, "from", "Write a day as 2026-11-24."),
        ({"to": "2026-11-31"}, "to", "Write a day as 2026-11-24."),
        ({"to": "9999-12-31"}, "to", None),
        ({"widget": "99"}, "widget", "Choose a widget."),
        ({"reason": ""}, "reason", "Say why, in at most 500 characters."),
    ],
    ids=str,
)
def test_an_export_that_is_asked_for_wrongly_says_so_at_its_field(
    desk: Browser, changes: Mapping[str, str], field: str, fault: str | None
) -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    sent = {"from": "2026-11-20", "to": "2026-11-25", "widget": "43", "reason": REASON, **changes}
    shown = desk.post("/consents/export", sent)

    said = fault or f"End with {yesterday} at the latest."
    assert (shown.status, faults(shown)) == (422, {field: said})
    assert recorded() == []


@pytest.mark.parametrize("day", ["2026-02-30", "../43", "9999-12-31"])
def test_another_day_than_a_past_one_is_not_exported(desk: Browser, day: str) -> None:
    assert desk.post("/consents/export", widget="43", reason=REASON, day=day).status == 422
    assert recorded() == []


def test_a_day_that_cannot_be_exported_is_refused_whole(
    desk: Browser, stored: dict[str, Any], archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, str] = {"widget": "45", "reason": REASON, "day": NO_DAY}
    with monkeypatch.context() as patch:
        patch.setattr(export, "LARGEST_ANSWER", 100)
        large = desk.post("/consents/export", asked)
    with monkeypatch.context() as patch:
        patch.setattr(counting, "time", Clock(0, 100))
        slow = desk.post("/consents/export", asked)
    boto3.client("s3").put_object(
        Bucket="archivebucket", Key=f"proofs/widget=45/date={NO_DAY}/lane=0/0000000002.ndjson.gz", Body=b"?"
    )
    damaged = desk.post("/consents/export", asked)

    assert [each.status for each in (large, slow, damaged)] == [422, 422, 422]
    for each in (large, slow):
        assert "That day has too many proofs for a download: use `consent-ops export`." in each.text
    assert "That day's archive is damaged: `consent-ops verify` says where." in damaged.text
    assert CONSENT not in "".join(each.body for each in (large, slow, damaged))


# --- Who may, and the audit -------------------------------------------------------------------------------------------

ASKED = {
    "/consents/lookup": {"consentId": CONSENT, "reason": REASON},
    "/consents/search": {"userId": USER, "widget": "45", "reason": REASON},
    "/consents/dossier": {"consentId": CONSENT, "reason": REASON},
    "/consents/erase": {"consentId": CONSENT, "reason": REASON},
    "/consents/export": {"widget": "45", "reason": REASON, "day": NO_DAY},
}
ERASE = {"consentId": CONSENT, "reason": REASON, "word": "ERASE"}


@pytest.mark.parametrize("group", [OWNER, VIEWER, OPERATOR, "consent-owner-45", "consent-strangers"])
def test_other_roles_see_no_consent(console: Console, stored: dict[str, Any], tables: Tables, group: str) -> None:
    browser = console.person(group)

    answers = [browser.get(path) for path in ("/consents", "/consents/export")]
    answers += [browser.post(*each) for each in (*ASKED.items(), ("/consents/erase", ERASE))]

    assert [each.status for each in answers] == [403] * 8
    assert [each.html.all("li")[0].text for each in answers] == [PRIVACY] * 8
    assert not [each for each in answers if CONSENT in each.body or USER in each.body]
    assert [each.proof for each in tables.consents.history(CONSENT, now=0)] == [stored]
    assert recorded() == []


def refusing(code: str) -> Callable[..., None]:
    def refuse(*_: object) -> None:
        with aws_errors():
            raise ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "PutItem")  # type: ignore[typeddict-item]

    return refuse


@pytest.mark.parametrize(
    ("code", "status", "heading"),
    [
        ("ProvisionedThroughputExceededException", 503, "The access could not be recorded"),
        ("AccessDeniedException", 500, "Internal error"),
    ],
)
@pytest.mark.parametrize(("path", "fields"), [*ASKED.items(), ("/consents/erase", ERASE)])
def test_what_cannot_be_recorded_is_refused(
    desk: Browser,
    stored: dict[str, Any],
    tables: Tables,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    fields: Mapping[str, str],
    code: str,
    status: int,
    heading: str,
) -> None:
    monkeypatch.setattr(AccessAudit, "record", refusing(code))
    shown = desk.post(path, fields)

    assert (shown.status, shown.html.one("h1").text) == (status, heading)
    assert CONSENT not in shown.body
    assert USER not in shown.body
    assert [each.proof for each in tables.consents.history(CONSENT, now=0)] == [stored]


def test_no_id_is_in_an_address_a_title_a_header_or_a_log_line(desk: Browser, stored: dict[str, Any]) -> None:
    wrong = {"consentId": f"{CONSENT}0", "userId": f"{USER}é", "widget": "45", "reason": f"About {USER}, {CONSENT}"}
    answers = [
        desk.get("/consents"),
        *(desk.post(path, fields) for path, fields in ASKED.items()),
        *(desk.post(path, {**fields, "consentId": OTHER}) for path, fields in ASKED.items()),
        *(desk.post(path, wrong) for path in ASKED),
        desk.post("/consents/erase", {**ERASE, "word": "no"}),
        desk.post("/consents/erase", ERASE),
        desk.get("/accesses"),
        desk.get("/accesses?as=csv"),
        desk.get("/widgets/45/statistics"),
        desk.get(f"/widgets/45/decisions?day={NO_DAY}"),
    ]

    assert {each.headers["cache-control"] for each in answers} == {"no-store"}
    statuses = [each.status for each in answers]
    assert statuses == [200, *[200] * 5, 404, 200, 404, 404, 200, *[422] * 5, 422, 200, 200, 200, 200, 200]
    secrets = [CONSENT, CONSENT.upper(), OTHER, USER, SUBJECTS.of(CONSENT), SUBJECTS.of(USER), stored["id"], REASON]
    for each in answers:
        is_page = "content-disposition" not in each.headers
        page = each.html if is_page else Element("", {})
        addresses = [value for found in page for name, value in found.attributes.items() if name in ADDRESSES]
        titles = [found.text for found in page.all("title")]
        told = json.dumps([dict(each.headers), each.log, addresses, titles, each.cookies])
        assert not [secret for secret in secrets if secret in told]
    shown = "".join(each.body for each in answers[-4:])
    assert not [secret for secret in (CONSENT, USER, SUBJECTS.of(CONSENT)) if secret in shown]


ADDRESSES = {"href", "src", "action", "formaction", "hx-get", "hx-post", "title", "aria-label"}


def test_what_a_person_types_stays_text(desk: Browser, stored: dict[str, Any]) -> None:
    typed = "\"><script>alert(1)</script>{{ 7 * 7 }}' onload=x"
    shown = desk.post("/consents/lookup", consentId=CONSENT, reason=typed)

    assert [each["value"] for each in shown.html.all("input", name="reason")] == [typed, typed]
    assert len(shown.html.all("script")) == len(desk.get("/consents").html.all("script"))
    assert "49" not in shown.html.one("div", class_="head").text


# --- Who did what -----------------------------------------------------------------------------------------------------


@pytest.fixture
def audited(tables: Tables) -> date:
    """Two entries of yesterday, which is returned, and one of forty days before."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    audit = AccessAudit(connect(), "AccessAuditTable", days=1095)
    for kind, actor, at, reason in (
        (Kind.ERASURE, "oidc:login.example:u2 (Otto Operator)", yesterday, "=HYPERLINK(1)\u202e"),
        (Kind.LOOKUP, PAULA, yesterday - timedelta(hours=1), REASON),
        (Kind.EXPORT, PAULA, yesterday - timedelta(days=40), "Long ago"),
    ):
        audit.record(Access(kind, actor, timestamp(at), reason, 43, SUBJECTS.of(CONSENT)))
    return yesterday.date()


def rows(shown: Shown) -> list[str]:
    """Return the rows of a table without their times."""
    return [each.text.split(" ", 2)[2] for each in shown.html.one("tbody").all("tr")]


CHANGES = ["local Published 44", "local Published 43"]
ERASED = "Otto Operator oidc:login.example:u2 Erased 43 =HYPERLINK(1)\ufffd"
LOOKED_UP = f"{PAULA_SHOWN} Looked up a consent 43 {REASON}"


@pytest.mark.parametrize("group", [PRIVACY, OPERATOR])
def test_accesses_and_changes_are_one_list_the_newest_first(console: Console, audited: date, group: str) -> None:
    shown = console.person(group).get("/accesses")

    assert (shown.status, shown.html.one("h1").text) == (200, "Who did what")
    found = rows(shown)
    assert sorted(found[:2]) == sorted(CHANGES)
    assert (found[2:], len(found)) in [([ERASED, LOOKED_UP], 4), ([LOOKED_UP, ERASED], 4)]
    assert SUBJECTS.of(CONSENT) not in shown.body


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=erasure", [ERASED]),
        ("kind=lookup", [LOOKED_UP]),
        ("person=paula", [LOOKED_UP]),
        ("person=U2&kind=", [ERASED]),
        ("person=local&kind=change", CHANGES),
    ],
)
def test_the_list_is_narrowed_by_person_and_kind(
    console: Console, audited: date, query: str, expected: list[str]
) -> None:
    shown = console.person(OPERATOR).get(f"/accesses?{query}")
    assert sorted(rows(shown)) == sorted(expected)


@pytest.mark.parametrize("query", ["person=xyz", "kind=xyz", "from=2020-01-01&to=2020-02-01"])
def test_a_list_without_entries_says_so(console: Console, audited: date, query: str) -> None:
    shown = console.person(OPERATOR).get(f"/accesses?{query}")
    assert (shown.status, shown.html.one("h2").text) == (200, "Nothing happened in this time")


def test_the_list_is_a_file_in_which_nothing_runs(console: Console, audited: date) -> None:
    file = console.person(OPERATOR).get(f"/accesses?as=csv&from={audited}&to={audited}&kind=erasure")

    assert file.headers["content-disposition"] == f'attachment; filename="who-did-what-{audited}-{audited}.csv"'
    header, row = csv.reader(io.StringIO(file.body))
    assert header == ["at", "actor", "kind", "widgetId", "what"]
    assert row[1:] == ["oidc:login.example:u2 (Otto Operator)", "erasure", "43", "'=HYPERLINK(1)\u202e"]


def test_a_change_is_in_plain_words_on_the_page_and_in_the_words_of_the_api_in_the_file(
    console: Console, audited: date
) -> None:
    today = datetime.now(UTC)
    changes.raise_renewal(console.tables.widgets, 43, actor="local", now=today)
    changes.add_origin(console.tables.widgets, 43, "https://new.example", actor="local", now=today)
    query = f"from={audited}&to={today.date()}&kind=change"
    shown = console.person(OPERATOR).get(f"/accesses?{query}")
    file = console.person(OPERATOR).get(f"/accesses?{query}&as=csv")

    said = ["local Asked everybody again 43", "local Added a domain 43 https://new.example"]
    assert sorted(rows(shown)) == sorted([*CHANGES, *said])
    written = sorted(row[4] for row in csv.reader(io.StringIO(file.body)))
    assert written == ["add-origin https://new.example", "publish", "publish", "raise-renewal 1", "what"]


def test_a_roll_back_is_named_by_the_date_of_its_version(console: Console, audited: date) -> None:
    table, today = console.tables.widgets, datetime.now(UTC)
    (first,) = table.changes(43)
    for with_domains in (False, True):
        changes.publish(table, widgets.read(table, 43).changed(overlay=True), actor="local", now=today)
        changes.roll_back(table, 43, 1, with_domains=with_domains, actor="local", now=today)

    shown = rows(console.person(OPERATOR).get("/accesses?kind=change"))

    at = f"{first.change.at[:10]} {first.change.at[11:16]} UTC"
    back = f"local Rolled back to an older version 43 that of {at}"
    assert sorted(each for each in shown if "Rolled" in each) == [back, f"{back}, with its domains, keys and switches"]


def test_a_long_list_is_shown_in_part_and_a_file_has_a_limit(
    console: Console, audited: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accesses, "MOST_SHOWN", 3)
    monkeypatch.setattr(accesses, "MOST_IN_FILE", 3)
    operator = console.person(OPERATOR)
    shown, file = operator.get("/accesses"), operator.get("/accesses?as=csv")

    assert (len(rows(shown)), shown.html.one(role="status").text.partition(":")[0]) == (
        3,
        "1 earlier entries are not shown",
    )
    assert (file.status, "A file has at most 3 entries: choose fewer days." in file.text) == (422, True)


@pytest.mark.parametrize(
    ("query", "field", "fault"),
    [
        ("from=2026-11-02&to=2026-11-01", "from", "The first day comes after the last."),
        ("from=2025-01-01&to=2026-11-01", "from", "Choose 366 days at most."),
        ("from=%3Cscript%3E", "from", "Write a day as 2026-11-24."),
        ("to=2026-13-01", "to", "Write a day as 2026-11-24."),
    ],
)
def test_a_period_that_cannot_be_is_said_at_its_field(console: Console, query: str, field: str, fault: str) -> None:
    shown = console.person(OPERATOR).get(f"/accesses?{query}")
    assert (shown.status, faults(shown)) == (422, {field: fault})


@pytest.mark.parametrize("group", [OWNER, VIEWER, "consent-owner-43"])
def test_owners_and_viewers_see_no_activity(console: Console, audited: date, group: str) -> None:
    shown = console.person(group).get("/accesses")
    assert (shown.status, "Otto" in shown.body) == (403, False)
