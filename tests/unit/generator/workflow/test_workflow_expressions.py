"""Expressions as far as they are read before a run."""

from __future__ import annotations

import time

import pytest

from generator.workflow.expressions import (
    expand_github_names,
    has_expression,
    list_possible_labels,
    replace_expressions,
)

GITHUB = {"ref": "refs/heads/main", "head_ref": "", "run_id": "7"}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("plain", "plain"),
        ("a-${{ github.ref }}-${{github.run_id}}", "a-refs/heads/main-7"),
        ("${{ github.head_ref || github.run_id }}", "7"),
        ("${{ github.head_ref || 'none' }}", "none"),
        ("${{\n  github.run_id\n}}", "7"),
    ],
)
def test_names_texts_and_alternatives_are_worked_out(text: str, expanded: str) -> None:
    assert expand_github_names(text, GITHUB) == expanded


@pytest.mark.parametrize("expression", ["inputs.x", "github.nothing", "!github.ref"])
def test_more_than_that_is_an_error_that_quotes_it(expression: str) -> None:
    with pytest.raises(ValueError, match=expression):
        expand_github_names(f"${{{{ {expression} }}}}", GITHUB)


@pytest.mark.parametrize(
    ("text", "replaced"),
    [
        ("a ${{ b }} c ${{ d", "a < b > c ${{ d"),
        ("}} ${{ b }}", "}} < b >"),
        ("}}", "}}"),
        ("a", "a"),
        ("", ""),
        ("${{}}", "<>"),
        ("${{ a ${{ b }} }}", "< a ${{ b > }}"),
    ],
)
def test_expressions_end_where_they_are_closed(text: str, replaced: str) -> None:
    assert replace_expressions(text, lambda match: f"<{match[1]}>") == replaced


def test_expressions_that_never_end_cost_nothing() -> None:
    text = "${{ " * 200_000
    began = time.process_time()
    assert replace_expressions(text, lambda match: match[1]) == text
    assert time.process_time() - began < 1


def test_an_expression_is_known_by_its_braces() -> None:
    assert has_expression("a ${{ b }}")
    assert not has_expression("a $b {{ c }}")


@pytest.mark.parametrize(
    ("label", "matrix", "labels"),
    [
        ("ubuntu-latest", {"os": ["x"]}, ["ubuntu-latest"]),
        ("${{ matrix.os }}", {"os": ["one", "two"], "n": [1]}, ["one", "two"]),
        ("${{ inputs.big && 'big' || 'small' }}", None, ["big", "small"]),
        ("${{ matrix.os }}", {"include": [{"os": "deep"}]}, ["deep"]),
        ("${{ vars.RUNNER }}", None, []),
    ],
)
def test_every_label_that_can_come_of_it(
    label: str, matrix: object, labels: list[str]
) -> None:
    assert list_possible_labels(label, matrix) == labels
