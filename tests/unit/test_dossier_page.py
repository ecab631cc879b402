"""The page of a dossier: what it says, and that nothing that others wrote becomes a part of the page."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent_core.dossier.claims import Evidence, dossier_of
from consent_core.receipts import receipt_of
from consent_core.reports.dossier import page
from consent_core.reports.pages import TEMPLATES
from tests.dossiers import NOW, PERSONAL, altered, evidence, forged, kept, proof, shown
from tests.factories import VERSION_KEY

BLOCKS = {"p", "div", "dt", "dd", "td", "th", "li", "h2", "h3", "span"}


class Reader(HTMLParser):
    """A page as a browser would read it: tags, attributes, links, and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self._is_style = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]
        self._is_style = tag == "style"
        if tag in BLOCKS:
            self.text += " "

    def handle_data(self, data: str) -> None:
        if not self._is_style:
            self.text += data


OURS = Reader("".join((TEMPLATES / name).read_text("utf-8") for name in ("dossier.html", "dossier_parts.html")))
OF_TEXTS = {"a", "bdi", "b", "strong", "i", "em", "br"}


def assert_is_ours(reader: Reader) -> None:
    """Only the markup of our own template, and that which published texts may have."""
    assert reader.tags <= OURS.tags | OF_TEXTS
    assert reader.attributes <= OURS.attributes
    assert all(link.startswith(("#", "https://")) for link in reader.links)


def read(given: Evidence) -> Reader:
    return Reader(page(dossier_of(given, NOW)))


def words(given: Evidence) -> str:
    return " ".join(read(given).text.split())


# --- What it says -----------------------------------------------------------------------------------------------------


def test_it_shows_the_decision_its_time_its_page_and_its_visitor() -> None:
    text = words(evidence())

    for said in (
        "Decision 1 24 November 2026, 10:00:00 UTC",
        "Site https://shop.example Page https://shop.example/basket How Accept all "
        "Screen not recorded: both screens have this button Device mobile Language fr-BE",
        "Valid until 23 May 2027, 10:00:00 UTC",
        f"Visitor (userId) {PERSONAL['userId']}",
        "Session session Necessary needs no consent Matomo matomo Analytical accepted",
        "1 decision. All 9 statements about the evidence hold.",
    ):
        assert said in text


def test_it_shows_the_texts_in_the_language_seen() -> None:
    text = words(evidence())

    for said in (
        "Screens A What was shown Widget 43, Shop",
        "Votre vie privée, votre choix Lisez ceci : ici. Politique relative aux cookies: https://shop.example/cookies",
        "Tout refuser Paramétrer Tout accepter",
        "Matomo matomo.shop.example https://matomo.example/privacy _pk_id 390 days _pk_ses until the browser is closed",
        "Tout refuser Tout accepter Enregistrer mes choix",
    ):
        assert said in text


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        (
            evidence(stored=[proof(erasedAt="2026-11-25T12:00:00.000Z")]),
            "not given, or erased on 25 November 2026, 12:00:00 UTC",
        ),
        (evidence(stored=[proof()]), "not given"),
        (evidence(stored=[]), "not kept: the archive has none"),
    ],
    ids=["erased or never given", "not given", "in the archive alone"],
)
def test_missing_evidence_is_explained(given_: Evidence, said: str) -> None:
    assert f"Page {said} How" in words(given_)
    assert f"Visitor (userId) {said} Session {said}" in words(given_)


def test_failed_claims_come_first() -> None:
    text = words(evidence(kept=[kept(proof(), is_unchanged=False)], unreadable=["proofs/x"], is_complete=False))

    assert "1 decision. 1 of 9 statements about the evidence fails. The search of the archive is not complete." in text
    assert "1 object of the archive could not be read." in text
    assert "1 of 9 fail" in text


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("RefuseAll", "not recorded: both screens have this button"),
        (
            "Selection",
            "not recorded: the second screen saves a selection, and so does a button in place of blocked content",
        ),
        ("Api", "not recorded"),
        ("Signal", "not recorded"),
    ],
)
def test_it_says_no_more_of_the_screen_than_the_action_does(action: str, said: str) -> None:
    assert f"Screen {said} Device mobile" in words(evidence(stored=[proof(action=action)]))


def test_a_version_that_is_lost_leaves_the_proof() -> None:
    text = words(evidence(shown={}))
    assert "Shown not kept as it was" in text
    assert "Matomo matomo Analytical accepted" in text


def test_a_proof_that_states_little_is_shown_as_well() -> None:
    bare = {name: value for name, value in proof().items() if name not in {"action", "origin", "typeDevice"}}
    text = words(evidence(stored=[bare], kept=[]))
    assert "Site none: a native app" in text
    assert "How Not stated Screen not recorded Device unknown" in text


