"""State carried from run to run by the rendered workflow, under act, on the local GitHub (R1.

R2, R5, R7).
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from generator.github.core.faults import Fault
from generator.github.core.models import NameScope
from generator.runner.models import Conclusion, RunResult

if TYPE_CHECKING:
    from tests.integration.conftest import Project

pytestmark = pytest.mark.act
STATE = {"model-state", "data-state"}
Rows = Callable[[RunResult], int]
Why = Callable[[RunResult], str]


def names(result: RunResult) -> set[str]:
    return {artifact.name for artifact in result.artifacts}


def conclusions(result: RunResult) -> dict[str, str]:
    return {step.name: step.conclusion for job in result.jobs for step in job.steps}


def test_three_pushes_grow_alike_and_a_pull_request_changes_no_state(
    project: Project, total_rows: Rows, why: Why
) -> None:
    first, second = project.run(), project.run()
    assert first.conclusion is Conclusion.SUCCESS, why(first)
    trial = project.run("pull_request")
    fork = project.run("pull_request", from_fork=True)
    third = project.run()
    one = total_rows(first)
    assert [total_rows(result) for result in (first, second, trial, fork, third)] == [
        one, 2 * one, 3 * one, 3 * one, 3 * one,
    ]  # fmt: skip
    assert first.restored_from == ()
    assert second.restored_from == (first.run.id,)
    assert (
        trial.restored_from
        == fork.restored_from
        == third.restored_from
        == (second.run.id,)
    )
    assert names(third) == {*STATE, "training-logs"}
    assert names(trial) == names(fork) == {"training-logs"}
    assert any(
        "training starts fresh" in annotation.message
        for annotation in first.annotations
    )
    # The one thing that a machine without the rendered Python has to say.
    assert not [
        note
        for note in third.annotations
        if "is not on this machine" not in note.message
    ]


def test_iterations_come_from_the_input_then_the_variable_then_the_rendering(
    project: Project, total_rows: Rows
) -> None:
    rendered_number = project.run()
    variable = project.run("schedule", variables={"TRAINING_ITERATIONS": "2"})
    given = project.run(
        "workflow_dispatch",
        inputs={"iterations": "1"},
        variables={"TRAINING_ITERATIONS": "2"},
    )
    grown = [total_rows(rendered_number), total_rows(variable), total_rows(given)]
    assert grown == [30, 50, 60]


def test_what_is_uploaded_is_what_the_document_names(project: Project) -> None:
    result = project.run()
    stored = {
        artifact.name: zipfile.ZipFile(
            project.local_github.get_artifact_path(artifact.id)
        )
        for artifact in result.artifacts
    }
    assert "best_model.pkl" in stored["model-state"].namelist()
    assert "data_state.json" in stored["data-state"].namelist()
    assert "summary.json" in stored["training-logs"].namelist()
    assert json.loads(stored["data-state"].read("data_state.json")) == {"rows": 30}
    kept = {
        round((artifact.expires_at - artifact.created_at) / timedelta(days=1))
        for artifact in result.artifacts
    }
    assert kept == {5}
    for archive in stored.values():
        archive.close()


def test_deleted_artifacts_mean_a_fresh_start_that_says_so(
    project: Project, total_rows: Rows
) -> None:
    first = project.run()
    for artifact in first.artifacts:
        project.local_github.delete_artifact(artifact.id)
    again = project.run()
    assert again.conclusion is Conclusion.SUCCESS
    assert again.restored_from == ()
    assert total_rows(again) == total_rows(first)
    assert any("training starts fresh" in note.message for note in again.annotations)


@pytest.mark.parametrize("status", [500, 403])
def test_an_api_in_trouble_fails_the_job_and_keeps_the_state(
    project: Project, status: int, total_rows: Rows
) -> None:
    first = project.run()
    project.local_github.faults.add(
        Fault("/repos/*/actions/artifacts*", "GET", status=status)
    )
    failed = project.run()
    project.local_github.faults.clear()
    assert failed.conclusion is Conclusion.FAILURE
    assert conclusions(failed)["Find the state of an earlier run"] == "failure"
    assert conclusions(failed)["Train"] == "skipped"
    assert not names(failed) & STATE
    assert any(str(status) in note.message for note in failed.annotations)
    following = project.run()
    assert following.restored_from == (first.run.id,)
    assert total_rows(following) == 2 * total_rows(first)


def test_a_download_in_trouble_fails_the_job_and_keeps_the_state(
    project: Project, total_rows: Rows
) -> None:
    first = project.run()
    project.local_github.faults.add(
        Fault("/repos/*/actions/artifacts/*/zip", "GET", status=403)
    )
    failed = project.run()
    project.local_github.faults.clear()
    assert failed.conclusion is Conclusion.FAILURE
    assert conclusions(failed)["Train"] == "skipped"
    assert total_rows(project.run()) == 2 * total_rows(first)


def test_where_the_newest_state_has_expired_the_one_before_is_taken(
    project: Project, total_rows: Rows
) -> None:
    project.render(retention="9")
    first = project.run()
    project.render(retention="1")
    second = project.run()
    project.clock.advance(timedelta(days=2))
    third = project.run()
    assert total_rows(second) == 2 * total_rows(first)
    assert third.restored_from == (first.run.id,)
    assert total_rows(third) == 2 * total_rows(first)


def test_half_a_state_is_passed_over(project: Project) -> None:
    first, second = project.run(), project.run()
    lost = next(
        artifact for artifact in second.artifacts if artifact.name == "data-state"
    )
    project.local_github.delete_artifact(lost.id)
    assert project.run().restored_from == (first.run.id,)


@pytest.mark.parametrize("scope", NameScope)
def test_a_run_again_goes_on_from_what_it_went_on_from(
    project: Project, total_rows: Rows, scope: NameScope
) -> None:
    """Whether GitHub counts names of artifacts by run or by attempt."""
    project.artifact_names = scope
    first, second = project.run(), project.run("schedule")
    again = project.run(rerun_number=2)
    assert again.conclusion is Conclusion.SUCCESS
    assert (again.run.id, again.run.attempt, again.run.event) == (
        second.run.id,
        2,
        "schedule",
    )
    assert again.restored_from == (first.run.id,)
    assert total_rows(again) == 2 * total_rows(first)
    following = project.run()
    assert following.restored_from == (second.run.id,)
    assert total_rows(following) == 3 * total_rows(first)


def test_a_run_again_whose_predecessor_is_gone_starts_nothing_over(
    project: Project, total_rows: Rows
) -> None:
    first, second = project.run(), project.run()
    for artifact in first.artifacts:
        project.local_github.delete_artifact(artifact.id)
    again = project.run(rerun_number=2)
    assert total_rows(again) == total_rows(second) + total_rows(first)
    assert again.restored_from == (second.run.id,)


def test_state_kept_outside_of_artifacts_has_an_origin_too(project: Project) -> None:
    project.render(store="branch")
    first, second = project.run(), project.run()
    assert (first.restored_from, second.restored_from) == ((), (first.run.id,))


REFERENCE = """
name: Reference
on: {push: {branches: [main]}}
jobs:
  train:
    runs-on: ubuntu-latest
    permissions: {contents: read, actions: read}
    steps:
    - uses: actions/checkout@v4
    - name: Download model state from previous runs
      uses: actions/download-artifact@v4
      with:
        name: model-state
        path: runtime/model/
      continue-on-error: true
    - name: Download data state from previous runs
      uses: actions/download-artifact@v4
      with:
        name: data-state
        path: runtime/data/
      continue-on-error: true
    - name: Run iterative training
      run: python3 -m pipeline update --iterations 3
    - name: Upload model artifacts
      uses: actions/upload-artifact@v4
      with:
        name: model-state
        path: |
          runtime/model/best_model.pkl
        retention-days: 5
    - name: Upload data state
      uses: actions/upload-artifact@v4
      with:
        name: data-state
        path: |
          runtime/data/data_state.json
        retention-days: 5
    - name: Upload training logs
      uses: actions/upload-artifact@v4
      with:
        name: training-logs
        path: |
          runtime/logs/
        retention-days: 5
"""


def test_the_reference_documents_own_restore_restores_nothing(
    project: Project, total_rows: Rows
) -> None:
    project.write(".github/workflows/reference.yml", REFERENCE)
    first, second = (
        project.run(workflow="reference.yml"),
        project.run(workflow="reference.yml"),
    )
    assert second.conclusion is Conclusion.SUCCESS
    assert second.restored_from == ()
    assert total_rows(second) == total_rows(first)
    restores = [
        step
        for job in second.jobs
        for step in job.steps
        if step.name.startswith("Download")
    ]
    assert [step.outcome for step in restores] == [Conclusion.FAILURE] * 2
    assert [step.conclusion for step in restores] == [Conclusion.SUCCESS] * 2
    assert "Artifact not found for name: model-state" in second.annotations[0].message


def test_a_run_id_without_a_token_is_ignored(project: Project) -> None:
    project.write(".github/workflows/reference.yml", REFERENCE)
    first = project.run(workflow="reference.yml")
    with_id = REFERENCE.replace(
        "path: runtime/model/\n",
        f"path: runtime/model/\n        run-id: {first.run.id}\n",
    )
    project.write(".github/workflows/reference.yml", with_id)
    assert project.run(workflow="reference.yml").restored_from == ()
