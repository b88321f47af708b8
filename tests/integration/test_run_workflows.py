"""The other workflows that settings ask for, and workflows that are switched off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from generator.errors import WorkflowProblemError
from generator.github.core.models import WorkflowState
from generator.runner.models import Conclusion, RunResult

if TYPE_CHECKING:
    from tests.integration.conftest import Project

pytestmark = pytest.mark.act
Why = Callable[[RunResult], str]
ROOT = Path(__file__).parents[2]


@pytest.mark.shows_settings("workflows.ci", "ci.lint", "ci.test", "ci.wfgen")
def test_ci_holds_the_rendered_files_to_the_settings(
    project: Project, why: Why
) -> None:
    settings = f"ci.test = 'echo tested'\nci.wfgen = '{ROOT}'\nworkflows.ci = true\n"
    settings += "install.requirements = ''\n"
    settings += "ci.lint = 'echo linted'\n"
    project.write("wfgen.toml", settings)
    project.render()
    project.write("wfgen.toml", settings + "retention = 9\n")
    stale = project.run(workflow="ci.yml")
    wanted = {
        "Lint": "success",
        "Test": "success",
        "Rendered files are as the settings say": "failure",
    }
    assert project.map_conclusions(stale) | wanted == project.map_conclusions(stale), (
        why(stale)
    )
    lines = project.list_output(stale)
    assert [line for line in lines if line in {"linted", "tested"}] == [
        "linted",
        "tested",
    ]
    assert any("train.yml: out of date" in line for line in lines), why(stale)
    assert any("retention-days: 9" in line for line in lines), why(stale)


@pytest.mark.shows_settings("workflows.keepalive")
def test_keepalive_switches_on_what_inactivity_switched_off(
    project: Project, why: Why
) -> None:
    project.render(**{"workflows.keepalive": "true"})
    first = project.run("schedule", "keepalive.yml")
    assert first.conclusion is Conclusion.SUCCESS, why(first)
    assert project.list_output(first)[-2:] == ["train.yml is on", "keepalive.yml is on"]
    project.local_github.switch_workflow("train.yml", WorkflowState.DISABLED_INACTIVITY)
    before = project.local_github.list_runs()
    for event in ("schedule", "push"):
        with pytest.raises(
            WorkflowProblemError,
            match=r"train.yml is switched off \(disabled_inactivity\)",
        ):
            project.run(event)
    assert project.local_github.list_runs() == before
    again = project.run("workflow_dispatch", "keepalive.yml")
    assert "train.yml was disabled_inactivity and is on again" in project.list_output(
        again
    ), why(again)
    assert project.run("schedule").conclusion is Conclusion.SUCCESS


def test_keepalive_leaves_off_what_was_switched_off_by_hand(
    project: Project, why: Why
) -> None:
    project.render(**{"workflows.keepalive": "true"})
    project.run(workflow="keepalive.yml", event="schedule")
    project.local_github.switch_workflow("train.yml", WorkflowState.DISABLED_MANUALLY)
    result = project.run("schedule", "keepalive.yml")
    assert result.conclusion is Conclusion.SUCCESS, why(result)
    assert "train.yml was switched off by hand and stays off" in project.list_output(
        result
    )
    assert {
        one.path.rpartition("/")[2]: one.state.value
        for one in project.local_github.list_workflows()
    } == {
        "keepalive.yml": "active",
        "train.yml": "disabled_manually",
    }


def test_keepalive_without_the_right_to_write_says_so(project: Project) -> None:
    project.render(**{"workflows.keepalive": "true"})
    file = project.root / ".github/workflows/keepalive.yml"
    file.write_text(file.read_text().replace("actions: write", "actions: read"))
    result = project.run("schedule", "keepalive.yml")
    assert result.conclusion is Conclusion.FAILURE
    assert any(
        "could not be kept alive" in note.message and "403" in note.message
        for note in result.annotations
    )