def told(policy: str = "us", *, gpc: bool = True, dnt: bool = False) -> Evidence:
    """A decision under a policy that has Matomo on by default."""
    made = proof()
    made["consents"] |= {"policy": policy, "signals": {"gpc": gpc, "dnt": dnt}}
    made["consents"]["cookieConsents"][1] |= {"notRefused": True}
    return evidence(stored=[made], kept=[kept(made)])


def test_it_says_what_was_not_refused_and_under_which_policy() -> None:
    text = words(told())
    for said in (
        "Policy us Signals Global Privacy Control Widget 43",
        "Matomo matomo Analytical not refused: on by default",
        "Accepted Not refused Refused Valid Checks",
        "Accept all none Matomo none until 23 May 2027",
        "1 decision. All 9 statements about the evidence hold.",
    ):
        assert said in text


def test_it_says_who_the_controller_of_the_version_is() -> None:
    named = {"name": "Shop SA", "address": "1 rue du Port", "dataProtectionOfficer": "dpo@shop.example"}
    text = words(evidence(shown={(43, VERSION_KEY, "fr-BE"): forged(shown(), controller=named)}))
    assert "Controller Shop SA Its address 1 rue du Port Data protection officer dpo@shop.example SHA-256" in text
    assert "Controller" not in words(evidence())


@pytest.mark.parametrize(
    ("searched", "said"),
    [
        (evidence(is_whole=True), "The whole archive was searched."),
        (evidence(is_whole=False), "Days searched in the archive: widget 43 on 2026-11-24."),
    ],
    ids=["whole", "days"],
)
def test_the_search_stands_with_the_stored_proofs(searched: Evidence, said: str) -> None:
    _, _, proofs = words(searched).rpartition("The stored proofs")
    proofs, _, receipts = proofs.partition("The consent receipts")
    assert proofs.endswith(f"{said} ")
    assert "searched" not in receipts


def test_a_statement_that_could_not_be_checked_does_not_hold() -> None:
    text = words(evidence(kept=[], searched=frozenset()))
    assert "1 decision. 5 of 6 statements about the evidence hold; 1 could not be checked." in text


def test_the_commands_stand_at_the_end_for_the_operator() -> None:
    (decision,) = dossier_of(evidence(), NOW)["decisions"]
    before, _, commands = words(evidence()).rpartition("For the operator: the checks by hand")
    for claim in decision["claims"]:
        assert claim["claim"] in before
        assert (claim["claim"] in commands) is bool(claim["check"])
        assert " ".join(claim["check"].split()) in commands
    assert not re.search("aws |consent-ops", before)


def test_each_decision_has_its_receipt() -> None:
    (decision,) = dossier_of(told(), NOW)["decisions"]
    assert decision["receipt"] == receipt_of(decision["proof"], shown().body, created=NOW)
    text = words(told())
    assert "The consent receipts" in text
    assert decision["receipt"]["dct:identifier"] in text
    lost = dossier_of(evidence(shown={}), NOW)["decisions"][0]
    assert lost["receipt"] == receipt_of(lost["proof"], None, created=NOW)
    altered_ = evidence(shown={(43, VERSION_KEY, "fr-BE"): altered(shown(), label="X")})
    assert dossier_of(altered_, NOW)["decisions"][0]["receipt"] == lost["receipt"]


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        (
            told("unknown"),
            "Policy unknown (the decision named one that the version lacks, or the version is assumed) Signals",
        ),
        (told(dnt=True), "Signals Global Privacy Control and Do Not Track Widget"),
        (told(gpc=False, dnt=True), "Signals Do Not Track Widget"),
        (told(gpc=False), "Signals none was on Widget"),
    ],
)
def test_it_explains_policies_and_signals(given_: Evidence, said: str) -> None:
    assert said in words(given_)


def test_a_decision_without_policy_reads_as_before() -> None:
    text = words(evidence())
    assert "Accepted Refused Valid Checks" in text
    assert not re.search("policy|signals|not refused", text.partition("What was shown")[0], re.IGNORECASE)


# --- What it is made of -----------------------------------------------------------------------------------------------


