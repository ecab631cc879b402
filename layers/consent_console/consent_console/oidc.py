"""Sign-in by an OpenID provider: the code flow with PKCE (OpenID Connect Core 1.0, RFC 7636).

Tokens and codes are in no sentence, no log line and no representation. All times are seconds since 1970.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from joserfc import jwk, jwt
from joserfc.errors import JoseError

from consent_console import https
from consent_console.errors import (
    AttemptError,
    DeniedError,
    ProviderError,
    SessionOverError,
    SettingsError,
    UntrustedError,
)
from consent_console.https import Answer, Ask, Question
from consent_console.people import Person
from consent_console.registration import Registration
from consent_console.sessions import SignIn, Tokens

type Json = dict[str, Any]

KEPT = 60 * 60
"""Seconds for which the discovery document and the keys are kept."""

LEEWAY = 60
"""Seconds by which two clocks may differ."""

_ALGORITHMS = {"RS256": "RSA", "ES256": "EC"}
"""The accepted signatures, with their type of key. A symmetric one would make the public key a secret."""

_SCOPES = ("openid", "email", "profile")
_SUBJECT = re.compile(r"[!-~]([ -~]{0,253}[!-~])?")  # OpenID Connect Core 1.0 §2: 255 characters of ASCII


class _UnknownKeyError(Exception):
    """The provider's keys, as they are known here, do not have the one that signed."""


