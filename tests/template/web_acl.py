"""AWS WAF as far as the web ACL of edge-protection.yaml uses it: which rules see a request, and what they answer.

Sources: the pages "Request components", "Text transformations" and "Rate-based rule" of AWS WAF's developer guide. WAF
sees the path as it was sent, without the query. A statement about a header that is not there does not match.
"""

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as CloudFront receives it; header names are in lower case."""

    path: str
    address: str = "192.0.2.1"
    headers: Mapping[str, str] = field(default_factory=dict)


def _normalized(path: str) -> str:
    """Return the path without ``//``, ``.`` and those ``..`` that are not at its beginning."""
    kept = posixpath.normpath(path) if path else path
    return re.sub("^//", "/", kept) + ("/" if path.endswith("/") and kept != "/" else "")


TRANSFORMATIONS: dict[str, Callable[[str], str]] = {
    "NONE": str,
    "URL_DECODE": unquote,
    "NORMALIZE_PATH": _normalized,
    "LOWERCASE": str.lower,
}


def matches(statement: Json, sent: Sent) -> bool:
    """Return whether a statement about a path or a header matches a request."""
    ((kind, said),) = statement.items()
    text = _component(said["FieldToMatch"], sent)
    if text is None:
        return False
    for each in sorted(said["TextTransformations"], key=lambda transformation: int(transformation["Priority"])):
        text = TRANSFORMATIONS[each["Type"]](text)
    match kind, said:
        case "ByteMatchStatement", {"PositionalConstraint": "STARTS_WITH", "SearchString": beginning}:
            return text.startswith(beginning)
        case "RegexMatchStatement", {"RegexString": pattern}:
            return re.search(pattern, text) is not None
    raise ValueError(f"{kind} is not evaluated here")  # never taken for a rule that does not match


def _component(named: Json, sent: Sent) -> str | None:
    match named:
        case {"UriPath": {}}:
            return sent.path.partition("?")[0]
        case {"SingleHeader": {"Name": name}}:
            return sent.headers.get(name)
    raise ValueError(f"this part of a request is not read here: {named}")


class WebAcl:
    """A web ACL within one evaluation window. Managed rule groups are AWS's: they let every request pass here."""

    def __init__(self, properties: Json) -> None:
        self._rules = sorted(properties["Rules"], key=lambda rule: int(rule["Priority"]))
        self._seen: Counter[tuple[str, str]] = Counter()

    def answer(self, sent: Sent) -> tuple[str, int] | None:
        """Return the rule that blocks the request and its status, or None: it passes."""
        for rule in self._rules:
            if self._applies(rule, sent) and "Block" in rule["Action"]:
                return rule["Name"], int(rule["Action"]["Block"]["CustomResponse"]["ResponseCode"])
        return None

    def scopes(self, sent: Sent) -> set[str]:
        """Return the rules by address that count the request."""
        return {rule["Name"] for rule, rate in self._by_address() if _is_within(rate, sent)}

    def _applies(self, rule: Json, sent: Sent) -> bool:
        match rule["Statement"]:
            case {"ManagedRuleGroupStatement": _}:
                return False
            case {"RateBasedStatement": rate}:
                if not _is_within(rate, sent):
                    return False
                self._seen[rule["Name"], sent.address] += 1
                return self._seen[rule["Name"], sent.address] > int(rate["Limit"])
        return matches(rule["Statement"], sent)

    def _by_address(self) -> Iterator[tuple[Json, Json]]:
        for rule in self._rules:
            if rate := rule["Statement"].get("RateBasedStatement"):
                yield rule, rate


def _is_within(rate: Json, sent: Sent) -> bool:
    return "ScopeDownStatement" not in rate or matches(rate["ScopeDownStatement"], sent)
