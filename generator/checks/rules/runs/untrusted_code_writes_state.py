"""Code of a pull request runs where state is written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....findings import Severity
from ...state.kept import iter_job_saves
from ...state.model import StateModel
from ...steps.jobs import Step
from ...steps.operations import Store
from ...stores.git import CHECKOUT
from ..base import Fault, make_state_rule

_HEAD = re.compile(
    r"pull_request\.head\.(sha|ref)|github\.head_ref|workflow_run\.head_(sha|branch)|"
    r"refs/pull/"
)
_PRIVILEGED = frozenset({"pull_request_target", "workflow_run", "issue_comment"})


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the checkouts of a stranger's commit in jobs that store state."""
    if _PRIVILEGED.isdisjoint(model.triggers):
        return
    works = {work.step.job.id for work in model.work}
    for job in model.jobs:
        saves = [
            save
            for save in iter_job_saves(model, job)
            if save.store in {Store.GIT, Store.CACHE} or model.is_kept(save)
        ]
        for step in job.steps:
            if saves and job.id in works and _takes_head(step):
                yield Fault(
                    step.position,
                    "this checks out what a stranger wrote, and the job runs it with the "
                    "rights to store state",
                    "check out the base, or work in a job that stores nothing",
                    confidence="medium",
                )


def _takes_head(step: Step) -> bool:
    action = step.action
    if action is None or action.name != CHECKOUT:
        return False
    return _HEAD.search(step.get_input("ref")) is not None


RULE = make_state_rule(
    "untrusted-code-writes-state",
    Severity.INSECURE,
    "Code of strangers runs where nothing is stored",
    "Runs of pull_request_target, workflow_run and issue_comment have the rights of the base "
    "repository. A job that checks out the head of a pull request there and then stores state "
    "lets whoever opened it write the state.",
    check,
    before="on: pull_request_target\n# checkout with ref: github.event.pull_request.head.sha",
    after="on: pull_request",
)
