"""What belongs to a GitHub environment reaches the jobs that run in it and no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import pytest

from generator.runner.act.environment_secrets import (
    alias_values,
    use_aliases,
)
from generator.runner.models import RunRequest
from generator.workflow.parser import parse_workflow
from generator.workflow.source import YamlDocument

# The value of some field of a record: the record has the types.
FieldValue: TypeAlias = Any

PATH = Path("w.yml")
OTHER_NAMES = "${{ my.secrets.KEY }} ${{ secrets.KEY-2 }}"
OF_PRODUCTION = {"production": {"KEY": "k"}, "staging": {"KEY": "s"}}


def make_request(**more: FieldValue) -> RunRequest:
    return RunRequest(Path(), PATH, "push", **more)


def ask(document: dict[str, Any], asked: RunRequest) -> bool:
    plan = parse_workflow(YamlDocument(PATH, document, {}))
    return use_aliases(document, plan, asked)


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("${{ secrets.KEY }}", "${{ secrets.WFGEN_ENVIRONMENT_0_KEY }}"),
        ("a ${{ secrets.key }} b ${{secrets['Key']}}",
         "a ${{ secrets.WFGEN_ENVIRONMENT_0_KEY }} b ${{secrets.WFGEN_ENVIRONMENT_0_KEY}}"),
        ("${{ secrets.KEY_2 || secrets.OTHER }}", "${{ secrets.KEY_2 || secrets.OTHER }}"),
        (OTHER_NAMES, OTHER_NAMES),
        ("${{ format('secrets.KEY {0}', secrets.KEY) }}",
         "${{ format('secrets.KEY {0}', secrets.WFGEN_ENVIRONMENT_0_KEY) }}"),
        ("echo secrets.KEY", "echo secrets.KEY"),
        (3, 3),
    ],
)  # fmt: skip
def test_expressions_ask_for_the_environments_own(
    written: object, asked: object
) -> None:
    job: dict[str, Any] = {
        "environment": {"name": "Production"},
        "steps": [{"env": {"X": written}}],
        "outputs": {"o": written},
    }
    document: dict[str, Any] = {
        "jobs": {"a": job, "b": {"steps": [{"env": {"X": written}}]}}
    }
    assert ask(document, make_request(environment_secrets={"production": {"KEY": "k"}}))
    assert document["jobs"]["a"]["steps"] == [{"env": {"X": asked}}]
    assert document["jobs"]["a"]["outputs"] == {"o": asked}
    assert document["jobs"]["b"] == {"steps": [{"env": {"X": written}}]}


def test_a_condition_is_an_expression_without_braces_too() -> None:
    document = {
        "jobs": {
            "a": {
                "environment": "e",
                "if": "vars.ON",
                "steps": [{"if": "vars.ON", "run": "vars.ON"}],
            }
        }
    }
    assert ask(document, make_request(environment_variables={"e": {"ON": "1"}}))
    # The job's own condition is read before the job is in its environment.
    renamed_if = "vars.WFGEN_ENVIRONMENT_0_ON"
    assert document["jobs"]["a"] == {
        "environment": "e", "if": "vars.ON", "steps": [{"if": renamed_if, "run": "vars.ON"}],
    }  # fmt: skip


def test_two_environments_are_told_apart() -> None:
    assert alias_values(OF_PRODUCTION) == {
        "WFGEN_ENVIRONMENT_0_KEY": "k",
        "WFGEN_ENVIRONMENT_1_KEY": "s",
    }
    jobs = {
        name: {"environment": name, "env": {"X": "${{ secrets.KEY }}"}}
        for name in OF_PRODUCTION
    }
    assert ask({"jobs": jobs}, make_request(environment_secrets=OF_PRODUCTION))
    assert [job["env"] for job in jobs.values()] == [
        {"X": "${{ secrets.WFGEN_ENVIRONMENT_0_KEY }}"},
        {"X": "${{ secrets.WFGEN_ENVIRONMENT_1_KEY }}"},
    ]


def test_without_environments_nothing_is_changed() -> None:
    assert not ask(
        {"jobs": {"a": {"environment": "e", "env": {"X": "${{ secrets.KEY }}"}}}},
        make_request(),
    )
