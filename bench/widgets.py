"""The window beside others: what a page loads, when the visitor sees it, and what it and a press cost the browser.

One Chromium, one server, the same page; each visit is a browser's first, but for those of a visitor who has decided.
The processor is slowed down four times.
"""

import json
import re
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.report import Table, against, progress
from bench.services import NODE, NODE_ENVIRONMENT, RIVALS, install
from bench.tables import KEY, WIDGET, published
from consent_core.catalogue import Rendering
from consent_core.first_screen import screen_of
from local import ROOT
from tests.browser.conftest import FLAGS

PACKAGES = RIVALS / "node_modules"
SLOWER = 4
TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
SETTLED = 0.5  # seconds after the window is seen
DISTANT = {"offline": False, "latency": 100, "downloadThroughput": 1_250_000, "uploadThroughput": 1_250_000}
"""A network of 100 ms a request and 10 Mbit/s."""

RIVAL = "vanilla-cookieconsent 3.1.0"
MOST = {"size": 1.0, "visible": 1.0, "included": 0.8, "main thread": 1.0, "longest task": 1.2, "press": 0.6}
"""Targets: what ours may have at most, of the rival's."""

TEXT = "<p>What a shop says of what it sells, long enough to be a page.</p>" * 20
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,"><script>
window.measured = {{shift: 0, long: 0, presses: []}};
new PerformanceObserver(list => list.getEntries().forEach(each => measured.shift += each.value))
  .observe({{type: 'layout-shift', buffered: true}});
new PerformanceObserver(list => measured.long += list.getEntries().length)
  .observe({{type: 'longtask', buffered: true}});
new PerformanceObserver(list => measured.presses.push(
  ...list.getEntries().filter(each => each.interactionId).map(each => each.duration)))
  .observe({{type: 'event', durationThreshold: 16}});
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
    """Files are served below ``/NAME/``, the script first. ``find`` finds the window; a press may need one before."""

    name: str
    files: Mapping[str, Path]
    find: str
    head: str
    body: str = ""
    buttons: Mapping[str, Sequence[str]] = field(default_factory=dict)


