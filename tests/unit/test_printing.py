"""Nothing that others wrote is obeyed by a terminal: one rule, and no command prints around it."""

import ast
import json
import sys
import unicodedata
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from consent_core.reports.pages import environment, foreign
from consent_core.reports.printable import escaped, printable
from consent_ops import cli, printing

COMMANDS = Path(cli.__file__).parent
ALL = "".join(map(chr, range(sys.maxunicode + 1)))
SCOPES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
HOSTILE = (
    "\x00\x07\x08\x1b[2J\x1b]0;x\x07\x7f\x85\x9b31m\u00ad\u061c\u200b\u200e\u2028\u2029"
    + SCOPES
    + "\ufeff\U000e0041\ud800"
)
OBEYED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def is_obeyed(text: str) -> bool:
    return any(unicodedata.category(each) in OBEYED for each in text)


def test_every_code_point_is_printable_a_space_or_a_sign_for_it() -> None:
    shown = printable(ALL)

    assert len(shown) == len(ALL)
    for code, (before, after) in enumerate(zip(ALL, shown, strict=True)):
        category = unicodedata.category(before)
        expected = "\ufffd" if category in OBEYED else " " if category == "Zs" else before
        assert after == expected, hex(code)


@given(st.text(st.characters(exclude_categories=()), max_size=60))
@example(HOSTILE)
def test_json_is_ascii_where_a_terminal_would_obey_and_reads_as_the_same_value(text: str) -> None:
    value = {text: [text, {"é": text}], "名": "café"}
    written = escaped(json.dumps(value, indent=2, ensure_ascii=False))

    assert json.loads(written) == value
    assert not is_obeyed(written.replace("\n", ""))
    assert '"名": "café"' in written
    assert written.count("\n") == json.dumps(value, indent=2).count("\n")


@pytest.mark.parametrize("write", [printing.line, printing.error_line])
def test_a_line_stays_one_line(write: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(write)
    write(f"a\nb{HOSTILE}")
    out, err = capsys.readouterr()
    assert (out + err).count("\n") == 1
    assert not is_obeyed((out + err)[:-1])


def test_a_cell_of_a_table_has_the_lines_that_it_was_given(capsys: pytest.CaptureFixture[str]) -> None:
    printing.table(("One", "Two"), [("a\nb", ["c", "d\ne"]), (f"[red]{HOSTILE}", "x")])
    out = capsys.readouterr().out

    assert [line.split() for line in out.splitlines()[2:4]] == [["a\ufffdb", "c"], ["d\ufffde"]]
    assert not is_obeyed(out.replace("\n", ""))
    assert "[red]" in out


def test_what_rich_lays_out_keeps_its_colours_and_no_sequence_of_others() -> None:
    output = StringIO()
    console = Console(file=output, force_terminal=True, color_system="standard", width=200)
    printing.show(Text(f"label{HOSTILE}", style="red"), console)

    written = output.getvalue()
    assert written.startswith("\x1b[31mlabel")
    assert not is_obeyed(written.replace("\x1b[31m", "").replace("\x1b[0m", "").replace("\n", ""))


def test_a_page_isolates_what_is_foreign_and_prints_the_rest_strictly() -> None:
    template = environment().from_string("{{ text }}|<b title='{{ text }}'></b>|{{ text|foreign }}")
    strict, attribute, isolated = template.render(text=HOSTILE + "\u200d<i>").split("|")

    assert not is_obeyed(strict + attribute)
    assert isolated.startswith("<bdi>")
    assert isolated.endswith("\u200d&lt;i&gt;</bdi>")
    assert not set(isolated) & {*SCOPES, "\x00", "\x1b", "\x7f", "\x85", "\x9b", "\u2028", "\u2029", "\ud800"}
    assert foreign(None) == "<bdi>None</bdi>"


AROUND = {"confirm", "echo", "print", "prompt", "secho"}


@pytest.mark.parametrize("path", sorted(COMMANDS.glob("*.py")), ids=lambda path: path.stem)
def test_no_command_prints_around_the_rule(path: Path) -> None:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            found |= {name} & {*AROUND, "input"}
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {
            f"sys.{stream}.{method}" for stream in ("stdout", "stderr") for method in ("buffer", "write", "writelines")
        }:
            found.add(ast.unparse(node))
    assert found <= ({"confirm", "echo", "print"} if path.stem == "printing" else set())
