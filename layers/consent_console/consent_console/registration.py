"""How the identity provider knows this console: a parameter of SSM, which the template writes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeIs

from botocore.config import Config

from consent_console import https
from consent_console.errors import SettingsError
from consent_core import aws

_WAITS = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})


@dataclass(frozen=True, slots=True)
class Registration:
    """The console's registration at its provider. Every address is protected (``https.is_protected``).

    ``address`` is the console's own. ``logout`` is Cognito's, which its discovery document does not state. A public
    client has no ``secret``.
    """

    issuer: str
    client_id: str
    role_claim: str
    address: str
    logout: str | None = None
    secret: str | None = field(default=None, repr=False)

    @property
    def callback(self) -> str:
        """The address to which the provider sends people back."""
        return f"{self.address}/login/callback"

    @property
    def signed_out(self) -> str:
        """The address to which the provider sends people when it has signed them out."""
        return f"{self.address}/logout"

    @classmethod
    def of(cls, stated: Mapping[str, Any], secret: str | None = None) -> Self:
        """Return the registration that the parameter's members state.

        Raises SettingsError for one that lacks something, or would send secrets over an open line.
        """
        names = ("issuer", "clientId", "roleClaim", "address")
        issuer, client_id, role_claim, address = (stated.get(name) for name in names)
        if not (_is_text(issuer) and _is_text(client_id) and _is_text(role_claim) and _is_text(address)):
            raise SettingsError("The console's parameter is not complete. Deploy the stack again.")
        logout = stated.get("logoutUrl") or None
        if not all(https.is_protected(each) for each in (issuer, address, logout or issuer)):
            raise SettingsError("The addresses in the console's parameter must begin with https.")
        return cls(issuer, client_id, role_claim, address.rstrip("/"), logout, secret)


def connect() -> Any:  # noqa: ANN401 - as aws.client
    """Create the client that reads the parameter."""
    return aws.client("ssm", _WAITS)


def read(client: Any, parameter: str) -> Registration:  # noqa: ANN401
    """Read the registration, and the client's secret if it names one.

    Raises SettingsError, ThrottledError or UnavailableError.
    """
    with aws.errors():
        text = client.get_parameter(Name=parameter)["Parameter"]["Value"]
    try:
        stated = json.loads(text)
    except ValueError:
        stated = None
    if not isinstance(stated, dict):
        raise SettingsError("The console's parameter is not JSON. Deploy the stack again.")
    name = stated.get("clientSecretName")
    return Registration.of(stated, _secret(name) if name else None)


def _secret(name: str) -> str:
    client = aws.client("secretsmanager", _WAITS)
    with aws.errors():
        return str(client.get_secret_value(SecretId=name)["SecretString"])


def _is_text(value: object) -> TypeIs[str]:
    return isinstance(value, str) and bool(value)