def test_it_runs_nothing_and_fetches_nothing() -> None:
    written = page(dossier_of(evidence(), NOW))
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', written)
    (style,) = re.findall(r"<style>(.*?)</style>", written, re.DOTALL)

    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert not re.search(r"url\(|@import|src\s*:", style)
    assert not (OURS.tags | OF_TEXTS) & {"script", "img", "link", "iframe", "object", "embed", "form", "base", "svg"}
    assert not [name for name in OURS.attributes if name.startswith("on") or name in {"src", "style"}]
    assert_is_ours(read(evidence()))


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</style><script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% include 'x' %}",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="https://shop.example" onclick="alert(1)">x</a>',
    "<b>never closed",
    "&lt;script&gt;",
    "<!--",
    "]]>",
]


def hostile(text: str) -> Evidence:
    """Return evidence whose every text is this one, though it could not have been published."""
    settings = {
        "label": text,
        "cookieNoticeUrl": text,
        "translation": dict.fromkeys(shown_texts(), text),
        "groups": [
            {
                **dict.fromkeys(("label", "excerpt", "description"), text),
                "requiredConsent": True,
                "services": [
                    {
                        **dict.fromkeys(("id", "name", "slug", "version", "description", "privacyPolicyUrl"), text),
                        "purpose": 2,
                        "domain": [text],
                        "cookies": [{"name": text, "description": text, "expiryDays": 3}],
                    }
                ],
            }
        ],
    }
    entry = {**dict.fromkeys(("id", "name", "slug", "version"), text), "consent": True, "purpose": 2}
    stored = proof(
        id=text,
        action=text,
        consents={"lang": text, "versionKey": text, "cookieConsents": [entry]},
        **dict.fromkeys(("origin", "referrer", "userId", "sessionId"), text),
    )
    return evidence(
        stored=[stored],
        kept=[kept(stored, key=text, sha256=text, previous_key=text, previous=text, link=text)],
        shown={(43, text, text): forged(shown(), **settings)},
        unreadable=[text],
    )


def shown_texts() -> list[str]:
    return list(dossier_of(evidence(), NOW)["shown"][0]["settings"]["translation"])


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_stays_text(text: str) -> None:
    reader = read(hostile(text))

    assert_is_ours(reader)
    assert reader.text.count(text) >= 20


@settings(max_examples=settings().max_examples // 4)  # a whole page each
@given(st.text())
def test_any_foreign_text_stays_text(text: str) -> None:
    reader = read(hostile(text))

    assert_is_ours(reader)


def test_the_markup_of_texts_is_kept_and_links_show_where_they_lead() -> None:
    reader = read(evidence())

    assert "https://shop.example/fr" in reader.links
    assert {"a", "b"} <= reader.tags
    assert VERSION_KEY in reader.text


# --- Directions -------------------------------------------------------------------------------------------------------

SIGNS = "\x07\x1b[2J\x7f\x85\x9b\u202e\u2066\u2068\u2069\u2028\u200e\u200d"


class Outside(HTMLParser):
    """The attributes of a page, and its text outside ``<bdi>`` and our own style sheet."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = ""
        self.attributes = ""
        self._inside = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside += tag == "bdi"
        self.attributes += "".join(value or "" for _, value in attrs)

    def handle_endtag(self, tag: str) -> None:
        self._inside -= tag == "bdi"

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.text += data


def test_signs_of_others_are_isolated_and_none_turns_the_words_around_it() -> None:
    marked = f"FOREIGN{SIGNS}"
    services = [{**each, "name": marked, "slug": marked} for each in proof()["consents"]["cookieConsents"]]
    texts = dict.fromkeys(json.loads(shown().body)["translation"], marked)
    groups = json.loads(shown().body)["groups"]
    for group in groups:
        group.update(label=marked, excerpt=marked, description=marked)
        for service in group["services"]:
            service.update(name=marked, description=marked, domain=marked, domains=[marked], privacyPolicyUrl=marked)
            for cookie in service["cookies"]:
                cookie.update(name=marked, description=marked)
    screens = forged(shown(), translation=texts, groups=groups, label=marked, cookieNoticeUrl=marked)
    told = {"userId": marked, "sessionId": marked, "referrer": marked, "origin": marked, "action": marked}
    choices = {"lang": "fr-BE", "versionKey": VERSION_KEY, "cookieConsents": services}
    said = proof(consents=choices, **told)
    given_ = evidence(
        stored=[said], kept=[kept(said)], shown={(43, VERSION_KEY, "fr-BE"): screens}, unreadable=[marked]
    )
    text = page(dossier_of(given_, NOW))
    outside = Outside(text)

    assert text.count("<bdi>FOREIGN") > 40
    assert "FOREIGN" not in outside.text
    assert (outside.text + outside.attributes).replace("\n", "").isprintable()
    assert not set(text) & set("\x07\x1b\x7f\x85\x9b\u202e\u2066\u2068\u2069\u2028")
    assert "\u200d" in text
