"""The template for Google Tag Manager, in a container of ours that grants its permissions and records what happens."""

import json
import re
from typing import Any

import pytest
import yaml
from playwright.sync_api import Page, Route, expect

from local import ROOT
from tests.browser.conftest import KEY, Publish, Visitor, part, settled

TEMPLATE = (ROOT / "integrations" / "google-tag-manager" / "template.tpl").read_text("utf-8")
SECTIONS = {
    name: text.strip() for name, text in re.findall(r"^___([A-Z_]+)___$(.*?)(?=^___|\Z)", TEMPLATE, re.M | re.S)
}
CODE = SECTIONS["SANDBOXED_JS_FOR_WEB_TEMPLATE"]
TESTS = yaml.safe_load(SECTIONS["TESTS"])
PERMISSIONS = json.loads(SECTIONS["WEB_PERMISSIONS"])
PARAMETERS = json.loads(SECTIONS["TEMPLATE_PARAMETERS"])

SERVICE = "https://consent.example.org"
CONSENT_TYPES = {
    "ad_personalization",
    "ad_storage",
    "ad_user_data",
    "analytics_storage",
    "functionality_storage",
    "personalization_storage",
    "security_storage",
}

# The APIs that a container gives a template, each with the permission that it needs; and a tag per trigger, which fires
# as one with the option "once per page" does.
CONTAINER = """
({code, data, permissions, triggers}) => {
  const record = (window.container = {asked: [], fired: [], ended: []});
  const dataLayer = (window.dataLayer ??= []);
  const isUnder = (pattern, value) =>
    RegExp(`^${pattern.split('*').map(part => part.replace(/[.?]/g, '\\\\$&')).join('.*')}$`).test(value);
  const ask = (permission, ...values) => {
    for (const value of values) {
      if (!permissions[permission].some(pattern => isUnder(pattern, value)))
        throw new Error(`No permission: ${permission} ${value}`);
      record.asked.push(`${permission} ${value}`);
    }
  };
  const gtag = function () { dataLayer.push(arguments); };
  const apis = {
    encodeUriComponent: encodeURIComponent,
    makeInteger: value => parseInt(value, 10),
    createQueue(name) {
      ask('access_globals', name);
      const queue = (window[name] ??= []);
      return value => queue.push(value);
    },
    gtagSet(values) {
      ask('write_data_layer', ...Object.keys(values));
      gtag('set', values);
    },
    setDefaultConsentState({wait_for_update, ...types}) {
      ask('access_consent', ...Object.keys(types));
      gtag('consent', 'default', {...types, wait_for_update});
    },
    injectScript(url, onSuccess, onFailure) {
      ask('inject_script', url);
      const script = Object.assign(document.createElement('script'), {src: url, async: true});
      script.onload = onSuccess;
      script.onerror = onFailure;
      document.head.append(script);
    },
  };
  const fire = ({event}) => {
    if (triggers.includes(event) && !record.fired.includes(event)) record.fired.push(event);
  };
  const push = dataLayer.push;
  dataLayer.push = (...pushed) => {
    push.apply(dataLayer, pushed);
    pushed.forEach(fire);
    return dataLayer.length;
  };
  const gtmOnSuccess = () => record.ended.push('success');
  const gtmOnFailure = () => record.ended.push('failure');
  Function('require', 'data', code)(name => apis[name], {...data, gtmOnSuccess, gtmOnFailure});
}
"""

# Runs a scenario of the template's own tests as the template editor does.
SCENARIO = """
({code, setup, scenario}) => {
  const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const demand = (holds, what) => { if (!holds) throw new Error(what); };
  const calls = {};
  const mocks = {};
  const recorded = name => (...values) => {
    (calls[name] ??= []).push(values);
    return mocks[name]?.(...values);
  };
  const real = {encodeUriComponent: encodeURIComponent, makeInteger: value => parseInt(value, 10)};
  const require = name => real[name] ?? recorded(name);
  const tools = {
    mock: (name, replacement) => (mocks[name] = replacement),
    runCode: data => Function('require', 'data', code)(require, {
      ...data, gtmOnSuccess: recorded('gtmOnSuccess'), gtmOnFailure: recorded('gtmOnFailure'),
    }),
    assertApi: name => ({
      wasCalled: () => demand(calls[name], `${name} was not called`),
      wasNotCalled: () => demand(!calls[name], `${name} was called`),
      wasCalledWith: (...values) =>
        demand(calls[name]?.some(each => isSame(each, values)), `${name} got ${JSON.stringify(calls[name])}`),
    }),
    assertThat: value => ({
      isEqualTo: other => demand(isSame(value, other), `${JSON.stringify(value)} is not ${JSON.stringify(other)}`),
      hasLength: length => demand(value.length === length, `${value.length} is not ${length}`),
    }),
  };
  Function(...Object.keys(tools), `${setup}\\n${scenario}`)(...Object.values(tools));
}
"""


@pytest.mark.parametrize("scenario", TESTS["scenarios"], ids=lambda scenario: scenario["name"])
def test_the_templates_own_tests_pass(visitor: Visitor, scenario: dict[str, str]) -> None:
    page = visitor.context.new_page()

    page.evaluate(SCENARIO, {"code": CODE, "setup": TESTS["setup"], "scenario": scenario["code"]})


