"""Expressions, by docs.github.com ("Evaluate expressions") and npm `@actions/expressions`."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import WorkflowProblemError
from generator.workflow.evaluation.checking import check_expressions
from generator.workflow.evaluation.evaluator import ExpressionError, Scope, evaluate
from generator.workflow.evaluation.values import to_text
from generator.workflow.parser import parse_workflow
from generator.workflow.source import parse_yaml

SCOPE = Scope(
    {
        "github": {
            "ref": "refs/heads/main",
            "event": {"labels": [{"name": "bug"}, {"name": "Fix"}, {}], "n": 3},
        },
        "matrix": {"os": "ubuntu", "n": 2},
    },
    {},
)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("'it''s'", "it's"),
        ("-2.5e1", -25.0),
        ("0xff", 255.0),
        ("null == 0", True),
        ("'1' == 1", True),
        ("'a' == 0", False),
        ("'ABC' == 'abc'", True),
        ("true == 'true'", False),
        ("fromJSON('[1]') == fromJSON('[1]')", False),
        ("'b' > 'A'", True),
        ("'x' < 1", False),
        ("github.REF == 'refs/heads/MAIN'", True),
        ("github['event'].n", 3),
        ("github.event.labels.*.name", ["bug", "Fix"]),
        ("github.event.labels[1].name", "Fix"),
        ("github.event.labels[9].name", None),
        ("join(github.event.labels.*.name, '-')", "bug-Fix"),
        ("contains(github.event.labels.*.name, 'fix')", True),
        ("contains('Hello', 'LL')", True),
        ("startsWith('Hello', 'he') && endsWith('Hello', 'LO')", True),
        ("format('{{0}} {0} {1}', 'a', true)", "{0} a true"),
        ("toJSON(matrix)", '{\n  "os": "ubuntu",\n  "n": 2\n}'),
        ("fromJSON('{\"a\": [1, 2]}').a[1]", 2),
        ("false || '' || 'last'", "last"),
        ("matrix.os && 'yes' || 'no'", "yes"),
        ("!github.nothing", True),
        ("1 < 2 == true", True),
        ("case(false, 'a', true, 'b', 'c')", "b"),
        ("(github.event.labels.*)[0]", []),
    ],
)
def test_an_expression_has_the_value_it_has_on_github(
    expression: str, value: object
) -> None:
    assert evaluate(expression, SCOPE) == value


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("unknown.x", "Unrecognized named-value: 'unknown'. Located at position 1"),
        ("nofunc(1)", "Unrecognized function: 'nofunc'"),
        ("1 +", "Unexpected symbol"),
        ("github.", "Unexpected end of expression"),
        ("(1", "Unexpected end"),
        ("'open", "Unexpected symbol"),
        ("", "An expression was expected"),
        ("format('{1}', 1)", "format string is invalid"),
        ("fromJSON('[')", "Error parsing fromJson"),
        ("fromJSON('NaN')", "Error parsing fromJson"),
        ("case(1, 2, 3)", "must evaluate to a boolean"),
        ("contains(1)", "Too few or too many parameters"),
        ("(" * 60 + "1" + ")" * 60, "Exceeded max expression depth 50"),
    ],
)
def test_what_github_refuses_is_refused(expression: str, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(expression, SCOPE)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1"),
        (0.1, "0.1"),
        (-0.0, "0"),
        (1e21, "1E+21"),
        (1e-7, "1E-07"),
        (1.5e300, "1.5E+300"),
    ],
)
def test_numbers_are_written_as_by_net(number: float, text: str) -> None:
    assert to_text(number) == text


@given(st.text("'()[].,!<>=&|*01abn ", max_size=20))
def test_any_text_has_a_value_or_a_reason(expression: str) -> None:
    try:
        evaluate(expression, SCOPE)
    except ExpressionError as error:
        assert str(error)  # noqa: PT017 - every reason has words


def test_faults_of_a_workflow_are_told_with_their_places() -> None:
    text = """on: push
jobs:
  a:
    if: github.ref == 'x' && nope
    steps:
      - run: echo ${{ unknown.thing }} ${{ github.ref }}
      - if: success() && hashFiles('x') != ''
        run: echo ${{ fromJSON(env.X).y }} ${{ nofunc(1) }}
"""
    workflow = parse_workflow(parse_yaml(text, Path("w.yml")))
    with pytest.raises(WorkflowProblemError) as caught:
        check_expressions(workflow)
    lines = caught.value.message.splitlines()
    assert len(lines) == 3
    assert "w.yml (Line: 4, Col: 5): Unrecognized named-value: 'nope'" in lines[0]
    assert "(Line: 6, Col: 9): Unrecognized named-value: 'unknown'" in lines[1]
    assert "(Line: 8, Col: 9): Unrecognized function: 'nofunc'" in lines[2]
