"""Starting: processor time from a bare Python to a handler that is ready, and what that leaves in memory."""

from bench import contest, layout, stub
from bench.report import Table, against
from bench.tables import proof

SERVICES = 8
TARGETS = {"widget_settings": 0.75, "consent_collect": 1.05}
COLLECTION = 1.0  # ms


def measure(rounds: int) -> list[Table]:
    with stub.serving(SERVICES) as store, layout.floor(proof(SERVICES)) as floors:
        functions = {"floor": floors["floor_get"]} | {each.name: each for each in layout.built()}
        found = contest.starts(functions, store.environment, rounds)
    table = Table(
        f"Start-up ({rounds} fresh processes of each, taking turns)",
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
    return [table]
