"""The distribution's copies of settings. The only module that talks to CloudFront."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from botocore.config import Config

from consent_core import aws

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient

_SETTINGS = "/v1/client/cookie-widget-settings/"
_CLIENT = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})


def connect() -> "CloudFrontClient":
    """Make a client; credentials and endpoint are the environment's."""
    client: CloudFrontClient = aws.client("cloudfront", _CLIENT)
    return client


class Edge:
    """One distribution."""

    def __init__(self, client: "CloudFrontClient", *, distribution_id: str) -> None:
        self._client = client
        self._distribution_id = distribution_id

    def invalidate(self, widget_ids: Iterable[int], *, reference: str) -> bool:
        """Have all copies of these widgets' settings forgotten, at most 15 widgets at once.

        Called again with the same ``reference`` and widgets, it is the same invalidation. False: CloudFront is busy
        with others, ask again later.
        """
        paths = [path for widget_id in widget_ids for path in paths_of(widget_id)]
        with aws.errors():
            try:
                self._client.create_invalidation(
                    DistributionId=self._distribution_id,
                    InvalidationBatch={
                        "Paths": {"Quantity": len(paths), "Items": paths},
                        "CallerReference": reference,
                    },
                )
            except self._client.exceptions.TooManyInvalidationsInProgress:
                return False
        return True


def paths_of(widget_id: int) -> tuple[str, str]:
    """Everything of one widget and nothing of another: 43 with any query, not 430. Headers do not count in a path."""
    return f"{_SETTINGS}{widget_id}", f"{_SETTINGS}{widget_id}?*"
