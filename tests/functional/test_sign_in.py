"""The development sign-in: five people, on this machine alone, and the console's own way through it."""

import time
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from werkzeug.test import Client

from consent_console.errors import AttemptError, DeniedError, SessionOverError
from consent_console.https import Answer, Question
from consent_console.oidc import Provider
from consent_console.people import PURPOSES, Person
from consent_console.registration import Registration
from consent_console.sessions import SignIn, Tokens
from local import sign_in

ISSUER, CONSOLE = "http://127.0.0.1:3003", "http://127.0.0.1:3002"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "")  # so that it is as before afterwards
    return Client(sign_in.application(ISSUER))


@pytest.fixture
def provider(client: Client) -> Provider:
    def ask(question: Question) -> Answer:
        method = "GET" if question.form is None else "POST"
        data = None if question.form is None else dict(question.form)
        answer = client.open(local(question.address), ISSUER, method=method, data=data, headers=dict(question.headers))
        return Answer(answer.status_code, answer.data)

    return Provider(Registration.of(sign_in.parameter(ISSUER, CONSOLE)), ask)


def local(address: str) -> str:
    """An address of the provider as its client for tests takes it."""
    assert address.startswith(f"{ISSUER}/")
    return address.removeprefix(ISSUER)


def came_back(client: Client, address: str, **chosen: str) -> dict[str, str]:
    answer = client.post(local(address), ISSUER, data=chosen)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"{CONSOLE}/login/callback?")
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def begun(provider: Provider, now: int) -> tuple[SignIn, str]:
    return provider.begin("/", now=now)


@pytest.fixture
def now() -> int:
    """The present: the provider has no clock of ours."""
    return int(time.time())


def test_there_is_a_person_for_each_group() -> None:
    assert {person.group for person in sign_in.PEOPLE} == PURPOSES.keys()


def test_the_page_says_what_it_is_and_offers_the_people(client: Client, provider: Provider, now: int) -> None:
    page = client.get(local(begun(provider, now)[1]), ISSUER).text
    assert "Development sign-in: no password, this machine only" in page
    assert [person.name for person in sign_in.PEOPLE if person.name not in page] == []


@pytest.mark.parametrize("person", sign_in.PEOPLE, ids=lambda person: person.subject)
def test_a_person_comes_in_is_renewed_and_leaves(
    client: Client, provider: Provider, now: int, person: sign_in.DemoPerson
) -> None:
    attempt, address = begun(provider, now)
    came_in, tokens = provider.finish(attempt, came_back(client, address, sub=person.subject), now=now)
    assert came_in == Person(ISSUER, person.subject, person.name, (person.group,))
    renewed, kept = provider.renew(tokens, came_in, now=now)
    assert renewed == came_in
    assert kept.refresh is not None
    provider.revoke(kept, now=now)
    query = {"id_token_hint": kept.identity, "client_id": "console", "post_logout_redirect_uri": f"{CONSOLE}/logout"}
    way_out = provider.way_out(kept, now=now)
    assert way_out == f"{ISSUER}/oauth2/end_session?{urlencode(query)}"
    assert f'value="{CONSOLE}/logout"' in client.get(local(way_out), ISSUER).text


def test_who_cancels_is_not_signed_in(client: Client, provider: Provider, now: int) -> None:
    attempt, address = begun(provider, now)
    with pytest.raises(DeniedError, match="cancelled"):
        provider.finish(attempt, came_back(client, address, action="deny"), now=now)


def test_a_code_and_a_refresh_token_that_were_made_up_are_refused(provider: Provider, now: int) -> None:
    attempt, _ = begun(provider, now)
    with pytest.raises(AttemptError):
        provider.finish(attempt, {"state": attempt.state, "code": "made-up"}, now=now)
    with pytest.raises(SessionOverError):
        provider.renew(Tokens("made-up"), Person(ISSUER, "olga", "Olga"), now=now)


@pytest.mark.parametrize(
    "issuer",
    [
        "http://10.0.0.1:3003",
        "http://0.0.0.0:3003",
        "https://id.example",
        "http://localhost.evil.example:3003",
        "127.0.0.1",
    ],
)
def test_it_is_not_served_to_other_machines(issuer: str) -> None:
    with pytest.raises(sign_in.NotLoopbackError):
        sign_in.application(issuer)


@pytest.mark.parametrize("host", ["evil.example:3003", "localhost:3003", "127.0.0.1"])
def test_a_site_that_gives_its_name_to_this_machine_gets_nothing(client: Client, host: str) -> None:
    assert client.get("/jwks", base_url=ISSUER).status_code == 200
    assert client.get("/jwks", base_url=f"http://{host}").status_code == 404


def test_no_page_makes_it_call_itself_by_another_name(client: Client) -> None:
    sent = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    found = client.get("/.well-known/openid-configuration", base_url=ISSUER, headers=sent)
    assert found.json is not None
    assert found.json["issuer"] == ISSUER


@pytest.mark.parametrize(
    "path", ["/", "/userinfo", "/users/olga", "/users/olga/revoke-tokens", "/oauth2/clients", "/oidc/login"]
)
@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_what_a_sign_in_does_not_need_is_not_there(client: Client, path: str, method: str) -> None:
    assert client.open(path, method=method, base_url=ISSUER, json={}).status_code == 404
