"""The other workflows that settings ask for, and workflows that are switched off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from generator.cli import main
from generator.errors import WorkflowProblemError
from generator.github.core.models import WorkflowState
from generator.process import SystemRunner
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


@pytest.mark.shows_settings("workflows.watchdog")
def test_the_watchdog_keeps_one_issue_and_closes_it(project: Project, why: Why) -> None:
    project.clock.set(datetime(2026, 1, 1, 12, tzinfo=UTC))
    project.render(**{"workflows.watchdog": "true"})
    noon = {"WATCH_NOW": "2026-01-01T12:00:00Z"}
    new = project.run("schedule", "watchdog.yml", environment=noon)
    assert new.conclusion is Conclusion.SUCCESS, why(new)
    project.clock.advance(timedelta(days=3))
    moment = project.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    for _ in range(2):
        stale = project.run(
            "schedule", "watchdog.yml", environment={"WATCH_NOW": moment}
        )
        assert stale.conclusion is Conclusion.FAILURE, why(stale)
    issue = project.local_github.list_issues()[0]
    assert len(project.local_github.list_issues()) == 1
    assert "**STALE**: no scheduled run came for 2026-01-03 00:17 UTC" in issue.body
    trained = project.run("schedule")
    assert trained.conclusion is Conclusion.SUCCESS, why(trained)
    well = project.run("schedule", "watchdog.yml", environment={"WATCH_NOW": moment})
    assert well.conclusion is Conclusion.SUCCESS, why(well)
    assert project.local_github.list_issues()[0].state == "closed"
    for artifact in project.local_github.list_artifacts():
        if artifact.name == "model-state":
            project.local_github.delete_artifact(artifact.id)
    lost = project.run("schedule", "watchdog.yml", environment={"WATCH_NOW": moment})
    assert "STATE LOST" in str(lost.annotations) + str(
        project.local_github.list_issues()[-1].body
    )


def test_the_watchdog_looks_from_elsewhere(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project.render()
    project.run("schedule")
    github = project.local_github
    github.switch_workflow("train.yml", WorkflowState.DISABLED_MANUALLY)
    monkeypatch.setenv("GITHUB_API_URL", github.url)
    monkeypatch.setenv("GH_TOKEN", github.create_owner_token())
    remote = str(github.get_git_folder())
    argv = ["git", "push", "-q", remote, "HEAD:refs/heads/main"]
    assert SystemRunner().run(argv, cwd=project.root).exit_code == 0
    with pytest.raises(SystemExit) as caught:
        main(["watch", github.repository])
    assert caught.value.code == 1
    said = "DISABLED: the workflow is disabled_manually: no event starts it\n"
    assert capsys.readouterr().out == said
    with pytest.raises(SystemExit) as caught:
        main(["watch", github.repository, "-w", "no.yml"])
    assert caught.value.code == 3
