"""A job may run for longer than a hosted runner lets it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....findings import Severity
from ....workflow.nodes import Node
from ...state.kept import iter_job_saves
from ...state.model import StateModel
from ...steps.jobs import Job
from ..base import Fault, make_state_rule

# docs.github.com, "Usage limits": each job of a hosted runner.
MOST_MINUTES = 360
_HOSTED = re.compile(r"(ubuntu|windows|macos)-(latest|slim|\d[\w.-]*)")


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the limits of jobs on hosted runners that GitHub is faster than."""
    for job in model.jobs:
        if _HOSTED.fullmatch(job.labels.strip()) is None:
            continue
        for owner in (job.node, *(step.node for step in job.steps)):
            minutes = owner.get("timeout-minutes")
            if isinstance(minutes.value, int | float) and minutes.value > MOST_MINUTES:
                yield _make_fault(model, job, minutes)


def _make_fault(model: StateModel, job: Job, minutes: Node) -> Fault:
    severity = Severity.FRAGILE
    if any(True for _ in iter_job_saves(model, job)):
        severity = Severity.LOSES_STATE
    return Fault(
        minutes.position,
        f"a hosted runner is taken away after {MOST_MINUTES} minutes, not {minutes.value}: "
        "what was not saved by then is lost",
        f"at most {MOST_MINUTES}, and work that ends in time to be saved",
        severity,
    )


RULE = make_state_rule(
    "timeout-over-limit",
    Severity.LOSES_STATE,
    "Work ends before the runner is taken away",
    "Jobs on hosted runners end after 360 minutes whatever `timeout-minutes` says, and no "
    "later step runs, not even one with always(): nothing is saved. Give the work itself a "
    "limit well below, save, and let the next run go on. Runners of your own know no such "
    "limit.",
    check,
    before="timeout-minutes: 480",
    after="timeout-minutes: 350",
    of_settings=True,
)
