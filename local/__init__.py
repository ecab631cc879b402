"""The stack on one machine, without an AWS account and without Docker: see docs/local.md."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# The embedded AWS and the shop use the layer's modules from their sources.
sys.path.insert(0, str(ROOT / "layers" / "consent_core"))
