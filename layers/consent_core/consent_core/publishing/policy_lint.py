"""Warnings about policies, exempt services and browsers' signals, each with its place."""

from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urlsplit

from consent_core.catalogue import Purpose
from consent_core.problems import Place, Problem
from consent_core.publishing import allow_list
from consent_core.publishing.definitions import ASK_AGAIN_AFTER_CLOSE, ServiceDefinition, WidgetDefinition
from consent_core.publishing.policies import (
    ASKS_FIRST,
    EVERYWHERE,
    HABITUAL_CODES,
    PolicyDefinition,
    country_of,
    presets,
)

_YEAR = timedelta(days=365)
_SIX_MONTHS = 184
"""Days of any six months."""

_ASK_FIRST_ELSEWHERE = frozenset(("BR", "IN", "KR", "TR", "ZA"))
"""Countries that are said to ask visitors first. Their laws were not checked, so publishing does not refuse them."""

_EXEMPTING = frozenset(("ES", "FR", "GB", "IT"))
"""The countries among those that ask first of which an exemption was read."""

_MEASUREMENT_ALONE = frozenset(("ES", "FR", "IT"))
"""The countries of which only the exemption of audience measurement was read."""

_QUEBEC, _CALIFORNIA = "CA-QC", "US-CA"
_WITH_PARTS = frozenset(("US", "CA"))
"""The countries of which a visitor's place names the part."""

_IN_THE_US = (
    "California asks for records of 24 months: let ArchiveRetentionDays be at least 731",
    "requests to opt out that reach you otherwise are yours, as is telling those who have got the data",
    "it is not for sites for people under 16, or with health or other sensitive data: they must ask first",
)


def warnings(definition: WidgetDefinition, today: date) -> Iterator[Problem]:
    """Yield a warning for each choice that the laws of the regions, as far as they are known, speak against."""
    yield from _signals(definition)
    is_italian = any(language.partition("-")[0] == "it" for language in definition.languages)
    if (days := definition.ask_again_after_close) < (_SIX_MONTHS if is_italian else ASK_AGAIN_AFTER_CLOSE):
        soon = f"{days} days after closing the window, visitors are asked again; Italy's authority wants six months"
        yield Problem(("askAgainAfterClose",), soon)
    if definition.policies and definition.consent_mode_options.regions:
        twice = "policies already say what holds where: without regions, all begins as denied"
        yield Problem(("consentModeOptions", "regions"), twice)
    for at, policy in enumerate(definition.policies):
        yield from _about(policy, _policy(definition, policy, ("policies", at), today))
    yield from _first_screen(definition)
    ids = [policy.id for policy in definition.policies]
    if "us-ca" in ids and "us" not in ids:
        beside = "us-ca belongs beside the preset us: alone, it leaves the rest of the country strict"
        yield Problem(("policies", ids.index("us-ca")), beside, "policies: ")
    for at, service in enumerate(definition.services):
        if service.exempt:
            lead = f"services: {service.slug}: exempt: "
            yield from (each.under(("services", at), lead) for each in _exempt(definition, service))


def _about(policy: PolicyDefinition, problems: Iterator[Problem]) -> Iterator[Problem]:
    """Yield the problems with the policy's name. Some can be mended elsewhere, so their places are whole already."""
    yield from (each.under((), f"policies: {policy.id}: ") for each in problems)


def _first_screen(definition: WidgetDefinition) -> Iterator[Problem]:
    opening = [policy.id for policy in definition.policies if _opens_with_something_on(definition, policy)]
    own = {language for language, texts in definition.translations.items() if "startupDisclaimer" in texts}
    built_in = [each for each in definition.languages if not {each, each.partition("-")[0]} & own]
    if opening and built_in:
        untrue = (
            f"in {', '.join(built_in)} it says that services wait for a consent, but under "
            f"{', '.join(opening)} some do not: write a text that is true everywhere"
        )
        yield Problem(("translations", built_in[0], "startupDisclaimer"), untrue, "startupDisclaimer: ")


def _opens_with_something_on(definition: WidgetDefinition, policy: PolicyDefinition) -> bool:
    optional = [service for service in definition.services if service.purpose is not Purpose.NECESSARY]
    on = [each for each in optional if each.purpose in policy.opt_out or (policy.exempt and each.exempt)]
    return bool(on) and (policy.announce or len(on) < len(optional))


def _signals(definition: WidgetDefinition) -> Iterator[Problem]:
    american = (
        (at, policy)
        for at, policy in enumerate(definition.policies)
        if "US" in map(country_of, policy.regions) and policy.opt_out
    )
    if found := next(american, None):
        at, policy = found
        yield from _about(policy, _american(definition, ("policies", at)))
    elif not definition.enable_gpc and (definition.origins or definition.developer_mode):  # apps have no such signal
        off = (
            "it is off, so an opt-out signal of the browser (Global Privacy Control) is not honoured: switch it on, "
            "or leave it off if only what visitors choose in the window counts"
        )
        yield Problem(("enableGPC",), off)


