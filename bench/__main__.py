"""``make bench``: every figure beside its floor or rival, measured in the same run."""

import argparse
import importlib
import os
import platform
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

PARTS = {
    "startup": 15,
    "warm": 15,
    "dearest": 9,
    "definitions": 3,
    "proofs": 1,
    "sizes": 1,
    "services": 3,
    "widgets": 7,
    "preview": 10,
    "load": 1,
    "cost": 1,
    "scale": 1,
    "flood": 1,
}
"""The parts in their order, and how many rounds each measures."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", default="", help=f"parts, with commas between them: {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, help="rounds of each part, instead of its own number")
    options = parser.parse_args()
    chosen = options.only.split(",") if options.only else [*PARTS]
    if unknown := set(chosen) - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    print(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, Python {platform.python_version()}, {platform.platform()}, ", end=""
    )
    print(f"{os.cpu_count()} processors ({processor()}), load {os.getloadavg()[0]:.1f}\n", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # and with us all that we have started
    for name in chosen:
        begun = time.monotonic()
        for table in importlib.import_module(f"bench.{name}").measure(options.rounds or PARTS[name]):
            print(f"{table}\n", flush=True)
        sys.stderr.write(f"({name}: {time.monotonic() - begun:.0f} s)\n")


def processor() -> str:
    """Return Linux's name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    main()
