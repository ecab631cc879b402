"""Both tables of a stack whose tables are named by their logical ids, as in ``sam local``."""

from typing import TYPE_CHECKING, NamedTuple

from consent_core.consent_table import ConsentTable
from consent_core.widget_table import WidgetTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Tables(NamedTuple):
    """The two tables."""

    widgets: WidgetTable
    consents: ConsentTable


def tables(client: "DynamoDBClient") -> Tables:
    """Open both tables with one client."""
    return Tables(WidgetTable(client, "WidgetsTable"), ConsentTable(client, "ConsentsTable"))
