"""What is settled before a run begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import pytest

from generator.errors import SettingsError
from generator.runner.models import RunRequest
from generator.runner.plan import check_environments
from generator.workflow.parser import read_workflow

# The value of some field of a record: the record has the types.
FieldValue: TypeAlias = Any

PATH = Path("w.yml")


def make_request(**more: FieldValue) -> RunRequest:
    return RunRequest(Path(), PATH, "push", **more)


def test_an_environment_that_no_job_names_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / PATH
    file.write_text(
        "on: push\njobs: {a: {environment: production, steps: []}, b: {environment: {name: other}}}"
    )
    plan = read_workflow(tmp_path, PATH)
    check_environments(
        plan,
        make_request(
            environment_secrets={"PRODUCTION": {}}, environment_variables={"other": {}}
        ),
    )
    with pytest.raises(
        SettingsError, match=r"no job of w\.yml runs in an environment prod$"
    ) as caught:
        check_environments(
            plan, make_request(environment_variables={"prod": {"A": "b"}})
        )
    assert caught.value.hint == "it names: other, production"
    file.write_text(
        "on: push\njobs: {a: {environment: '${{ inputs.where }}', steps: []}}"
    )
    check_environments(
        read_workflow(tmp_path, PATH), make_request(environment_secrets={"prod": {}})
    )
