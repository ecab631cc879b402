"""A library of well-known services that a definition refers to by slug.

``service_library`` has one file per category. An entry is a service as a definition writes it, except for descriptions:
each is the name of a phrase, which ``phrases`` has in every language, or an object with the phrase and the name of the
company that it speaks of. Two further members are about the entry. ``sources`` are the
vendor's own pages. ``checked`` is the day of the last comparison with a copy of one; it is absent if there was none.
"""

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from consent_core.publishing import texts

_PLAIN_WORDS = {
    "analytics": "audience measurement, statistics, visitors, traffic, web analysis, tracking",
    "advertising": "ads, adverts, marketing, campaigns, retargeting, remarketing, conversions, tracking",
    "chat": "live chat, customer support, helpdesk, messenger",
    "video": "videos, films, player",
    "maps": "maps, directions, location",
    "fonts": "fonts, typefaces, web fonts",
    "social": "social media, social network, share buttons, posts, embeds",
    "other": "",
}
"""By category, words with which a site owner may look for its services."""

_ALSO_CALLED = {
    "google-analytics": "GA4, gtag",
    "google-tag-manager": "GTM",
    "google-recaptcha": "captcha, spam protection",
    "hcaptcha": "captcha, spam protection",
    "meta-pixel": "Facebook Pixel",
    "microsoft-advertising": "Bing Ads, UET",
    "x-pixel": "Twitter",
    "x-posts": "Twitter, tweets",
    "youtube": "youtu.be",
    "spotify": "music, podcasts",
    "klaviyo": "newsletter",
    "disqus": "comments",
    "stripe": "payment, checkout",
    "paypal": "payment, checkout",
}
"""By slug, other names of services, and what they are for if the category does not say it."""

CATEGORIES = ("analytics", "advertising", "chat", "video", "maps", "fonts", "social", "other")

_LONGEST_SLUG = 64


@dataclass(frozen=True, slots=True)
class KnownService:
    """An entry of the library. The descriptions in ``service`` are names of phrases."""

    category: str
    service: Mapping[str, Any]
    sources: tuple[str, ...]
    checked: str | None

    def described(self, languages: Iterable[str]) -> dict[str, Any]:
        """Return the service as a definition could write it, described in these languages."""
        cookies = [
            {**cookie, "description": _phrase(cookie["description"], languages)} for cookie in self.service["cookies"]
        ]
        return {
            **self.service,
            "description": _phrase(self.service["description"], languages),
            "cookies": cookies,
        }

    def as_json(self) -> dict[str, object]:
        """Return the entry as one flat object, described in English, as the command line shows it."""
        return {"category": self.category, **self.described(["en"]), "sources": self.sources, "checked": self.checked}

    def summary(self) -> dict[str, object]:
        """Return by what a site owner recognises the service, as JSON values."""
        return {
            "slug": self.service["slug"],
            "name": self.service["name"],
            "category": self.category,
            "purpose": self.service["purpose"],
            "domains": self.service["domain"],
            "cookies": [cookie["name"] for cookie in self.service["cookies"]],
            "privacyPolicyUrl": self.service["privacyPolicyUrl"],
            "checked": self.checked,
        }


@cache
def library() -> Mapping[str, KnownService]:
    """Return all entries by slug, in the order of CATEGORIES."""
    return {known.service["slug"]: known for category in CATEGORIES for known in _entries(category)}


def search(word: str) -> list[KnownService]:
    """Return the entries with ``word``, in any case, in slug, name, category, purpose, a domain or a cookie's name.

    It may also be a plain word for what the service does ("statistics"), the whole name of a cookie that an entry
    declares with a star, a host below one of its domains, or a text with the address of a page or a script.
    """
    sought = word.strip().lower()
    if found := _HOST.search(sought):
        sought = found[1].removeprefix("www.")
    return [known for known in library().values() if sought in _names(known).lower() or _has(known, sought)]


_HOST = re.compile(r"(?:^|//)([a-z0-9-]+\.[a-z0-9.-]+)")
"""The host of an address, also where an address is part of a longer text."""


