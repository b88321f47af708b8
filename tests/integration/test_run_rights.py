"""Where a job runs and what it may do: environments, rights, secrets, labels."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from generator.runner.records import Conclusion, RunResult

if TYPE_CHECKING:
    from tests.integration.conftest import Project

pytestmark = pytest.mark.act
Why = Callable[[RunResult], str]
KEY = "0123456789abcdef-of-production"


def test_an_environment_gives_its_secrets_to_its_own_jobs_only(project: Project, why: Why) -> None:
    look = [{"name": "Look", "env": {"KEY": "${{ secrets.S3_KEY }}", "AT": "${{ vars.AT }}"},
             "run": 'echo "$GITHUB_JOB: ${#KEY} $KEY at ${AT:-nowhere}"'}]  # fmt: skip
    project.render(
        **{
            "environment": "production",
            "steps.before_train": json.dumps(look).replace('": ', '" = '),
            "jobs": "{outside = {steps = " + json.dumps(look).replace('": ', '" = ') + "}}",
        }
    )
    given: dict[str, Any] = {"secrets": {"S3_KEY": "of the repository"}, "variables": {"AT": "home"}}
    result = project.run(
        **given,
        environment_secrets={"production": {"S3_KEY": KEY}},
        environment_variables={"production": {"AT": "work"}},
    )
    assert result.conclusion is Conclusion.SUCCESS, why(result)
    looked = sorted(line for line in project.said(result) if " at " in line)
    assert looked == ["outside: 17 *** at home", f"train: {len(KEY)} *** at work"], why(result)
    assert KEY not in result.log.read_text()
    fork = project.run("pull_request", from_fork=True, **given, environment_secrets={"production": {"S3_KEY": KEY}})
    assert {line for line in project.said(fork) if " at " in line} == {"outside: 0  at home", "train: 0  at home"}
    assert "a pull request from a fork gets no secrets" in fork.notes
