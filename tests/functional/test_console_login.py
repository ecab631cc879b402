"""Sign-in to the console: by a strict provider, and by every lie that one could tell."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
from joserfc import jwk

from consent_console import https, serving
from consent_console.people import PURPOSES
from consent_console.sessions import FRESH, IDLE, LONGEST
from local.tables import Tables
from tests.handlers import Printed, invoked, load_handler
from tests.small_provider import (
    CLIENT_ID,
    CONSOLE,
    ISSUER,
    KEYS,
    OTHER_KEY,
    SmallProvider,
    parameter,
    query_of,
    unsigned,
)

NOW = 1_800_000_000
ATTRIBUTES = {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"}
SESSION, SIGN_IN = "__Host-session", "__Host-login"

PUBLIC_KEY = jwk.RSAKey.import_key(KEYS["RS256"].as_dict(private=False)).as_pem(private=False)
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin", "Origin": CONSOLE}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    location: str
    body: str
    printed: Printed


@dataclass
class Browser:
    """A browser: it keeps cookies, and sees to it that no line of a log has a secret."""

    module: ModuleType
    provider: SmallProvider
    cookies: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def get(self, path: str, **query: str) -> Answer:
        return self._request("GET", path, {}, query)

    def post(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return self._request("POST", path, SAME_ORIGIN if headers is None else headers, {})

    def begin(self, to: str = "/widgets/43") -> dict[str, str]:
        """Begin a sign-in, and be the person at the provider. Return the query of the way back."""
        return self.provider.authorize(self.get("/login", to=to).location)

    def sign_in(self, to: str = "/widgets/43") -> Answer:
        return self.get("/login/callback", **self.begin(to))

    def _request(self, method: str, path: str, headers: dict[str, str], query: dict[str, str]) -> Answer:
        event = {
            "routeKey": f"{method} {path}",
            "rawPath": path,
            "rawQueryString": urlencode(query),
            "headers": {"Host": "console.example", **headers},
            "cookies": [f"{name}={value}" for name, value in self.cookies.items()],
            "requestContext": {"http": {"method": method, "path": path}},
            "isBase64Encoded": False,
        }
        if query:
            event["queryStringParameters"] = query
        answer, printed = invoked(self.module.handler, event, self.module.TELEMETRY)
        for cookie in answer.get("cookies", ()):
            self._keep(cookie)
        self.seen |= self.provider.secrets | {value for value in self.cookies.values() if value}
        assert [secret for secret in self.seen if secret in str(printed.log)] == []
        assert answer["headers"]["cache-control"] == "no-store"
        return Answer(answer["statusCode"], answer["headers"].get("location", ""), answer["body"], printed)

    def _keep(self, cookie: str) -> None:
        (pair, *attributes) = cookie.split("; ")
        name, _, value = pair.partition("=")
        ages = {each for each in attributes if each.startswith("Max-Age=")}
        assert set(attributes) == ATTRIBUTES | ages
        if ages == {"Max-Age=0"}:
            self.cookies.pop(name, None)
        else:
            assert ages == {SESSION: set(), SIGN_IN: {"Max-Age=600"}}[name]
            self.cookies[name] = value


type NewBrowser = Callable[[], Browser]


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> SmallProvider:
    made = SmallProvider(NOW)
    monkeypatch.setattr(https, "ask", made.ask)
    return made


@pytest.fixture
def module(tables: Tables, provider: SmallProvider, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    put_parameter(parameter())
    loaded = load_handler("console_login", POWERTOOLS_SERVICE_NAME="console_login")
    monkeypatch.setattr(loaded, "time", SimpleNamespace(time=lambda: float(provider.now)))
    return loaded


@pytest.fixture
def new_browser(module: ModuleType, provider: SmallProvider) -> NewBrowser:
    return lambda: Browser(module, provider)


@pytest.fixture
def browser(new_browser: NewBrowser) -> Browser:
    return new_browser()


def put_parameter(value: str) -> None:
    boto3.client("ssm").put_parameter(Name="/local/console", Type="String", Value=value, Overwrite=True)


def rows() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = boto3.resource("dynamodb").Table("ConsoleSessionsTable").scan()["Items"]
    return found


def sessions() -> list[dict[str, Any]]:
    return [row for row in rows() if "person" in row]


def is_refused(answer: Answer, browser: Browser, status: int = 400) -> None:
    """A page, no session, and a sign-in that cannot be finished any more."""
    assert answer.status == status
    assert answer.body.startswith("<!doctype html>")
    assert sessions() == []
    assert SESSION not in browser.cookies


# --- In ---------------------------------------------------------------------------------------------------------------


def test_a_person_signs_in_and_goes_where_they_were_going(browser: Browser) -> None:
    begun = browser.get("/login", to="/widgets/43?tab=texts&lang=fr")
    assert begun.status == 303
    assert list(browser.cookies) == [SIGN_IN]

    answer = browser.get("/login/callback", **browser.provider.authorize(begun.location))
    assert (answer.status, answer.location) == (303, "/widgets/43?tab=texts&lang=fr")
    assert list(browser.cookies) == [SESSION]
    assert answer.printed.metrics["SignedIn"] == 1
    (row,) = rows()
    assert json.loads(row["person"]) == {
        "issuer": ISSUER,
        "subject": "person-1",
        "name": "Olga Owner",
        "groups": ["consent-owner"],
    }
    assert row["id"] == hashlib.sha256(browser.cookies[SESSION].encode()).hexdigest()
    assert row["refreshToken"] == "refresh-token-0-of-the-provider"
    assert browser.provider.asked == ["/.well-known/openid-configuration", "/token", "/keys"]


@pytest.mark.parametrize("algorithm", sorted(KEYS))
def test_both_signatures_are_accepted(browser: Browser, algorithm: str) -> None:
    browser.provider.algorithm = algorithm
    assert browser.sign_in().status == 303


def test_the_providers_document_and_keys_are_kept_for_an_hour(browser: Browser) -> None:
    browser.sign_in()
    browser.provider.now += 3_599
    browser.sign_in()
    assert (
        browser.provider.asked.count("/.well-known/openid-configuration") == browser.provider.asked.count("/keys") == 1
    )
    browser.provider.now += 1
    browser.sign_in()
    assert (
        browser.provider.asked.count("/.well-known/openid-configuration") == browser.provider.asked.count("/keys") == 2
    )


def test_no_two_sign_ins_share_state_nonce_or_challenge(browser: Browser) -> None:
    one, other = (query_of(browser.get("/login").location) for _ in range(2))
    assert [name for name in ("state", "nonce", "code_challenge") if one[name] == other[name]] == []


def test_offline_access_is_asked_for_only_where_it_is_offered(browser: Browser) -> None:
    browser.provider.document = {"scopes_supported": ["openid"]}
    assert query_of(browser.get("/login").location)["scope"] == ["openid email profile"]


def test_a_client_with_a_secret_proves_itself_by_it(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "console_login")  # its role must allow the call
    boto3.client("secretsmanager").create_secret(Name="console-client", SecretString="a-client-secret")
    put_parameter(parameter(clientSecretName="console-client"))
    browser.provider.secret = "a-client-secret"
    browser.provider.secrets.add("a-client-secret")
    assert browser.sign_in().status == 303
    assert "a-client-secret" not in repr(browser.module.provider().registration)


def test_a_wrong_secret_is_a_matter_of_the_settings(browser: Browser) -> None:
    browser.provider.secret = "a-client-secret"
    answer = browser.sign_in()
    is_refused(answer, browser, 500)
    assert "Compare client id and secret" in answer.body


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("/", "/"),
        ("/widgets/43/texts/fr?missing=1#f-startupTitle", "/widgets/43/texts/fr?missing=1#f-startupTitle"),
        ("", "/"),
        ("//evil.example", "/"),
        ("///evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\/evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("/a\\..\\evil", "/"),
        ("https://evil.example", "/"),
        ("https:evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("evil.example", "/"),
        (" //evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
        ("/\r\nSet-Cookie: a=b", "/"),
        ("/a\x00", "/"),
        ("/a\x7f", "/"),
        ("/a b", "/"),
        ("/\u2028/evil.example", "/"),
        ("/\uff0fevil.example", "/"),
        ("/login", "/"),
        ("/login/renew?to=/login", "/"),
        ("/logout", "/"),
        ("/" + "a" * 2_001, "/"),
    ],
)
def test_a_person_is_led_to_a_path_of_the_console_alone(browser: Browser, to: str, expected: str) -> None:
    assert browser.sign_in(to).location == expected
    browser.provider.now += FRESH
    assert browser.get("/login/renew", to=to).location == expected


# --- Refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["another", "", None, "ÿ"])
def test_a_changed_state_is_refused_and_leaves_the_sign_in_to_its_own_answer(
    browser: Browser, state: str | None
) -> None:
    answer = browser.begin()
    changed = {name: value for name, value in {**answer, "state": state}.items() if value is not None}
    is_refused(browser.get("/login/callback", **changed), browser)
    assert "/token" not in browser.provider.asked
    browser.get("/login/callback", **answer)
    assert len(sessions()) == 1


def test_of_two_tabs_that_sign_in_together_the_latter_one_does(browser: Browser) -> None:
    first, second = browser.begin(), browser.begin()
    is_refused(browser.get("/login/callback", **first), browser)
    browser.get("/login/callback", **second)
    assert len(sessions()) == 1


def test_another_browsers_answer_is_refused(browser: Browser, new_browser: NewBrowser) -> None:
    answer = browser.begin()
    victim = new_browser()
    is_refused(victim.get("/login/callback", **answer), victim)  # no cookie at all
    victim.begin()
    is_refused(victim.get("/login/callback", **answer), victim)  # another sign-in's
    assert "/token" not in browser.provider.asked


def test_an_answer_counts_once(browser: Browser) -> None:
    answer = browser.begin()
    value = browser.cookies[SIGN_IN]
    browser.get("/login/callback", **answer)
    browser.cookies = {SIGN_IN: value}
    (first,) = sessions()
    assert browser.get("/login/callback", **answer).status == 400
    assert sessions() == [first]
    assert SESSION not in browser.cookies
    assert browser.provider.asked.count("/token") == 1


def test_a_code_that_was_used_before_is_refused(browser: Browser) -> None:
    used = browser.begin()["code"]
    browser.provider.codes.pop(used)
    state = query_of(browser.get("/login").location)["state"][0]
    is_refused(browser.get("/login/callback", code=used, state=state), browser)


def test_a_code_of_another_sign_in_is_refused_for_its_verifier(browser: Browser, new_browser: NewBrowser) -> None:
    """An attacker slips the victim's code into a sign-in of their own: state and cookie fit, the verifier does not."""
    stolen = new_browser().begin()["code"]
    own = browser.begin()
    answer = browser.get("/login/callback", **{**own, "code": stolen})
    is_refused(answer, browser)
    assert answer.printed.metrics["SignInAttempt"] == 1
    assert "/keys" not in browser.provider.asked  # there was no token to verify


