"""The words of `wfgen run` that hold more than one thing."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.errors import SettingsError
from generator.github.core.faults import Fault
from generator.runner.options import (
    ScopedValues,
    check_iterations,
    parse_fault,
    parse_secrets,
    parse_variables,
)
from generator.workflow.parser import parse_workflow
from generator.workflow.source import parse_yaml

WRONG_COUNTS = (
    "٣",
    "1_000",
    "+3",
    " 3",
    "3 ",
    "1e3",
    "0",
    "03",
    "-1",
    "1234567",
    "3\n",
)
RENDERED = """
on: {workflow_dispatch: {inputs: {iterations: {type: string}}}}
jobs:
  train:
    runs-on: ubuntu-24.04
    env:
      TRAINING_ITERATIONS: ${{ inputs.iterations || vars.TRAINING_ITERATIONS || '3' }}
    steps: [{run: make}]
"""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("GET /a/* 500", Fault("/a/*", "GET", status=500)),
        ("/a 403", Fault("/a", "*", status=403)),
        ("post /a 503 2", Fault("/a", "POST", status=503, times=2)),
    ],
)
def test_faults_are_read(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    "text",
    [
        "",
        "GET",
        "GET /a",
        "GET a 500",
        "GET /a 99",
        "GET /a 600",
        "GET /a x",
        "/a 500 1 2",
    ],
)
def test_what_is_no_fault_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="--fault does not understand"):
        parse_fault(text)


def test_values_of_environments_are_told_from_the_repositorys() -> None:
    assert parse_variables(["A=1", "production/B=2=3"]) == ScopedValues(
        {"A": "1"}, {"production": {"B": "2=3"}}
    )


def test_a_secret_without_a_value_comes_from_the_shell() -> None:
    secrets = parse_secrets(["key", "production/token=t"], {"key": "from-shell"})
    assert secrets == ScopedValues(
        {"KEY": "from-shell"}, {"production": {"TOKEN": "t"}}
    )


@pytest.mark.parametrize("text", ["a-b=hidden", "/KEY=hidden", "production/=hidden"])
def test_no_error_quotes_a_secret(text: str) -> None:
    with pytest.raises(
        SettingsError, match="is not NAME or ENVIRONMENT/NAME"
    ) as caught:
        parse_secrets([text], {})
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("count", WRONG_COUNTS)
def test_iterations_of_a_run_are_ascii_digits_alone(count: str) -> None:
    workflow = parse_workflow(parse_yaml(RENDERED, Path("train.yml")))
    with pytest.raises(SettingsError, match="--input iterations takes a whole number"):
        check_iterations(workflow, {"iterations": count}, {})
    with pytest.raises(SettingsError, match="--var TRAINING_ITERATIONS takes a whole"):
        check_iterations(workflow, {}, {"TRAINING_ITERATIONS": count})


def test_iterations_are_looked_at_where_the_training_gets_them() -> None:
    other = RENDERED.replace("TRAINING_ITERATIONS:", "ROUNDS:")
    check_iterations(
        parse_workflow(parse_yaml(other, Path("w.yml"))), {"iterations": "1e3"}, {}
    )
    rendered = parse_workflow(parse_yaml(RENDERED, Path("w.yml")))
    check_iterations(rendered, {"iterations": "12"}, {"TRAINING_ITERATIONS": "999999"})
    check_iterations(rendered, {"iterations": ""}, {})
