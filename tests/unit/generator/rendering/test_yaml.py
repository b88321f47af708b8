"""Whatever a string holds, it reads back as that string and as nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from generator.rendering.yaml import (
    escape_expressions,
    format_block,
    format_scalar,
    format_script,
)
from generator.workflow.source import parse_yaml

NASTY = [
    "",
    " ",
    "on",
    "yes",
    "null",
    "~",
    "010",
    "1e3",
    "0x1F",
    "a: b",
    "- a",
    "# no comment",
    "a #b",
    "'",
    '"',
    "\\",
    "\\n",
    "a\nb",
    "a\n\n b\n",
    "\ta",
    "${{ secrets.X }}",
    "}} {{ %} <% x %>",
    "$(rm -rf /)",
    "`id`",
    "größe ☃ 🙂",
    "a\u2028b\x85c\x7f",
    "\ufeffx",
    "&a *b !c |d >e %f @g",
]
TEXT = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
)
TREE = st.recursive(
    st.one_of(TEXT, st.integers(-9, 10**12), st.booleans(), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            TEXT.filter(lambda key: key != "permissions"), inner, max_size=3
        ),
    ),
    max_leaves=8,
)


def read(text: str) -> object:
    """As wfgen reads YAML, and as two of PyYAML's own loaders do, which must agree on strings."""
    workflow = parse_yaml(f"value: {text}\n", Path("x"))
    assert workflow.findings == ()
    assert isinstance(workflow.data, dict)
    return workflow.data["value"]


@pytest.mark.parametrize("text", NASTY)
def test_a_string_is_itself_to_every_reader(text: str) -> None:
    assert read(format_scalar(text)) == text
    assert yaml.safe_load(format_scalar(text)) == text
    assert yaml.load(format_scalar(text), yaml.CSafeLoader) == text
    assert "\n" not in format_scalar(text)


@given(TREE)
def test_a_tree_is_itself(tree: object) -> None:
    indented = format_block(tree, 2)
    if isinstance(tree, dict | list) and tree:
        indented = "\n  " + indented
    assert read(indented) == tree


@given(
    st.one_of(st.sampled_from(NASTY), st.text(max_size=60)).filter(
        lambda text: text.strip("\n") != ""
    )
)
def test_a_script_is_itself_but_for_the_line_breaks_at_its_end(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    back = read(format_script(text, 4))
    assert isinstance(back, str)
    assert back.rstrip("\n") == text.rstrip("\n")


def test_scripts_stand_as_people_write_them() -> None:
    assert format_script("make\nmake test\n", 4) == "|\n    make\n    make test"


def test_github_hands_a_literal_on_as_it_stands() -> None:
    escaped = escape_expressions("a ${{ b }} ${{ c")
    assert isinstance(escaped, str)
    # What GitHub does: it puts the string literal in the place of the expression.
    assert escaped.replace("${{ github.run_id && '${{' }}", "${{") == "a ${{ b }} ${{ c"
    assert escape_expressions(["${{", 3]) == ["${{ github.run_id && '${{' }}", 3]