def test_a_sign_in_that_took_more_than_ten_minutes_is_refused(browser: Browser) -> None:
    answer = browser.begin()
    browser.provider.now += 600
    is_refused(browser.get("/login/callback", **answer), browser)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://evil.example"},
        {"iss": f"{ISSUER}/"},
        {"iss": [ISSUER]},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": ["another-client"]},
        {"aud": []},
        {"aud": None},
        {"aud": [CLIENT_ID, "another-client"]},
        {"aud": [CLIENT_ID, "another-client"], "azp": "another-client"},
        {"azp": "another-client"},
        {"exp": NOW - 60},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": NOW + 61},
        {"iat": None},
        {"nbf": NOW + 61},
        {"sub": None},
        {"sub": ""},
        {"sub": " "},
        {"sub": 7},
        {"sub": "a\nb"},
        {"sub": "s" * 256},
    ],
    ids=str,
)
def test_a_token_with_a_wrong_claim_is_refused(browser: Browser, claims: dict[str, object]) -> None:
    browser.provider.claims = claims
    answer = browser.sign_in()
    is_refused(answer, browser)
    assert answer.printed.metrics["SignInUntrusted"] == 1


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": [CLIENT_ID]},
        {"aud": [CLIENT_ID, "another-client"], "azp": CLIENT_ID},
        {"exp": NOW - 59},
        {"iat": NOW + 60},
        {"sub": "s" * 255},
    ],
    ids=str,
)
def test_a_token_at_the_edge_is_accepted(browser: Browser, claims: dict[str, object]) -> None:
    browser.provider.claims = claims
    assert browser.sign_in().status == 303


