"""Exit codes, and the one sentence that an operator reads when a command fails.

It says what happened and what to do next. The words of botocore and other libraries are never part of it.
"""

import os
import sys
from contextlib import suppress
from typing import NoReturn, TextIO

from botocore import exceptions as botocore

from consent_core import aws
from consent_core.errors import (
    AwsConfigurationError,
    ConflictError,
    ConsentPlatformError,
    DefinitionError,
    DraftConflictError,
    InUseError,
    NotFoundError,
    ThrottledError,
)
from consent_ops.printing import error_line

DONE, NOT_FOUND, CHECK_FAILED, WRONG, UNAVAILABLE = 0, 1, 1, 2, 3
EXIT_CODES = (
    "Exit codes: 0 done, 1 not found or check failed, 2 wrong usage or definition, "
    "3 unknown: the stack or a part of it could not be read, or the output could not be written."
)


class OperatorError(Exception):
    """Wrong usage that the command line's own checks cannot find; the message is for the operator."""


class AccessError(ConsentPlatformError):
    """The administration's API refuses the caller, or another service answers; the message is for the operator."""


class OutputError(Exception):
    """The output cannot be written; ``advice`` is for the operator of a command that changes something."""

    def __init__(self, cause: OSError | UnicodeEncodeError, advice: str = "") -> None:
        super().__init__(" ".join(filter(None, [_unwritten(cause), advice])))


def fail(code: int, *messages: str) -> NoReturn:
    """Print messages on standard error, if it can be written, and exit."""
    try:
        for message in messages:
            error_line(message)
    except OSError:
        discard(sys.stderr)
    sys.exit(code)


def discard(stream: TextIO | None) -> None:
    """Send what a stream still holds nowhere: Python writes it once more when it ends, and would fail again."""
    if stream is not None:
        with suppress(OSError):  # a stream without a descriptor
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def report(error: Exception) -> NoReturn:
    """Print the sentence for an error and exit with its code."""
    match error:
        case DefinitionError():
            fail(WRONG, *error.problems)
        case InUseError():
            fail(CHECK_FAILED, str(error), *([_LEFT_BEHIND] if error.expires else []))
        case DraftConflictError():
            fail(CHECK_FAILED, str(error), *([_SEEN.format(number=error.number)] if error.number else []))
        case NotFoundError():
            fail(NOT_FOUND, str(error))
        case OperatorError():
            fail(WRONG, str(error))
        case OutputError():
            discard(sys.stdout)
            fail(UNAVAILABLE, str(error))
        case botocore.ClientError():
            fail(UNAVAILABLE, _refused_by_aws(error))
        case ConsentPlatformError():
            fail(UNAVAILABLE, _unavailable(error))
        case _:
            raise error


_SEEN = "To replace that draft: --number {number}"
_LEFT_BEHIND = "To delete it all the same, and leave its proofs behind: --even-with-proofs"

# --- Sentences --------------------------------------------------------------------------------------------------------


def _unwritten(cause: OSError | UnicodeEncodeError) -> str:
    if isinstance(cause, UnicodeEncodeError):
        return f"The output cannot be written in {cause.encoding}. Set PYTHONIOENCODING=utf-8."
    place = f"{cause.filename} could not be read or written" if cause.filename else "The output could not be written"
    return f"{place}: {cause.strerror or 'no reason is known'}."


