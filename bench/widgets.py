"""The window beside others: what a page loads, and what it costs the browser until the visitor sees it.

One Chromium, one server, the same page; each visit is a browser's first. The processor is slowed down four times.
"""

import json
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from bench.report import Table, against, progress
from bench.services import NODE, NODE_ENVIRONMENT, RIVALS, install
from bench.tables import KEY, WIDGET, published
from local import ROOT
from tests.browser.conftest import FLAGS

PACKAGES = RIVALS / "node_modules"
SIZE = 0.93
SLOWER = 4
TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
SETTLED = 0.5  # seconds after the window is seen

TEXT = "<p>What a shop says of what it sells, long enough to be a page.</p>" * 20
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,"><script>
window.measured = {{shift: 0, long: 0}};
new PerformanceObserver(list => list.getEntries().forEach(each => measured.shift += each.value))
  .observe({{type: 'layout-shift', buffered: true}});
new PerformanceObserver(list => measured.long += list.getEntries().length)
  .observe({{type: 'longtask', buffered: true}});
const seen = () => {{
  const found = ({find})();
  if (found?.checkVisibility({{opacityProperty: true, visibilityProperty: true}}) && found.offsetHeight > 20)
    measured.visible = performance.now(), console.debug('seen');
  else requestAnimationFrame(seen);
}};
requestAnimationFrame(seen);
</script>{head}</head><body>{body}{text}</body></html>"""

SERVICES = range(8)


@dataclass(frozen=True, slots=True)
class Widget:
    """``files`` are served below ``/NAME/``; the clock starts with the first, a script. ``find`` finds the window."""

    name: str
    files: Mapping[str, Path]
    find: str
    head: str
    body: str = ""


def ours(settings: Path) -> Widget:
    first, second = (ROOT / "functions" / "widget_sdk" / name for name in ("dastra.js", "details.js"))
    second_address = re.findall(r"/(sdk/\w+/details\.js)", first.read_text("utf-8"))[0]
    return Widget(
        "ours",
        {"sdk/dastra.js": first, f"v1/client/cookie-widget-settings/{WIDGET}": settings, second_address: second},
        "() => document.getElementById('dastra-consent-window')?.shadowRoot?.querySelector('dialog[open]')",
        f'<script src="/ours/sdk/dastra.js?key={KEY}" async></script>',
        f'<div id="dastra-cookie-consent" data-widgetid="{WIDGET}" data-lang="en"></div>',
    )


def vanilla() -> Widget:
    services = {f"service-{number}": {"label": f"Service number {number}"} for number in SERVICES}
    sections = [
        {"title": title, "description": "What these are for.", "linkedCategory": category}
        for title, category in (("Necessary", "necessary"), ("Analytics", "analytics"), ("Marketing", "marketing"))
    ]
    buttons = {"acceptAllBtn": "Accept all", "acceptNecessaryBtn": "Reject all"}
    texts = {
        "consentModal": {
            "title": "Your choice",
            "description": "We would like to use services of other companies.",
            "showPreferencesBtn": "Settings",
            **buttons,
        },
        "preferencesModal": {"title": "Settings", "savePreferencesBtn": "Save", "sections": sections, **buttons},
    }
    settings = {
        "hideFromBots": False,  # our browser says that it is driven
        "categories": {
            "necessary": {"enabled": True, "readOnly": True},
            "analytics": {"services": dict(list(services.items())[:4])},
            "marketing": {"services": dict(list(services.items())[4:])},
        },
        "language": {"default": "en", "translations": {"en": texts}},
    }
    dist = PACKAGES / "vanilla-cookieconsent" / "dist"
    return Widget(
        "vanilla-cookieconsent 3.1.0",
        {"cookieconsent.umd.js": dist / "cookieconsent.umd.js", "cookieconsent.css": dist / "cookieconsent.css"},
        "() => document.querySelector('#cc-main .cm')",
        '<link rel="stylesheet" href="/vanilla-cookieconsent 3.1.0/cookieconsent.css">'
        f"<script>const start = () => CookieConsent.run({json.dumps(settings)});</script>"
        '<script src="/vanilla-cookieconsent 3.1.0/cookieconsent.umd.js" async onload="start()"></script>',
    )


def klaro() -> Widget:
    services = [
        {
            "name": f"service-{number}",
            "title": f"Service number {number}",
            "purposes": [("analytics", "marketing")[number % 2]],
        }
        for number in SERVICES
    ]
    settings = {"lang": "en", "acceptAll": True, "privacyPolicy": "/privacy", "services": services}
    return Widget(
        "klaro 0.7.22",
        {"klaro.js": PACKAGES / "klaro" / "dist" / "klaro.js"},
        "() => document.querySelector('.klaro .cookie-notice')",
        f"<script>window.klaroConfig = {json.dumps(settings)};</script>"
        '<script src="/klaro 0.7.22/klaro.js" async></script>',
    )


def tarteaucitron() -> Widget:
    package = PACKAGES / "tarteaucitronjs"
    known = ("youtube", "vimeo", "dailymotion", "facebook", "twitter", "pinterest", "hotjar", "matomo")
    jobs = "".join(f"tarteaucitron.job.push('{name}');" for name in known)
    start = "tarteaucitron.job = []; tarteaucitron.init({privacyUrl: '', hashtag: '#tac', cookieName: 'tac', "
    start += "orientation: 'middle', highPrivacy: true, showIcon: false, DenyAllCta: true, AcceptAllCta: true}); "
    names = (
        "tarteaucitron.min.js",
        "css/tarteaucitron.min.css",
        "lang/tarteaucitron.en.min.js",
        "tarteaucitron.services.min.js",
    )
    return Widget(
        "tarteaucitron 1.34.0",
        {name: package / name for name in names},
        "() => document.getElementById('tarteaucitronAlertBig')",
        f"<script>window.tarteaucitronForceLanguage = 'en'; const start = () => {{ {start}{jobs} }};</script>"
        '<script src="/tarteaucitron 1.34.0/tarteaucitron.min.js" async onload="start()"></script>',
    )


def c15t(folder: Path) -> Widget:
    bundle = folder / "c15t.js"
    program = PACKAGES / "esbuild" / "bin" / "esbuild"
    options = ["--bundle", "--minify", "--format=iife", "--jsx=automatic", "--define:process.env.NODE_ENV='production'"]
    options[-1] = '--define:process.env.NODE_ENV="production"'
    subprocess.run(  # noqa: S603 - a locked package
        [NODE, program, RIVALS / "c15t-window.jsx", *options, f"--outfile={bundle}", "--log-level=error"],
        check=True,
        env=NODE_ENVIRONMENT,
    )
    return Widget(
        "c15t 2.2.1 with React",
        {"c15t.js": bundle, "c15t.css": bundle.with_suffix(".css")},
        "() => document.querySelector('[data-testid=\"consent-banner-card\"]')",
        '<link rel="stylesheet" href="/c15t 2.2.1 with React/c15t.css">'
        '<script src="/c15t 2.2.1 with React/c15t.js" defer></script>',
    )


BARE = Widget("the page without any", {}, "() => document.body", "")


def measure(rounds: int) -> list[Table]:
    with TemporaryDirectory() as place:
        folder = Path(place)
        settings = folder / "settings.json"
        body = next(item["body"]["S"] for name, item in published(len(SERVICES)).items.items() if name.endswith("#en"))
        settings.write_text(body, "utf-8")
        install()
        widgets = [ours(settings), vanilla(), klaro(), tarteaucitron(), c15t(folder)]
        packed = {widget.name: pack(widget, folder) for widget in widgets}
        with serving([BARE, *widgets], packed) as url, sync_playwright() as playwright:
            found = subprocess.check_output([ROOT / "tests" / "browser" / "find-chromium"], text=True)  # noqa: S603
            browser = playwright.chromium.launch(executable_path=found.strip(), args=FLAGS)
            visits: dict[str, list[dict[str, float]]] = {widget.name: [] for widget in (BARE, *widgets)}
            for number in range(rounds):
                for widget in (BARE, *widgets):
                    progress(f"round {number + 1} of {rounds}: {widget.name}")
                    visits[widget.name].append(visit(browser, url, widget))
            version = browser.version
            browser.close()
    return [_sizes(packed), _visits(visits, version)]


def pack(widget: Widget, folder: Path) -> dict[str, bytes]:
    """Compress each file as an edge does."""
    into = folder / f"packed {widget.name}"
    into.mkdir()
    subprocess.run([NODE, RIVALS / "pack.mjs", into, *widget.files.values()], check=True, env=NODE_ENVIRONMENT)  # noqa: S603
    return {name: (into / str(index)).read_bytes() for index, name in enumerate(widget.files)}


@contextmanager
def serving(widgets: Sequence[Widget], packed: Mapping[str, Mapping[str, bytes]]) -> Iterator[str]:
    """Serve a page for each widget, and its files, for as long as the context lasts."""
    pages = {
        f"/{widget.name}/": PAGE.format(find=widget.find, head=widget.head, body=widget.body, text=TEXT).encode()
        for widget in widgets
    }
    files = {f"/{name}/{file}": content for name, each in packed.items() for file, content in each.items()}
    # Our script finds its service at its own origin.
    files |= {path.removeprefix("/ours"): content for path, content in files.items() if path.startswith("/ours/")}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path.replace("%20", " ")
            content = pages.get(path) or files.get(path)
            self.send_response(200 if content else 404)
            kind = "text/html" if path in pages else TYPES.get(Path(path).suffix, "application/json")
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            if path not in pages and content:
                self.send_header("Content-Encoding", "br")
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def do_POST(self) -> None:  # a visit that is counted
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


MEASURED = """script => {
  const loaded = performance.getEntriesByType('resource').filter(each => !each.name.startsWith('data:'));
  const arrived = loaded.find(each => script && decodeURI(each.name).includes(script))?.responseEnd ?? 0;
  return {
    visible: measured.visible - arrived,
    shift: measured.shift,
    'long tasks': measured.long,
    requests: loaded.length,
    bytes: loaded.reduce((sum, each) => sum + each.encodedBodySize, 0),
  };
}"""


def visit(browser: Browser, url: str, widget: Widget) -> dict[str, float]:
    """Open the page for the first time; give what it has measured, and its main thread's time in milliseconds."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    browser.start_tracing(page=page, categories=["toplevel", "__metadata"])
    # The page reports by itself that the window is seen: a look into the page would take its main thread's time.
    with page.expect_console_message(lambda message: message.text == "seen", timeout=20_000):
        page.goto(f"{url}/{widget.name}/", wait_until="commit")
    time.sleep(SETTLED)
    found: dict[str, float] = page.evaluate(MEASURED, next(iter(widget.files), ""))
    busy = main_thread(browser.stop_tracing())
    context.close()
    return {**found, "main thread": busy}


