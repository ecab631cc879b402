"""Invalidation of the settings that CloudFront has cached. The only module that talks to CloudFront."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from botocore.config import Config

from consent_core import aws

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient

_CACHED = ("/v1/client/cookie-widget-settings/", "/v1/client/first-screen/", "/v1/client/declaration/")
_CLIENT = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})


def connect() -> "CloudFrontClient":
    """Create a client; credentials and endpoint come from the environment."""
    client: CloudFrontClient = aws.client("cloudfront", _CLIENT)
    return client


class Edge:
    """A CloudFront distribution."""

    def __init__(self, client: "CloudFrontClient", *, distribution_id: str) -> None:
        self._client = client
        self._distribution_id = distribution_id

    def invalidate(self, widget_ids: Iterable[int], *, reference: str) -> bool:
        """Invalidate all that is cached of these widgets, at most five widgets at once.

        A repeated call with the same ``reference`` and widgets is the same invalidation. Return False if CloudFront has
        too many invalidations in progress: repeat the call later.
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


def paths_of(widget_id: int) -> tuple[str, ...]:
    """Return the paths that match one widget with any query, and no other widget: 43, not 430.

    An invalidation covers all header variants of a path.
    """
    return tuple(f"{path}{widget_id}{query}" for path in _CACHED for query in ("", "?*"))