def ours(settings: Path, name: str = "ours", *, before: str = "", included: str = "") -> Widget:
    """Return our widget. ``before``: more in the head. ``included``: the first screen, from the page's server."""
    host = "dastra-first-screen" if included else "dastra-consent-window"
    parts = {"refuse": ["refuse-all"], "accept": ["accept-all"], "settings": ["settings"], "save": ["settings", "save"]}
    first, second = (ROOT / "functions" / "widget_sdk" / name for name in ("dastra.js", "details.js"))
    second_address = re.findall(r"/(sdk/\w+/details\.js)", first.read_text("utf-8"))[0]
    return Widget(
        name,
        {"sdk/dastra.js": first, f"v1/client/cookie-widget-settings/{WIDGET}": settings, second_address: second},
        f"() => document.getElementById('{host}')?.shadowRoot?.querySelector('dialog[open]')",
        f'{before}<script src="/ours/sdk/dastra.js?key={KEY}" async></script>',
        f'{included}<div id="dastra-cookie-consent" data-widgetid="{WIDGET}" data-lang="en"></div>',
        {name: [f"#dastra-consent-window [part~={part}]" for part in path] for name, path in parts.items()},
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
        RIVAL,
        {"cookieconsent.umd.js": dist / "cookieconsent.umd.js", "cookieconsent.css": dist / "cookieconsent.css"},
        "() => document.querySelector('#cc-main .cm')",
        '<link rel="stylesheet" href="/vanilla-cookieconsent 3.1.0/cookieconsent.css">'
        f"<script>const start = () => CookieConsent.run({json.dumps(settings)});</script>"
        '<script src="/vanilla-cookieconsent 3.1.0/cookieconsent.umd.js" async onload="start()"></script>',
        "",
        {
            "refuse": ["#cc-main .cm [data-role=necessary]"],
            "accept": ["#cc-main .cm [data-role=all]"],
            "settings": ["#cc-main .cm [data-role=show]"],
            "save": ["#cc-main .cm [data-role=show]", "#cc-main .pm [data-role=save]"],
        },
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
        address = f"/v1/client/cookie-widget-settings/{WIDGET}?key={KEY}&culture=en"
        preload = f'<link rel="preload" as="fetch" href="{address}" crossorigin>'
        tag = ours(settings)
        preloaded = ours(settings, "ours, settings preloaded", before=preload)
        included = ours(settings, "ours, first screen from the server", included=screen_of(Rendering.of(body)).body)
        rivals = [vanilla(), klaro(), tarteaucitron(), c15t(folder)]
        packed = {widget.name: pack(widget, folder) for widget in (tag, *rivals)}
        near = [BARE, tag, included, *rivals]
        distant = [tag, preloaded, included, rivals[0]]
        pressed = {
            f"{widget.name}: {button}": (widget, button) for widget in (tag, rivals[0]) for button in tag.buttons
        }
        with serving([*near, preloaded], packed) as url, sync_playwright() as playwright:
            found = subprocess.check_output([ROOT / "tests" / "browser" / "find-chromium"], text=True)  # noqa: S603
            browser = playwright.chromium.launch(executable_path=found.strip(), args=FLAGS)
            own = Visits(browser, url)
            turns = {each.name: partial(own.load, each) for each in near}
            turns |= {f"{each.name}, far": partial(own.load, each, far=True) for each in distant}
            turns |= {name: partial(own.press, *what) for name, what in pressed.items()}
            turns |= {f"{each.name}, decided": partial(own.return_to, each) for each in (BARE, tag, rivals[0])}
            visits: dict[str, list[dict[str, float]]] = {name: [] for name in turns}
            for number in range(rounds):
                for name, turn in turns.items():
                    progress(f"round {number + 1} of {rounds}: {name}")
                    visits[name].append(turn())
            version = browser.version
            browser.close()
    return [
        _sizes(packed),
        _first(visits, [widget.name for widget in near[1:]], included.name, version),
        _far(visits, [widget.name for widget in distant], included.name),
        _presses(visits, tag, version),
        _decided(visits, [tag.name, rivals[0].name]),
    ]


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
    visible: measured.visible,
    'visible after arrival': measured.visible - arrived,
    shift: measured.shift,
    'long tasks': measured.long,
    requests: loaded.length,
    bytes: loaded.reduce((sum, each) => sum + each.encodedBodySize, 0),
  };
}"""


@dataclass(frozen=True, slots=True)
class Visits:
    """A browser's visits of the pages that are served at ``url``. Times are in milliseconds."""

    browser: Browser
    url: str

    def load(self, widget: Widget, *, far: bool = False) -> dict[str, float]:
        """Open the page for the first time; give what it has measured, and the tasks of its main thread."""
        with self._visitor() as context:
            return self._load(self._page(context, far=far), widget)

    def return_to(self, widget: Widget) -> dict[str, float]:
        """Open the page once more, as a visitor who has accepted all."""
        with self._visitor() as context:
            page = self._page(context)
            self._see(page, widget)
            for button in widget.buttons.get("accept", ()):
                page.locator(button).click()
            time.sleep(SETTLED)
            self.browser.start_tracing(page=page, categories=TRACED)
            page.goto(f"{self.url}/{widget.name}/", wait_until="load")
            time.sleep(SETTLED)
            return tasks(self.browser.stop_tracing())

    def press(self, widget: Widget, button: str) -> dict[str, float]:
        """Return the time from a press until the next frame, as *Interaction to Next Paint* does, in steps of 8."""
        with self._visitor() as context:
            page = self._page(context)
            self._see(page, widget)
            time.sleep(SETTLED)
            *before, last = widget.buttons[button]
            for each in before:
                page.locator(each).click()
                time.sleep(SETTLED)
            page.evaluate("measured.presses.length = 0")
            page.locator(last).click()
            time.sleep(SETTLED)
            return {"press": page.evaluate("Math.max(16, ...measured.presses)")}

    @contextmanager
    def _visitor(self) -> Iterator[BrowserContext]:
        context = self.browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
        yield context
        context.close()

    def _page(self, context: BrowserContext, *, far: bool = False) -> Page:
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        if far:
            session.send("Network.enable")
            session.send("Network.emulateNetworkConditions", DISTANT)
        return page

    def _see(self, page: Page, widget: Widget) -> None:
        # The page reports by itself that the window is seen: a look into the page would take its main thread's time.
        with page.expect_console_message(lambda message: message.text == "seen", timeout=20_000):
            page.goto(f"{self.url}/{widget.name}/", wait_until="commit")

    def _load(self, page: Page, widget: Widget) -> dict[str, float]:
        self.browser.start_tracing(page=page, categories=TRACED)
        self._see(page, widget)
        time.sleep(SETTLED)
        found: dict[str, float] = page.evaluate(MEASURED, next(iter(widget.files), ""))
        return {**found, **tasks(self.browser.stop_tracing())}


TRACED = ["toplevel", "__metadata"]


def tasks(trace: bytes) -> dict[str, float]:
    """Return the processor time of all tasks of pages' main threads, and of the longest."""
    events: list[dict[str, Any]] = json.loads(trace)["traceEvents"]
    names = (each for each in events if each["name"] == "thread_name" and each["args"]["name"] == "CrRendererMain")
    mains = {(each["pid"], each["tid"]) for each in names}
    found = (each for each in events if each["name"] == "ThreadControllerImpl::RunTask" and "tdur" in each)
    times = [float(each["tdur"]) / 1000 for each in found if (each["pid"], each["tid"]) in mains]
    return {"main thread": sum(times), "longest task": max(times)}


