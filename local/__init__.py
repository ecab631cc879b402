"""The stack on one machine, without an AWS account and without Docker: see docs/local.md."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# In Lambda the layer is on the path already.
sys.path.insert(0, str(ROOT / "layers" / "consent_core"))
