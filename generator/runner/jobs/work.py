"""What the scheduler leaves to others, for one run: plan, run and enter each job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import WorkflowProblemError
from ...github.core.models import Step
from ...github.local_github import LocalGitHub
from ...workflow.model import Job
from ..models import Conclusion, JobResult
from .execution import LegExecutor
from .planning import JobPlanner, make_refused_leg
from .records import JobLeg, LegResult, make_job_without_steps, make_unstarted
from .scheduler import JobWork, RunningLeg
from .status import JobStatus


@dataclass(frozen=True, slots=True)
class RunWork(JobWork):
    """The jobs of one run; each is entered in the local GitHub when it has ended."""

    planner: JobPlanner
    executor: LegExecutor
    local_github: LocalGitHub
    run_id: int

    def plan(self, job: Job, status: JobStatus) -> Sequence[JobLeg]:
        """Return the legs of a job; one that cannot be planned has one that fails."""
        try:
            return self.planner.plan(job, status)
        except WorkflowProblemError as error:
            return [make_refused_leg(job, status, error.message)]

    def run(self, running: RunningLeg) -> LegResult:
        """Run a leg to its end, and enter it."""
        leg = running.leg
        if leg.refusal:
            result = make_unstarted(leg, Conclusion.FAILURE, leg.refusal)
            result = result._replace(problem=leg.refusal)
        else:
            result = self.executor.run(running)
        self._record(result.jobs)
        return result

    def finish(self, job: Job, legs: Sequence[LegResult]) -> None:
        """Enter a job that was skipped."""
        if not legs:
            self._record((make_job_without_steps(job, job.name, Conclusion.SKIPPED),))

    def _record(self, jobs: Sequence[JobResult]) -> None:
        for job in jobs:
            steps = []
            for step in job.steps:
                entry = Step(step.name, step.conclusion.value, step.duration_seconds)
                steps.append(entry)
            self.local_github.record_job(
                self.run_id, job.name, job.conclusion.value, steps
            )
