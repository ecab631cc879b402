"""The cost of storing a proof: write units, and requests to the store."""

import io
import math
from contextlib import redirect_stdout

from bench.report import Table, against
from bench.tables import Json, decision, event, proof, published
from tests.handlers import LambdaContext, load_handler

TARGETS = {2: 1, 10: 3}


def measure(_rounds: int) -> list[Table]:
    table = Table("A proof", ("services", "bytes of the item", "write units"))
    for services in (1, 2, 4, 8, 10, 20, 40):
        size = size_of(proof(services))
        units = math.ceil(size / 1024)
        table.add(str(services), f"{size:,}", against(units, TARGETS[services]) if services in TARGETS else f"{units}")
    table.notes.append("The size is what DynamoDB's documentation says of it; a write unit is 1 KB begun.")
    asked = requests_of_a_post()
    table.notes.append(f"Requests of a POST while `live` is fresh and the version known: {', '.join(asked)}.")
    assert asked == ["PutItem"]
    return [table]


def size_of(item: Json) -> int:
    """Bytes of an item in DynamoDB's JSON: names and values, and 3 + 1 for each entry of a map or list."""
    return sum(len(name.encode()) + _value(value) for name, value in item.items())


def _value(attribute: Json) -> int:
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return len(str(value).encode())
        case "N":  # two significant digits a byte, and one for the exponent
            digits = str(value).lstrip("-").strip("0") or "0"
            return math.ceil(len(digits) / 2) + 1 + str(value).startswith("-")
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value(member) for name, member in value.items())
        case "L":
            return 3 + sum(1 + _value(entry) for entry in value)
    return 1  # BOOL, NULL


def requests_of_a_post() -> list[str]:
    """Return the requests that the real handler makes to the store for a second decision."""
    store = published(8)
    with redirect_stdout(io.StringIO()):
        function = load_handler(
            "consent_collect",
            AWS_DEFAULT_REGION="eu-west-1",
            POWERTOOLS_METRICS_NAMESPACE="ConsentPlatform",
            POWERTOOLS_SERVICE_NAME="consent_collect",
            WIDGETS_TABLE="WidgetsTable",
            CONSENTS_TABLE="ConsentsTable",
            ORIGIN_VERIFY="off",
        )
        for table in (function.WIDGETS, function.CONSENTS):
            table._client = store
        for _ in range(2):
            store.asked.clear()
            answer = function.handler(event("collect", body=decision(8)), LambdaContext())
            assert answer["statusCode"] == 201, answer
    return store.asked
