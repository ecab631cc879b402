"""The errors of botocore, each with its meaning; and answers that do not come from AWS."""

import inspect
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore import exceptions
from botocore.awsrequest import AWSResponse, HTTPHeaders
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from consent_core import aws
from consent_core.errors import AwsConfigurationError, ConflictError, ThrottledError, UnavailableError

CONFIGURATION = """
BaseEndpointResolverError ConfigNotFound ConfigParseError EndpointProviderError EndpointResolutionError
EndpointVariantError InfiniteLoopConfigError InvalidChecksumConfigError InvalidConfigError InvalidDefaultsMode
InvalidEndpointConfigurationError InvalidIMDSEndpointError InvalidIMDSEndpointModeError InvalidMaxRetryAttemptsError
InvalidProxiesConfigError InvalidRegionError InvalidRetryConfigurationError InvalidRetryModeError
InvalidS3UsEast1RegionalEndpointConfigError InvalidSTSRegionalEndpointsConfigError LoginAuthorizationCodeError
LoginError LoginInsufficientPermissions LoginRefreshRequired LoginTokenLoadError MissingDependencyException
NoAuthTokenError NoCredentialsError NoRegionError PartialCredentialsError ProfileNotFound
RefreshWithMFAUnsupportedError SSOError SSOTokenLoadError UnauthorizedSSOTokenError UnknownCredentialError
UnknownEndpointError UnknownEndpointResolutionBuiltInName UnknownFIPSEndpointError UnknownRegionError
UnknownTokenProviderError
"""

PASSING = """
CapacityNotAvailableError ChecksumError ConnectTimeoutError ConnectionClosedError ConnectionError
CredentialRetrievalError EndpointConnectionError FlexibleChecksumError HTTPClientError IncompleteReadError
MetadataRetrievalError ProxyConnectionError ReadTimeoutError ResponseStreamingError SSLError TokenRetrievalError
"""

BUGS = """
AliasConflictParameterError ApiVersionNotFoundError AwsChunkedWrapperError BotoCoreError DataNotFoundError
InvalidDNSNameError InvalidEndpointDiscoveryConfigurationError InvalidExpressionError InvalidHostLabelError
InvalidS3AddressingStyleError MD5UnavailableError MissingParametersError OperationNotPageableError PaginationError
ParamValidationError RangeError ServiceNotInRegionError StubAssertionError StubResponseError UnStubbedResponseError
UnknownClientMethodError UnknownKeyError UnknownParameterError UnknownServiceError UnknownServiceStyle
UnknownSignatureVersionError UnseekableStreamError UnsupportedOutpostResourceError
UnsupportedS3AccesspointConfigurationError UnsupportedS3ArnError UnsupportedS3ConfigurationError
UnsupportedS3ControlArnError UnsupportedS3ControlConfigurationError UnsupportedServiceProtocolsError
UnsupportedSignatureVersionError ValidationError WaiterConfigError WaiterError
"""
"""Errors that botocore raises because our code is wrong: these stay as they are."""

CLASSES = {
    name: each
    for name, each in vars(exceptions).items()
    if inspect.isclass(each) and issubclass(each, BotoCoreError) and each.__module__ == exceptions.__name__
}


def raised_for(error: BaseException) -> type[BaseException]:
    with pytest.raises(type(error).__mro__[-3]) as raised, aws.errors():  # Exception: of any class
        raise error
    return type(raised.value)


def an(error: type[BotoCoreError]) -> BotoCoreError:
    """Return an instance whose message is not made, for each class wants other words for it."""
    return error.__new__(error)


def test_every_error_of_botocore_has_its_meaning() -> None:
    meaning = {name: raised_for(an(each)) for name, each in CLASSES.items()}
    assert sorted(name for name, each in meaning.items() if each is AwsConfigurationError) == sorted(
        CONFIGURATION.split()
    )
    assert sorted(name for name, each in meaning.items() if each is UnavailableError) == sorted(PASSING.split())
    assert sorted(name for name, each in meaning.items() if each is CLASSES[name]) == sorted(BUGS.split())


