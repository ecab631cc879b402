"""The privacy desk of the console: look-up, search, dossier, erasure, export, and who did what."""

import pytest

from tests.functional.console_pages import PRIVACY, Console


def test_x(console: Console) -> None:
    b = console.person(PRIVACY)
    for path in ("/consents", "/consents/export", "/accesses", "/widgets/43/statistics", "/widgets/43/decisions"):
        shown = b.get(path)
        print(shown.status, shown.text, shown.log)
    assert 0
