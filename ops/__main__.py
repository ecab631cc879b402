"""``python -m ops`` in a checkout, where nothing need be installed: the package is ``consent_ops``."""

import runpy
import sys
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(_FOLDER), str(_FOLDER.parent / "layers" / "consent_core")]
runpy.run_module("consent_ops", run_name="__main__")
