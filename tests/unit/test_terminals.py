"""What strangers wrote is shown as text: no escape and no command comes through."""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

import generator.terminal
import pipeline.terminal

ROOT = Path(__file__).parents[2]
DOORS = {"generator/terminal.py", "pipeline/terminal.py"}
# Programs of their own, which a runner starts: they speak its protocol.
OTHER_PROGRAMS = (
    "generator/runner/actions/stand_ins/",
    "generator/simulate/play/probe.py",
)
HOSTILE = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "\x1b]0;x\x07",
                "\x9b2J",
                "\r",
                "\n",
                "::error::",
                "##[group]",
                " ::",
                "\u202e",
            ]
        ),
        st.text(max_size=4),
    )
).map("".join)


@given(HOSTILE)
@example("a\n \t::error::x ##[error]y ::add-mask::z\x1b[2J")
def test_nothing_that_is_obeyed_is_left(text: str) -> None:
    safe = generator.terminal.make_safe(text, in_step=True)
    assert safe == pipeline.terminal.make_safe(text, in_step=True)
    for line in safe.split("\n"):
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
    for sign in safe:
        assert sign in "\n\t" or unicodedata.category(sign) not in {"Cc", "Cs"}
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", safe)
    for line in generator.terminal.make_safe(text, in_step=False).split("\n"):
        assert "\x1b" not in line


@given(st.dictionaries(HOSTILE, HOSTILE))
def test_a_document_stays_one(document: dict[str, str]) -> None:
    text = json.dumps(document, indent=2, ensure_ascii=False)
    assert json.loads(generator.terminal.make_safe(text, in_step=True)) == document


def iter_modules() -> list[Path]:
    found = []
    for package in ("generator", "pipeline"):
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if name not in DOORS and not name.startswith(OTHER_PROGRAMS):
                found.append(path)
    return found


def test_no_module_writes_to_the_terminal_by_another_way() -> None:
    for path in iter_modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            place = f"{path}:{node.lineno}"
            assert called not in {"print", "click.echo", "click.secho", "echo"}, place
            stream = re.fullmatch(r"sys\.(stdout|stderr)(\.buffer)?\.write", called)
            assert stream is None, place
