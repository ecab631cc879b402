"""The build of the SDK that a service serves, for a page that takes no other one."""

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session

from consent_core.publishing.snippet import NEWEST, Build
from consent_ops.failures import AccessError

_TIMEOUT = 10  # seconds


def newest_build(service: str) -> Build:
    """Return the build that a service serves. Raises AccessError if it does not, or not under the build's hash."""
    content = _fetched(service + NEWEST)
    build = Build.of(content)
    if _fetched(service + build.path) != content:
        raise AccessError(f"{service}{build.path} has another content. Repeat the command.")
    return build


def _fetched(url: str) -> bytes:
    try:
        answer = URLLib3Session(timeout=_TIMEOUT).send(AWSRequest("GET", url).prepare())
    except BotoCoreError as error:
        raise AccessError(f"No answer from {url}. Check --service-url and the network.") from error
    if answer.status_code != 200:
        raise AccessError(f"{url} answered {answer.status_code}. Check --service-url, and deploy 2.0.0 or later there.")
    return bytes(answer.content)
