"""Workflows of other shapes than the rendered one.

Several jobs, matrices, local actions and workflows, checkouts.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from generator.errors import ToolFailedError, WfgenError, WorkflowProblemError
from generator.github.core.models import NewRun
from generator.process import SystemRunner
from generator.runner.models import ActionChoice, Conclusion, RunResult

if TYPE_CHECKING:
    from tests.integration.conftest import Project

pytestmark = pytest.mark.act
Why = Callable[[RunResult], str]

JOBS = """
name: Shapes
on: push
permissions: {}
jobs:
  plan:
    runs-on: ubuntu-latest
    outputs: {members: "${{ steps.m.outputs.members }}"}
    steps:
      - id: m
        run: echo 'members=[1, 2, 3]' >> "$GITHUB_OUTPUT"
  train:
    name: Train ${{ matrix.member }}
    needs: plan
    strategy: {matrix: {member: "${{ fromJSON(needs.plan.outputs.members) }}"}}
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - uses: ./.github/actions/greet
        with: {who: "member ${{ matrix.member }}"}
      - run: mkdir out && echo ${{ matrix.member }} > out/${{ matrix.member }}.txt
      - uses: actions/upload-artifact@v7
        with: {name: "part-${{ matrix.member }}", path: out}
  merge:
    needs: train
    runs-on: ubuntu-latest
    outputs: {sum: "${{ steps.s.outputs.sum }}"}
    steps:
      - uses: actions/download-artifact@v8
        with: {pattern: part-*, path: parts, merge-multiple: true}
      - id: s
        run: echo "sum=$(cat parts/*.txt | paste -sd+ - | bc 2>/dev/null || python3 -c "import glob;
          print(sum(int(open(p).read()) for p in glob.glob('parts/*.txt')))")" >> "$GITHUB_OUTPUT"
  called:
    needs: merge
    uses: ./.github/workflows/called.yml
    with: {sum: "${{ needs.merge.outputs.sum }}"}
  never:
    if: failure()
    needs: [merge, called]
    runs-on: ubuntu-latest
    steps: [{run: exit 1}]
"""
CALLED = """
name: Called
on: {workflow_call: {inputs: {sum: {type: string, required: true}}}}
jobs:
  check:
    runs-on: ubuntu-latest
    steps: [{name: The sum, run: 'test "${{ inputs.sum }}" = 6'}]
"""
GREET = """
name: Greet
description: Says hello
inputs: {who: {description: whom, required: true}}
runs:
  using: composite
  steps:
    - uses: actions/upload-artifact@v7
      with: {name: "greeting of ${{ inputs.who }}", path: README.md}
    - {shell: bash, run: 'echo "hello ${{ inputs.who }}"'}
"""


def test_jobs_matrices_local_actions_and_workflows(bare: Project, why: Why) -> None:
    bare.write(".github/workflows/shapes.yml", JOBS)
    bare.write(".github/workflows/called.yml", CALLED)
    bare.write(".github/actions/greet/action.yml", GREET)
    bare.write("README.md", "hello")
    bare.commit()
    result = bare.run(workflow="shapes.yml")
    assert result.conclusion is Conclusion.SUCCESS, why(result)
    ended = {job.name: job.conclusion for job in result.jobs}
    assert {name: ended[name] for name in ("plan", "merge", "never")} == {
        "plan": Conclusion.SUCCESS,
        "merge": Conclusion.SUCCESS,
        "never": Conclusion.SKIPPED,
    }
    assert sum(job.id == "train" for job in result.jobs) == 3
    assert any(step.name == "The sum" for job in result.jobs for step in job.steps), (
        ended
    )
    assert {artifact.name for artifact in result.artifacts} == {
        *(f"part-{member}" for member in (1, 2, 3)),
        *(f"greeting of member {member}" for member in (1, 2, 3)),
    }


CHECKOUT = """
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    permissions: {contents: read}
    steps:
      - uses: actions/checkout@v7
        with: {path: here}
      - uses: actions/checkout@v7
        id: old
        with: {ref: older, path: there}
      - run: |
          test "$(cat here/file)" = new; test "$(cat there/file)" = old
          test "$(git -C there rev-parse HEAD)" = "${{ steps.old.outputs.commit }}"
      - uses: actions/checkout@v7
        continue-on-error: true
        with: {ref: no-such-branch, path: nowhere}
