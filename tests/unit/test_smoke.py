"""The smoke test's own judgement: what it refuses to pass, and how it says that a stack cannot be found."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from smoke import checks
from smoke.__main__ import main
from smoke.checks import Deadlines, Run
from smoke.http import Answer, CheckError, Client
from smoke.stack import Choice, ConfigurationError, Stack
from smoke.widget import FOREIGN_ORIGIN, Widget

WIDGET = Widget(900_000_000_000_001, "smoke-key-1", "https://a.smoke.example")
NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC).timestamp()
DECIDED = {"session": True, "statistics": True}


def answer(status: int, body: object = None, **headers: str) -> Answer:
    return Answer(status, headers, b"" if body is None else json.dumps(body).encode(), 0.01, NOW)


@dataclass(frozen=True, slots=True)
class Scripted(Client):
    """A stack that has one answer for visitors, and one for operators."""

    to_visitors: Answer = field(default_factory=lambda: answer(200))
    to_operators: Answer = field(default_factory=lambda: answer(200))

    def bypass(self, *_request: object) -> Answer:
        return self.to_visitors

    def visit(self, *_request: object) -> Answer:
        return self.to_visitors

    def administer(self, *_request: object) -> Answer:
        return self.to_operators


@dataclass(frozen=True, slots=True)
class Located(Client):
    """A stack whose settings say where their visitor is: a miss, then hits, then 304, and a refusal of other sites."""

    answers: dict[str, Answer]
    seen: list[str] = field(default_factory=list)

    def visit(self, method: str, path: str, headers: Mapping[str, str], body: object = None) -> Answer:
        assert (method, body) == ("GET", None)
        assert path == f"/v1/client/cookie-widget-settings/{WIDGET.id}?key={WIDGET.key}" + (
            "" if headers["Origin"] == FOREIGN_ORIGIN else "&culture=de"
        )
        name = "miss" if not self.seen else "304" if headers.get("If-None-Match") == '"1"' else "hit"
        name = "403" if headers["Origin"] == FOREIGN_ORIGIN else name
        self.seen.append(name)
        return self.answers[name]


EXPOSED = "retry-after,x-dastra-location,date,age"


MADE = "Mon, 30 Nov 2026 08:50:00 GMT"  # 600 seconds ago


def located(status: int, x_cache: str, **headers: str) -> Answer:
    """Return an answer from France, without the headers that are empty."""
    own = {"access-control-expose-headers": EXPOSED, "x-dastra-location": "FR", "etag": '"1"', "x-cache": x_cache}
    own |= {"date": "Mon, 30 Nov 2026 08:50:01 GMT"}  # 599 seconds ago
    own |= {name.replace("_", "-"): value for name, value in headers.items()}
    return answer(status, {} if status == 200 else None, **{name: value for name, value in own.items() if value})


def at_the_edge(**changed: Answer) -> Run:
    """Return a run against a stack at whose edge all is right, but for the answers that are named."""
    answers = {
        "miss": located(200, "Miss from cloudfront"),
        "hit": located(200, "Hit from cloudfront"),
        "304": located(304, "Hit from cloudfront"),
        "403": located(403, "Error from cloudfront", x_dastra_location=""),
        **{name.removeprefix("of_"): each for name, each in changed.items()},
    }
    stack = Stack("scripted", "https://service.example", "https://admin.example", api_url="https://api.example")
    return Run(Located(stack, answers), WIDGET, Deadlines(archive=0, edge=0), version_key="1", etag='"1"')


def run_against(
    to_visitors: Answer | None = None, to_operators: Answer | None = None, *, consent_id: str = "consent"
) -> Run:
    """Return a run that has published version 1 and found an entity tag."""
    stack = Stack("scripted", "https://service.example", "https://admin.example", api_url="https://api.example")
    client = Scripted(stack, to_visitors or answer(200), to_operators or answer(200))
    run = Run(client, WIDGET, Deadlines(archive=0, edge=0), version_key="1", etag='"1"')
    run.consent_id = consent_id
    return run


def looked_up(*, archived: bool = True, holds: bool | None = True, origin: str = WIDGET.origin) -> Answer:
    services = [{"slug": slug, "consent": consent} for slug, consent in DECIDED.items()]
    proof = {"origin": origin, "date": "2026-11-28", "consents": {"versionKey": "1", "cookieConsents": services}}
    claims = [{"claim": "The table has this proof.", "holds": holds}]
    decision = {"proof": proof, "claims": claims, "archived": {"key": "proofs/1"} if archived else None}
    return answer(200, {"decisions": [decision]})


@pytest.mark.parametrize(
    ("check", "run", "message"),
    [
        (checks.publish, run_against(None, answer(403)), "expected 200 or 201, got 403: an empty body"),
        (checks.publish, run_against(None, answer(200, {})), "the answer has no versionKey: {}"),
        (checks.settings, run_against(answer(404, {})), "expected 200, got 404: {}"),
        (checks.settings, run_against(answer(200, ["a page"])), 'the answer is not a JSON object: ["a page"]'),
        (checks.settings, run_against(answer(200, {"versionKey": "0"})), "expected version 1, got 0"),
        (checks.settings, run_against(answer(200, {"versionKey": "1"})), "the answer has no ETag"),
        (checks.not_modified, run_against(answer(200)), "expected 304, got 200: an empty body"),
        (checks.foreign_origin, run_against(answer(200)), "expected 403, got 200: an empty body"),
        (
            checks.foreign_origin,
            run_against(answer(403, {"type": "urn:consent-platform:problem:not-through-the-front-door"})),
            "refused for another reason: urn:consent-platform:problem:not-through-the-front-door",
        ),
        (
            checks.side_door,
            run_against(answer(200, {})),
            "https://api.example answered 200, not 403: set OriginVerify, which is off",
        ),
        (
            checks.side_door,
            run_against(answer(403, {"type": "urn:consent-platform:problem:origin-not-allowed"})),
            "refused for another reason: urn:consent-platform:problem:origin-not-allowed",
        ),
        (checks.decision, run_against(answer(202, {})), "expected 201, got 202: {}"),
        (checks.lookup, run_against(consent_id=""), "not checked: no decision was stored"),
        (checks.lookup, run_against(None, answer(200, {"decisions": []})), "expected one decision, found 0"),
        (checks.lookup, run_against(None, looked_up(holds=False)), "does not hold: The table has this proof."),
        (
            checks.lookup,
            run_against(None, looked_up(origin="https://evil.test")),
            "the proof is another one: {'session': True, 'statistics': True} on https://evil.test",
        ),
        (
            checks.archive,
            run_against(None, looked_up(archived=False)),
            "the archive does not have the decision after 0 s",
        ),
        (checks.publish_to_edge, run_against(None, answer(200, {"versionKey": "1"})), "the change made no new version"),
        (
            checks.publish_to_edge,
            run_against(answer(200, {"versionKey": "1"}), answer(200, {"versionKey": "2"})),
            "expected version 2, got 1",
        ),
    ],
)
def test_a_check_says_what_it_has_seen_instead(check: checks.Check, run: Run, message: str) -> None:
    with pytest.raises(CheckError) as failure:
        check(run)
    assert str(failure.value) == message


def test_every_kind_of_answer_says_where_its_visitor_is() -> None:
    run = at_the_edge()
    assert checks.location(run) == (
        "FR with a miss, Miss from cloudfront, FR with a hit, Hit from cloudfront, FR with a 304, Hit from cloudfront"
    )
    assert isinstance(run.client, Located)
    assert run.client.seen == ["miss", "hit", "304", "403"]


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (at_the_edge(of_miss=located(200, "Miss", x_dastra_location="")), "a miss has no X-Dastra-Location"),
        (at_the_edge(of_hit=located(200, "Hit", x_dastra_location="")), "a hit has no X-Dastra-Location"),
        (at_the_edge(of_304=located(304, "Hit", x_dastra_location="")), "a 304 has no X-Dastra-Location"),
        (at_the_edge(of_hit=located(200, "Hit", x_dastra_location="fr")), "a hit has the X-Dastra-Location fr"),
        (at_the_edge(of_403=located(403, "Error")), "a refusal has X-Dastra-Location"),
        (
            at_the_edge(of_304=located(304, "Hit", access_control_expose_headers="retry-after, Date")),
            "a 304 does not expose age, x-dastra-location",
        ),
        (
            at_the_edge(of_miss=located(200, "Miss", access_control_expose_headers="")),
            "a miss does not expose age, date, retry-after, x-dastra-location",
        ),
        (at_the_edge(of_hit=located(200, "Miss")), "no answer came from the cache after 0 s"),
        (at_the_edge(of_304=located(200, "Hit", x_dastra_location="")), "a 200 has no X-Dastra-Location"),
        *(
            (
                at_the_edge(**{f"of_{name}": located(304 if name == "304" else 200, "Hit", date=MADE)}),
                f"a {name} is 600 s old, and the SDK takes no place that is 600 s old",
            )
            for name in ("miss", "hit", "304")
        ),
        (
            at_the_edge(of_hit=located(200, "Hit", date="Sun, 29 Nov 2026 09:00:00 GMT", age="85799")),
            "a hit is 601 s old, and the SDK takes no place that is 600 s old",
        ),
        (
            at_the_edge(of_hit=located(200, "Hit", date="Mon, 30 Nov 2026 09:00:00 GMT", age="600")),
            "a hit is -600 s old, and the SDK takes no place that is 600 s old",
        ),
        (at_the_edge(of_miss=located(200, "Miss", date="")), "a miss has the Date '' and the Age '0'"),
        (
            at_the_edge(of_miss=located(200, "Miss", age="old")),
            "a miss has the Date 'Mon, 30 Nov 2026 08:50:01 GMT' and the Age 'old'",
        ),
        (at_the_edge(of_304=located(412, "Hit")), "expected 200 or 304, got 412: an empty body"),
    ],
)
def test_an_answer_that_does_not_say_it_fails(run: Run, message: str) -> None:
    with pytest.raises(CheckError) as failure:
        checks.location(run)
    assert str(failure.value) == message


def test_the_time_in_the_cache_does_not_count() -> None:
    hit = located(200, "Hit from cloudfront", date="Sun, 29 Nov 2026 09:00:00 GMT", age="85801")
    assert "FR with a hit" in checks.location(at_the_edge(of_hit=hit))


def test_a_stack_that_never_answers_304_passes_too() -> None:
    seen = checks.location(at_the_edge(of_304=located(200, "Hit from cloudfront")))
    assert seen.endswith("FR with a hit, Hit from cloudfront, FR with a 200, Hit from cloudfront")


def test_a_machine_without_cloudfront_says_that_no_place_was_chosen() -> None:
    run = Run(Scripted(Stack("local", "http://127.0.0.1:3000", "http://127.0.0.1:3001")), WIDGET)
    assert checks.location(run) == "not checked: no CloudFront stands in front (a local stack can have a PLACE)"


def test_a_refusal_at_the_api_itself_is_what_a_stack_behind_cloudfront_gives() -> None:
    refused = answer(403, {"type": "urn:consent-platform:problem:not-through-the-front-door"})
    assert checks.side_door(run_against(refused)) == "403 at https://api.example (10 ms)"


def test_a_machine_without_cloudfront_says_that_it_has_no_side_door() -> None:
    run = Run(Scripted(Stack("local", "http://127.0.0.1:3000", "http://127.0.0.1:3001")), WIDGET)
    assert checks.side_door(run) == "not checked: no CloudFront stands in front of this machine's API"


def test_a_decision_that_the_archive_may_not_have_yet_is_no_failure() -> None:
    assert checks.lookup(run_against(None, looked_up(archived=False, holds=None))).startswith("one decision of ")


def test_the_cache_is_quoted() -> None:
    run = run_against(answer(304, None, **{"x-cache": "Hit from cloudfront"}))
    assert checks.not_modified(run) == "304, Hit from cloudfront (10 ms)"


@pytest.mark.parametrize(("status", "remains"), [(201, True), (400, False), (403, False), (500, True), (504, True)])
def test_a_widget_is_cleaned_up_unless_it_was_refused(status: int, remains: bool) -> None:
    stack = Stack("scripted", "https://service.example", "https://admin.example")
    run = Run(Scripted(stack, to_operators=answer(status, {"versionKey": "1"})), WIDGET)
    try:
        run.publish()
    except CheckError:
        assert status != 201
    assert run.may_be_enabled is remains


def test_two_runs_share_no_widget() -> None:
    first, second = Widget.new(), Widget.new()
    assert (first.id, first.key, first.origin) != (second.id, second.key, second.origin)
    assert 900_000_000_000_000 <= first.id < 1_000_000_000_000_000


# --- The stack --------------------------------------------------------------------------------------------------------

TEMPLATE = {
    "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
    "Parameters": {"ArchiveBatchSeconds": {"Type": "Number", "Default": 60}},
    "Outputs": {
        "ServiceUrl": {"Value": "https://d1.cloudfront.net"},
        "AdminApiUrl": {"Value": "https://a1.execute-api.eu-west-1.amazonaws.com"},
        "ApiUrl": {"Value": "https://a2.execute-api.eu-west-1.amazonaws.com"},
    },
}


@pytest.fixture
def cloudformation(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An account with the stack of samconfig.toml's ``dev``, and with another one."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        client = boto3.client("cloudformation", region_name="eu-west-1")
        client.create_stack(StackName="consent-platform-dev", TemplateBody=json.dumps(TEMPLATE))
        client.create_stack(StackName="other", TemplateBody=json.dumps({"Resources": TEMPLATE["Resources"]}))
        yield client


def test_an_environment_of_samconfig_leads_to_its_stack(cloudformation: Any) -> None:  # noqa: ANN401 - of moto
    found = Choice("dev").stack()
    assert (found.name, found.batch_seconds) == ("consent-platform-dev in eu-west-1", 60)
    assert found.service_url == "https://d1.cloudfront.net"
    assert found.admin_url == "https://a1.execute-api.eu-west-1.amazonaws.com"
    assert found.api_url == "https://a2.execute-api.eu-west-1.amazonaws.com"


def test_addresses_can_be_given(cloudformation: Any) -> None:  # noqa: ANN401 - of moto
    given = {"service_url": "https://consent.example/", "admin_url": "https://admin.example"}
    found = Choice("dev", **given, api_url="https://api.example/").stack()
    assert (found.service_url, found.admin_url) == ("https://consent.example", "https://admin.example")
    assert found.api_url == "https://api.example"


def test_the_local_stack_is_found_by_its_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_PORT", "3100")
    monkeypatch.delenv("ADMIN_PORT", raising=False)
    found = Choice("local").stack()
    assert (found.service_url, found.admin_url, found.session) == (
        "http://127.0.0.1:3100",
        "http://127.0.0.1:3001",
        None,
    )


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (
            Choice(),
            "Name an environment of samconfig.toml, such as `make smoke ENV=dev`, or a stack with --stack-name.",
        ),
        (Choice("test"), "samconfig.toml has no environment test. Choose one of: default, dev, prod, local."),
        (
            Choice("prod"),
            "Region eu-west-1 has no stack consent-platform-prod. Deploy it, or choose another one.",
        ),
        (
            Choice(stack_name="other", region="eu-west-1"),
            "The stack other has no output ServiceUrl. It is not a stack of this platform, or it is not deployed"
            " completely.",
        ),
        (Choice(stack_name="consent-platform-dev"), "No region is set. Choose one with --region."),
        (Choice("dev", profile="nobody"), "The AWS configuration has no profile nobody."),
    ],
)
def test_a_stack_that_cannot_be_found_is_explained(
    cloudformation: Any,  # noqa: ANN401 - of moto
    choice: Choice,
    message: str,
) -> None:
    with pytest.raises(ConfigurationError) as failure:
        choice.stack()
    assert str(failure.value) == message


def test_missing_credentials_are_explained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    assert main(["dev"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        "No AWS credentials were found. Set AWS_PROFILE, or sign in with `aws sso login`, and try again.\n"
    )
