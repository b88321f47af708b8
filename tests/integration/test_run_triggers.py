"""What starts the rendered workflow, under which name, on which branches.

For how many iterations.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from generator.errors import SettingsError, WorkflowProblemError
from generator.runner.models import Conclusion, RunResult
from generator.workflow.parser import read_workflow

if TYPE_CHECKING:
    from tests.integration.conftest import Project

pytestmark = pytest.mark.act
Rows = Callable[[RunResult], int]
Why = Callable[[RunResult], str]
TRAIN = Path(".github/workflows/train.yml")
ALL = {"push", "pull_request", "schedule", "workflow_dispatch"}


@pytest.mark.shows_settings(
    "triggers.push", "triggers.pull_request", "triggers.schedule", "triggers.dispatch"
)
@pytest.mark.parametrize(
    ("off", "event", "other"),
    [
        ("triggers.push", "push", "pull_request"),
        ("triggers.pull_request", "pull_request", "schedule"),
        ("triggers.schedule", "schedule", "workflow_dispatch"),
        ("triggers.dispatch", "workflow_dispatch", "push"),
    ],
)
def test_a_trigger_that_is_off_starts_nothing(
    off: str, event: str, other: str, project: Project, why: Why
) -> None:
    project.render(**{off: "false"})
    with pytest.raises(
        WorkflowProblemError, match=f"train.yml is not triggered by {event}$"
    ) as caught:
        project.run(event)
    assert set(caught.value.hint.removeprefix("its triggers: ").split(", ")) == ALL - {
        event
    }
    assert project.local_github.list_runs() == ()
    result = project.run(other)
    assert (result.conclusion, result.run.event) == (Conclusion.SUCCESS, other), why(
        result
    )
    assert set(read_workflow(project.root, TRAIN).triggers) == ALL - {event}


@pytest.mark.shows_settings("branches")
def test_other_branches_start_nothing_and_each_has_its_own_state(
    project: Project, total_rows: Rows, why: Why
) -> None:
    project.render(branches='["main", "release/*"]')
    for event in ("push", "pull_request"):
        for branch in ("topic", "release/1/rc"):
            with pytest.raises(
                WorkflowProblemError,
                match=f"not triggered by {event} on branch {branch}",
            ):
                project.run(event, branch=branch)
    assert project.local_github.list_runs() == ()
    results = [project.run(branch=branch) for branch in ("main", "release/1", "main")]
    assert [result.conclusion for result in results] == [Conclusion.SUCCESS] * 3, why(
        results[1]
    )
    assert [total_rows(result) for result in results] == [30, 30, 60]


@pytest.mark.shows_settings("name", "workflow")
def test_a_workflow_of_another_name_has_a_state_of_its_own(
    project: Project, total_rows: Rows, why: Why
) -> None:
    project.run()
    project.render(workflow="learn.yml", name="Learn: day by day #1")
    first, second = project.run(workflow="learn.yml"), project.run(workflow="learn.yml")
    assert second.conclusion is Conclusion.SUCCESS, why(second)
    assert (second.run.workflow_name, second.run.number) == ("Learn: day by day #1", 2)
    assert [total_rows(first), total_rows(second)] == [30, 60]
    assert second.restored_from == (first.run.id,)


@pytest.mark.shows_settings("iterations")
def test_an_input_wins_over_a_variable_and_a_variable_over_the_setting(
    project: Project, total_rows: Rows, why: Why
) -> None:
    project.render(iterations="2")
    variable = {"TRAINING_ITERATIONS": "4"}
    results = [
        project.run(),
        project.run("schedule", variables=variable),
        project.run(
            "workflow_dispatch", variables=variable, inputs={"iterations": "1"}
        ),
        project.run("workflow_dispatch", variables=variable, inputs={"iterations": ""}),
    ]
    assert [total_rows(result) for result in results] == [20, 60, 70, 110], why(
        results[2]
    )


@pytest.mark.shows_settings("schedule.cron")
def test_each_cron_line_starts_it(project: Project, why: Why) -> None:
    look = (
        "[{name = 'Look', env = {LINE = '${{ github.event.schedule }}'}, "
        "run = 'echo \"fired by $LINE\"'}]"
    )
    project.render(
        **{
            "schedule.cron": '["17 0 * * *", "30 12 * * MON"]',
            "steps.before_train": look,
        }
    )
    results = [project.run("schedule"), project.run("schedule", cron="30 12 * * MON")]
    assert [result.conclusion for result in results] == [Conclusion.SUCCESS] * 2, why(
        results[1]
    )
    fired = [
        line
        for result in results
        for line in project.list_output(result)
        if line.startswith("fired by")
    ]
    assert fired == ["fired by 17 0 * * *", "fired by 30 12 * * MON"]
    with pytest.raises(SettingsError, match="has no schedule '0 0 1 1"):
        project.run("schedule", cron="0 0 1 1 *")