"""


def test_another_ref_is_checked_out_from_this_machine(bare: Project, why: Why) -> None:
    bare.write("file", "old")
    bare.write(".github/workflows/checkout.yml", CHECKOUT)
    bare.commit()
    SystemRunner().run(["git", "branch", "older"], cwd=bare.root)
    bare.write("file", "new")
    result = bare.run(workflow="checkout.yml")
    assert result.conclusion is Conclusion.SUCCESS, why(result)
    assert "A branch or tag with the name 'no-such-branch' could not be found" in [
        note.message for note in result.annotations
    ]


QUEUED = """
name: Queued
on: {schedule: [{cron: 1 2 * * *, timezone: Europe/Berlin}, {cron: 3 4 * * *}]}
concurrency: {group: one, queue: max}
jobs: {a: {runs-on: ubuntu-latest, steps: [{run: 'echo "fired by ${{ github.event.schedule }}"'}]}}
"""


def test_what_act_cannot_read_is_left_out_of_its_copy(bare: Project) -> None:
    bare.write(".github/workflows/queued.yml", QUEUED)
    result = bare.run("schedule", "queued.yml", cron="3 4 * * *")
    assert result.conclusion is Conclusion.SUCCESS
    assert [
        line for job in result.jobs for step in job.steps for line in step.output
    ] == ["fired by 3 4 * * *"]
    assert [note for note in result.notes if note.startswith("act knows no ")] == [
        "act knows no schedule.timezone: run without it",
    ]


def test_containers_are_refused_before_anything_starts(bare: Project) -> None:
    bare.write(
        ".github/workflows/c.yml",
        "on: push\njobs: {a: {runs-on: x, container: node, steps: [{run: ls}]}}",
    )
    with pytest.raises(WorkflowProblemError, match="the job a wants containers"):
        bare.run(workflow="c.yml")
    assert bare.local_github.list_runs() == ()


def test_an_action_that_cannot_be_had_stops_the_run_before_it_starts(
    bare: Project,
) -> None:
    uses = "on: push\njobs: {a: {runs-on: x, steps: [{uses: 'example/nowhere@v1'}]}}"
    bare.write(".github/workflows/u.yml", uses)
    with pytest.raises(ToolFailedError, match="example/nowhere@v1 cannot be fetched"):
        bare.run(workflow="u.yml")
    assert bare.local_github.list_runs() == ()


def test_an_unpacked_action_is_taken_from_its_folder(bare: Project) -> None:
    action = {
        "name": "Mine",
        "description": "x",
        "inputs": {"word": {"description": "w", "default": "none"}},
        "runs": {
            "using": "composite",
            "steps": [{"shell": "bash", "run": "echo got ${{ inputs.word }}"}],
        },
    }
    bare.write("unpacked/me/mine@v3/action.yml", json.dumps(action))
    uses = "on: push\njobs: {a: {runs-on: x, steps: [{uses: 'me/mine@v3', with: {word: it}}]}}"
    bare.write(".github/workflows/u.yml", uses)
    result = bare.run(
        workflow="u.yml",
        actions=ActionChoice.AUTO,
        actions_folder=bare.root / "unpacked",
    )
    assert result.stand_ins == ()
    assert "got it" in [
        line for job in result.jobs for step in job.steps for line in step.output
    ]


def test_a_run_of_another_client_is_left_alone(bare: Project) -> None:
    bare.write(
        ".github/workflows/w.yml",
        "on: push\njobs: {a: {runs-on: x, steps: [{run: echo}]}}",
    )
    other = bare.local_github.begin_run(
        NewRun("other.yml", "Other", "push", "main", "a" * 40, {})
    )
    assert bare.run(workflow="w.yml").conclusion is Conclusion.SUCCESS
    assert [run.conclusion for run in bare.local_github.list_runs()] == [
        None,
        "success",
    ]
    assert bare.local_github.list_runs()[0].id == other.run.id


def test_a_killed_run_is_entered_as_cancelled_by_the_next_even_if_that_cannot_begin(
    bare: Project,
) -> None:
    killed = bare.local_github.begin_run(
        NewRun("w.yml", "W", "push", "main", "a" * 40, {})
    )
    bare.write(".wfgen/runs/0123456789ab.lock", str(killed.run.id))
    bare.write(
        ".github/workflows/w.yml",
        "on: push\njobs: {a: {runs-on: x, steps: [{uses: nosuch/action@v1}]}}",
    )
    with pytest.raises(WfgenError):
        bare.run(workflow="w.yml")
    assert next(run.conclusion for run in bare.local_github.list_runs()) == "cancelled"


@pytest.mark.parametrize(
    ("legs", "matrix"), [(1, ""), (2, "strategy: {matrix: {part: [1, 2]}}, ")]
)
def test_a_job_that_takes_longer_than_it_may_is_cancelled(
    legs: int, matrix: str, bare: Project
) -> None:
    job = f"runs-on: x, timeout-minutes: 0.03, {matrix}steps: [{{run: sleep 60}}]"
    bare.write(".github/workflows/s.yml", f"on: push\njobs: {{a: {{{job}}}}}")
    result = bare.run(workflow="s.yml")
    assert [job.conclusion for job in result.jobs] == [Conclusion.CANCELLED] * legs
    assert result.duration_seconds < 30
    messages = {note.message for note in result.annotations}
    assert messages == {"The job has exceeded the maximum execution time of 0m1s"}
