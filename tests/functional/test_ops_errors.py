"""Every failure of the operators' command line is one sentence of ours with the next step: servers answer for real."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from local.embedded_aws import DEMO_WIDGETS
from tests.functional.test_ops import CONSENT, DAY, Ended, Run, ops, run

__all__ = ["ops", "run"]  # fixtures

HTML = {"Content-Type": "text/html"}
AWS = {"x-amzn-RequestId": "1", "x-amz-request-id": "1", "Content-Type": "application/x-amz-json-1.0"}
RAW = "User: arn:aws:iam::123456789012:user/ops is not authorized to perform: raw words"
FOREIGN = "The answer did not come from AWS. Check the address after --endpoint-url, or for a proxy in between."


@contextmanager
def answering(status: int, headers: Mapping[str, str], body: str) -> Iterator[str]:
    """Serve one answer to all requests, whatever they are; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            content = body.encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_DELETE = do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815 - named by http.server

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def refused(code: str) -> str:
    return json.dumps({"__type": f"com.amazonaws.dynamodb#{code}", "message": RAW})


@pytest.mark.parametrize(
    "command",
    [
        ("show", "43"),
        ("show", "43", "--json"),
        ("versions", "43"),
        ("changes", "43"),
        ("publish", str(DEMO_WIDGETS[1])),
        ("add-domain", "43", "https://new.example"),
        ("renew", "43"),
        ("rollback", "43", CONSENT),
        ("lookup", CONSENT),
        ("dossier", CONSENT),
        ("erase", CONSENT),
        ("stats", "43"),
        ("verify", "43", DAY),
        ("archive", "--from", DAY),
        ("export", "--widget", "43", "--from", DAY, "--to", DAY, "--output", "."),
    ],
    ids=" ".join,
)
def test_a_page_in_place_of_aws_is_told_by_every_command(
    run: Run, command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with answering(200, HTML, "<title>Sign in</title>") as address:
        assert run("--endpoint-url", address, *command) == Ended(3, "", f"{FOREIGN}\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [("show", "43"), ("changes", "43"), ("renew", "43"), ("add-domain", "43", "x")])
@pytest.mark.parametrize(
    ("status", "headers", "body", "said"),
    [
        (200, HTML, "<title>Sign in</title>", "does not answer like the administration's API. {advice}"),
        (200, AWS, '{"hello": "world"}', "does not answer like the administration's API. {advice}"),
        (200, AWS, '{"versions": [1], "changes": [1]}', "does not answer like the administration's API. {advice}"),
        (404, AWS, '{"message": "Not Found"}', "does not answer like the administration's API. {advice}"),
        (
            403,
            AWS,
            json.dumps({"message": RAW}),
            "refused the request (403). Check --profile, and the permission execute-api:Invoke.",
        ),
        (502, HTML, "<title>Bad gateway</title>", "failed (502). Wait a minute and repeat the command."),
    ],
    ids=["page", "other JSON", "nearly ours", "404", "403", "502"],
)
def test_another_service_at_the_administrations_address_is_told(
    run: Run, command: tuple[str, ...], status: int, headers: Mapping[str, str], body: str, said: str
) -> None:
    advice = "Check --api: the stack's output AdminApiUrl."
    with answering(status, headers, body) as address:
        assert run("--api", address, *command) == Ended(3, "", f"{address} {said.format(advice=advice)}\n")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "AccessDeniedException",
            "Access denied: dynamodb:GetItem is not permitted. Ask for this permission, or choose another --profile.",
        ),
        (
            "ExpiredTokenException",
            "Your AWS credentials have expired. "
            "Sign in again, for example with `aws sso login`, and repeat the command.",
        ),
        (
            "UnrecognizedClientException",
            "AWS does not accept your credentials. Check --profile and the clock of this machine.",
        ),
        (
            "ResourceNotFoundException",
            "Part of the stack was not found (dynamodb:GetItem). Check --region, or deploy the stack again.",
        ),
        (
            "ValidationException",
            "AWS refused dynamodb:GetItem (ValidationException). Check --stack-name and --region.",
        ),
    ],
)
def test_a_refusal_of_awss_is_our_sentence_with_the_next_step(run: Run, code: str, said: str) -> None:
    with answering(400, AWS, refused(code)) as address:
        assert run("--endpoint-url", address, "show", "43") == Ended(3, "", f"{said}\n")


