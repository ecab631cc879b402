"""One line a request: its outcome, in CloudWatch's embedded metric format, so that it is counted as well.

It holds nothing of a visitor: no body, path, origin, userId, decision ``id`` or ``consentId``. The only dimension is
the service's name (POWERTOOLS_SERVICE_NAME), for every further one would be a metric of its own on the bill.
"""

from collections.abc import Callable
from functools import wraps
from traceback import format_tb
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from consent_core import startup


class Telemetry:
    """A function's logger and metrics. Made when the function starts; nothing is shared with another function."""

    def __init__(self) -> None:
        self.logger = Logger(location=None)  # it would always name this module
        self.metrics = EphemeralMetrics()
        self._request: dict[str, object] = {}

    def observed[E, R](self, handler: Callable[[E, Any], R]) -> Callable[[E, Any], R]:
        """Give a Lambda handler that prints its outcome at the end, with its request's id.

        It ends the start of a function: nothing may be loaded after it.
        """
        startup.end()

        @wraps(handler)
        def with_request_id(event: E, context: Any) -> R:  # noqa: ANN401 - Lambda's, which has no type
            self._request = {"function_request_id": context.aws_request_id}
            return handler(event, context)

        printed: Callable[[E, Any], R] = self.metrics.log_metrics(with_request_id)
        return printed

    def about(self, widget_id: int) -> None:
        """Put the widget on the lines of this request."""
        self._request["widgetId"] = widget_id

    def outcome(self, name: str, **facts: object) -> None:
        """Count ``name`` once, with its facts on the line: the status of an answer, the widgets of a batch."""
        self.count(name, 1)
        for fact, value in {"level": "INFO", "message": name, **self._request, **facts}.items():
            self.metrics.add_metadata(fact, value)

    def count(self, name: str, number: int) -> None:
        """Count ``name`` several times, beside the outcome."""
        self.metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)

    def bug(self, error: Exception) -> None:
        """Log where an unexpected error came from, without its message: that may quote the request."""
        facts = {**self._request, "error": type(error).__name__, "stack": format_tb(error.__traceback__)}
        self.logger.error("Bug", extra=facts)
