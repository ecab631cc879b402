"""The format in which dates are stored and shown."""

from datetime import UTC, datetime


def timestamp(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC with milliseconds, as browsers write it: ``2020-05-19T16:54:03.272Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