def claims_of(browser: Browser) -> dict[str, object]:
    nonce = [*browser.provider.codes.values()][-1]["nonce"]
    groups = ["consent-owner"]
    return {"iss": ISSUER, "sub": "a", "aud": CLIENT_ID, "iat": NOW, "exp": NOW + 300, "nonce": nonce, "groups": groups}


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
def test_an_unsigned_token_is_refused(browser: Browser, algorithm: str) -> None:
    answer = browser.begin()
    browser.provider.token = unsigned({"alg": algorithm, "kid": "curve"}, claims_of(browser)) + "."
    is_refused(browser.get("/login/callback", **answer), browser)


@pytest.mark.parametrize("algorithm", ["HS256", "RS256", "ES256"])
def test_a_token_signed_with_the_public_key_is_refused(browser: Browser, algorithm: str) -> None:
    answer = browser.begin()
    signed = unsigned({"alg": algorithm, "kid": "primes"}, claims_of(browser))
    mac = hmac.digest(PUBLIC_KEY, signed.encode(), "sha256")
    browser.provider.token = f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    is_refused(browser.get("/login/callback", **answer), browser)


@pytest.mark.parametrize("kid", ["curve", None])
def test_a_token_signed_by_another_key_is_refused(browser: Browser, kid: str | None) -> None:
    browser.provider.signing_key, browser.provider.header = OTHER_KEY, {"kid": kid}
    is_refused(browser.sign_in(), browser)


