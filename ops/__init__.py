"""The operators' command line: ``python -m ops --help``."""

import sys
from pathlib import Path

# In Lambda the layer is on the path already.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "layers" / "consent_core"))
