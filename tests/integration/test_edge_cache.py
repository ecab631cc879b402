"""A cache with the template's cache key before the API.

No spelling of a path keeps settings that were invalidated, and visitors of every place share what is kept.

nginx stands in for CloudFront. The key comes from the template; the path in it is the one that was sent.
"""

import http.client
import json
import re
import socket
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from consent_core.edge import paths_of
from consent_core.publishing.changes import publish
from consent_core.publishing.definitions import definition_from_json
from consent_ops.stack import Stack
from local import ROOT
from tests.local_process import TIMEOUT, LocalStack

WIDGET = 4744
FOLDER = "/v1/client/cookie-widget-settings/"
SPELLED = ("%34744", "4%374%34", "4744/", "4744%2F", "/4744", "./4744", "x/../4744", "4744;x", "04744", "4744%20")
ORIGIN = "https://shop.example"

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr notice;
events {{}}
http {{
  log_format origin $request_uri;
  access_log {folder}/origin origin if=$upstream_addr;  # what the API was asked for
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  proxy_cache_path {folder}/cache keys_zone=edge:1m;
  map $request_uri $sent_path {{ ~^(?<path>[^?]*) $path; }}
  server {{
    listen unix:{folder}/socket;
    location / {{
      proxy_pass {api};
      proxy_cache edge;
      proxy_cache_key "{key}";
      proxy_ignore_headers Vary;  # Origin is in the key
      add_header X-Cache $upstream_cache_status always;
    }}
  }}
}}
"""


class Connection(http.client.HTTPConnection):
    """A connection to a socket in the file system: no other process can take its place."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(str(self._path))


class Cache:
    """A cache that runs in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, path: str, **headers: str) -> tuple[int, str | None, Any]:
        connection = Connection(self._folder / "socket")
        connection.request("GET", f"{path}?key=demo-public-key-44", headers={"Origin": ORIGIN, **headers})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, answer.headers["X-Cache"], json.loads(body).get("label") if answer.status == 200 else None

    def asked(self) -> list[str]:
        """Return the requests that have reached the origin."""
        return (self._folder / "origin").read_text("utf-8").splitlines()

    def entries(self) -> int:
        return len(list((self._folder / "cache").iterdir()))

    def invalidate(self, patterns: tuple[str, ...]) -> None:
        for entry in (self._folder / "cache").iterdir():
            (key,) = re.findall(rb"^KEY: (\S+)", entry.read_bytes(), re.MULTILINE)
            path = key.decode().partition("|")[0]
            if any(fnmatchcase(f"{path}?", pattern) or path == pattern for pattern in patterns):
                entry.unlink()


@pytest.fixture
def cache(local_stack: LocalStack, resources: Mapping[str, Any], tmp_path: Path) -> Iterator[Cache]:
    policy = resources["SettingsCachePolicy"]["Properties"]["CachePolicyConfig"]
    parts = policy["ParametersInCacheKeyAndForwardedToOrigin"]
    queries = [f"$arg_{name}" for name in parts["QueryStringsConfig"]["QueryStrings"]]
    headers = [f"$http_{name.lower()}" for name in parts["HeadersConfig"]["Headers"]]
    nginx = subprocess.check_output([ROOT / "tests" / "integration" / "find-nginx"], text=True).strip()  # noqa: S603 - ours
    written = CONFIGURATION.format(
        folder=tmp_path,
        api=f"http://{urlsplit(local_stack.api).netloc}",
        key="|".join(["$sent_path", *queries, *headers]),
    )
    (tmp_path / "nginx.conf").write_text(written)
    command: list[str | Path] = [nginx, "-p", tmp_path, "-c", tmp_path / "nginx.conf"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        try:
            assert process.stderr is not None
            assert any("event method" in line for line in process.stderr)  # it listens
            yield Cache(tmp_path)
        finally:
            process.terminate()


def published(stack: LocalStack, label: str) -> None:
    definition = json.loads((ROOT / "local" / "widgets" / "44.json").read_text("utf-8"))
    widgets = Stack(stack.aws).widgets()
    made = definition_from_json(json.dumps({**definition, "id": WIDGET, "label": label}))
    publish(widgets, made, actor="test", now=datetime.now(UTC))


def test_no_spelling_of_a_path_keeps_settings_that_were_invalidated(local_stack: LocalStack, cache: Cache) -> None:
    path = f"{FOLDER}{WIDGET}"
    spelled = [f"{FOLDER}{each}" for each in SPELLED]
    published(local_stack, "old")
    assert [cache.get(path), cache.get(path)] == [(200, "MISS", "old"), (200, "HIT", "old")]
    assert {cache.get(each)[0] for each in spelled} <= {308, 400, 404}

    published(local_stack, "new")
    assert cache.get(path) == (200, "HIT", "old")
    cache.invalidate(paths_of(WIDGET))
    assert cache.get(path) == (200, "MISS", "new")
    assert {cache.get(each)[2] for each in spelled} == {None}


PLACES = ("FR", "DE", "GB", "CH", "US-CA", "US-TX", "US", "CA-QC", "CA-ON", "BR", "JP", "AU")


def test_visitors_of_twelve_places_share_one_entry_and_one_request_to_the_origin(
    local_stack: LocalStack, resources: Mapping[str, Any], cache: Cache
) -> None:
    policy = resources["LocationHeaders"]["Properties"]["OriginRequestPolicyConfig"]
    country, part = policy["HeadersConfig"]["Headers"]
    assert (country, part) == ("CloudFront-Viewer-Country", "CloudFront-Viewer-Country-Region")
    published(local_stack, "shared")
    answers = [
        cache.get(f"{FOLDER}{WIDGET}", **dict(zip((country, part), place.split("-"), strict=False))) for place in PLACES
    ]
    assert answers == [(200, "MISS", "shared"), *[(200, "HIT", "shared")] * 11]
    assert cache.entries() == 1
    assert len(cache.asked()) == 1
