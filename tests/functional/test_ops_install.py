"""The lines that `consent-ops install` prints for a site. The integration tests have `--pinned` and `--api`."""

from pathlib import Path

import pytest

from local.tables import Tables
from tests.functional.test_ops import SERVICES, Ended, Run, create_stack, definition, run

__all__ = ["run"]  # a fixture

STACK = "consent-platform-prod"
HOST = "https://consent.example"
ELEMENTS = """\
<div id="dastra-cookie-consent" data-widgetid="44"></div>
<script src="{host}/sdk/dastra.js?key=demo-public-key-44" async></script>
"""
HINTS = """\
Footer, a link to the choices: <a href="#" data-dastra-choices>Your privacy choices</a>
Cookie page, the list of services and cookies: <div data-dastra-declaration></div>
Address /.well-known/gpc.json: a redirect to /sdk/gpc.json here
"""
NEEDED = "require-trusted-types-for 'script'; trusted-types dastra"


@pytest.fixture
def ops(tables: Tables, run: Run) -> Run:
    """Run a command on a stack with an address."""
    names = {"WidgetsTableName": "WidgetsTable", "ConsentsTableName": "ConsentsTable"}
    create_stack(STACK, **names, ServiceUrl=HOST)
    return lambda *arguments: run("--stack-name", STACK, *arguments)


def test_the_elements_name_widget_key_and_service(ops: Run) -> None:
    assert ops("install", "44") == Ended(0, ELEMENTS.format(host=HOST), HINTS)


@pytest.mark.parametrize("url", ["https://own.example", "https://own.example/", "https://own.example/sdk/dastra.js"])
def test_the_service_may_have_another_address(ops: Run, url: str) -> None:
    assert ops("install", "44", "--service-url", url) == Ended(0, ELEMENTS.format(host="https://own.example"), HINTS)


def test_the_policy_allows_the_service_and_the_logos(ops: Run, tmp_path: Path) -> None:
    origins = ["https://shop.example", "https://cdn.example"]
    logos = ("https://cdn.example/a.svg", "https://cdn.example/b.png", "data:image/png;base64,iVBORw0KGgo=")
    services = [{**SERVICES[0], "slug": f"s{n}", "logoUrl": logo} for n, logo in enumerate(logos)]
    file = definition(
        tmp_path / "44.json", origins=origins, services=services, buttonLogoUrl="https://shop.example/logo.png"
    )
    without = ops("install", "44", "--csp")
    assert ops("publish", str(file), "--yes").code == 0

    policy = f"Content-Security-Policy: script-src {HOST}; connect-src {HOST}"
    assert without.out == f"{ELEMENTS.format(host=HOST)}\n{policy}; {NEEDED}\n"
    assert ops("install", "44", "--csp").out == (
        f"{ELEMENTS.format(host=HOST)}\n{policy}; img-src data: https://cdn.example https://shop.example; {NEEDED}\n"
    )


def test_with_policies_the_link_waits_for_a_place_that_wants_it(ops: Run, tmp_path: Path) -> None:
    file = definition(tmp_path / "44.json", policies=["us"], services=SERVICES)
    assert ops("publish", str(file), "--yes").code == 0
    assert ops("install", "44").err == HINTS.replace("choices>Your", "choices hidden>Your")


@pytest.mark.parametrize("url", ["consent.example", "ftp://consent.example", "https://"])
def test_an_address_that_is_none_is_told(ops: Run, url: str) -> None:
    ended = ops("install", "44", "--service-url", url)

    assert (ended.code, ended.out) == (2, "")
    assert "must be an address such as https://consent.example" in " ".join(ended.err.replace("│", " ").split())


def test_an_unknown_widget_is_not_found(ops: Run) -> None:
    assert ops("install", "4711") == Ended(1, "", ops("show", "4711").err)


def test_a_service_that_is_not_there_has_no_build_to_pin(ops: Run) -> None:
    service = "http://127.0.0.1:1"
    said = f"No answer from {service}/sdk/dastra.js. Check --service-url and the network.\n"
    assert ops("install", "44", "--pinned", "--service-url", service) == Ended(3, "", said)
