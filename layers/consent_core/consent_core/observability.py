"""One log line and one metric a request.

Neither holds anything of a visitor: no body, path, origin, userId, decision ``id`` or ``consentId``. The only dimension
is the service's name (POWERTOOLS_SERVICE_NAME), for every further one would be a metric of its own on the bill.
"""

from collections.abc import Callable
from traceback import format_tb

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit


class Telemetry:
    """A function's logger and metrics. Made when the function starts; nothing is shared with another function."""

    def __init__(self) -> None:
        self.logger = Logger(location=None)  # it would always name this module
        self.metrics = EphemeralMetrics()

    def observed[**P, R](self, handler: Callable[P, R]) -> Callable[P, R]:
        """Give a Lambda handler that logs with its request's id and prints its metrics at the end."""
        logged: Callable[P, R] = self.logger.inject_lambda_context(self.metrics.log_metrics(handler), clear_state=True)
        return logged

    def about(self, widget_id: int) -> None:
        """Put the widget on every further log line of this request."""
        self.logger.append_keys(widgetId=widget_id)

    def outcome(self, name: str, **facts: object) -> None:
        """Count ``name`` once and log it with its facts: the status of an answer, the widgets of a batch."""
        self.metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)
        self.logger.info(name, extra=facts)

    def count(self, name: str, number: int) -> None:
        """Count ``name`` several times, without a log line of its own."""
        self.metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)

    def bug(self, error: Exception) -> None:
        """Log where an unexpected error came from, without its message: that may quote the request."""
        self.logger.error("Bug", error=type(error).__name__, stack=format_tb(error.__traceback__))
