"""A newer run kills one that writes state."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....findings import Edit, Severity
from ....workflow.nodes import Node
from ...state.guards import is_job_kept_out
from ...state.kept import iter_job_saves
from ...state.model import StateModel
from ...steps.conditions import is_never
from ...steps.jobs import Job
from ...steps.operations import Save, Store
from ..base import Fault, make_state_rule

# Runs of these bring what no later run does: a day's data, a night's training.
_LASTING = frozenset({"schedule", "repository_dispatch", "workflow_run"})
_UNIQUE = re.compile(r"github\.(run_id|run_number|sha)\b")


def check(model: StateModel) -> Iterator[Fault]:
    """Yield `cancel-in-progress: true` where jobs write state."""
    whole = _find_cancelling(model.top)
    if whole is not None:
        writers = [job for job in model.jobs if _writes(model, job)]
        if writers:
            yield _make_fault(model, whole, writers[0])
    for job in model.jobs:
        own = _find_cancelling(job.node)
        if own is not None and _writes(model, job):
            yield _make_fault(model, own, job)


def _find_cancelling(owner: Node) -> Node | None:
    concurrency = owner.get("concurrency")
    if not isinstance(concurrency.value, dict):
        return None
    if _UNIQUE.search(concurrency.get_text("group")):
        return None
    cancel = concurrency.get("cancel-in-progress")
    if concurrency.get_text("cancel-in-progress").lower() in {"true", "${{ true }}"}:
        return cancel
    return None


def _make_fault(model: StateModel, cancel: Node, job: Job) -> Fault:
    severity = Severity.LOSES_STATE
    if _LASTING.isdisjoint(model.triggers):
        # What a push of code leads to, the next push makes anew.
        severity = Severity.FRAGILE
    return Fault(
        cancel.position,
        f"job {job.id} stores state: a newer run kills it before it has, or half way",
        "cancel-in-progress: false",
        severity=severity,
        fix=_make_fix(cancel),
    )


def _make_fix(cancel: Node) -> Edit | None:
    line, column = cancel.position
    text = cancel.document.text.split("\n")[line - 1]
    if text[column - 1 :].rstrip() != "cancel-in-progress: true":
        return None
    return Edit(line, line, (f"{text[: column - 1]}cancel-in-progress: false",))


def _writes(model: StateModel, job: Job) -> bool:
    """Whether a job stores what later runs go on from, and not for pull requests alone."""
    if set(model.triggers) <= {"pull_request", "pull_request_target", "merge_group"}:
        return False
    if is_never(job.condition):
        return False
    return any(_is_state(model, save) for save in iter_job_saves(model, job))


def _is_state(model: StateModel, save: Save) -> bool:
    if save.store is Store.GIT:
        return True
    if save.store is Store.ARTIFACT:
        return model.is_kept(save) and save.name in model.kept_names
    if save.store is Store.CACHE:
        # A pull request's cache is its own.
        return model.is_scheduled and not model.runs_on_pull_requests
    if save.store is Store.RELEASE:
        return model.is_scheduled and not is_job_kept_out(model, save.step.job)
    return False


RULE = make_state_rule(
    "cancel-in-progress-writer",
    Severity.LOSES_STATE,
    "A run that writes state is not cancelled by the next",
    "`cancel-in-progress: true` saves minutes where only the newest result counts. A run that "
    "keeps state is killed between its work and its save, or between two saves, and its work "
    "is lost; runs that come often enough never save anything. Let them wait: `false`, one "
    "group for all writers, and `queue: max` where each counts.",
    check,
    before="concurrency:\n  group: data\n  cancel-in-progress: true",
    after="concurrency:\n  group: data\n  cancel-in-progress: false",
)
