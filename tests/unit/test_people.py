"""The console's people: each group, each action, each widget."""

import re

import pytest

from consent_console.people import OF_ONE_WIDGET, PURPOSES, ROLES, Action, Person, groups_for

CLAIMS = {"iss": "https://id.example/pool", "sub": "person-1", "name": "Olga Owner"}
ALL, OWN, NEVER = "all", "own", "never"

# Each group may do it with all widgets, with widget 43 alone, or with none.
TABLE = {
    #                     enter  see    edit   create count  prove  audit
    "consent-owner": (ALL, ALL, ALL, ALL, ALL, NEVER, NEVER),
    "consent-owner-43": (ALL, OWN, OWN, NEVER, OWN, NEVER, NEVER),
    "consent-viewer": (ALL, ALL, NEVER, NEVER, ALL, NEVER, NEVER),
    "consent-privacy": (ALL, ALL, NEVER, NEVER, ALL, ALL, ALL),
    "consent-operator": (ALL, ALL, ALL, ALL, ALL, NEVER, ALL),
    "consent-owner-044": (NEVER,) * 7,
    "consent-owners": (NEVER,) * 7,
    "CONSENT-OWNER": (NEVER,) * 7,
    "": (NEVER,) * 7,
}
CASES = [
    (group, action, widget_id, cell)
    for group, cells in TABLE.items()
    for action, cell in zip(Action, cells, strict=True)
    for widget_id in (None, 43, 44)
]


def person(*groups: object) -> Person:
    return Person.of({**CLAIMS, "groups": list(groups)}, "groups")


@pytest.mark.parametrize(("group", "action", "widget_id", "cell"), CASES)
def test_a_group_may_do_what_the_table_says(group: str, action: Action, widget_id: int | None, cell: str) -> None:
    assert person(group).may(action, widget_id) is (cell == ALL or (cell == OWN and widget_id == 43))


@pytest.mark.parametrize(
    ("group", "action", "cell"), sorted({(group, action, cell) for group, action, _, cell in CASES})
)
def test_a_page_without_a_widget_is_open_to_those_who_may_do_it_with_one(group: str, action: Action, cell: str) -> None:
    assert person(group).may_somewhere(action) is (cell != NEVER)


def test_the_table_knows_every_group() -> None:
    assert ROLES.keys() | {OF_ONE_WIDGET.format(43)} == {group for group, cells in TABLE.items() if ALL in cells}
    assert PURPOSES.keys() == ROLES.keys() | {OF_ONE_WIDGET.format(43)}


def test_no_group_reads_proofs_and_changes_widgets() -> None:
    assert [group for group, actions in ROLES.items() if {Action.EDIT, Action.PROVE} <= actions] == []


def test_groups_add_up() -> None:
    both = person("consent-viewer", "consent-owner-43")
    assert both.may(Action.EDIT, 43)
    assert not both.may(Action.EDIT, 44)
    assert both.may(Action.SEE, 44)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("widget_id", [None, 43])
def test_who_is_in_a_group_that_the_page_names_may_do_it(action: Action, widget_id: int | None) -> None:
    named = [*groups_for(action, widget_id)]
    assert named
    assert [group for group in named if not person(group).may(action, widget_id)] == []
    others = ROLES.keys() - set(named)
    assert [group for group in others if person(group).may(action, widget_id)] == []


@pytest.mark.parametrize(
    ("claim", "groups"),
    [
        (["consent-viewer", "staff", "consent-owner"], ("consent-owner", "consent-viewer")),
        ("consent-viewer staff", ("consent-viewer",)),
        ("not\u00a0consent-operator", ()),
        (["consent-owner-43", 43, None, ["consent-owner"]], ("consent-owner-43",)),
        (["consent-owner-0", "consent-owner-43x", "xconsent-owner-43", "consent-owner-43\n"], ()),
        ({"consent-owner": True}, ()),
        (None, ()),
        (True, ()),
    ],
)
def test_a_claim_names_groups_as_a_list_or_a_text(claim: object, groups: tuple[str, ...]) -> None:
    assert Person.of({**CLAIMS, "groups": claim}, "groups").groups == groups
    assert Person.of({**CLAIMS, "cognito:groups": claim}, "cognito:groups").groups == groups
    assert Person.of({**CLAIMS, "groups": claim}, "cognito:groups").groups == ()


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "Olga"}, "Olga"),
        ({"name": " ", "email": "olga@example.org"}, "olga@example.org"),
        ({"name": None, "cognito:username": "olga"}, "olga"),
        ({"name": ["Olga"]}, "person-1"),
        ({"name": "Olga\r\nERROR \x1b[31m\u202e\u2028x"}, "OlgaERROR [31mx"),
        ({"name": "O" * 101}, "O" * 100),
        ({"name": "\u202e"}, "unnamed"),
        ({"name": "\u3164\u2800\u1160"}, "unnamed"),
        ({"name": "arn:aws:iam::123456789012:user/root"}, "arn aws iam  123456789012 user/root"),
    ],
)
def test_a_name_is_the_first_that_the_token_has_and_one_line(claims: dict[str, object], name: str) -> None:
    someone = Person.of({**CLAIMS, "name": None, **claims}, "groups")
    assert someone.name == name
    assert someone.actor == f"oidc:id.example:person-1 ({name})"
    assert re.fullmatch(r"[^\r\n]+", someone.actor)


def test_a_person_is_kept_as_text() -> None:
    olga = Person.of({**CLAIMS, "name": 'Ólga "O" O\'Neill', "groups": ["consent-owner"]}, "groups")
    assert Person.from_json(olga.as_json()) == olga
