"""An export of a day that has ten times as many proofs takes ten times as long, and no more memory."""

import itertools
import os
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from consent_core.archive.objects import Archive, Lane, Line
from consent_ops.stack import Stack
from local import ROOT, embedded_aws

FEW, MANY, AT_ONCE = 10_000, 100_000, 1_000
DAYS = {FEW: "2026-11-01", MANY: "2026-11-02"}
MEGABYTE = 1024  # kilobytes, in which the system counts
MEASURED = """
import atexit, resource, runpy
atexit.register(lambda: print("PEAK", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
runpy.run_module("ops", run_name="__main__")
"""


@pytest.fixture(scope="module")
def aws(embedded: str, resources: Mapping[str, Any]) -> str:
    """An AWS whose archive has a day of few proofs and one of many; a tenth of them is there twice."""
    embedded_aws.create_bucket(resources)
    archive = Stack(embedded).archive()
    for number, day in DAYS.items():
        fill(archive, day, number)
    return embedded


def fill(archive: Archive, day: str, number: int) -> None:
    lane = Lane(archive, 0)
    repeated = range(number // 10)
    for batch in itertools.batched(itertools.chain(range(number), repeated), AT_ONCE, strict=False):
        lane.append(43, day, [line(day, index) for index in batch])


def line(day: str, index: int) -> Line:
    name = str(uuid.UUID(int=index + 1))
    at = f"{day}T10:00:00.000Z"
    services = [
        {"id": name, "name": f"Service {place}", "slug": f"service-{place}", "consent": True, "purpose": 3, "date": at}
        for place in range(4)
    ]
    return {
        "id": name,
        "consentId": name,
        "widgetId": 43,
        "date": at,
        "dateExpiration": at,
        "typeDevice": 1,
        "consents": {"lang": "fr", "versionKey": name, "cookieConsents": services},
        "requestHash": name * 2,
        "eventId": name,
    }


def exported(aws: str, number: int, kind: str, folder: Path) -> int:
    """Export a day in a process of its own; return its peak memory in kilobytes."""
    day = DAYS[number]
    options = ["--widget", "43", "--from", day, "--to", day, "--format", kind, "--output", str(folder)]
    finished = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", MEASURED, "--endpoint-url", aws, "export", *options],
        cwd=ROOT,
        env=os.environ.copy(),
        capture_output=True,
        text=True,
        check=True,
    )
    said, peak = finished.stdout.splitlines()
    assert said == f"Proofs: {number}. Files written: 1, already there: 0."
    return int(peak.removeprefix("PEAK "))


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_ten_times_the_proofs_need_no_more_memory(aws: str, tmp_path: Path, kind: str) -> None:
    few = exported(aws, FEW, kind, tmp_path)
    many = exported(aws, MANY, kind, tmp_path)
    # Ninety thousand proofs more are 78 MB of JSON, and several times as much as objects of Python.
    assert many - few < 64 * MEGABYTE, f"{few // MEGABYTE} MB, then {many // MEGABYTE} MB"