def main_thread(trace: bytes) -> float:
    """Processor time of all tasks of pages' main threads, in milliseconds."""
    events: list[dict[str, Any]] = json.loads(trace)["traceEvents"]
    names = (each for each in events if each["name"] == "thread_name" and each["args"]["name"] == "CrRendererMain")
    mains = {(each["pid"], each["tid"]) for each in names}
    tasks = (each for each in events if each["name"] == "ThreadControllerImpl::RunTask" and "tdur" in each)
    return sum(float(each["tdur"]) for each in tasks if (each["pid"], each["tid"]) in mains) / 1000


def _sizes(packed: Mapping[str, Mapping[str, bytes]]) -> Table:
    sizes = {
        name: sum(len(content) for file, content in files.items() if not file.startswith("v1/"))
        for name, files in packed.items()
    }
    whole, sizes["ours"] = sizes["ours"], len(packed["ours"]["sdk/dastra.js"])
    target = sizes["vanilla-cookieconsent 3.1.0"]
    table = Table("Widgets: bytes", ("widget", "script and styles, brotli 11", "of vanilla-cookieconsent"))
    for name, size in sizes.items():
        share = size / target
        table.add(name, f"{size:,}", against(share, SIZE) if name == "ours" else f"{share:.2f}")
    table.notes.append(
        f"Ours is what loads before the window; with the second screen, when the browser is idle, {whole:,}. "
        "It stores proofs, blocks, and signals; vanilla-cookieconsent has texts and services in the page."
    )
    return table