def test_a_changed_token_is_refused(browser: Browser) -> None:
    answer = browser.begin()
    good = browser.provider._identity({"nonce": str(claims_of(browser)["nonce"])})
    header, _, signature = good.split(".")
    changed = unsigned({}, {**claims_of(browser), "groups": ["consent-owner"]}).split(".")[1]
    browser.provider.token = f"{header}.{changed}.{signature}"
    is_refused(browser.get("/login/callback", **answer), browser)


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.b.c", "a.b.c.d.e", "ÿ.ÿ.ÿ", "....", "e30.e30.e30"])
def test_what_is_no_token_is_refused(browser: Browser, token: str) -> None:
    answer = browser.begin()
    browser.provider.token = token or "."
    is_refused(browser.get("/login/callback", **answer), browser)


def test_a_new_key_is_asked_for_once(browser: Browser) -> None:
    browser.sign_in()
    browser.provider.published = [OTHER_KEY]
    browser.provider.signing_key = OTHER_KEY
    assert browser.sign_in().status == 303
    assert browser.provider.asked.count("/keys") == 2


def test_a_key_that_stays_unknown_is_asked_for_once_more_and_refused(browser: Browser) -> None:
    browser.provider.signing_key = OTHER_KEY
    is_refused(browser.sign_in(), browser)
    assert browser.provider.asked.count("/keys") == 2


def test_keys_that_are_not_for_signatures_are_no_fault_and_sign_nothing(browser: Browser) -> None:
    browser.provider.published[0:0] = [OTHER_KEY]
    assert browser.sign_in().status == 303
    encrypting = type(OTHER_KEY).import_key({**OTHER_KEY.as_dict(private=True), "use": "enc"})
    browser.provider.published = [encrypting, *KEYS.values()]
    browser.provider.signing_key, browser.provider.now = OTHER_KEY, NOW + 3_600
    assert browser.sign_in().status == 400


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.example"},
        {"issuer": f"{ISSUER}/"},
        {"issuer": None},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "http://id.example/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
    ids=str,
)
def test_a_provider_that_does_not_fit_begins_no_sign_in(browser: Browser, document: dict[str, str]) -> None:
    browser.provider.document = document
    is_refused(browser.get("/login"), browser, 500)
    assert rows() == []


