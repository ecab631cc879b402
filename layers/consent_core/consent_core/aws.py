"""Clients for AWS services, and the one place where their errors become ours.

The clients come from botocore alone. boto3 would add no function that is used here, and would load the code for S3
transfers: a tenth of a cold start.
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

from consent_core import connections, deadlines
from consent_core.errors import AwsConfigurationError, ConflictError, ThrottledError, UnavailableError

_REQUEST_IDS = frozenset({"x-amzn-requestid", "x-amz-request-id"})
_WORDS = ("__type", "code", "Code", "message", "Message")
"""Members of an error in JSON."""
_PAUSES = (0.05, 2.0)
"""The longest pause before a second attempt of DynamoDB (botocore's legacy mode), and of others, in seconds."""

# --- Clients ----------------------------------------------------------------------------------------------------------


def client(service: str, config: Config, session: Session | None = None, endpoint_url: str | None = None) -> Any:  # noqa: ANN401 - botocore makes each client's class when it is asked for
    """Create a client that keeps to the request's deadline, and rejects responses which do not come from AWS.

    Region, credentials and endpoint come from the environment unless ``session`` or ``endpoint_url`` replaces them.
    Functions may call only the operations in ``aws_operations``: the built layer contains no others.
    Raises AwsConfigurationError.
    """
    with errors():
        try:
            made = (session or session_for(service)).create_client(service, endpoint_url=endpoint_url, config=config)
        except ValueError as error:  # an endpoint that is not a URL
            raise AwsConfigurationError from error
    connections.keep_to_deadlines(made)
    name = made.meta.service_model.service_id.hyphenize()  # handlers of a service come before those of all
    made.meta.events.register_first(f"before-send.{name}", _refuse_late_attempt)
    made.meta.events.register_first(f"needs-retry.{name}", _refuse_late_pause)  # type: ignore[arg-type]
    made.meta.events.register_first(f"before-parse.{name}", _refuse_foreign_answer)
    return made


def session_for(service: str) -> Session:
    """Create a session that has botocore's handlers for this service only.

    Registering the hundred handlers for other services takes a twentieth of a cold start.
    """
    session = Session(include_builtin_handlers=False)
    events = session.get_component("event_emitter")
    register = {REGISTER_FIRST: events.register_first, REGISTER_LAST: events.register_last}
    for event, handler, *order in BUILTIN_HANDLERS:
        if _concerns(event, service):
            register.get(order[0] if order else None, events.register)(event, handler)
    return session


def _concerns(event: str, service: str) -> bool:
    """Return whether an event (``what``, ``what.service`` or ``what.service.operation``) concerns this service."""
    what, _, rest = event.partition(".")
    return what != "docs" and rest.partition(".")[0] in {"", "*", service}


def _refuse_late_attempt(**_: object) -> None:
    """Start no attempt after the deadline."""
    if deadlines.current().remaining <= 0:
        raise UnavailableError


def _refuse_late_pause(event_name: str, **_: object) -> bool | None:
    """Answer botocore's question whether to try again with no, if the pause before that might reach the deadline."""
    pause = _PAUSES["dynamodb" not in event_name]
    return False if deadlines.current().remaining <= pause else None


def _refuse_foreign_answer(response_dict: dict[str, Any], operation_model: OperationModel, **_: object) -> None:
    """Reject a proxy's page, which botocore may read as an empty response: "stored", or "not found".

    Every response from AWS carries a request id, and is JSON if the service's protocol is JSON. Botocore treats every
    status of 500 and above as a failure, whatever it says: there, words that cannot be read are left out.
    """
    is_failure = response_dict["status_code"] >= 500
    if not is_failure and not any(name.lower() in _REQUEST_IDS for name in response_dict["headers"]):
        raise UnavailableError
    if operation_model.service_model.resolved_protocol == "json" and not _is_readable(response_dict["body"]):
        if not is_failure:
            raise UnavailableError
        response_dict["body"] = b""


def _is_readable(body: bytes) -> bool:
    """Return whether botocore's parser can read a body: a JSON object whose words about an error are text."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(answer, dict) and all(isinstance(answer.get(name, ""), str) for name in _WORDS)


# --- Errors -----------------------------------------------------------------------------------------------------------

_THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ProvisionedThroughputExceeded",  # the spelling in a transaction's cancellation reasons
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
        "TransactionInProgressException",  # a second attempt while the first one is still running
    }
)
_CONFLICTS = frozenset(
    {"ConditionalCheckFailedException", "ConditionalCheckFailed", "TransactionConflictException", "TransactionConflict"}
)

# Faults of the connection, the response or the credentials' provider: a later attempt may succeed.
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
# Faults of the process's configuration: credentials, region, profile, endpoint.
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
    botocore.InvalidDefaultsMode,
    botocore.InvalidSTSRegionalEndpointsConfigError,
    botocore.InvalidS3UsEast1RegionalEndpointConfigError,
    botocore.InvalidChecksumConfigError,
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
    """Raise ThrottledError, UnavailableError, AwsConfigurationError or ConflictError in place of botocore's errors.

    Other errors pass unchanged: a wrong parameter or a missing permission is a bug of ours.
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
    """Return the code of an error response from AWS, such as ``NoSuchKey``."""
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
