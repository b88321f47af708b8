"""What `success()`, `failure()` and `cancelled()` say in the `if` of a job.

docs.github.com, "Status check functions": of a job they look at all the jobs that it
needs, and at those that these need.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ...workflow.model import Job
from ..act.job_document import NeededJob
from ..models import Conclusion
from .records import FinishedJob


class JobStatus(NamedTuple):
    """The status functions of a job that is about to start, and its `needs`."""

    success: bool
    failure: bool
    cancelled: bool
    needs: Mapping[str, NeededJob]


def find_status(
    job: Job, finished: Mapping[str, FinishedJob], *, cancelled: bool
) -> JobStatus:
    """Return the status for a job, all of whose needs have finished."""
    results = {finished[name].needed.result for name in _find_ancestors(job, finished)}
    return JobStatus(
        success=not cancelled and not results - {Conclusion.SUCCESS},
        failure=not cancelled and Conclusion.FAILURE in results,
        cancelled=cancelled,
        needs={name: finished[name].needed for name in job.needs},
    )


def _find_ancestors(job: Job, finished: Mapping[str, FinishedJob]) -> set[str]:
    found: set[str] = set()
    waiting = list(job.needs)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += finished[name].job.needs
    return found
