"""Starting: processor time from a bare Python to a handler that is ready, to the first answer, and what that leaves."""

from dataclasses import replace

from bench import contest, layout, stub
from bench.contest import Sample
from bench.layout import Function
from bench.report import Table, against
from bench.tables import decision, event, proof

SERVICES = 8
TARGETS = {"widget_settings": 0.75, "consent_collect": 1.05}
COLLECTION = 1.0  # ms
EARLY = ", connected early"


def measure(rounds: int) -> list[Table]:
    events = {"widget_settings": event("settings"), "consent_collect": event("collect", body=decision(SERVICES))}
    with stub.serving(SERVICES) as store, layout.floor(proof(SERVICES)) as floors:
        ours = {each.name: each for each in layout.built()}
        early = {name + EARLY: _connected_early(ours[name]) for name in events}
        functions = {"floor": floors["floor_get"], **ours, **early}
        calls = {**events, **{name + EARLY: each for name, each in events.items()}, "floor": events["widget_settings"]}
        found = contest.starts(functions, calls, store.environment, rounds)
    return [
        _starts({name: found[name] for name in ("floor", *ours)}),
        _first_answers({name: found[name] for name in calls}),
    ]


def _connected_early(function: Function) -> Function:
    """As Lambda starts it, but for the restored copies of a snapshot."""
    return replace(function, variables={**function.variables, "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"})


def _starts(found: dict[str, list[Sample]]) -> Table:
    table = Table(
        f"Start-up ({len(found['floor'])} fresh processes of each, taking turns)",
        ("function", "CPU ms", "of the floor", "wall ms", "full collection ms", "peak RSS MB"),
    )
    for name, samples in found.items():
        cpu, wall, collection, rss = (contest.middle(samples, what) for what in ("cpu", "wall", "collection", "rss"))
        share = contest.ratio(samples, found["floor"], "cpu")
        table.add(
            name,
            f"{cpu:.0f}",
            against(share, TARGETS[name]) if name in TARGETS else f"{share:.2f}",
            f"{wall:.0f}",
            f"{collection:.1f}" if name == "floor" else against(collection, COLLECTION),
            f"{rss:.0f}",
        )
    table.notes.append("Floor: `import json, boto3; boto3.client('dynamodb')`, compiled, with all of botocore's data.")
    return table


def _first_answers(found: dict[str, list[Sample]]) -> Table:
    table = Table(
        "To the first answer",
        ("function", "start, CPU ms", "first request, CPU ms", "first request, wall ms", "both, CPU, of the floor"),
    )
    for name, samples in sorted(found.items(), key=lambda each: (each[0] != "floor", each[0])):
        start, cpu, wall = (contest.middle(samples, what) for what in ("cpu", "first cpu", "first wall"))
        both = contest.ratio([_both(each) for each in samples], [_both(each) for each in found["floor"]], "cpu")
        table.add(name, f"{start:.0f}", f"{cpu:.1f}", f"{wall:.1f}", f"{both:.2f}")
    table.notes.append(
        "A first request opens the connection, unless that was done early. Lambda lends a start a whole processor, and "
        "a request with 512 MB 0.29 of one: there a first request's CPU takes 3.5 times as long."
    )
    return table


def _both(sample: Sample) -> Sample:
    return {"cpu": sample["cpu"] + sample["first cpu"]}
