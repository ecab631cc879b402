"""The errors that this package raises on purpose.

ConsentPlatformError
├── RefusedError                  becomes an answer in one place, http.problem
│   ├── MalformedError            400
│   ├── OriginNotAllowedError     403
│   ├── BypassedError             403
│   ├── UnknownWidgetError        404
│   ├── UnknownFileError          404
│   ├── NotFoundError             404
│   ├── AlteredReplayError        409
│   ├── ConflictError             409
│   ├── DraftConflictError        409
│   ├── UnconfirmedError          409
│   ├── InUseError                409
│   ├── TooLargeError             413
│   ├── MediaTypeError            415
│   ├── UnprocessableError        422
│   ├── DefinitionError           422
│   ├── InternalError             500
│   └── UnavailableError          503
│       └── ThrottledError        503
├── AwsConfigurationError         this process cannot call AWS
├── DamagedError                  an object of the archive
└── UnreadableError               an item that is not a proof
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:  # visitors' requests have no such problem, and do not load it
    from consent_core.problems import Problem

PROBLEM_TYPE = "urn:consent-platform:problem:"
"""A problem's ``type`` is this and the error's slug."""

MOST_PROBLEMS = 100
"""The most problems of a definition that an answer names: it stays below Lambda's 6 MB."""

_LONGEST_PROBLEM = 2_000


class ConsentPlatformError(Exception):
    """The root of all errors of this package."""


class RefusedError(ConsentPlatformError):
    """A refusal that is answered with a problem (RFC 9457).

    ``status`` is the HTTP status, ``slug`` ends the problem's ``type`` URI, ``reason`` ends the metric's name.
    ``members`` are added to the problem, so they must be safe to show to any client.
    """

    status: ClassVar[int]
    slug: ClassVar[str]
    reason: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, detail: str, **members: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members: Mapping[str, object] = members


class MalformedError(RefusedError):
    """The request does not have the shape of the contract (docs/contract.md).

    ``errors`` has the location (``loc``) and the kind (``type``) of each fault, never the input.
    """

    status = 400
    slug = "malformed-request"
    reason = "Malformed"
    title = "The request is malformed"

    def __init__(self, errors: Sequence[Mapping[str, object]]) -> None:
        super().__init__("See errors for the location and type of each fault.", errors=list(errors))

    @classmethod
    def at(cls, *loc: str | int, kind: str) -> "MalformedError":
        """Return an error with one fault: ``kind`` at ``loc``, such as ``at("query", "key", kind="missing")``."""
        return cls([{"loc": list(loc), "type": kind}])


class OriginNotAllowedError(RefusedError):
    """The page's origin is not on the widget's allow-list."""

    status = 403
    slug = "origin-not-allowed"
    reason = "Forbidden"
    title = "The origin is not allowed"

    def __init__(self, origin: str | None, *, is_local: bool = False) -> None:
        detail = "Add the origin to the widget's allowed origins."
        if origin is None:
            detail = "The request names no origin: send the site's (Origin: https://its.site), or set allowNativeApps."
        elif is_local:
            detail = "Switch the widget's developer mode on: it admits pages on this machine."
        super().__init__(detail, origin=None if origin is None else origin[:200])


class BypassedError(RefusedError):
    """The request did not come through CloudFront."""

    status = 403
    slug = "not-through-the-front-door"
    reason = "Bypassed"
    title = "Request bypassed CloudFront"

    def __init__(self) -> None:
        super().__init__("Use the address of the distribution.")


class UnknownWidgetError(RefusedError):
    """Unknown widget, wrong key or disabled widget: one answer for all three, so that it does not reveal which."""

    status = 404
    slug = "unknown-widget"
    reason = "NotFound"
    title = "Widget not found"

    def __init__(self) -> None:
        super().__init__("Check the widget's id and the public key.")


class UnknownFileError(RefusedError):
    """The SDK has no file at this address. A build that was never released ends with the next deployment."""

    status = 404
    slug = "unknown-file"
    reason = "NotFound"
    title = "File not found"

    def __init__(self) -> None:
        super().__init__(
            "Load the newest files from /sdk/dastra.js, or those of a release by the hash of their content."
        )