def test_a_failing_scenario_would_be_noticed(visitor: Visitor) -> None:
    page = visitor.context.new_page()
    scenario = TESTS["scenarios"][0]["code"].replace("wait_for_update: 500", "wait_for_update: 501")

    with pytest.raises(Exception, match="wait_for_update"):
        page.evaluate(SCENARIO, {"code": CODE, "setup": TESTS["setup"], "scenario": scenario})


def test_consent_is_denied_before_the_service_is_asked(visitor: Visitor, publish: Publish) -> None:
    page = opened(visitor, publish())

    expect(part(page, "window")).to_be_visible()
    assert page.evaluate("Array.from(dataLayer[0])") == [
        "consent",
        "default",
        {**dict.fromkeys(CONSENT_TYPES, "denied"), "wait_for_update": 500},
    ]
    assert page.evaluate("container.ended") == ["success"]


def test_the_template_asks_for_every_permission_that_it_has_and_for_no_other(
    visitor: Visitor, publish: Publish
) -> None:
    page = opened(visitor, publish(), adsDataRedaction=True, urlPassthrough=True)

    asked = {permission.split()[0]: set[str]() for permission in page.evaluate("container.asked")}
    for permission, value in (each.split() for each in page.evaluate("container.asked")):
        asked[permission].add(value)

    assert asked == {
        "access_consent": CONSENT_TYPES,
        "access_globals": {"dastra"},
        "inject_script": {f"{SERVICE}/sdk/dastra.js?key={KEY}"},
        "write_data_layer": {"ads_data_redaction", "url_passthrough"},
    }
    assert granted().keys() == asked.keys()
    assert granted()["access_consent"] == sorted(CONSENT_TYPES)
    assert granted()["write_data_layer"] == sorted(asked["write_data_layer"])


def test_a_tag_fires_when_its_service_is_consented_to_and_on_the_next_page(visitor: Visitor, publish: Publish) -> None:
    widget = publish()
    page = opened(visitor, widget)
    expect(part(page, "window")).to_be_visible()
    assert page.evaluate("container.fired") == []

    page.evaluate("""dastra.push(['cookieReady', ({consent}) => {
      consent.setServiceConsent('analytics', true);
      consent.save();
    }])""")
    settled(page)

    assert page.evaluate("container.fired") == ["dastra:consent:analytics"]
    page = opened(visitor, widget)
    page.wait_for_function("() => container.fired.length")
    assert page.evaluate("container.fired") == ["dastra:consent:analytics"]


def test_no_tag_fires_after_a_refusal(visitor: Visitor, publish: Publish) -> None:
    widget = publish()
    page = opened(visitor, widget)
    part(page, "refuse-all").click()
    settled(page)

    page = opened(visitor, widget)
    page.wait_for_function("() => dataLayer.some(({event}) => event === 'dastra:refused:drift')")

    assert page.evaluate("container.fired") == []


def test_the_tag_fails_when_the_service_cannot_be_reached(visitor: Visitor, publish: Publish) -> None:
    page = opened(visitor, publish(), host="https://elsewhere.example.org")

    page.wait_for_function("() => container.ended.length")

    assert page.evaluate("container.ended") == ["failure"]


@pytest.mark.parametrize(
    ("name", "value", "is_taken"),
    [
        ("host", "https://consent.example.org", True),
        ("host", "https://consent.example.org/", False),
        ("host", "http://consent.example.org", False),
        ("host", "//consent.example.org", False),
        ("widgetId", "43", True),
        ("widgetId", "043", False),
        ("key", KEY, True),
        ("key", "short", False),
        ("key", "a-public-key&of=mine", False),
        ("waitForUpdate", "500", True),
        ("waitForUpdate", "half a second", False),
    ],
)
def test_the_form_takes_only_what_can_work(name: str, value: str, *, is_taken: bool) -> None:
    shapes = {
        parameter["name"]: validator["args"][0]
        for parameter in PARAMETERS
        for validator in parameter.get("valueValidators", [])
        if validator["type"] == "REGEX"
    }

    assert bool(re.search(shapes[name], value)) is is_taken


def opened(visitor: Visitor, widget: int, **changes: object) -> Page:
    """Open a page that has only a container, whose one tag is the template's."""
    page = visitor.context.new_page()
    page.route(f"{SERVICE}/**", lambda route: from_the_stack(route, visitor.stack.api))
    page.route("https://elsewhere.example.org/**", lambda route: route.abort())
    page.goto(f"{visitor.stack.shop}/assets/film.html")
    settings = {"host": SERVICE, "widgetId": str(widget), "key": KEY, "waitForUpdate": "500", **changes}
    triggers = [f"dastra:consent:{slug}" for slug in ("analytics", "drift", "youtube")]
    page.evaluate(CONTAINER, {"code": CODE, "data": settings, "permissions": granted(), "triggers": triggers})
    return page


def from_the_stack(route: Route, api: str) -> None:
    """Serve the API under a name on the web: Tag Manager loads scripts by https alone."""
    route.fulfill(response=route.fetch(url=route.request.url.replace(SERVICE, api)))


def granted() -> dict[str, list[str]]:
    """Return the template's permissions: the consent types, variables, addresses and keys by permission."""
    return {
        permission["instance"]["key"]["publicId"]: sorted(
            subject_of(item) for parameter in permission["instance"]["param"] for item in parameter["value"]["listItem"]
        )
        for permission in PERMISSIONS
    }


def subject_of(item: dict[str, Any]) -> str:
    """A text, or the first value of a map whose others are flags."""
    text: str = item.get("string") or item["mapValue"][0]["string"]
    return text
