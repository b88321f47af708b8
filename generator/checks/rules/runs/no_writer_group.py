"""Two runs that write the same state at once."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.model import StateModel
from ...steps.jobs import Job
from ...steps.operations import Save
from ..base import Fault, make_state_rule

_SEVERAL = frozenset(
    {"push", "workflow_dispatch", "repository_dispatch", "workflow_run"}
)


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the first save of a workflow whose runs wait for nobody."""
    if model.is_action or "workflow_call" in model.triggers:
        return
    if model.top.get("concurrency").value or not model.is_unattended:
        return
    for job in model.jobs:
        save = _find_save(model, job)
        if save is None or job.node.get("concurrency").value:
            continue
        yield Fault(
            job.position,
            f"nothing keeps two runs from working on {_name(save)} at once: the later one "
            "replaces what the earlier one stored",
            "concurrency: {group: ..., cancel-in-progress: false}",
            _judge(model, save),
        )
        return


def _find_save(model: StateModel, job: Job) -> Save | None:
    """Return the first save of a job that later runs restore."""
    for save in model.uploads:
        if save.step.job is job and save.name in model.kept_names:
            return save
    for push in model.pushes:
        if push.step.job is job:
            for save in model.git_saves:
                if save.step.job is job:
                    return save
    return None


def _name(save: Save) -> str:
    if save.name:
        return save.name
    return "the branch"


def _judge(model: StateModel, save: Save) -> Severity:
    # A push that meets another is rejected, which has rules of its own.
    if not save.name or not model.is_scheduled:
        return Severity.FRAGILE
    if _SEVERAL & set(model.triggers):
        return Severity.LOSES_STATE
    return Severity.FRAGILE


RULE = make_state_rule(
    "no-writer-group",
    Severity.FRAGILE,
    "Runs that write state wait for each other",
    "A schedule, a push and a dispatch can start runs side by side. Both restore the same "
    "state, and the one that ends last replaces what the other stored. One concurrency group "
    "for all that write, with `cancel-in-progress: false`, lets them wait.",
    check,
    before="on: [push, schedule]",
    after="concurrency:\n  group: state\n  cancel-in-progress: false",
)