class NotFoundError(RefusedError):
    """The widget, version or proof that was asked for does not exist; ``detail`` says which."""

    status = 404
    slug = "not-found"
    reason = "Absent"
    title = "Not found"

    @classmethod
    def widget(cls, widget_id: int) -> "NotFoundError":
        """Return the error for a widget that was never published."""
        return cls(f"Widget {widget_id} not found.")

    @classmethod
    def deleted(cls, widget_id: int) -> "NotFoundError":
        """Return the error for a widget that was deleted."""
        return cls(f"Widget {widget_id} was deleted. Publish it again to use it.")

    @classmethod
    def version(cls, widget_id: int, version_key: str) -> "NotFoundError":
        """Return the error for a version that this widget never had."""
        return cls(f"Widget {widget_id} has no version {version_key}.")

    @classmethod
    def revision(cls, widget_id: int, revision: int) -> "NotFoundError":
        """Return the error for a revision that this widget never had."""
        return cls(f"Widget {widget_id} has no revision {revision}.")

    @classmethod
    def domains(cls, widget_id: int, version: str | int) -> "NotFoundError":
        """Return the error for keys and domains of a time that the audit does not know."""
        time = f"revision {version}" if isinstance(version, int) else f"version {version}"
        return cls(
            f"The keys and domains of widget {widget_id} at {time} are not known: release 1.0.0 did not record them."
        )

    @classmethod
    def draft(cls, widget_id: int) -> "NotFoundError":
        """Return the error for a widget without a draft."""
        return cls(f"Widget {widget_id} has no draft.")

    @classmethod
    def key(cls, widget_id: int, key: str) -> "NotFoundError":
        """Return the error for a public key that the widget does not have."""
        return cls(f"{key} is not a public key of widget {widget_id}.")

    @classmethod
    def proof(cls) -> "NotFoundError":
        """Return the error for a consent or decision of which the widget has no proof, or an expired one."""
        return cls("The widget has no such proof. It may have expired.")

    @classmethod
    def consent(cls) -> "NotFoundError":
        """Return the error for a consent of which no widget has a proof."""
        return cls("No proofs found for this consent.")

    @classmethod
    def origin(cls, widget_id: int, origin: str) -> "NotFoundError":
        """Return the error for an origin that is not on the allow-list."""
        return cls(f"{origin} is not an allowed origin of widget {widget_id}.")


class AlteredReplayError(RefusedError):
    """A stored decision was sent again with other choices, or to another widget. The stored proof stays."""

    status = 409
    slug = "altered-replay"
    reason = "Altered"
    title = "This decision is stored with other choices"

    def __init__(self) -> None:
        super().__init__("A new decision needs a new id.")


class ConflictError(RefusedError):
    """A record changed between reading and writing. ``version_key`` and ``revision`` are those live now, if known."""

    status = 409
    slug = "conflict"
    reason = "Conflict"
    title = "The widget was changed by someone else"

    def __init__(self, version_key: str | None = None, revision: int | None = None) -> None:
        super().__init__(
            "Someone else has changed the widget in the meantime. Read it again and repeat the change.",
            versionKey=version_key,
            revision=revision,
        )
        self.version_key = version_key
        self.revision = revision


class DraftConflictError(RefusedError):
    """A draft changed between reading and writing, or there is one already.

    ``number`` is that of the draft now, which ``by`` wrote ``at`` (ISO 8601); None if it is over.
    """

    status = 409
    slug = "draft-conflict"
    reason = "DraftConflict"
    title = "The draft was changed by someone else"

    def __init__(self, detail: str, number: int | None = None, at: str | None = None, by: str | None = None) -> None:
        super().__init__(detail, number=number, changedAt=at, changedBy=by)
        self.number = number

    @classmethod
    def over(cls, widget_id: int) -> "DraftConflictError":
        """Return the error for a draft that is over."""
        return cls(f"The draft of widget {widget_id} was published or discarded in the meantime.")

    @classmethod
    def saved(cls, widget_id: int, number: int, at: str, by: str) -> "DraftConflictError":
        """Return the error for a draft that another author has saved."""
        detail = f"Draft {number} of widget {widget_id} was saved by {by} at {at}. Read it, and repeat the change."
        return cls(detail, number, at, by)


