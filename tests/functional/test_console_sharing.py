"""The link to a draft, as the console offers it and replaces it."""

from datetime import UTC, datetime

import pytest

from consent_console.editor import widget
from consent_console.pages import rendered
from consent_console.people import Person
from consent_core.publishing import drafts
from tests.functional.console_pages import ISSUER, OPERATOR, OWNER, PRIVACY, VIEWER, Console, parsed

WIDGET = 44
RENEW = f"/widgets/{WIDGET}/share/renew"


def key_of(console: Console) -> str:
    return drafts.read(console.tables.widgets, WIDGET).share_key


@pytest.fixture
def key(console: Console) -> str:
    return drafts.start(console.tables.widgets, WIDGET, actor="ada", now=datetime.now(UTC)).share_key


@pytest.mark.parametrize("group", [OWNER, f"{OWNER}-{WIDGET}", OPERATOR])
def test_a_new_link_takes_the_place_of_the_old_one(console: Console, key: str, group: str) -> None:
    answer = console.person(group).post(RENEW)
    assert (answer.status, answer.location) == (303, f"/widgets/{WIDGET}/publish?said=link-renewed")
    assert key_of(console) != key
    assert len(key_of(console)) == 43


@pytest.mark.parametrize("group", [VIEWER, PRIVACY, f"{OWNER}-43"])
def test_a_person_who_may_not_edit_makes_no_new_link(console: Console, key: str, group: str) -> None:
    assert console.person(group).post(RENEW).status == 403
    assert key_of(console) == key


def test_without_a_draft_there_is_no_link(console: Console) -> None:
    assert console.person(OWNER).post(RENEW).status == 404


@pytest.mark.parametrize(("group", "may_renew"), [(OWNER, True), (VIEWER, False)])
def test_the_box_has_the_link(console: Console, key: str, group: str, *, may_renew: bool) -> None:
    person = Person(ISSUER, "u1", "Olga Owner", (group,))
    box = parsed(rendered("share.html", {"widget": widget.read(console.tables.widgets, WIDGET), "person": person}))
    assert box.one("a")["href"] == f"/preview/{WIDGET}?key={key}"
    assert [(each["action"], each.text) for each in box.all("form")] == ([(RENEW, "Stop sharing")] if may_renew else [])
    assert ("Stop sharing ends it at once" in box.text) is may_renew


def test_without_a_draft_there_is_no_box(console: Console) -> None:
    person = Person(ISSUER, "u1", "Olga Owner", (OWNER,))
    shown = {"widget": widget.read(console.tables.widgets, WIDGET), "person": person}
    assert rendered("share.html", shown).strip() == ""
