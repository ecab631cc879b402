"""CloudWatch's metric math, those functions that the alarms use, and the verdict of an alarm on given series.

A series holds one value per period, and None where nothing was reported. As on AWS, a calculation with a missing value
or a division by zero has no value; FILL gives one.
"""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

type Json = dict[str, Any]
type Value = float | None
type Series = Sequence[Value]

_OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.And: lambda left, right: float(bool(left and right)),
    ast.Or: lambda left, right: float(bool(left or right)),
}
_BREACHES: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


def computed(expression: str, values: Mapping[str, Value]) -> Value:
    """Return the value of an expression for one period. Raises KeyError for a function or metric that is unknown."""
    words = expression.replace(" AND ", " and ").replace(" OR ", " or ")
    return _value(ast.parse(words, mode="eval").body, values)


def _value(node: ast.expr, values: Mapping[str, Value]) -> Value:
    match node:
        case ast.Constant(value=int() | float()) | ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
            return float(ast.literal_eval(node))
        case ast.Name(id=name):
            return values[name]
        case ast.Call(func=ast.Name(id="FILL"), args=[metric, instead]):
            known = _value(metric, values)
            return _value(instead, values) if known is None else known
        case ast.Call(func=ast.Name(id="IF"), args=[condition, yes, no]):
            verdict = _value(condition, values)
            return None if verdict is None else _value(yes if verdict else no, values)
        case (
            ast.BinOp(left=left, op=operation, right=right)
            | ast.Compare(left=left, ops=[operation], comparators=[right])
            | ast.BoolOp(op=operation, values=[left, right])
        ):
            return _applied(type(operation), _value(left, values), _value(right, values))
    raise KeyError(ast.unparse(node))


def _applied(operation: type, left: Value, right: Value) -> Value:
    if left is None or right is None or (operation is ast.Div and right == 0):
        return None
    return float(_OPERATORS[operation](left, right))


def is_raised(alarm: Json, **series: Series) -> bool:
    """Return whether an alarm is in alarm after these periods, of which it looks at the newest ones.

    The series are named by the ids of the alarm's metrics; a plain alarm's is ``metric``.
    """
    lengths = {len(each) for each in series.values()}
    (length,) = lengths
    periods = [{name: each[at] for name, each in series.items()} for at in range(length)]
    evaluated = int(alarm["EvaluationPeriods"])
    newest = periods[-evaluated:]
    assert len(newest) == evaluated
    needed = int(alarm.get("DatapointsToAlarm") or evaluated)
    return sum(_breaches(alarm, values) for values in newest) >= needed


def _breaches(alarm: Json, values: Mapping[str, Value]) -> bool:
    (expression,) = [query["Expression"] for query in alarm.get("Metrics", ()) if "Expression" in query] or ["metric"]
    value = computed(expression, values)
    if value is None:
        return bool(alarm["TreatMissingData"] == "breaching")
    return _BREACHES[alarm["ComparisonOperator"]](value, float(alarm["Threshold"]))