class UnconfirmedError(RefusedError):
    """A publication takes something away from the live widget, and its author has not confirmed that.

    ``takes_away`` has a JSON object for each difference (publishing.differences). ``revision`` is the live one.
    """

    status = 409
    slug = "needs-confirmation"
    reason = "Unconfirmed"
    title = "The publication takes something away from the live widget"

    def __init__(self, takes_away: Sequence[Mapping[str, object]], version_key: str, revision: int) -> None:
        super().__init__(
            "See takesAway. To publish it all the same, send the live revision in If-Match, or confirm=true.",
            takesAway=list(takes_away),
            versionKey=version_key,
            revision=revision,
        )
        self.takes_away = tuple(takes_away)
        self.version_key = version_key
        self.revision = revision


class InUseError(RefusedError):
    """A widget cannot be deleted, because it is enabled or may have unexpired proofs. ``detail`` says which.

    ``expires`` is the day by which the last proof has expired (ISO 8601), or None for an enabled widget.
    """

    status = 409
    slug = "in-use"
    reason = "InUse"
    title = "The widget is in use"

    def __init__(self, detail: str, expires: str | None = None) -> None:
        super().__init__(detail, expires=expires)
        self.expires = expires


class TooLargeError(RefusedError):
    """The body is larger than the contract allows. ``limit`` is in bytes."""

    status = 413
    slug = "body-too-large"
    reason = "TooLarge"
    title = "The body is too large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"At most {limit} bytes are accepted.", limit=limit)


class MediaTypeError(RefusedError):
    """The content type is not one of the contract's two."""

    status = 415
    slug = "unsupported-media-type"
    reason = "MediaType"
    title = "The content type is not supported"

    def __init__(self) -> None:
        super().__init__("Send JSON as application/json or text/plain.")


class UnprocessableError(RefusedError):
    """The request is well-formed, but one value cannot be used.

    ``field`` is its dotted path, such as ``consents.versionKey``.
    """

    status = 422
    slug = "unprocessable-decision"
    reason = "Unprocessable"
    title = "The request cannot be processed"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail, field=field)


class DefinitionError(RefusedError):
    """A widget definition cannot be published. ``errors`` has all faults, and ``problems`` a sentence for each.

    A mistake in a program can make a fault of each entry: the first 100 are named, and the others counted. The answer
    has the sentences in ``problems``, and in ``errors`` the same with their places, in the same order.
    """

    status = 422
    slug = "unpublishable-definition"
    reason = "Definition"
    title = "The definition cannot be published"

    def __init__(self, errors: Sequence["Problem"]) -> None:
        named = [str(each)[:_LONGEST_PROBLEM] for each in errors[:MOST_PROBLEMS]]
        placed = [each.as_json() for each in errors[:MOST_PROBLEMS]]
        if others := len(errors) - len(named):
            named.append(f"and {others:,} more")
            placed.append({"loc": [], "detail": named[-1]})
        super().__init__("; ".join(named), problems=named, errors=placed)
        self.errors = tuple(errors)
        self.problems = tuple(named)


class InternalError(RefusedError):
    """The service has a bug. The log has the stack trace; the response has no details."""

    status = 500
    slug = "internal-error"
    reason = "Bug"
    title = "Internal error"

    def __init__(self) -> None:
        super().__init__("Keep what was sent, and send it again later.")


class UnavailableError(RefusedError):
    """An AWS service did not answer in time, or failed. ``retry_after`` is in seconds."""

    status = 503
    slug = "store-unavailable"
    reason = "Unavailable"
    title = "Storage is temporarily unavailable"
    retry_after: ClassVar[int] = 5

    def __init__(self) -> None:
        super().__init__("Keep what was sent, and send it again later.")


class ThrottledError(UnavailableError):
    """An AWS service rejected the request because of its load."""

    slug = "store-throttled"


class AwsConfigurationError(ConsentPlatformError):
    """AWS cannot be called from this process: its credentials, region, profile or endpoint are wrong or missing."""


class DamagedError(ConsentPlatformError):
    """An object of the archive cannot be read: the archive did not write it, or it was changed since."""


class UnreadableError(ConsentPlatformError):
    """An item of the consents table is not a proof: it was written by hand."""