def near(slug: str) -> str | None:
    """Return the library's slug that is most similar to a mistyped one, or None."""
    return next(iter(difflib.get_close_matches(slug[:_LONGEST_SLUG], library(), n=1)), None)


def expanded(entry: object, languages: Iterable[str]) -> object:
    """Return the service that a reference stands for: ``"matomo"``, or ``{"use": "matomo", …}`` with overrides.

    It is described in these languages, in English where the library does not know one. Any other entry is returned
    unchanged. Raises ValueError with a sentence for the site owner.
    """
    if isinstance(entry, str):
        return _service(entry, languages)
    if isinstance(entry, dict) and "use" in entry:
        own = dict(entry)
        return {**_service(own.pop("use"), languages), **own}
    return entry


def translated(service: Mapping[str, Any], languages: Iterable[str]) -> Mapping[str, Any]:
    """Return the service of a definition with the library's descriptions in these languages as well.

    A description that the owner has changed in one language stays as it is.
    """
    known = library().get(service.get("slug", ""))
    if known is None:
        return service
    wanted = {*languages}
    phrased = {cookie["name"]: cookie["description"] for cookie in known.service["cookies"]}
    cookies = [
        {**cookie, "description": _in_more(cookie.get("description", ""), phrased.get(cookie["name"]), wanted)}
        for cookie in service.get("cookies", ())
    ]
    said = _in_more(service.get("description", ""), known.service["description"], wanted)
    return {**service, "description": said, "cookies": cookies}


def _in_more(
    said: str | Mapping[str, str], phrase: str | Mapping[str, str] | None, languages: set[str]
) -> str | Mapping[str, str]:
    """Return a description in further languages, if all that it says is the library's."""
    if phrase is None or isinstance(said, str):
        return said
    built_in = {each: texts.rich(text) for each, text in _phrase(phrase, {*said, *languages}).items()}
    return built_in if said.items() <= built_in.items() else said


def _service(slug: object, languages: Iterable[str]) -> Mapping[str, Any]:
    if not isinstance(slug, str):
        raise ValueError("use must be the slug of a known service")  # noqa: TRY004 - pydantic asks for a ValueError
    if known := library().get(slug):
        return known.described(languages)
    hint = near(slug)
    raise ValueError(f"{slug[:_LONGEST_SLUG]!r} is not a known service: " + (f"is it {hint}?" if hint else _NO_HINT))


_NO_HINT = "`consent-ops services` lists them"


def _entries(category: str) -> Iterator[KnownService]:
    for entry in _read(category):
        sources, checked = tuple(entry.pop("sources")), entry.pop("checked", None)
        yield KnownService(category, entry, sources, checked)


def _phrase(said: str | Mapping[str, str], languages: Iterable[str]) -> dict[str, str]:
    """Return a phrase in each of the languages, whose order makes no difference."""
    phrase, name = (said, "") if isinstance(said, str) else (said["phrase"], said["name"])
    return {language: phrases(texts.spoken(language))[phrase].replace("{name}", name) for language in sorted(languages)}


@cache
def phrases(language: str) -> Mapping[str, str]:
    """Return the library's phrases in one of the built-in languages, by their names."""
    found: dict[str, str] = _read(f"phrases/{language}")
    return found


def _read(name: str) -> Any:  # noqa: ANN401 - the file's JSON
    return json.loads((files(__package__) / "service_library" / f"{name}.json").read_text("utf-8"))


def _has(known: KnownService, sought: str) -> bool:
    cookies = (cookie["name"].lower() for cookie in known.service["cookies"])
    is_its_cookie = any(name.endswith("*") and sought.startswith(name[:-1]) for name in cookies)
    domains = (domain.removeprefix("www.") for domain in known.service["domain"])
    return is_its_cookie or any(sought.endswith(f".{domain}") for domain in domains)


def _names(known: KnownService) -> str:
    service = known.service
    cookies = (cookie["name"] for cookie in service["cookies"])
    plain = (_PLAIN_WORDS[known.category], _ALSO_CALLED.get(service["slug"], ""))
    said = (service["slug"], service["name"], service["purpose"], known.category, *service["domain"], *cookies, *plain)
    return "\n".join(said)