def test_an_answer_that_cannot_be_parsed_means_that_the_service_is_unavailable() -> None:
    assert raised_for(ResponseParserError("garbled")) is UnavailableError


@pytest.mark.parametrize(
    ("code", "status", "meaning"),
    [
        ("ProvisionedThroughputExceededException", 400, ThrottledError),
        ("ThrottlingException", 400, ThrottledError),
        ("SlowDown", 503, ThrottledError),
        ("TooManyRequestsException", 400, ThrottledError),
        ("RequestTimeout", 400, UnavailableError),
        ("TransactionInProgressException", 400, UnavailableError),
        ("InternalServerError", 500, UnavailableError),
        ("anything", 500, UnavailableError),
        ("502", 502, UnavailableError),
        ("ConditionalCheckFailedException", 400, ConflictError),
        ("TransactionConflictException", 400, ConflictError),
        ("AccessDeniedException", 400, ClientError),
        ("ResourceNotFoundException", 400, ClientError),
        ("ValidationException", 400, ClientError),
    ],
)
def test_an_error_that_aws_answers_with_has_its_meaning(code: str, status: int, meaning: type[Exception]) -> None:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    assert raised_for(ClientError(response, "AnyOperation")) is meaning


# --- Answers that do not come from AWS --------------------------------------------------------------------------------

CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "dynamodb": ("put_item", {"TableName": "t", "Item": {"consentId": {"S": "c"}, "id": {"S": "i"}}}),
    "s3": ("put_object", {"Bucket": "a-bucket", "Key": "k", "Body": b""}),
    "athena": ("get_query_execution", {"QueryExecutionId": "q"}),
    "cloudfront": ("create_invalidation", {"DistributionId": "d", "InvalidationBatch": {}}),
    "cloudformation": ("describe_stacks", {"StackName": "s"}),
    "sts": ("get_caller_identity", {}),
    "logs": ("describe_log_groups", {}),
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


def answered(service: str, status: int, headers: dict[str, str], body: bytes) -> Any:  # noqa: ANN401 - as botocore gives it
    """Call a service whose every request gets this answer."""

    def stream() -> Iterator[bytes]:
        yield body

    class Raw:
        def stream(self) -> Iterator[bytes]:
            return stream()

        def read(self, *_: object) -> bytes:
            return body

    client = aws.client(service, Config(parameter_validation=False, retries={"total_max_attempts": 1}))
    raw: Any = Raw()
    answer = AWSResponse("http://127.0.0.1", status, HTTPHeaders.from_dict(headers), raw)
    client.meta.events.register_first("before-send", lambda **_: answer)
    name, parameters = CALLS[service]
    with aws.errors():
        return getattr(client, name)(**parameters)


@pytest.mark.parametrize("service", sorted(CALLS))
@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": "text/html"}, b"<html>Welcome to the guest network</html>"),
        ({"content-type": "application/json"}, b"{}"),
        ({"content-type": "application/json"}, b""),
    ],
)
def test_the_page_of_a_proxy_is_not_an_answer_of_aws(service: str, headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(UnavailableError):
        answered(service, 200, headers, body)


@pytest.mark.parametrize("service", ["athena", "dynamodb", "logs"])
@pytest.mark.parametrize("body", [b'{"Attributes": {', b"null", b"[]", b'"x"'])
def test_an_answer_that_breaks_off_or_is_not_an_object_is_not_an_answer(service: str, body: bytes) -> None:
    with pytest.raises(UnavailableError):
        answered(service, 200, {"x-amzn-RequestId": "1"}, body)


@pytest.mark.parametrize("endpoint", ["nonsense", "http://[::1"])
def test_an_endpoint_that_is_not_a_url_is_a_wrong_configuration(endpoint: str) -> None:
    with pytest.raises(AwsConfigurationError):
        aws.client("dynamodb", Config(), endpoint_url=endpoint)


def test_an_answer_of_aws_is_passed_on() -> None:
    answer = answered("dynamodb", 200, {"x-amzn-RequestId": "1"}, json.dumps({"Attributes": {}}).encode())
    assert SimpleNamespace(**answer).Attributes == {}