@pytest.mark.parametrize("name", ["token_endpoint", "jwks_uri"])
def test_a_secret_is_sent_by_https_alone(browser: Browser, name: str) -> None:
    browser.provider.document = {name: "http://id.example/token"}
    is_refused(browser.sign_in(), browser, 500)


@pytest.mark.parametrize("name", ["issuer", "address", "logoutUrl"])
@pytest.mark.parametrize(
    "address", ["http://id.example", "ftp://id.example", "id.example", "https://", "https://a@b.example"]
)
def test_a_console_without_tls_signs_nobody_in(browser: Browser, name: str, address: str) -> None:
    put_parameter(parameter(**{name: address}))
    answer = browser.get("/login")
    is_refused(answer, browser, 500)
    assert browser.provider.asked == []


@pytest.mark.parametrize("value", ["[]", "no JSON", "{}", parameter(clientId="")])
def test_a_parameter_that_lacks_something_signs_nobody_in(browser: Browser, value: str) -> None:
    put_parameter(value)
    is_refused(browser.get("/login"), browser, 500)


def test_a_provider_that_is_down_ends_no_session_and_says_so(browser: Browser) -> None:
    browser.sign_in()
    before = sessions()
    browser.provider.is_down = True
    browser.provider.now += FRESH
    answer = browser.get("/login/renew", to="/widgets/43")
    assert answer.status == 503
    assert 'href="/login/renew?to=%2Fwidgets%2F43"' in answer.body
    assert sessions() == before
    assert SESSION in browser.cookies


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("access_denied", "The sign-in was cancelled"),
        ("temporarily_unavailable", "busy"),
        ("<script>alert(1)</script>", "The identity provider ended the sign-in."),
    ],
)
def test_an_error_of_the_provider_is_told_in_our_own_words(browser: Browser, code: str, sentence: str) -> None:
    state = browser.begin()["state"]
    answer = browser.get("/login/callback", state=state, error=code, error_description="<b>Ask Eve</b>")
    is_refused(answer, browser, 403)
    assert sentence in answer.body
    assert "Eve" not in answer.body
    assert "alert" not in answer.body
    assert answer.printed.metrics["SignInDenied"] == 1


def test_an_answer_of_another_issuer_is_refused(browser: Browser) -> None:
    is_refused(browser.get("/login/callback", **browser.begin(), iss="https://evil.example"), browser)
    assert browser.get("/login/callback", **browser.begin(), iss=ISSUER).status == 303


def test_a_person_without_a_group_is_told_which_to_ask_for(browser: Browser) -> None:
    browser.provider.groups = ["staff", "consent-owners"]
    answer = browser.sign_in()
    is_refused(answer, browser, 403)
    assert [group for group in PURPOSES if f"<code>{group}</code>" not in answer.body] == []
    assert "Olga Owner" in answer.body
    assert browser.provider.refresh_tokens == set()
    assert rows() == []


# --- Sessions ---------------------------------------------------------------------------------------------------------


def test_a_session_that_the_browser_brought_along_is_neither_taken_over_nor_left(
    browser: Browser, new_browser: NewBrowser
) -> None:
    """Fixation: whoever planted the cookie, or left it behind, holds a value that is over."""
    attacker = new_browser()
    attacker.sign_in()
    browser.cookies[SESSION] = attacker.cookies[SESSION]
    browser.sign_in()
    assert browser.cookies[SESSION] != attacker.cookies[SESSION]
    (row,) = sessions()
    assert row["id"] == hashlib.sha256(browser.cookies[SESSION].encode()).hexdigest()


def test_a_sign_in_without_a_group_ends_the_session_before_it(browser: Browser) -> None:
    browser.sign_in()
    browser.provider.groups = ["staff"]
    assert browser.sign_in().status == 403
    assert sessions() == []
    assert browser.cookies == {}


def test_a_value_that_was_made_up_is_not_taken(browser: Browser) -> None:
    browser.cookies[SESSION] = "made-up"
    browser.sign_in()
    assert browser.cookies[SESSION] != "made-up"
    assert len(sessions()) == 1