def _american(definition: WidgetDefinition, place: Place) -> Iterator[Problem]:
    if not definition.enable_gpc:
        off = "it is off, but California and other states want a browser's opt-out signal honoured"
        yield Problem(("enableGPC",), off)
    if not definition.prove_signals:
        off = "it is off, so an opt-out by a signal alone leaves no proof"
        yield Problem(("proveSignals",), off)
    yield from (Problem(place, said, "") for said in _IN_THE_US)


def _policy(definition: WidgetDefinition, policy: PolicyDefinition, place: Place, today: date) -> Iterator[Problem]:
    yield from _preset(policy, place, today)
    if policy.exempt and (others := ASKS_FIRST.intersection(map(country_of, policy.regions)) - _EXEMPTING):
        unknown = f"it holds in {', '.join(sorted(others))}, where visitors are asked first: no exemption is known"
        yield Problem((*place, "exempt"), unknown, "exempt: ")
    if EVERYWHERE in policy.regions:
        wide = f"{EVERYWHERE} is every known place, including those whose laws ask visitors first"
        yield Problem((*place, "regions"), wide, "")
    if policy.opt_out:
        yield from _opt_out(definition, policy, place)
    if not policy.opt_out and _CALIFORNIA in policy.regions:
        again = definition.consent_cookie_expiry_time
        soon = f"visitors who refuse are asked again after {again} days; California wants twelve months"
        yield Problem(("consentCookieExpiryTime",), soon, "")
    if policy.exempt and not policy.link and not definition.show_fixed_button:
        hidden = "without a link or the floating button, visitors find no way to object on the page"
        yield Problem((*place, "link"), hidden, "")
    if policy.exempt and not any(service.exempt for service in definition.services):
        yield Problem((*place, "exempt"), "it has no effect, because no service is exempt", "exempt: ")
    yield from _regions(policy, place)


def _regions(policy: PolicyDefinition, place: Place) -> Iterator[Problem]:
    for at, region in enumerate(policy.regions):
        country = country_of(region)
        if country in HABITUAL_CODES:
            said = f"no visitor's place is {country}: its code is {HABITUAL_CODES[country]}"
        elif region != country and country not in _WITH_PARTS:
            said = f"no visitor's place is {region}: parts are known of US and CA alone, and all of {country} is strict"
        else:
            continue
        yield Problem((*place, "regions", at), said, "")


def _preset(policy: PolicyDefinition, place: Place, today: date) -> Iterator[Problem]:
    preset = presets().get(policy.id)
    if preset is None:
        return
    if preset.checked is None:
        yield Problem(place, "no source was read for this preset", "")
    elif today - date.fromisoformat(preset.checked) > _YEAR:
        old = f"the sources of this preset were read on {preset.checked}, more than a year ago: has the law changed?"
        yield Problem(place, old, "")
    if policy.opt_out and preset.policy.get("announce") and not policy.announce:
        silent = "it is off, but the sources of this preset want visitors told before anything is collected"
        yield Problem((*place, "announce"), silent, "announce: ")


def _opt_out(definition: WidgetDefinition, policy: PolicyDefinition, place: Place) -> Iterator[Problem]:
    # Laws ask for a link where advertising is on. For the rest the floating button is as good.
    if not policy.link and (Purpose.MARKETING in policy.opt_out or not definition.show_fixed_button):
        hidden = "without a link, visitors find no way to opt out on the page"
        yield Problem((*place, "link"), hidden, "")
    asking = {region for region in policy.regions if country_of(region) in _ASK_FIRST_ELSEWHERE}
    if _holds_in(_QUEBEC, policy, definition):
        asking.add(_QUEBEC)
    if asking:
        first = f"it holds in {', '.join(sorted(asking))}, where the law is said to ask visitors first"
        yield Problem((*place, "optOut"), first, "optOut: ")
    if policy.announce and _holds_in(_CALIFORNIA, policy, definition):
        again = "it asks again where a browser has forgotten the opt-out; California wants twelve months without asking"
        yield Problem((*place, "announce"), again, "announce: ")


def _holds_in(part: str, policy: PolicyDefinition, definition: WidgetDefinition) -> bool:
    named = {region for each in definition.policies for region in each.regions}
    return part in policy.regions or (country_of(part) in policy.regions and part not in named)


def _exempt(definition: WidgetDefinition, service: ServiceDefinition) -> Iterator[Problem]:
    regions = [region for policy in definition.policies if policy.exempt for region in policy.regions]
    if not regions:
        yield Problem(("exempt",), "it has no effect, because no policy is exempt", "")
    narrow = _MEASUREMENT_ALONE.intersection(map(country_of, regions))
    if narrow and service.purpose is Purpose.PREFERENCE:
        others = f"what is known of {', '.join(sorted(narrow))} exempts audience measurement alone"
        yield Problem(("exempt",), f"its purpose is Preference, but {others}", "")
    if not service.domain:
        yield Problem(("domain",), "without hosts (domain), it cannot be compared with the widget's sites", "")
    own = {allow_list.site_of((urlsplit(origin).hostname or "").removeprefix("*.")) for origin in definition.origins}
    for at, host in enumerate(service.domain):
        if allow_list.site_of(host) not in own:
            foreign = f"the host {host} is none of the widget's sites: its owner may use the data for itself"
            yield Problem(("domain", at), foreign, "")