_LOCAL = "or use --local for the stack on this machine"
_SIGN_IN = "Sign in again, for example with `aws sso login`, and repeat the command."
_CAUSES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (
        botocore.ProfileNotFound,
        "AWS profile not found. `aws configure list-profiles` lists yours; choose one with --profile.",
    ),
    (
        botocore.NoRegionError,
        f"No AWS region given. Add --region, such as --region eu-west-1, or set AWS_REGION, {_LOCAL}.",
    ),
    (botocore.InvalidRegionError, "The AWS region is not valid. Give one such as eu-west-1 with --region."),
    (
        botocore.NoCredentialsError,
        f"No AWS credentials found. Sign in, for example with `aws sso login`, choose a --profile, {_LOCAL}.",
    ),
    (botocore.PartialCredentialsError, f"AWS credentials are incomplete. Set both key and secret, {_LOCAL}."),
    (
        (botocore.SSOError, botocore.LoginError, botocore.NoAuthTokenError, botocore.TokenRetrievalError),
        f"Your AWS sign-in has expired. {_SIGN_IN}",
    ),
    (botocore.CredentialRetrievalError, f"Your AWS credentials could not be retrieved. {_SIGN_IN}"),
)
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
_NOT_ACCEPTED = frozenset(
    {
        "AuthFailure",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "InvalidToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
DENIED = frozenset({"403", "AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"})
_ABSENT = frozenset({"NoSuchBucket", "ResourceNotFoundException"})
_ACTIONS = {
    "DescribeLogGroups": "logs:DescribeLogGroups",
    "DescribeStacks": "cloudformation:DescribeStacks",
    "FilterLogEvents": "logs:FilterLogEvents",
    "GetCallerIdentity": "sts:GetCallerIdentity",
    "GetObject": "s3:GetObject",
    "GetSecretValue": "secretsmanager:GetSecretValue",
    "GetQueryExecution": "athena:GetQueryExecution",
    "GetQueryResults": "athena:GetQueryResults",
    "HeadObject": "s3:GetObject",
    "ListObjectsV2": "s3:ListBucket",
    "PutObject": "s3:PutObject",
    "StartQueryExecution": "athena:StartQueryExecution",
    "StopQueryExecution": "athena:StopQueryExecution",
    "TransactWriteItems": "dynamodb:PutItem",
}
"""The permission that an operation of AWS needs; those that are not here are DynamoDB's, of the same name."""


def action_of(error: botocore.ClientError) -> str:
    """Return the permission that a refused operation needs, such as ``dynamodb:PutItem``."""
    return _ACTIONS.get(error.operation_name, f"dynamodb:{error.operation_name}")


def _refused_by_aws(error: botocore.ClientError) -> str:
    code, action = aws.code_of(error), action_of(error)
    if code in _EXPIRED:
        return f"Your AWS credentials have expired. {_SIGN_IN}"
    if code in _NOT_ACCEPTED:
        return "AWS does not accept your credentials. Check --profile and the clock of this machine."
    if code in DENIED:
        return f"Access denied: {action} is not permitted. Ask for this permission, or choose another --profile."
    if code in _ABSENT:
        return f"Part of the stack was not found ({action}). Check --region, or deploy the stack again."
    return f"AWS refused {action} ({code}). Check --stack-name and --region."


def _unavailable(error: ConsentPlatformError) -> str:
    cause = error.__cause__
    if isinstance(error, ConflictError | AccessError):
        return str(error)
    if isinstance(error, ThrottledError):
        return "AWS is throttling requests. Wait a minute and repeat the command."
    if sentence := next((sentence for kinds, sentence in _CAUSES if isinstance(cause, kinds)), None):
        return sentence
    if isinstance(error, AwsConfigurationError):
        return "AWS is not configured correctly. `aws configure list` shows your configuration."
    return _unreachable(cause)


def _unreachable(cause: BaseException | None) -> str:
    if cause is None:
        return "The answer did not come from AWS. Check the address after --endpoint-url, or for a proxy in between."
    address = ""
    if isinstance(cause, botocore.ConnectionError | botocore.ConnectionClosedError):
        address = str(cause.kwargs.get("endpoint_url") or "")
    if address.startswith("http://"):  # AWS's own are https
        return f"No connection to {address}. `make run` starts the local stack and prints its addresses."
    if address:
        return f"No connection to {address}. Check the network and --region."
    return "The stack is not available at the moment. Wait a minute and repeat the command."