def test_a_renewal_reads_the_groups_anew_and_goes_on(browser: Browser) -> None:
    browser.sign_in()
    value = browser.cookies[SESSION]
    browser.provider.groups = ["consent-viewer", "consent-owner-43"]
    browser.provider.now += FRESH
    answer = browser.get("/login/renew", to="/widgets/43")
    assert (answer.status, answer.location) == (303, "/widgets/43")
    (row,) = sessions()
    assert json.loads(row["person"])["groups"] == ["consent-owner-43", "consent-viewer"]
    assert row["renewedAt"] == NOW + FRESH
    assert row["endsAt"] == NOW + LONGEST
    assert row["refreshToken"] == "refresh-token-0-of-the-provider"
    assert browser.cookies == {SESSION: value}


def test_a_page_that_asks_for_a_renewal_is_told_by_the_status(browser: Browser) -> None:
    browser.sign_in()
    browser.provider.now += 600
    answer = browser.get("/login/renew")
    assert (answer.status, answer.body) == (204, "")
    browser.provider.refuses_renewal = True
    browser.provider.now += 600
    answer = browser.get("/login/renew")
    assert (answer.status, answer.body) == (401, "")
    assert rows() == []
    assert browser.cookies == {}
    assert browser.get("/login/renew").status == 401


def test_tabs_that_renew_together_ask_the_provider_once(browser: Browser) -> None:
    browser.sign_in()
    browser.provider.now += 600
    assert [browser.get("/login/renew").status for _ in range(3)] == [204, 204, 204]
    assert browser.provider.asked.count("/token") == 2


