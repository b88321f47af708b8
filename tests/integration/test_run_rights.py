"""Where a job runs and what it may do: environments, rights, secrets, labels."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from generator.runner.models import Conclusion, RunResult

if TYPE_CHECKING:
    from tests.integration.conftest import Project

pytestmark = pytest.mark.act
Why = Callable[[RunResult], str]
KEY = "0123456789abcdef-of-production"


@pytest.mark.shows_settings("environment")
def test_an_environment_gives_its_secrets_to_its_own_jobs_only(
    project: Project, why: Why
) -> None:
    look = [{"name": "Look", "env": {"KEY": "${{ secrets.S3_KEY }}", "AT": "${{ vars.AT }}"},
             "run": 'echo "$GITHUB_JOB: ${#KEY} $KEY at ${AT:-nowhere}"'}]  # fmt: skip
    project.render(
        **{
            "environment": "production",
            "steps.before_train": json.dumps(look).replace('": ', '" = '),
            "jobs": "{outside = {steps = "
            + json.dumps(look).replace('": ', '" = ')
            + "}}",
        }
    )
    given: dict[str, Any] = {
        "secrets": {"S3_KEY": "of the repository"},
        "variables": {"AT": "home"},
    }
    result = project.run(
        **given,
        environment_secrets={"production": {"S3_KEY": KEY}},
        environment_variables={"production": {"AT": "work"}},
    )
    assert result.conclusion is Conclusion.SUCCESS, why(result)
    looked = sorted(line for line in project.list_output(result) if " at " in line)
    assert looked == ["outside: 17 *** at home", f"train: {len(KEY)} *** at work"], why(
        result
    )
    assert KEY not in result.log.read_text()
    fork = project.run(
        "pull_request",
        from_fork=True,
        **given,
        environment_secrets={"production": {"S3_KEY": KEY}},
    )
    assert {line for line in project.list_output(fork) if " at " in line} == {
        "outside: 0  at home",
        "train: 0  at home",
    }
    assert "a pull request from a fork gets no secrets" in fork.notes


ASK = """
import json, os, urllib.error, urllib.request

url = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
head = {"Authorization": f"token {os.environ['TOKEN']}"}
try:
    issue = json.dumps({"title": "Seen"}).encode()
    status = urllib.request.urlopen(urllib.request.Request(url, issue, head)).status
except urllib.error.HTTPError as error:
    status = error.code
print("an issue:", status)
"""


@pytest.mark.shows_settings("runner", "permissions")
def test_the_token_has_the_rights_of_the_settings_on_whatever_runner(
    project: Project, why: Why
) -> None:
    project.write("ask.py", ASK)
    ask = (
        "[{name = 'Ask', env = {TOKEN = '${{ github.token }}'}, run = 'python ask.py'}]"
    )
    project.render(**{"steps.before_train": ask})
    without = project.run()
    assert "an issue: 403" in project.list_output(without), why(without)
    project.render(
        **{
            "steps.before_train": ask,
            "permissions": "{issues = 'write'}",
            "runner": "['self-hosted', 'Linux', 'GPU']",
        }
    )
    result = project.run()
    # act passes over a job whose label nobody has.
    assert (result.conclusion, project.map_conclusions(result)["Train"]) == (
        Conclusion.SUCCESS,
        "success",
    ), why(result)
    assert "an issue: 201" in project.list_output(result)
    assert [issue.title for issue in project.local_github.list_issues()] == ["Seen"]


@pytest.mark.shows_settings("dataset.secrets")
def test_secrets_reach_the_training_and_nothing_else(
    project: Project, why: Why
) -> None:
    look = 'echo "$GITHUB_ACTION ${#S3_ID} ${#S3_KEY} $S3_KEY"'
    project.render(
        **{
            "dataset.source": "own",
            "dataset.secrets": '["S3_ID", "S3_KEY"]',
            "steps.before_train": f"[{{id = 'before', run = {json.dumps(look)}}}]",
            "train.command": f"{look}\npython -m pipeline update --iterations 1",
        }
    )
    result = project.run(
        secrets={"S3_ID": "someone", "S3_KEY": KEY, "OTHER": "not asked for"}
    )
    assert result.conclusion is Conclusion.SUCCESS, why(result)
    assert [
        line for line in project.list_output(result) if " 0 " in line or "***" in line
    ] == [
        "before 0 0 ",
        f"train 7 {len(KEY)} ***",
    ], why(result)
    assert KEY not in result.log.read_text()
    fork = project.run(
        "pull_request", from_fork=True, secrets={"S3_ID": "someone", "S3_KEY": KEY}
    )
    assert fork.conclusion is Conclusion.SUCCESS, why(fork)
    assert any("nothing to train on" in note.message for note in fork.annotations)
    assert project.map_conclusions(fork)["Upload model state"] == "skipped"
