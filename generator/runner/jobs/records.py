"""Jobs of a run as frozen records: a leg that is to run, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ...workflow.model import Job
from ..act.job_document import NeededJob
from ..act.log_reader import make_skipped_step
from ..isolation.concurrency import ConcurrencyGroup
from ..models import Annotation, Conclusion, JobResult


class Strategy(NamedTuple):
    """The `strategy` of a job: `total` legs, of which `max_parallel` run at a time."""

    fail_fast: bool
    max_parallel: int
    total: int


@dataclass(frozen=True, slots=True)
class JobLeg:
    """One job of a run: a job of the workflow, with the values of its matrix if any.

    `is_forgiven` is its `continue-on-error`; `refusal` says why it cannot run at all.
    """

    job: Job
    name: str
    index: int
    matrix: Mapping[str, object]
    strategy: Strategy
    is_forgiven: bool
    timeout_seconds: float
    group: ConcurrencyGroup | None
    environment: str
    needs: Mapping[str, NeededJob]
    wants_outputs: bool = False
    refusal: str = ""


class LegResult(NamedTuple):
    """How a leg ended.

    `jobs` holds the leg itself, or the jobs of the workflow that it calls. `problem`
    says why it failed beyond what its steps show.
    """

    conclusion: Conclusion
    jobs: tuple[JobResult, ...]
    outputs: Mapping[str, str]
    annotations: tuple[Annotation, ...] = ()
    problem: str = ""


class FinishedJob(NamedTuple):
    """How a job of the workflow ended, with all its legs."""

    job: Job
    needed: NeededJob
    legs: tuple[LegResult, ...]


def combine_conclusions(conclusions: Iterable[Conclusion]) -> Conclusion:
    """Return how several jobs ended together; none at all count as skipped."""
    found = set(conclusions)
    for conclusion in (Conclusion.FAILURE, Conclusion.CANCELLED, Conclusion.SUCCESS):
        if conclusion in found:
            return conclusion
    return Conclusion.SKIPPED


def make_job_without_steps(job: Job, name: str, conclusion: Conclusion) -> JobResult:
    """Return the result of a job of which no step ran."""
    steps = tuple(make_skipped_step(step) for step in job.steps)
    return JobResult(job.id, name, conclusion, steps)


def make_unstarted(leg: JobLeg, conclusion: Conclusion, why: str) -> LegResult:
    """Return the result of a leg of which no step ran; `why` is its annotation."""
    job = make_job_without_steps(leg.job, leg.name, conclusion)
    annotation = Annotation("error", why, leg.name, "")
    return LegResult(conclusion, (job,), {}, (annotation,))
