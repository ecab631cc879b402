"""Other people's libraries (package.json), each bundled into one script that leaves its names on ``window``."""

import subprocess
from functools import cache

from local import ROOT

FOLDER = ROOT / "tests" / "browser" / "world"
ESBUILD = ROOT / "sdk" / "node_modules" / "esbuild" / "bin" / "esbuild"
NODE = ROOT / ".venv" / "bin" / "node"

REACT_18 = ("--alias:react=react18", "--alias:react-dom=react-dom18")
HYDRATE = """import * as React from 'react'; import {hydrateRoot} from 'react-dom/client';
  Object.assign(window, {React, hydrateRoot})"""

SOURCES = {
    "turbo": "import '@hotwired/turbo'",
    "htmx": "import htmx from 'htmx.org'; Object.assign(window, {htmx})",
    "idiomorph": "import {Idiomorph} from 'idiomorph'; Object.assign(window, {Idiomorph})",
    "alpine": """import Alpine from 'alpinejs'; import morph from '@alpinejs/morph';
      Alpine.plugin(morph); Object.assign(window, {Alpine})""",
    "focus-trap": "import {createFocusTrap} from 'focus-trap'; Object.assign(window, {createFocusTrap})",
    "react18": HYDRATE,
    "react19": HYDRATE,
    "swiper": "import Swiper from 'swiper/bundle'; Object.assign(window, {Swiper})",
    "glightbox": "import GLightbox from 'glightbox'; Object.assign(window, {GLightbox})",
    "lazysizes": "import 'lazysizes'",
}


@cache
def library(name: str) -> str:
    """Return the script. Raises CalledProcessError if it cannot be bundled."""
    flags = ["--bundle", "--define:process.env.NODE_ENV='production'", "--log-level=error", "--charset=utf8"]
    more = REACT_18 if name == "react18" else ()
    return subprocess.run(  # noqa: S603 - ours
        [NODE, ESBUILD, *flags, *more], input=SOURCES[name], capture_output=True, check=True, cwd=FOLDER, text=True
    ).stdout
