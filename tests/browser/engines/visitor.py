"""Visitors see and do the same in any engine."""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tests.browser.engines.engine import TIMEOUT, Engine, UnloadedError
from tests.browser.third_party import Site

WATCH = """<script>
  window.faults = [];
  addEventListener('error', ({message}) => faults.push(message));
  addEventListener('unhandledrejection', ({reason}) => faults.push(String(reason)));
</script>"""
"""Stands first in each page."""

# A part of the window is named as in ``::part``; anything else is a selector of the page.
FIND = """
  const find = name => {
    if (!name.startsWith('::')) return document.querySelector(name);
    const hosts = [...document.querySelectorAll('#dastra-consent-window')].filter(host => host.shadowRoot);
    const parts = hosts.flatMap(host => [...host.shadowRoot.querySelectorAll(`[part~="${name.slice(2)}"]`)]);
    return parts.find(part => part.getClientRects().length) ?? null;
  };
"""

# Two frames at the same place: it moves no more.
PLACE = f"""{FIND}
  const element = find(given[0]);
  if (!element) return null;
  element.scrollIntoView({{block: 'nearest'}});
  const place = () => {{
    const {{x, y, width, height}} = element.getBoundingClientRect();
    return [x + width / 2, y + height / 2, width && height && innerWidth, innerHeight];
  }};
  const before = place();
  await new Promise(done => setTimeout(done, 50));
  const after = place();
  return after[2] && before.join() === after.join() ? after : null;
"""

# The element that a pointer meets there. The window's host stands for all that is in its shadow root.
HIT = f"""{FIND}
  const [name, x, y] = given;
  const met = document.elementFromPoint(x, y);
  const inside = met?.shadowRoot?.elementFromPoint(x, y) ?? met;
  return !!inside && find(name).contains(inside);
"""

CHOICES = """
  const cookie = document.cookie.split('; ').find(each => each.startsWith('euconsent='));
  if (!cookie) return null;
  const {_, ...choices} = JSON.parse(decodeURIComponent(cookie.slice('euconsent='.length)));
  return choices;
"""

READY = "return await new Promise(done => (window.dastra ||= []).push(['cookieReady', () => done(true)]));"


@dataclass
class EngineVisitor:
    """A visitor of a site, who begins without a memory."""

    engine: Engine
    site: Site
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine.begin(self.site.origin)

    def opens(self, url: str) -> None:
        self.notes_errors()
        self.engine.open(url)

    def goes_back(self) -> None:
        self.notes_errors()
        self.engine.back()

    def notes_errors(self) -> None:
        self.errors += self.engine.run("return window.faults ?? [];")

    def run(self, script: str, *arguments: object) -> Any:  # noqa: ANN401 - whatever the script returns
        return self.engine.run(script, *arguments)

    def until(self, script: str, *arguments: object) -> Any:  # noqa: ANN401 - whatever the script returns
        """Wait until a script returns something, and return that. The page may be loaded again meanwhile."""
        deadline = time.monotonic() + TIMEOUT
        while True:
            with suppress(UnloadedError):
                found = self.run(f"await new Promise(done => setTimeout(done, 20)); {script}", *arguments)
                if found:
                    return found
            assert time.monotonic() < deadline, (script, arguments)

    def is_ready(self) -> None:
        """Wait until the settings are there, and what holds has been carried out, also through a reload."""
        self.until(READY)
        self.until("return document.getElementById('dastra-consent-window')?.shadowRoot && true;")

    def sees(self, name: str) -> tuple[float, float]:
        """Wait until it stands still in the viewport, and return its middle."""
        x, y, width, height = self.until(PLACE, name)
        assert 0 <= x <= width, name
        assert 0 <= y <= height, name
        return x, y

    def sees_no(self, name: str) -> None:
        self.until(f"{FIND} return !find(given[0])?.getClientRects().length;", name)

    def clicks(self, name: str) -> None:
        """Click with the pointer, which something else must not be in the way of."""
        x, y = self.sees(name)
        assert self.run(HIT, name, x, y), f"something lies above {name}"
        self.engine.click(x, y)

    @property
    def choices(self) -> dict[str, bool] | None:
        """Return the choices of the consent cookie."""
        return self.run(CHOICES)  # type: ignore[no-any-return]
