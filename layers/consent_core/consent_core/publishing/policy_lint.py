"""Warnings about policies, exempt services and browsers' signals: one sentence each, with its place."""

from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urlsplit

from consent_core.catalogue import Purpose
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


def warnings(definition: WidgetDefinition, today: date) -> Iterator[str]:
    """Yield a sentence for each choice that the laws of the regions, as far as they are known, speak against."""
    yield from _signals(definition)
    is_italian = any(language.partition("-")[0] == "it" for language in definition.languages)
    if (days := definition.ask_again_after_close) < (_SIX_MONTHS if is_italian else ASK_AGAIN_AFTER_CLOSE):
        yield f"askAgainAfterClose: {days} days after X visitors are asked again; Italy's authority wants six months"
    if definition.policies and definition.consent_mode_options.regions:
        yield "consentModeOptions.regions: policies say what holds where; leave the regions out, so that all is denied"
    for policy in definition.policies:
        yield from (f"policies: {policy.id}: {said}" for said in _policy(definition, policy, today))
    yield from _first_screen(definition)
    ids = {policy.id for policy in definition.policies}
    if "us-ca" in ids and "us" not in ids:
        yield "policies: us-ca is meant beside us: without it, the rest of the country is strict"
    for service in definition.services:
        if service.exempt:
            yield from (f"services: {service.slug}: exempt: {said}" for said in _exempt(definition, service))


def _first_screen(definition: WidgetDefinition) -> Iterator[str]:
    opening = [policy.id for policy in definition.policies if _opens_with_something_on(definition, policy)]
    own = {language for language, texts in definition.translations.items() if "startupDisclaimer" in texts}
    built_in = [each for each in definition.languages if not {each, each.partition("-")[0]} & own]
    if opening and built_in:
        yield (
            f"startupDisclaimer: in {', '.join(built_in)} it says that services wait for a consent, and under "
            f"{', '.join(opening)} some do not: write a text that is true everywhere"
        )


def _opens_with_something_on(definition: WidgetDefinition, policy: PolicyDefinition) -> bool:
    optional = [service for service in definition.services if service.purpose is not Purpose.NECESSARY]
    on = [each for each in optional if each.purpose in policy.opt_out or (policy.exempt and each.exempt)]
    return bool(on) and (policy.announce or len(on) < len(optional))


def _signals(definition: WidgetDefinition) -> Iterator[str]:
    american = (each for each in definition.policies if "US" in map(country_of, each.regions) and each.opt_out)
    if policy := next(american, None):
        yield from (f"policies: {policy.id}: {said}" for said in _american(definition))
    elif not definition.enable_gpc and (definition.origins or definition.developer_mode):  # apps have no such signal
        yield "enableGPC is off: an opt-out signal of the browser (Global Privacy Control) is not honoured"


def _american(definition: WidgetDefinition) -> Iterator[str]:
    if not definition.enable_gpc:
        yield "enableGPC is off, and California and other states want a browser's opt-out signal honoured"
    if not definition.prove_signals:
        yield "proveSignals is off, so an opt-out by a signal alone leaves no proof"
    yield from _IN_THE_US


def _policy(definition: WidgetDefinition, policy: PolicyDefinition, today: date) -> Iterator[str]:
    yield from _preset(policy, today)
    if policy.exempt and (others := ASKS_FIRST.intersection(map(country_of, policy.regions)) - _EXEMPTING):
        yield f"exempt holds in {', '.join(sorted(others))}, where visitors are asked first: no exemption is known"
    if EVERYWHERE in policy.regions:
        yield f"{EVERYWHERE} is every known place, also one whose law asks visitors first"
    if policy.opt_out:
        yield from _opt_out(definition, policy)
    if not policy.opt_out and _CALIFORNIA in policy.regions:
        again = definition.consent_cookie_expiry_time
        yield f"visitors who refuse are asked again after {again} days; California wants twelve months"
    if policy.exempt and not policy.link and not definition.show_fixed_button:
        yield "exempt without link or floating button: visitors find no way to object on the page"
    if policy.exempt and not any(service.exempt for service in definition.services):
        yield "exempt has no effect: no service is exempt"
    for region in policy.regions:
        country = country_of(region)
        if country in HABITUAL_CODES:
            yield f"no visitor's place is {country}: its code is {HABITUAL_CODES[country]}"
        elif region != country and country not in _WITH_PARTS:
            yield f"no visitor's place is {region}: parts are known of US and CA alone, and all of {country} is strict"


def _preset(policy: PolicyDefinition, today: date) -> Iterator[str]:
    preset = presets().get(policy.id)
    if preset is None:
        return
    if preset.checked is None:
        yield "no source was read for this preset"
    elif today - date.fromisoformat(preset.checked) > _YEAR:
        yield f"the sources of this preset were read on {preset.checked}, more than a year ago: has the law changed?"
    if policy.opt_out and preset.policy.get("announce") and not policy.announce:
        yield "announce is off, and the sources of this preset want visitors told before anything is collected"


def _opt_out(definition: WidgetDefinition, policy: PolicyDefinition) -> Iterator[str]:
    # Laws ask for a link where advertising is on. For the rest the floating button is as good.
    if not policy.link and (Purpose.MARKETING in policy.opt_out or not definition.show_fixed_button):
        yield "optOut without link: visitors find no way to opt out on the page"
    asking = {region for region in policy.regions if country_of(region) in _ASK_FIRST_ELSEWHERE}
    if _holds_in(_QUEBEC, policy, definition):
        asking.add(_QUEBEC)
    if asking:
        yield f"optOut holds in {', '.join(sorted(asking))}, where the law is said to ask visitors first"
    if policy.announce and _holds_in(_CALIFORNIA, policy, definition):
        yield "announce asks again where a browser has forgotten the opt-out; California wants twelve months without"


def _holds_in(part: str, policy: PolicyDefinition, definition: WidgetDefinition) -> bool:
    named = {region for each in definition.policies for region in each.regions}
    return part in policy.regions or (country_of(part) in policy.regions and part not in named)


def _exempt(definition: WidgetDefinition, service: ServiceDefinition) -> Iterator[str]:
    regions = [region for policy in definition.policies if policy.exempt for region in policy.regions]
    if not regions:
        yield "it has no effect: no policy is exempt"
    narrow = _MEASUREMENT_ALONE.intersection(map(country_of, regions))
    if narrow and service.purpose is Purpose.PREFERENCE:
        yield f"it is Preference, and what is known of {', '.join(sorted(narrow))} exempts audience measurement alone"
    if not service.domain:
        yield "without domain, its hosts cannot be compared with the widget's sites"
    own = {allow_list.site_of((urlsplit(origin).hostname or "").removeprefix("*.")) for origin in definition.origins}
    for host in service.domain:
        if allow_list.site_of(host) not in own:
            yield f"{host} is none of the widget's sites: its owner may use the data for itself"
