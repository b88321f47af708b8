"""What keeps a step from running in pull requests."""

from __future__ import annotations

from ..steps.conditions import depends_on_event
from ..steps.jobs import Job, Step
from .model import StateModel


def is_kept_from_pull_requests(step: Step) -> bool:
    """Whether a condition of a step, its job or what that needs may keep them out."""
    return depends_on_event(step.condition) or depends_on_event(step.job.condition)


def is_job_kept_out(model: StateModel, job: Job) -> bool:
    """Whether a job, or one that it waits for, has a condition on the event."""
    names = {job.id} | model.list_needed(job)
    return any(
        other.id in names and depends_on_event(other.condition) for other in model.jobs
    )
