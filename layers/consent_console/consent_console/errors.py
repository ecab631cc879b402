"""The errors of a sign-in. Their sentences are for the person in front of the page.

SignInError
├── AttemptError              400  this attempt is over, or was never ours
├── UntrustedError            400  the ID token is not what it must be
├── SessionOverError          401  the provider renews this session no more
├── DeniedError               403  the provider did not let the person in
├── SettingsError             500  provider and console do not fit together
└── ProviderError             503  the provider does not answer

No sentence quotes what the provider or the browser sent.
"""

from typing import ClassVar

from consent_core.errors import ConsentPlatformError


class SignInError(ConsentPlatformError):
    """The root. ``title`` and ``detail`` are for the page, ``status`` is HTTP's, ``reason`` may be in a log line."""

    status: ClassVar[int]
    reason: ClassVar[str]
    title: ClassVar[str]
    usual: ClassVar[str]

    def __init__(self, detail: str | None = None) -> None:
        self.detail = self.usual if detail is None else detail
        super().__init__(self.detail)


class AttemptError(SignInError):
    """The sign-in is unknown to this browser, finished already, or older than ten minutes."""

    status = 400
    reason = "Attempt"
    title = "This sign-in is over"
    usual = "It took more than ten minutes, was finished before, or began in another window. Please begin again."


class UntrustedError(SignInError):
    """The ID token's signature or claims are not what they must be (OpenID Connect Core 1.0 §3.1.3.7)."""

    status = 400
    reason = "Untrusted"
    title = "The sign-in could not be verified"
    usual = (
        "The identity provider's answer did not pass the checks. Please begin again. "
        "If it happens twice, tell the person who runs this console."
    )


class SessionOverError(SignInError):
    """The provider does not renew the session: it was ended there, the person was disabled, or nothing renews it."""

    status = 401
    reason = "SessionOver"
    title = "Your session is over"
    usual = "Please sign in again."


class DeniedError(SignInError):
    """The provider came back with an error instead of a code (RFC 6749 §4.1.2.1)."""

    status = 403
    reason = "Denied"
    title = "You were not signed in"
    usual = "The identity provider ended the sign-in. Please begin again."

    @classmethod
    def of(cls, code: str) -> "DeniedError":
        """Return the error for the provider's ``code``, such as ``access_denied``."""
        return cls(_DENIED.get(code))


_DENIED = {
    "access_denied": "The sign-in was cancelled, or your identity provider does not let you use this console.",
    "login_required": "Your identity provider wants you to sign in again.",
    "server_error": "The identity provider had a fault. Please begin again in a minute.",
    "temporarily_unavailable": "The identity provider is busy. Please begin again in a minute.",
}


class SettingsError(SignInError):
    """The settings of the provider and those of the console do not fit. ``detail`` says what to compare."""

    status = 500
    reason = "Settings"
    title = "The sign-in is not set up correctly"
    usual = "Compare the console's parameter with the provider's settings."


class ProviderError(SignInError):
    """The provider did not answer in time, or not as OpenID Connect has it."""

    status = 503
    reason = "Provider"
    title = "Your identity provider does not answer"
    usual = "Nothing is lost. Please try again in a minute."
