"""What a job comes to: its condition, its legs, and what they are worked out from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generator.errors import WorkflowProblemError
from generator.runner.act.job_document import NeededJob
from generator.runner.isolation.concurrency import ConcurrencyGroup
from generator.runner.jobs.contexts import RunContexts
from generator.runner.jobs.evaluation import Evaluator
from generator.runner.jobs.planning import JobPlanner, resolve_group
from generator.runner.jobs.records import JobLeg
from generator.runner.jobs.status import JobStatus
from generator.runner.models import Conclusion
from generator.runner.plan import check_needs
from generator.workflow.model import Workflow
from generator.workflow.parser import parse_workflow
from generator.workflow.source import YamlDocument

GITHUB = {"workflow": "W", "ref": "refs/heads/main", "head_ref": "", "run_id": "7"}
FINE = JobStatus(success=True, failure=False, cancelled=False, needs={})
FAILED = FINE._replace(success=False, failure=True)


def parse(data: dict[str, Any]) -> Workflow:
    return parse_workflow(YamlDocument(Path("w.yml"), data, {}))


def plan(job: dict[str, Any], status: JobStatus = FINE) -> list[JobLeg]:
    workflow = parse({"jobs": {"a": job, "b": {"needs": "a"}}})
    contexts = RunContexts({"github": GITHUB, "vars": {"N": "2"}, "inputs": {}}, {})
    return JobPlanner(workflow, contexts).plan(workflow.jobs[0], status)


@pytest.mark.parametrize(
    ("condition", "status", "starts"),
    [
        (None, FINE, True),
        (None, FAILED, False),
        ("github.ref == 'refs/heads/main'", FINE, True),
        ("github.ref == 'refs/heads/main'", FAILED, False),
        ("${{ github.ref == 'nope' }}", FINE, False),
        ("always()", FAILED, True),
        ("${{ !cancelled() && vars.N > 1 }}", FAILED, True),
        ("failure() && needs.x.result == 'failure'", FAILED, False),
        (False, FINE, False),
        ("success() || failure()", FAILED, True),
    ],
)
def test_a_job_starts_where_its_condition_says_so(
    condition: object, status: JobStatus, starts: object
) -> None:
    job = {} if condition is None else {"if": condition}
    assert bool(plan(job, status)) is starts


def test_a_matrix_may_come_from_what_is_needed() -> None:
    needs = {"x": NeededJob(Conclusion.SUCCESS, {"list": '["p", "q"]'})}
    job = {
        "name": "of ${{ matrix.v }}",
        "strategy": {
            "matrix": {"v": "${{ fromJSON(needs.x.outputs.list) }}"},
            "max-parallel": "${{ vars.N }}",
            "fail-fast": "${{ false }}",
        },
        "continue-on-error": "${{ matrix.v == 'q' }}",
        "timeout-minutes": "${{ strategy.job-index }}",
        "environment": {"name": "to-${{ matrix.v }}"},
        "concurrency": "g-${{ strategy.job-total }}",
        "outputs": {"o": "x"},
    }
    first, second = plan(job, FINE._replace(needs=needs))
    assert (first.name, second.name) == ("of p", "of q")
    assert (first.is_forgiven, second.is_forgiven) == (False, True)
    assert (first.timeout_seconds, second.timeout_seconds) == (0, 60)
    assert (first.environment, second.environment) == ("to-p", "to-q")
    assert first.strategy == (False, 2, 2)
    assert first.group == ConcurrencyGroup("g-2")
    assert first.wants_outputs


@pytest.mark.parametrize(
    ("name", "shown"),
    [(None, "a (1, x)"), ("Job", "Job (1, x)"), ("J" * 99, "J" * 97 + "...")],
)
def test_a_leg_is_called_as_on_github(name: str | None, shown: str) -> None:
    job = {"strategy": {"matrix": {"n": [1], "m": ["x"]}}, "name": name}
    assert plan(job)[0].name == shown


@pytest.mark.parametrize(
    ("job", "words"),
    [
        ({"if": "nope.x"}, "jobs.a, if: Unrecognized named-value: 'nope'"),
        ({"if": "github.ref =="}, "jobs.a, if: Unexpected end"),
        (
            {"strategy": {"matrix": "${{ fromJSON('[') }}"}},
            "strategy.matrix: Error parsing",
        ),
        ({"timeout-minutes": "${{ github.ref }}"}, "timeout-minutes: .* is no number"),
    ],
)
def test_what_cannot_be_worked_out_is_named(job: dict[str, Any], words: str) -> None:
    with pytest.raises(WorkflowProblemError, match=words):
        plan(job)


@pytest.mark.parametrize(
    ("concurrency", "group"),
    [
        (None, None),
        ("one", ConcurrencyGroup("one")),
        (
            {"group": "${{ github.workflow }}-${{github.ref}}"},
            ConcurrencyGroup("W-refs/heads/main"),
        ),
        (
            {"group": "${{ github.head_ref || github.run_id }}", "queue": "max"},
            ConcurrencyGroup("7", queues=True),
        ),
        (
            {
                "group": "${{ format('{0}!', github.head_ref || 'none') }}",
                "cancel-in-progress": "${{ github.ref != 'refs/heads/x' }}",
            },
            ConcurrencyGroup("none!", cancels=True),
        ),
    ],
)
def test_a_group_is_what_its_expressions_stand_for(
    concurrency: object, group: ConcurrencyGroup | None
) -> None:
    written = parse({"concurrency": concurrency, "jobs": {"a": {}}}).concurrency
    assert resolve_group(written, Evaluator({"github": GITHUB}, "w.yml")) == group


@pytest.mark.parametrize(
    ("needs", "words"),
    [
        ({"a": "z"}, "needs z, which is no job"),
        ({"a": "b", "b": "a"}, "a, b wait for each"),
    ],
)
def test_needs_that_can_never_be_met_are_refused(
    needs: dict[str, str], words: str
) -> None:
    jobs = {"c": {}, **{name: {"needs": other} for name, other in needs.items()}}
    with pytest.raises(WorkflowProblemError, match=words):
        check_needs(parse({"jobs": jobs}))