def test_a_tab_whose_refresh_token_another_one_has_used_ends_no_session(
    browser: Browser, provider: SmallProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.sign_in()
    provider.now += 600
    value, other = browser.cookies[SESSION], browser.module.SESSIONS
    person, tokens = other.find(value).person, other.tokens(value)
    ask = provider.ask

    def overtaken(question: https.Question) -> https.Answer:
        other.renew(value, person, tokens, now=provider.now)  # the other tab, in the meantime
        provider.refuses_renewal = True
        return ask(question)

    monkeypatch.setattr(browser.module.provider(), "_ask", overtaken)
    assert browser.get("/login/renew").status == 204
    assert len(sessions()) == 1
    assert SESSION in browser.cookies


@pytest.mark.parametrize(
    "change",
    [
        {"refuses_renewal": True},
        {"groups": []},
        {"groups": ["staff"]},
        {"claims": {"sub": "person-2"}},
        {"claims": {"iss": "https://evil.example"}},
        {"claims": {"aud": "another-client"}},
        {"signing_key": OTHER_KEY},
    ],
    ids=[
        "refused",
        "no group",
        "no group of ours",
        "another person",
        "another issuer",
        "another client",
        "another key",
    ],
)
def test_a_session_that_is_not_renewed_ends(browser: Browser, provider: SmallProvider, change: dict[str, Any]) -> None:
    browser.sign_in()
    for name, value in change.items():
        setattr(provider, name, value)
    provider.now += FRESH
    answer = browser.get("/login/renew", to="/widgets/43?a=b")
    assert (answer.status, answer.location) == (303, "/login?to=%2Fwidgets%2F43%3Fa%3Db")
    assert rows() == []
    assert browser.cookies == {}


def test_a_session_without_a_refresh_token_ends_when_its_groups_are_old(browser: Browser) -> None:
    browser.provider.gives_refresh_tokens = False
    browser.sign_in()
    assert "refreshToken" not in sessions()[0]
    browser.provider.now += FRESH
    assert browser.get("/login/renew").status == 401
    assert rows() == []


@pytest.mark.parametrize(("later", "status"), [(IDLE - 1, 204), (IDLE, 401)])
def test_an_idle_session_is_not_renewed(browser: Browser, later: int, status: int) -> None:
    browser.sign_in()
    browser.provider.now += later
    assert browser.get("/login/renew").status == status
    assert len(rows()) == (status == 204)


def test_no_session_is_longer_than_eight_hours(browser: Browser) -> None:
    browser.sign_in()
    renewals = []
    for _ in range(LONGEST // 1_800):
        browser.provider.now += 1_800
        renewals.append(browser.get("/login/renew").status)
    assert renewals == [204] * (LONGEST // 1_800 - 1) + [401]


# --- Out --------------------------------------------------------------------------------------------------------------


def test_who_signs_out_is_out_here_and_at_the_provider(browser: Browser) -> None:
    browser.sign_in()
    token = sessions()[0]["idToken"]
    answer = browser.post("/logout")
    assert answer.status == 200
    assert rows() == []
    assert browser.cookies == {}
    assert browser.provider.refresh_tokens == set()
    query = {"id_token_hint": token, "client_id": CLIENT_ID, "post_logout_redirect_uri": f"{CONSOLE}/logout"}
    address = f"{ISSUER}/end?{urlencode(query)}".replace("&", "&amp;")
    assert f'<meta http-equiv="refresh" content="0; url={address}">' in answer.body
    assert f'href="{address}"' in answer.body


def test_who_signs_out_leaves_cognito_by_its_own_address(browser: Browser) -> None:
    put_parameter(parameter(provider="cognito", logoutUrl="https://people.example/logout"))
    browser.sign_in()
    address = f"https://people.example/logout?{urlencode({'client_id': CLIENT_ID, 'logout_uri': f'{CONSOLE}/logout'})}"
    assert f'href="{address.replace("&", "&amp;")}"' in browser.post("/logout").body


def test_a_provider_without_a_logout_of_its_own_ends_the_way_at_the_console(browser: Browser) -> None:
    browser.provider.document = {"end_session_endpoint": None, "revocation_endpoint": None}
    browser.sign_in()
    answer = browser.post("/logout")
    assert (answer.status, answer.location) == (303, "/logout")
    assert browser.cookies == {}
    assert "/revoke" not in browser.provider.asked


def test_a_provider_that_is_down_keeps_nobody_signed_in(browser: Browser) -> None:
    browser.sign_in()
    browser.provider.is_down = True
    browser.provider.now += 3_600  # its document is to be read anew
    answer = browser.post("/logout")
    assert answer.status == 200
    assert "Your identity provider did not answer" in answer.body
    assert rows() == []
    assert browser.cookies == {}
    assert answer.printed.metrics["ProviderNotTold"] == 1


def test_who_has_no_session_is_signed_out_too(browser: Browser) -> None:
    answer = browser.post("/logout")
    assert (answer.status, answer.location) == (303, "/logout")
    page = browser.get("/logout")
    assert page.status == 200
    assert "You are signed out" in page.body
    assert 'href="/login"' in page.body


def test_looking_at_the_page_of_signing_out_ends_no_session(browser: Browser) -> None:
    browser.sign_in()
    browser.get("/logout")
    assert len(sessions()) == 1


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site", "Origin": CONSOLE},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": ""},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": f"{CONSOLE}.evil.example"},
    {},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_another_site_signs_nobody_out(browser: Browser, headers: dict[str, str]) -> None:
    browser.sign_in()
    before = rows()
    assert browser.post("/logout", headers).status == 403
    assert rows() == before
    assert SESSION in browser.cookies
    assert "/revoke" not in browser.provider.asked


@pytest.mark.parametrize("headers", [SAME_ORIGIN, {"Origin": CONSOLE}, {"sec-fetch-site": "same-origin"}], ids=str)
def test_a_page_of_the_console_signs_out(browser: Browser, headers: dict[str, str]) -> None:
    browser.sign_in()
    assert browser.post("/logout", headers).status == 200
    assert rows() == []


def test_the_rule_against_foreign_forms_is_that_of_all_pages(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    assert browser.module.is_same_origin is serving.is_same_origin
    asked: list[str] = []

    def refuse(event: dict[str, Any]) -> bool:
        asked.append(event["rawPath"])
        return False

    monkeypatch.setattr(browser.module, "is_same_origin", refuse)
    browser.sign_in()
    assert browser.post("/logout").status == 403
    assert asked == ["/logout"]
