"""A warm request: the handler's own time around one request to a store that answers at once."""

from bench import contest, layout, stub
from bench.report import Table, against
from bench.tables import decision, event, proof

SERVICES = 8
TIMES = 100  # calls of each in a round
TARGETS = {"widget_settings": 1.0, "consent_collect": 1.15}


def measure(rounds: int) -> list[Table]:
    get, post = event("settings"), event("collect", body=decision(SERVICES))
    with stub.serving(SERVICES) as store, layout.floor(proof(SERVICES)) as floors:
        ours = {each.name: each for each in layout.built()}
        contestants = {
            "floor, GET": (floors["floor_get"], get),
            "widget_settings": (ours["widget_settings"], get),
            "limit, GET": (floors["limit_get"], get),
            "floor, POST": (floors["floor_post"], post),
            "consent_collect": (ours["consent_collect"], post),
            "limit, POST": (floors["limit_post"], post),
        }
        found = contest.calls(contestants, store.environment, rounds=rounds, times=TIMES)
    table = Table(
        f"Warm requests ({rounds} rounds of {TIMES}, taking turns)",
        ("", "CPU µs", "of the floor, CPU", "wall µs", "of the floor, wall", "peak RSS MB"),
    )
    for name, samples in found.items():
        floor = found["floor, GET" if contestants[name][1] is get else "floor, POST"]
        cpu, wall = (contest.ratio(samples, floor, what) for what in ("cpu", "wall"))
        table.add(
            name,
            f"{contest.middle(samples, 'cpu') * 1000:.0f}",
            against(cpu, TARGETS[name]) if name in TARGETS else f"{cpu:.2f}",
            f"{contest.middle(samples, 'wall') * 1000:.0f}",
            against(wall, TARGETS[name]) if name in TARGETS else f"{wall:.2f}",
            f"{max(sample['rss'] for sample in samples):.0f}",
        )
    table.notes.append(
        "Floor: boto3 and json, the same GetItem or PutItem (8 services, a native map that is ready), over TLS on a "
        "kept connection. Limit: signed by hand, over http.client."
    )
    return [table]