class Provider:
    """The provider at which a console is registered. It keeps the provider's document and keys for an hour.

    Every method raises ProviderError if the provider does not answer, and SettingsError if it does not fit.
    """

    def __init__(self, registration: Registration, ask: Ask) -> None:
        self.registration = registration
        self._ask = ask
        self._document: tuple[int, Json] | None = None
        self._key_set: tuple[int, list[jwk.Key]] | None = None

    # --- The steps ----------------------------------------------------------------------------------------------------

    def begin(self, to: str, *, now: int) -> tuple[SignIn, str]:
        """Return a new sign-in, and the provider's address that begins it. ``to`` is where the person is going."""
        document = self._discovered(now)
        sign_in = SignIn(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48), to)
        offered = document.get("scopes_supported")
        offline = ("offline_access",) if isinstance(offered, list) and "offline_access" in offered else ()
        query = {
            "response_type": "code",
            "client_id": self.registration.client_id,
            "redirect_uri": self.registration.callback,
            "scope": " ".join((*_SCOPES, *offline)),
            "state": sign_in.state,
            "nonce": sign_in.nonce,
            "code_challenge": _challenge(sign_in.verifier),
            "code_challenge_method": "S256",
        }
        return sign_in, _with_query(_endpoint(document, "authorization_endpoint"), query)

    def finish(self, sign_in: SignIn, answer: Mapping[str, str], *, now: int) -> tuple[Person, Tokens]:
        """Return the person who came back with the provider's ``answer``, which is the query of the callback.

        Raises AttemptError for another's or a used answer, DeniedError, or UntrustedError.
        """
        if not _same(answer.get("state"), sign_in.state):
            raise AttemptError
        if answer.get("iss", self.registration.issuer) != self.registration.issuer:  # RFC 9207
            raise UntrustedError
        if "error" in answer:
            raise DeniedError.of(answer["error"])
        form = {
            "grant_type": "authorization_code",
            "code": answer.get("code", ""),
            "redirect_uri": self.registration.callback,
            "code_verifier": sign_in.verifier,
        }
        granted = self._granted(form, AttemptError, now=now)
        claims = self._verified(granted.get("id_token"), now=now)
        if not _same(claims.get("nonce"), sign_in.nonce):
            raise UntrustedError
        return self._person(claims), _tokens(granted)

    def renew(self, tokens: Tokens, person: Person, *, now: int) -> tuple[Person, Tokens]:
        """Return the person as the provider knows them now.

        Raises SessionOverError if the provider does not renew the session, UntrustedError for another person's token.
        """
        if tokens.refresh is None:
            raise SessionOverError
        form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh}
        granted = self._granted(form, SessionOverError, now=now)
        if "id_token" not in granted:  # allowed by §12.2, but then it does not say which groups there are
            raise SessionOverError
        claims = self._verified(granted["id_token"], now=now)
        if (claims["iss"], claims["sub"]) != (person.issuer, person.subject):
            raise UntrustedError
        return self._person(claims), _tokens(granted, tokens.refresh)

    def revoke(self, tokens: Tokens, *, now: int) -> None:
        """Make the provider forget what renews a session (RFC 7009), if it has a way to do so."""
        address = _endpoint_or_none(self._discovered(now), "revocation_endpoint")
        if address is None or tokens.refresh is None:
            return
        if self._post(address, {"token": tokens.refresh, "token_type_hint": "refresh_token"}).status != 200:
            raise ProviderError

    def way_out(self, tokens: Tokens, *, now: int) -> str | None:
        """Return the address at which the provider ends its own session, and sends the person back; None without one.

        Cognito's is not in its document; others follow OpenID Connect RP-Initiated Logout 1.0 §2.
        """
        client, back = {"client_id": self.registration.client_id}, self.registration.signed_out
        if self.registration.logout:
            return _with_query(self.registration.logout, {**client, "logout_uri": back})
        address = _endpoint_or_none(self._discovered(now), "end_session_endpoint")
        hint = {"id_token_hint": tokens.identity} if tokens.identity else {}
        return _with_query(address, {**hint, **client, "post_logout_redirect_uri": back}) if address else None

    # --- The provider's document and keys -----------------------------------------------------------------------------

    def _discovered(self, now: int) -> Json:
        """Return the provider's document (OpenID Connect Discovery 1.0 §4)."""
        if self._document is None or now >= self._document[0] + KEPT:
            issuer = self.registration.issuer
            document = self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if document.get("issuer") != issuer:
                raise SettingsError("The provider calls itself by another issuer. Compare the console's parameter.")
            self._document = now, document
        return self._document[1]

    def _keys(self, now: int, *, anew: bool) -> Sequence[jwk.Key]:
        if anew or self._key_set is None or now >= self._key_set[0] + KEPT:
            listed = self._get(_endpoint(self._discovered(now), "jwks_uri")).get("keys")
            self._key_set = now, _usable(listed if isinstance(listed, list) else [])
        return self._key_set[1]

    # --- Tokens -------------------------------------------------------------------------------------------------------

    def _granted(self, form: Mapping[str, str], invalid: type[AttemptError | SessionOverError], *, now: int) -> Json:
        """Return the answer of the token endpoint. Raises ``invalid`` for a grant that is used, over or another's."""
        answer = self._post(_endpoint(self._discovered(now), "token_endpoint"), form)
        if answer.status == 200:
            return _object(answer.body)
        if answer.status >= 500 or answer.status == 429:
            raise ProviderError
        if _object(answer.body).get("error") == "invalid_grant":
            raise invalid()
        raise SettingsError("The provider does not accept this console as its client. Compare client id and secret.")

    def _verified(self, token: object, *, now: int) -> Json:
        """Return the claims of an ID token. Raises UntrustedError."""
        if not isinstance(token, str):
            raise UntrustedError
        claims = self._signed(token, now=now)
        rules = jwt.JWTClaimsRegistry(
            now=now,
            leeway=LEEWAY,
            iss={"essential": True, "value": self.registration.issuer},
            aud={"essential": True, "value": self.registration.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            rules.validate(claims)
        except JoseError as error:
            raise UntrustedError from error
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if ("azp" in claims or several) and claims.get("azp") != self.registration.client_id:
            raise UntrustedError
        if not _SUBJECT.fullmatch(claims["sub"]):
            raise UntrustedError
        return claims

    def _signed(self, token: str, *, now: int) -> Json:
        """Return the claims of a token that the provider has signed. A key that is not known is asked for once."""
        for anew in (False, True):
            keys = self._keys(now, anew=anew)
            try:
                return jwt.decode(token, partial(_key, keys), [*_ALGORITHMS]).claims
            except _UnknownKeyError:
                continue
            except (JoseError, ValueError, TypeError) as error:
                raise UntrustedError from error
        raise UntrustedError

    def _person(self, claims: Json) -> Person:
        return Person.of(claims, self.registration.role_claim)

    # --- Requests -----------------------------------------------------------------------------------------------------

    def _get(self, address: str) -> Json:
        answer = self._ask(Question(address))
        if answer.status != 200:
            raise ProviderError
        return _object(answer.body)

    def _post(self, address: str, form: Mapping[str, str]) -> Answer:
        """Send a form as this client: by its secret (client_secret_basic, RFC 6749 §2.3.1), or as a public one."""
        client_id, secret = self.registration.client_id, self.registration.secret
        if secret is None:
            return self._ask(Question(address, {**form, "client_id": client_id}))
        pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}".encode()
        return self._ask(Question(address, form, {"authorization": f"Basic {base64.b64encode(pair).decode()}"}))


# --- Their shapes -----------------------------------------------------------------------------------------------------


def _object(body: bytes) -> Json:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProviderError from error
    if not isinstance(found, dict):
        raise ProviderError
    return found


def _endpoint(document: Json, name: str) -> str:
    address = _endpoint_or_none(document, name)
    if address is None:
        raise SettingsError(f"The provider's document has no {name}. Compare the issuer.")
    return address


def _endpoint_or_none(document: Json, name: str) -> str | None:
    """Return an address that the document states. Raises SettingsError for one that is not protected."""
    address = document.get(name)
    if not isinstance(address, str):
        return None
    if not https.is_protected(address):
        raise SettingsError(f"The provider's {name} is not an https address.")
    return address


def _usable(listed: Sequence[object]) -> list[jwk.Key]:
    """Return the keys that sign as we accept it. Others, such as those for encryption, are no fault (RFC 7517 §5)."""
    keys = []
    for each in listed:
        if isinstance(each, dict) and each.get("kty") in _ALGORITHMS.values() and each.get("use", "sig") == "sig":
            try:
                keys.append(jwk.import_key(each))
            except (JoseError, ValueError, TypeError):
                continue
    return keys


def _key(keys: Sequence[jwk.Key], signed: jwk.GuestProtocol) -> jwk.Key:
    """Return the key that a token names; without a name, the only one of the right type."""
    header = signed.headers()
    fitting = [each for each in keys if each.key_type == _ALGORITHMS[header["alg"]]]
    if "kid" in header:
        fitting = [each for each in fitting if each.kid == header["kid"]]
    if len(fitting) != 1:
        raise _UnknownKeyError
    return fitting[0]


def _tokens(granted: Json, refresh: str | None = None) -> Tokens:
    """Return what to keep of an answer. A provider that states no new refresh token goes on accepting the old one."""
    stated = granted.get("refresh_token")
    return Tokens(stated if isinstance(stated, str) else refresh, granted["id_token"])


def _challenge(verifier: str) -> str:
    """Return the challenge of a verifier, S256 (RFC 7636 §4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _same(stated: object, expected: str) -> bool:
    return isinstance(stated, str) and hmac.compare_digest(stated.encode(), expected.encode())


def _with_query(address: str, query: Mapping[str, str]) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(query)}"