def _sizes(packed: Mapping[str, Mapping[str, bytes]]) -> Table:
    sizes = {
        name: sum(len(content) for file, content in files.items() if not file.startswith("v1/"))
        for name, files in packed.items()
    }
    whole, sizes["ours"] = sizes["ours"], len(packed["ours"]["sdk/dastra.js"])
    table = Table("Widgets: bytes", ("widget", "script and styles, brotli 11", f"of {RIVAL}"))
    for name, size in sizes.items():
        share = size / sizes[RIVAL]
        table.add(name, f"{size:,}", against(share, MOST["size"]) if name == "ours" else f"{share:.2f}")
    table.notes.append(
        f"Ours is what loads before the window; with the second screen, when the browser is idle, {whole:,}. "
        "It stores proofs, blocks, and signals; vanilla-cookieconsent has texts and services in the page."
    )
    return table


def _ratio(ours: Iterable[float], rivals: Iterable[float]) -> float:
    """Return the median of the rounds' ratios."""
    return median(own / other for own, other in zip(ours, rivals, strict=True))


def _first(visits: Mapping[str, list[dict[str, float]]], names: Sequence[str], included: str, version: str) -> Table:
    """Times of the main thread are what is above those of the page without a widget, in the same round."""
    table = Table(
        f"Widgets: a first visit (Chromium {version}, processor {SLOWER}x slower, {len(visits[RIVAL])} rounds in turn)",
        (
            *("widget", "visible, ms", "of vanilla", "after the script's arrival, ms", "of vanilla"),
            *("main thread, CPU ms", "of vanilla", "longest task, CPU ms", "of vanilla", "shift", "requests", "bytes"),
        ),
    )

    def values(name: str, what: str) -> list[float]:
        if what == "main thread":
            return [own[what] - bare[what] for own, bare in zip(visits[name], visits[BARE.name], strict=True)]
        return [each[what] for each in visits[name]]

    for name in names:
        cells = [name]
        for what in ("visible", "visible after arrival", "main thread", "longest task"):
            own = values(name, what)
            ratio = _ratio(own, values(RIVAL, what))
            most = MOST["included"] if name == included and what == "visible" else MOST.get(what)
            cells += [
                f"{median(own):.0f}",
                against(ratio, most) if name.startswith("ours") and most else f"{ratio:.2f}",
            ]
        cells += [f"{median(values(name, 'shift')):.3f}", f"{median(values(name, 'requests')):.0f}"]
        table.add(*cells, f"{median(values(name, 'bytes')):,.0f}")
    alone = median(values(BARE.name, "longest task"))
    table.notes.append(
        "Visible: from the navigation's start. Arrival: the last byte of the widget's script. Ours asks for its "
        "settings in between; the others have theirs in the page. "
        f"The page alone takes {alone:.0f} ms for its longest task."
    )
    return table


def _far(visits: Mapping[str, list[dict[str, float]]], names: Sequence[str], included: str) -> Table:
    table = Table(
        f"Widgets: a first visit over a network of {DISTANT['latency']} ms a request",
        ("widget", "visible, ms", "of vanilla"),
    )
    rival = [each["visible"] for each in visits[f"{RIVAL}, far"]]
    for name in names:
        own = [each["visible"] for each in visits[f"{name}, far"]]
        ratio = _ratio(own, rival)
        table.add(name, f"{median(own):.0f}", against(ratio, MOST["included"]) if name == included else f"{ratio:.2f}")
    return table


def _presses(visits: Mapping[str, list[dict[str, float]]], tag: Widget, version: str) -> Table:
    table = Table(
        f"Widgets: from a press to the next frame (Chromium {version}, processor {SLOWER}x slower)",
        ("button", "ours, ms", f"{RIVAL}, ms", "of vanilla"),
    )
    for button in tag.buttons:
        own, rival = ([each["press"] for each in visits[f"{name}: {button}"]] for name in (tag.name, RIVAL))
        table.add(button, f"{median(own):.0f}", f"{median(rival):.0f}", against(_ratio(own, rival), MOST["press"]))
    return table


def _decided(visits: Mapping[str, list[dict[str, float]]], names: Sequence[str]) -> Table:
    table = Table(
        "Widgets: a page view of a visitor who has decided", ("widget", "main thread, CPU ms above the page alone")
    )
    for name in names:
        both = zip(visits[f"{name}, decided"], visits[f"{BARE.name}, decided"], strict=True)
        table.add(name, f"{median(own['main thread'] - bare['main thread'] for own, bare in both):.0f}")
    return table
