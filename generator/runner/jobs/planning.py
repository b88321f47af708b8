"""What a job comes to once all that it needs has ended: nothing, or its legs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...workflow.matrix import Combination, expand_matrix, format_values
from ...workflow.model import DEFAULT_TIMEOUT_MINUTES, Concurrency, Job, Workflow
from ..isolation.concurrency import ConcurrencyGroup
from .contexts import RunContexts
from .evaluation import Evaluator
from .records import JobLeg, Strategy
from .status import JobStatus

_SECONDS_PER_MINUTE = 60.0
# GitHub cuts longer names of jobs.
_MAX_NAME = 100
_UNTOLD_MATRIX: Combination = {}


@dataclass(frozen=True, slots=True)
class JobPlanner:
    """Plans the jobs of one run."""

    workflow: Workflow
    contexts: RunContexts

    def plan(self, job: Job, status: JobStatus) -> list[JobLeg]:
        """Return the legs of a job, none where its `if` says no.

        Raises WorkflowProblemError for an expression that cannot be worked out, and
        for a matrix that is none.
        """
        place = f"{self.workflow.path}, jobs.{job.id}"
        contexts = {**self.contexts.shared, "needs": _make_needs(status)}
        evaluator = Evaluator(contexts, place)
        if not evaluator.test(job.condition, status):
            return []
        node = self.workflow.document.mapping["jobs"][job.id]
        matrices = [_UNTOLD_MATRIX]
        if job.matrix is not None:
            matrix = evaluator.evaluate(node["strategy"]["matrix"], "strategy.matrix")
            matrices = expand_matrix(matrix, place)
        strategy = _read_strategy(node, evaluator, len(matrices))
        legs = []
        for index, matrix in enumerate(matrices):
            own = {
                **contexts,
                "matrix": matrix,
                "strategy": describe_strategy(strategy, index),
            }
            parts = _LegParts(job, node, strategy, index, matrix, status)
            legs.append(self._plan_leg(parts, Evaluator(own, place)))
        return legs

    def _plan_leg(self, parts: _LegParts, evaluator: Evaluator) -> JobLeg:
        job, node = parts.job, parts.node
        minutes = evaluator.evaluate_number(
            node.get("timeout-minutes"), "timeout-minutes", DEFAULT_TIMEOUT_MINUTES
        )
        return JobLeg(
            job=job,
            name=_make_name(parts, evaluator),
            index=parts.index,
            matrix=parts.matrix,
            strategy=parts.strategy,
            is_forgiven=evaluator.evaluate_flag(
                node.get("continue-on-error"), "continue-on-error"
            ),
            timeout_seconds=minutes * _SECONDS_PER_MINUTE,
            group=resolve_group(job.concurrency, evaluator),
            environment=evaluator.evaluate_text(job.environment, "environment"),
            needs=parts.status.needs,
            wants_outputs=self._is_needed(job, node),
        )

    def _is_needed(self, job: Job, node: Mapping[str, Any]) -> bool:
        """Whether another job can ask for its outputs."""
        if not node.get("outputs") and not job.uses:
            return False
        return any(job.id in other.needs for other in self.workflow.jobs)


@dataclass(frozen=True, slots=True)
class _LegParts:
    """What a leg is made of; `node` is the job as YAML has it."""

    job: Job
    node: Mapping[str, Any]
    strategy: Strategy
    index: int
    matrix: Combination
    status: JobStatus


def make_refused_leg(job: Job, status: JobStatus, reason: str) -> JobLeg:
    """Return a leg that is to fail for a reason, in place of those that are unknown."""
    return JobLeg(
        job=job,
        name=job.name,
        index=0,
        matrix={},
        strategy=Strategy(fail_fast=True, max_parallel=1, total=1),
        is_forgiven=False,
        timeout_seconds=0,
        group=None,
        environment="",
        needs=status.needs,
        refusal=reason,
    )


def resolve_group(
    concurrency: Concurrency | None, evaluator: Evaluator
) -> ConcurrencyGroup | None:
    """Return the group that a `concurrency` block names, None where it names none."""
    if concurrency is None:
        return None
    return ConcurrencyGroup(
        name=evaluator.evaluate_text(concurrency.group, "concurrency.group"),
        queues=concurrency.queue == "max",
        cancels=evaluator.evaluate_flag(
            concurrency.cancel_in_progress, "concurrency.cancel-in-progress"
        ),
    )


def describe_strategy(strategy: Strategy, index: int) -> dict[str, object]:
    """Return the `strategy` context of a leg."""
    return {
        "fail-fast": strategy.fail_fast,
        "max-parallel": strategy.max_parallel,
        "job-total": strategy.total,
        "job-index": index,
    }


def _read_strategy(
    node: Mapping[str, Any], evaluator: Evaluator, total: int
) -> Strategy:
    settings = node.get("strategy") or {}
    fail_fast = evaluator.evaluate_flag(
        settings.get("fail-fast", True), "strategy.fail-fast"
    )
    max_parallel = evaluator.evaluate_number(
        settings.get("max-parallel"), "strategy.max-parallel", total
    )
    return Strategy(fail_fast, max(1, int(max_parallel)), total)


def _make_name(parts: _LegParts, evaluator: Evaluator) -> str:
    """Return the name that GitHub shows, with the values of the matrix behind it."""
    template = str(parts.node.get("name") or "")
    name = evaluator.evaluate_text(template, "name") or parts.job.id
    # A name that uses the matrix says by itself which leg it is.
    if parts.matrix and "matrix" not in template:
        name = f"{name} ({format_values(parts.matrix)})"
    if len(name) > _MAX_NAME:
        name = f"{name[: _MAX_NAME - 3]}..."
    return name


def _make_needs(status: JobStatus) -> dict[str, object]:
    needs: dict[str, object] = {}
    for name, needed in status.needs.items():
        needs[name] = {
            "result": needed.result.value,
            "outputs": dict(needed.outputs),
        }
    return needs
