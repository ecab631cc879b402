"""A problem on a page is a whole sentence below the name of its field, whatever word it begins with."""

import pytest

from consent_console.pages import sentence


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("must be a colour such as #1a2b3c", "Must be a colour such as #1a2b3c."),
        ("it is on, so nothing is kept", "It is on, so nothing is kept."),
        (
            "the widget has no text of this name: is it buttonYes?",
            "The widget has no text of this name: is it buttonYes?",
        ),
        ("The definition would have 9 bytes", "The definition would have 9 bytes."),
        ("https://*.shop.example lets every subdomain in", "https://*.shop.example lets every subdomain in."),
        ("us-ca belongs beside the preset us", "us-ca belongs beside the preset us."),
        ("* is every known place", "* is every known place."),
        ("Choose fewer days.", "Choose fewer days."),
        ("services: matomo: the id a appears 2 times", "services: matomo: the id a appears 2 times."),
    ],
)
def test_a_problem_is_a_whole_sentence(said: str, shown: str) -> None:
    assert sentence(said) == shown
