"""Logs and metrics: one line per request with its outcome, in CloudWatch's embedded metric format.

A line contains no data that identifies a visitor: no body, path, origin, userId, decision ``id`` or ``consentId``. The
only dimension is the service's name (POWERTOOLS_SERVICE_NAME), because each further one is billed as a new metric.
"""

from collections.abc import Callable
from functools import wraps
from traceback import format_tb
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from consent_core import startup

_MOST_CALLS = 30  # of a stack: a recursion without an end has a thousand


class Telemetry:
    """A function's logger and metrics. It is made when the function starts, and not shared between functions."""

    def __init__(self) -> None:
        self.logger = Logger(location=None)  # the location would always be this module
        self.metrics = EphemeralMetrics()
        self._request: dict[str, object] = {}

    def observed[E, R](self, handler: Callable[[E, Any], R]) -> Callable[[E, Any], R]:
        """Return a Lambda handler that prints its outcome at the end, with the request's id.

        It also ends the function's start-up (``startup.end``): load all modules before.
        """
        startup.end()

        @wraps(handler)
        def with_request_id(event: E, context: Any) -> R:  # noqa: ANN401 - Lambda's context has no type
            self._request = {"function_request_id": context.aws_request_id}
            return handler(event, context)

        printed: Callable[[E, Any], R] = self.metrics.log_metrics(with_request_id)
        return printed

    def about(self, widget_id: int) -> None:
        """Add the widget's id to the lines of this request."""
        self._request["widgetId"] = widget_id

    def outcome(self, name: str, **facts: object) -> None:
        """Count ``name`` once, and print ``facts`` beside it: the status of a response, the widgets of a batch."""
        self.count(name, 1)
        for fact, value in {"level": "INFO", "message": name, **self._request, **facts}.items():
            self.metrics.add_metadata(fact, value)

    def count(self, name: str, number: int) -> None:
        """Count ``name`` ``number`` times, in addition to the outcome."""
        self.metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)

    def bug(self, error: Exception) -> None:
        """Log type and innermost calls of an unexpected error, without its message, which may quote the request."""
        facts = {**self._request, "error": type(error).__name__, "stack": format_tb(error.__traceback__)[-_MOST_CALLS:]}
        self.logger.error("Bug", extra=facts)
