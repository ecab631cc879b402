"""The console's preview: from a changed colour to the changed window in the frame, beside a reload of that frame.

One Chromium; the console's functions and tables are in this process.
"""

import io
import subprocess
from contextlib import redirect_stdout
from statistics import median

from playwright.sync_api import Page, sync_playwright

from bench.report import Table, against, progress
from local import ROOT
from tests.browser.conftest import FLAGS
from tests.browser.console.server import fill_tables, serving
from tests.functional.console_pages import OWNER

MOST = 1_000
"""Target: milliseconds from a changed colour to the changed window, the median."""

SEEN = """if (window !== top) {
  const look = () => {
    const found = document.getElementById('dastra-consent-window')?.shadowRoot?.querySelector('dialog[open]');
    if (!found?.checkVisibility({opacityProperty: true, visibilityProperty: true})) return requestAnimationFrame(look);
    const colour = getComputedStyle(found).backgroundColor;
    requestAnimationFrame(() => console.debug(`${colour} at ${performance.timeOrigin + performance.now()}`));
  };
  requestAnimationFrame(look);
}"""
"""In each new frame: report the window's colour, and the moment of the frame after the one that painted it first."""

CHANGE = """colour => {
  const field = document.getElementById('f-bgColor');
  field.value = colour;
  const began = performance.timeOrigin + performance.now();
  field.dispatchEvent(new Event('input', {bubbles: true}));
  return began;
}"""

RELOAD = """() => {
  const frame = document.querySelector('#preview iframe');
  const began = performance.timeOrigin + performance.now();
  frame.replaceWith(frame.cloneNode());
  return began;
}"""


def measure(rounds: int) -> list[Table]:
    changed, reloaded = [], []
    with redirect_stdout(io.StringIO()), serving(fill_tables()) as server, sync_playwright() as playwright:
        found = subprocess.check_output([ROOT / "tests" / "browser" / "find-chromium"], text=True)  # noqa: S603
        browser = playwright.chromium.launch(executable_path=found.strip(), args=FLAGS)
        context = browser.new_context(viewport={"width": 1440, "height": 1000}, base_url=server.address)
        context.add_init_script(SEEN)
        server.sign_in(context, OWNER)
        page = context.new_page()
        with page.expect_console_message(lambda message: message.text.startswith("rgb")):
            page.goto("/widgets/43/look")
        for number in range(rounds):
            progress(f"round {number + 1} of {rounds}")
            colour = 0xFFF000 + number
            changed.append(_until_seen(page, colour, CHANGE))
            reloaded.append(_until_seen(page, colour, RELOAD))
        version = browser.version
        browser.close()
    table = Table(
        f"The console's preview (Chromium {version}, {rounds} rounds in turn)",
        ("until the window is painted", "ms, median", "longest", "of the floor"),
    )
    ratio = median(own / floor for own, floor in zip(changed, reloaded, strict=True))
    table.add("floor: reload of the frame", f"{median(reloaded):.0f}", f"{max(reloaded):.0f}", "1.00")
    table.add("a changed colour", against(round(median(changed)), MOST), f"{max(changed):.0f}", f"{ratio:.2f}")
    table.notes.append("A changed colour waits 400 ms for the next key, is saved in the draft, and brings a new frame.")
    return [table]


def _until_seen(page: Page, colour: int, action: str) -> float:
    """Return the milliseconds from an action on the page until a new frame has painted a window of this colour."""
    red, green, blue = colour.to_bytes(3)
    seen = f"rgb({red}, {green}, {blue}) at "
    with page.expect_console_message(lambda message: message.text.startswith(seen)) as reported:
        began: float = page.evaluate(action, f"#{colour:06x}")
    return float(reported.value.text.removeprefix(seen)) - began
