"""A small OpenID provider for tests: as strict as the standards, and a liar when a test asks for it."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from joserfc import jwk, jwt

from consent_console.https import Answer, Question

ISSUER = "https://id.example/pool"
CLIENT_ID = "the-console"
CONSOLE = "https://console.example"
OTHER_KEY = jwk.ECKey.generate_key("P-256", {"kid": "other", "use": "sig"})
KEYS: dict[str, jwk.Key] = {
    "ES256": jwk.ECKey.generate_key("P-256", {"kid": "curve", "use": "sig"}),
    "RS256": jwk.RSAKey.generate_key(2048, {"kid": "primes", "use": "sig"}),
}


def parameter(**changes: str) -> str:
    """The parameter that the template writes."""
    stated = {
        "provider": "oidc",
        "issuer": ISSUER,
        "clientId": CLIENT_ID,
        "clientSecretName": "",
        "roleClaim": "groups",
        "address": CONSOLE,
        "logoutUrl": "",
    }
    return json.dumps({**stated, **changes})


@dataclass
class SmallProvider:
    """``claims`` and ``header`` replace those of ID tokens (None: removed); ``sign`` makes the whole token instead."""

    now: int
    groups: list[str] = field(default_factory=lambda: ["consent-owner"])
    document: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "ES256"
    signing_key: jwk.Key | None = None
    published: list[jwk.Key] = field(default_factory=lambda: [*KEYS.values()])
    token: str | None = None
    refuses_renewal: bool = False
    gives_refresh_tokens: bool = True
    secret: str | None = None
    is_down: bool = False
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refresh_tokens: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def authorize(self, address: str) -> dict[str, str]:
        """Sign the person in. Return the query with which the browser comes back."""
        assert address.startswith(f"{ISSUER}/authorize?")
        query = dict(parse_qsl(urlsplit(address).query))
        assert {name: query[name] for name in ("response_type", "client_id", "redirect_uri", "scope")} == {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": f"{CONSOLE}/login/callback",
            "scope": "openid email profile offline_access",
        }
        assert query["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}-of-the-provider"
        self.codes[code] = {"nonce": query["nonce"], "challenge": query["code_challenge"]}
        self.secrets |= {code, query["state"], query["nonce"]}
        return {"code": code, "state": query["state"]}

    def ask(self, question: Question) -> Answer:
        """Answer a request, as ``https.ask`` does."""
        path = question.address.removeprefix(ISSUER)
        self.asked.append(path)
        if self.is_down:
            return Answer(503, b"")
        match path:
            case "/.well-known/openid-configuration":
                return _json(200, self._document())
            case "/keys":
                return _json(200, {"keys": [key.as_dict(private=False) for key in self.published]})
            case "/token":
                return self._granted(question)
            case "/revoke":
                assert question.form is not None
                self.refresh_tokens.discard(question.form["token"])
                return Answer(200, b"")
        raise AssertionError(path)

    def _document(self) -> dict[str, Any]:
        stated = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "revocation_endpoint": f"{ISSUER}/revoke",
            "end_session_endpoint": f"{ISSUER}/end",
            "scopes_supported": ["openid", "offline_access"],
        }
        return {name: value for name, value in {**stated, **self.document}.items() if value is not None}

    def _granted(self, question: Question) -> Answer:
        form = dict(question.form or {})
        if self.secret is None and (form.get("client_id") != CLIENT_ID or question.headers):
            return _json(401, {"error": "invalid_client"})
        expected = f"Basic {base64.b64encode(f'{CLIENT_ID}:{self.secret}'.encode()).decode()}"
        if self.secret is not None and question.headers.get("authorization") != expected:
            return _json(401, {"error": "invalid_client"})
        if form["grant_type"] == "refresh_token":
            if self.refuses_renewal or form["refresh_token"] not in self.refresh_tokens:
                return _json(400, {"error": "invalid_grant"})
            return _json(200, {"id_token": self._identity({})})
        begun = self.codes.pop(form["code"], None)  # once
        if begun is None or begun["challenge"] != _challenge(form["code_verifier"]):
            return _json(400, {"error": "invalid_grant"})
        assert form["redirect_uri"] == f"{CONSOLE}/login/callback"
        answer = {"id_token": self._identity({"nonce": begun["nonce"]}), "access_token": "an-access-token"}
        self.secrets |= {"an-access-token", form["code_verifier"]}
        if self.gives_refresh_tokens:
            answer["refresh_token"] = f"refresh-token-{len(self.refresh_tokens)}-of-the-provider"
            self.refresh_tokens.add(answer["refresh_token"])
            self.secrets.add(answer["refresh_token"])
        return _json(200, answer)

    def _identity(self, more: Mapping[str, str]) -> str:
        stated = {
            "iss": ISSUER,
            "sub": "person-1",
            "aud": CLIENT_ID,
            "iat": self.now,
            "exp": self.now + 300,
            "name": "Olga Owner",
            "groups": self.groups,
            **more,
            **self.claims,
        }
        key = self.signing_key or KEYS[self.algorithm]
        header = {"alg": self.algorithm, "kid": key.kid, **self.header}
        kept = {name: value for name, value in header.items() if value is not None}
        claims = {name: value for name, value in stated.items() if value is not None}
        token = self.token or jwt.encode(kept, claims, key)
        if len(token) > len("a.b.c.d.e"):
            self.secrets.add(token)
        return token


def unsigned(header: Mapping[str, object], claims: Mapping[str, object]) -> str:
    """The first two parts of a token."""
    return ".".join(_encoded(json.dumps(part).encode()) for part in (header, claims))


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _challenge(verifier: str) -> str:
    return _encoded(hashlib.sha256(verifier.encode()).digest())


def _json(status: int, body: object) -> Answer:
    return Answer(status, json.dumps(body).encode())


def query_of(address: str) -> dict[str, list[str]]:
    """The query of an address."""
    return parse_qs(urlsplit(address).query)
