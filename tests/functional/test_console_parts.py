"""The pages that edit a widget by fields."""

from tests.functional.console_pages import OWNER, Console


def test_the_look_of_a_widget_is_shown(console: Console) -> None:
    shown = console.person(OWNER).get("/widgets/43/look")

    assert shown.status == 200
    assert shown.html.one("h1").text == "Look"
    assert shown.html.one(id="part").fields["layout"] == ["Box"]