@pytest.mark.parametrize(
    ("command", "action"),
    [
        (("verify", "43", DAY), "s3:ListBucket"),
        (("lookups",), "dynamodb:Query"),
        (("archive", "--from", DAY), "dynamodb:Scan"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_access_denied_names_the_permission(run: Run, command: tuple[str, ...], action: str) -> None:
    xml = f"<Error><Code>AccessDenied</Code><Message>{RAW}</Message></Error>"
    body = xml if action.startswith("s3:") else refused("AccessDeniedException")
    with answering(400, AWS, body) as address:
        ended = run("--endpoint-url", address, *command)

    advice = "Ask for this permission, or choose another --profile."
    assert ended == Ended(3, "", f"Access denied: {action} is not permitted. {advice}\n")


# --- What is missing on the operator's machine ------------------------------------------------------------------------


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without credentials, region and configuration; return the path of its configuration file."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    config = tmp_path / "config"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    return config


def test_no_credentials(run: Run, bare: Path) -> None:
    assert run("--stack-name", "s", "--region", "eu-west-1", "show", "43") == Ended(
        3,
        "",
        "No AWS credentials found. Sign in, for example with `aws sso login`, choose a --profile, "
        "or use --local for the stack on this machine.\n",
    )


def test_no_credentials_for_the_administrations_api(run: Run, bare: Path) -> None:
    ended = run("--api", "https://x.execute-api.eu-west-1.amazonaws.com", "show", "43")

    assert (ended.code, ended.out) == (3, "")
    assert ended.err.startswith("No AWS credentials found. ")


def test_half_of_the_credentials(run: Run, bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")

    assert run("--stack-name", "s", "--region", "eu-west-1", "show", "43") == Ended(
        3,
        "",
        "AWS credentials are incomplete. Set both key and secret, or use --local for the stack on this machine.\n",
    )


def test_no_region(run: Run, bare: Path) -> None:
    assert run("--stack-name", "s", "show", "43") == Ended(
        3,
        "",
        "No AWS region given. Add --region, such as --region eu-west-1, or set AWS_REGION, "
        "or use --local for the stack on this machine.\n",
    )


def test_a_region_that_cannot_be_one(run: Run) -> None:
    assert run("--stack-name", "s", "--region", "eu west", "show", "43") == Ended(
        3, "", "The AWS region is not valid. Give one such as eu-west-1 with --region.\n"
    )


def test_an_unknown_profile(run: Run) -> None:
    assert run("--stack-name", "s", "--profile", "typo", "show", "43") == Ended(
        3, "", "AWS profile not found. `aws configure list-profiles` lists yours; choose one with --profile.\n"
    )


def test_a_sign_in_that_has_expired(run: Run, bare: Path) -> None:
    bare.write_text(
        "[profile work]\nregion = eu-west-1\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = ops\n"
        "[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://sso.example/start\n"
    )

    assert run("--stack-name", "s", "--profile", "work", "show", "43") == Ended(
        3,
        "",
        "Your AWS sign-in has expired. Sign in again, for example with `aws sso login`, and repeat the command.\n",
    )


def test_a_local_stack_that_does_not_run(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PORT", "1")
    monkeypatch.setenv("AWS_PROFILE", "the-developers-own")

    assert run("--local", "show", "43") == Ended(
        3, "", "No connection to http://127.0.0.1:1/. `make run` starts the local stack and prints its addresses.\n"
    )


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("show abc", "must be a whole number from 1 to 999,999,999,999,999"),
        ("show 0", "must be a whole number from 1 to 999,999,999,999,999"),
        ("stats 43 --days 367", "must be a whole number from 1 to 366"),
        ("lookup abc", "must be a UUID such as 8a5e89c4-2243-4598-97c5-ba3cfb35a138"),
        ("verify 43 26.11.2026", "must be a day such as 2026-11-26"),
        ("verify 43 2026-13-01", "must be a day such as 2026-11-26"),
        ("verify 43 2026-11-26 --expect ²=x", "A noted link is LANE=LINK, such as 3=0f1e…"),
        ("export --widget 43 --from today --output proofs", "must be a day such as 2026-11-26"),
        ("export --widget 43 --from 2026-11-01 --output proofs --format xml", "must be one of csv, jsonl, parquet"),
        ("developer-mode 43 maybe", "must be one of on, off"),
        ("--endpoint-url nonsense show 43", "nonsense is not an address such as http://127.0.0.1:4566"),
        ("--endpoint-url http://[::1 show 43", "http://[::1 is not an address such as http://127.0.0.1:4566"),
        ("--endpoint-url http://127.0.0.1:99999 show 43", "is not an address such as http://127.0.0.1:4566"),
        ("--api ftp://x show 43", "ftp://x is not an address such as http://127.0.0.1:4566"),
    ],
)
def test_a_wrong_value_is_reported_in_our_words(run: Run, command: str, said: str) -> None:
    place = () if command.startswith("--") else ("--local",)
    ended = run(*place, *command.split())
    words = " ".join(re.sub(r"[│╭╮╰╯─]", " ", ended.err).split())
    assert (ended.code, ended.out) == (2, "")
    assert said in words
    assert "Input should be" not in words


def test_a_missing_stack_is_reported_before_a_missing_region(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "STACK_NAME"):
        monkeypatch.delenv(name, raising=False)
    said = "No stack given. Add --local for the stack on this machine, or --stack-name NAME for AWS.\n"
    assert run("show", "43") == Ended(2, "", said)


def test_an_export_into_a_place_that_is_not_a_folder_is_reported(ops: Run, tmp_path: Path) -> None:
    place = tmp_path / "file" / "proofs"
    place.parent.write_text("")
    ended = ops("export", "--widget", "43", "--from", "2026-11-01", "--to", "2026-11-02", "--output", str(place))
    assert ended == Ended(2, "", f"{place} cannot be written: Not a directory. Choose another folder.\n")