def _visits(visits: Mapping[str, list[dict[str, float]]], version: str) -> Table:
    rounds = len(visits["ours"])
    table = Table(
        f"Widgets: a first visit (Chromium {version}, processor {SLOWER}x slower, medians of {rounds}, taking turns)",
        (
            "widget",
            "arrival to visible, ms",
            "main thread, CPU ms above the page alone",
            "long tasks",
            "layout shift",
            "requests",
            "bytes",
        ),
    )
    for name, found in visits.items():
        if name == BARE.name:
            continue
        middle = {what: median(each[what] for each in found) for what in found[0]}
        both = zip(found, visits[BARE.name], strict=True)
        own = median(each["main thread"] - bare["main thread"] for each, bare in both)
        table.add(
            name,
            f"{middle['visible']:.0f}",
            f"{own:.0f}",
            f"{middle['long tasks']:.0f}",
            f"{middle['shift']:.3f}",
            f"{middle['requests']:.0f}",
            f"{middle['bytes']:,.0f}",
        )
    page = median(each["main thread"] for each in visits[BARE.name])
    table.notes.append(
        f"Arrival: the last byte of the widget's script. The page alone takes {page:.0f} ms of the main thread, "
        "which are taken off, round by round. "
        "Ours asks for its settings in between; the others have theirs in the page."
    )
    return table
