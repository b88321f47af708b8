"""The workflow that act gets for one job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generator.runner.act.job_document import (
    OUTPUTS_JOB,
    JobCopy,
    NeededJob,
    is_stand_in,
    make_job_document,
)
from generator.runner.models import Conclusion


def make_workflow(**job: Any) -> dict[str, Any]:  # noqa: ANN401 - data of YAML
    settled = {
        "if": "failure()",
        "needs": ["first"],
        "strategy": {"matrix": {"n": [1, 2]}},
        "continue-on-error": True,
        "timeout-minutes": 5,
    }
    jobs = {"first": {"steps": [{"run": "x"}]}, "last": {"steps": [{"run": "y"}]}}
    return {
        "on": "push",
        "env": {"A": "1"},
        "jobs": {**jobs, "main": {"runs-on": "x", **settled, **job}},
    }


def make_copy(
    *,
    matrix: dict[str, object] | None = None,
    needed: NeededJob | None = None,
    literals: dict[str, object] | None = None,
    outputs_file: Path | None = None,
) -> JobCopy:
    needs = {"first": needed} if needed else {}
    return JobCopy("main", matrix or {}, needs, literals or {}, outputs_file)


NEEDED = NeededJob(Conclusion.SUCCESS, {"o": "value ${{ secrets.X }}"})


def test_what_was_settled_before_is_gone_and_so_are_other_jobs() -> None:
    workflow = make_workflow(steps=[{"run": "echo ${{ matrix.n }}"}])
    document = make_job_document(workflow, make_copy(matrix={"n": 2}))
    assert document["env"] == {"A": "1"}
    assert document["jobs"] == {
        "main": {
            "runs-on": "x",
            "steps": [{"run": "echo ${{ matrix.n }}"}],
            "strategy": {"matrix": {"include": [{"n": 2}]}},
        }
    }
    assert set(workflow["jobs"]) == {"first", "last", "main"}


@pytest.mark.parametrize(
    ("result", "command", "condition"),
    [
        (Conclusion.SUCCESS, "exit 0", None),
        (Conclusion.FAILURE, "exit 1", None),
        (Conclusion.SKIPPED, "exit 0", "false"),
    ],
)
def test_what_is_needed_stands_as_a_stub_where_somebody_asks(
    result: Conclusion, command: str, condition: str | None
) -> None:
    needed = NEEDED._replace(result=result)
    silent = make_job_document(
        make_workflow(steps=[{"run": "echo no-needs needs_x"}]),
        make_copy(needed=needed),
    )
    assert set(silent["jobs"]) == {"main"}
    asking = make_job_document(
        make_workflow(steps=[{"run": "echo ${{ needs.first.outputs.o }}"}]),
        make_copy(needed=needed),
    )
    stub = asking["jobs"]["first"]
    assert (stub["steps"][0]["run"], stub.get("if")) == (command, condition)
    # Its text is data: nothing in it is worked out.
    assert stub["outputs"] == {"o": "value ${{ '${{' }} secrets.X }}"}
    main = asking["jobs"]["main"]
    assert (main["needs"], main["if"]) == (["first"], "always()")


def test_references_that_act_does_not_know_become_literals_outside_of_texts() -> None:
    step = {
        "run": "echo ${{ strategy.job-index }} strategy.job-index",
        "if": "strategy . job-index == 1 && 'strategy.job-index' != runner.name",
        "env": {"X": "${{ format('runner.name {0}', runner.name) }}"},
    }
    literals: dict[str, object] = {"strategy.job-index": 1, "runner.name": "it's"}
    document = make_job_document(
        make_workflow(steps=[step]), make_copy(literals=literals)
    )
    assert document["jobs"]["main"]["steps"] == [
        {
            "run": "echo ${{ 1 }} strategy.job-index",
            "if": "1 == 1 && 'strategy.job-index' != 'it''s'",
            "env": {"X": "${{ format('runner.name {0}', 'it''s') }}"},
        }
    ]


def test_a_cancelled_need_says_so_though_no_stub_can_be() -> None:
    document = make_job_document(
        make_workflow(steps=[{"run": "echo ${{ needs.first.result }}"}]),
        make_copy(needed=NeededJob(Conclusion.CANCELLED, {})),
    )
    assert document["jobs"]["main"]["steps"] == [{"run": "echo ${{ 'cancelled' }}"}]


def test_outputs_are_written_down_by_a_job_more() -> None:
    document = make_job_document(
        make_workflow(steps=[]), make_copy(outputs_file=Path("/there/it is.json"))
    )
    job = document["jobs"][OUTPUTS_JOB]
    assert job["needs"] == ["main"]
    assert "cat > '/there/it is.json' <<" in job["steps"][0]["run"]
    assert "${{ toJSON(needs.main.outputs) }}" in job["steps"][0]["run"]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"jobID": "main", "job": "W/main"}, False),
        ({"jobID": "first", "job": "W/first   "}, True),
        ({"jobID": OUTPUTS_JOB, "job": f"W/{OUTPUTS_JOB}"}, True),
        # A job of the called workflow that has the id of one that is needed.
        ({"jobID": "first", "job": "main/called/first"}, False),
        ({"msg": "of act itself"}, False),
    ],
)
def test_stand_ins_are_told_from_jobs(entry: dict[str, str], expected: object) -> None:
    assert is_stand_in(entry, "W", "main") is expected
