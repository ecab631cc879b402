"""Clients of AWS's services, and the one place where their errors become ours.

Botocore makes the clients by itself. boto3 around it adds no function that is used here, and loads what S3's transfers
need: a tenth of a cold start.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore import exceptions as botocore
from botocore.config import Config
from botocore.handlers import BUILTIN_HANDLERS, REGISTER_FIRST, REGISTER_LAST
from botocore.model import OperationModel
from botocore.parsers import ResponseParserError
from botocore.session import Session

from consent_core.errors import AwsConfigurationError, ConflictError, ThrottledError, UnavailableError

_REQUEST_IDS = frozenset({"x-amzn-requestid", "x-amz-request-id"})

# --- Clients ----------------------------------------------------------------------------------------------------------


def client(service: str, config: Config, session: Session | None = None, endpoint_url: str | None = None) -> Any:  # noqa: ANN401 - botocore makes each client's class when it is asked for
    """Make a client that takes an answer for AWS's only if it is one.

    Region, credentials and endpoint are the environment's, unless ``session`` and ``endpoint_url`` say otherwise.
    Functions may call only what ``aws_operations`` lists: the built layer knows no other operation.
    Raises AwsConfigurationError.
    """
    with errors():
        made = (session or session_for(service)).create_client(service, endpoint_url=endpoint_url, config=config)
    made.meta.events.register("before-parse", _refuse_foreign_answer)
    return made


def session_for(service: str) -> Session:
    """Make a session that has botocore's own handlers for this service and not the hundred for others.

    To register those takes a twentieth of a cold start.
    """
    session = Session(include_builtin_handlers=False)
    events = session.get_component("event_emitter")
    register = {REGISTER_FIRST: events.register_first, REGISTER_LAST: events.register_last}
    for event, handler, *order in BUILTIN_HANDLERS:
        if _concerns(event, service):
            register.get(order[0] if order else None, events.register)(event, handler)
    return session


def _concerns(event: str, service: str) -> bool:
    """Return whether an event (``what``, ``what.service`` or ``what.service.operation``) is of this service."""
    what, _, rest = event.partition(".")
    return what != "docs" and rest.partition(".")[0] in {"", "*", service}


def _refuse_foreign_answer(response_dict: Mapping[str, Any], operation_model: OperationModel, **_: object) -> None:
    """Refuse the page of a proxy, which botocore may read as an empty answer: "stored", or "not found".

    Every answer of AWS's carries a request id, and is JSON where the service speaks JSON. Botocore treats an answer of
    500 and above as a failure whatever it says.
    """
    if response_dict["status_code"] >= 500:
        return
    if not any(name.lower() in _REQUEST_IDS for name in response_dict["headers"]):
        raise UnavailableError
    if operation_model.service_model.resolved_protocol == "json":
        try:
            json.loads(response_dict["body"])
        except ValueError:
            raise UnavailableError from None


# --- Errors -----------------------------------------------------------------------------------------------------------

_THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ProvisionedThroughputExceeded",  # so a transaction's cancellation spells it
        "RequestLimitExceeded",
        "SlowDown",
        "Throttling",
        "ThrottlingError",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_UNAVAILABLE = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "InternalServerException",
        "RequestTimeout",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "TransactionInProgressException",  # the second attempt, while the first one is still at work
    }
)
_CONFLICTS = frozenset(
    {"ConditionalCheckFailedException", "ConditionalCheckFailed", "TransactionConflictException", "TransactionConflict"}
)

# The connection, the answer, or whoever hands out credentials: each may be better in a moment.
_PASSING = (
    botocore.ConnectionError,
    botocore.HTTPClientError,
    botocore.IncompleteReadError,
    botocore.ChecksumError,
    botocore.FlexibleChecksumError,
    botocore.CredentialRetrievalError,
    botocore.TokenRetrievalError,
    botocore.MetadataRetrievalError,
    botocore.CapacityNotAvailableError,
    ResponseParserError,
)
# How the process is set up: credentials, region, profile, endpoint.
_CONFIGURATION = (
    botocore.NoCredentialsError,
    botocore.PartialCredentialsError,
    botocore.UnknownCredentialError,
    botocore.RefreshWithMFAUnsupportedError,
    botocore.NoAuthTokenError,
    botocore.UnknownTokenProviderError,
    botocore.SSOError,
    botocore.LoginError,
    botocore.ProfileNotFound,
    botocore.ConfigNotFound,
    botocore.ConfigParseError,
    botocore.InvalidConfigError,
    botocore.InvalidProxiesConfigError,
    botocore.InvalidRetryConfigurationError,
    botocore.NoRegionError,
    botocore.UnknownRegionError,
    botocore.InvalidRegionError,
    botocore.BaseEndpointResolverError,
    botocore.EndpointProviderError,
    botocore.InvalidEndpointConfigurationError,
    botocore.InvalidIMDSEndpointError,
    botocore.InvalidIMDSEndpointModeError,
    botocore.MissingDependencyException,
)


@contextmanager
def errors() -> Iterator[None]:
    """Raise ThrottledError, UnavailableError, AwsConfigurationError or ConflictError for what botocore raises.

    Any other error of AWS's is a bug of ours, and stays what it is: a wrong parameter, a missing permission.
    """
    try:
        yield
    except botocore.ClientError as error:
        raise _domain_error(error) from error
    except _CONFIGURATION as error:
        raise AwsConfigurationError from error
    except _PASSING as error:
        raise UnavailableError from error


def code_of(error: botocore.ClientError) -> str:
    """Return the code of an error that AWS has answered with, such as ``NoSuchKey``."""
    return str(error.response["Error"]["Code"])


def _domain_error(error: botocore.ClientError) -> Exception:
    response: Mapping[str, Any] = error.response
    codes = {code_of(error), *(reason.get("Code") for reason in response.get("CancellationReasons", ()))}
    if codes & _CONFLICTS:
        return ConflictError()
    if codes & _THROTTLED:
        return ThrottledError()
    if codes & _UNAVAILABLE or response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
        return UnavailableError()
    return error
