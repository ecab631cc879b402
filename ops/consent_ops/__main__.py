"""Run the command line: ``python -m consent_ops``."""

from consent_ops.cli import main

main()
