"""A download that looks for the artifact of an earlier run in its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....findings import Severity
from ...state.model import StateModel
from ...steps.jobs import Step
from ...steps.operations import Restore, Source
from ..base import Fault, make_state_rule

_EXPRESSION = re.compile(r"\$\{\{.*?\}\}")


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the downloads of what only later steps, or another workflow, upload."""
    for restore in model.downloads:
        if restore.source is not Source.OWN:
            continue
        if model.is_misled(restore):
            yield _make_fault(restore, "only a later step of this run uploads it")
        elif _is_of_sibling(model, restore):
            yield _make_fault(
                restore, "another workflow uploads it, no job of this one"
            )


def _make_fault(restore: Restore, reason: str) -> Fault:
    return Fault(
        restore.position,
        f"download-artifact without run-id looks in the current run alone, and {reason}: "
        f"{restore.name} is never found",
        "run-id: the last successful run's, and github-token",
    )


def _is_of_sibling(model: StateModel, restore: Restore) -> bool:
    """Whether another workflow of the repository uploads it and this run cannot have it."""
    if not restore.name or "${{" in restore.name or "*" in restore.name:
        return False
    if model.is_action or "workflow_call" in model.triggers:
        return False
    if any(job.uses or _uses_local_action(job.steps) for job in model.jobs):
        return False
    if any(_may_be(save.name, restore.name) for save in model.uploads):
        return False
    for sibling in model.siblings:
        is_called = "workflow_call" in sibling.triggers
        if not is_called and any(save.name == restore.name for save in sibling.uploads):
            return True
    return False


def _uses_local_action(steps: list[Step]) -> bool:
    return any(step.node.get_text("uses").startswith("./") for step in steps)


def _may_be(stored: str, wanted: str) -> bool:
    """Whether a name with expressions in it can come to another."""
    parts = _EXPRESSION.split(stored)
    return re.fullmatch(".*".join(map(re.escape, parts)), wanted) is not None


RULE = make_state_rule(
    "restore-no-run-id",
    Severity.LOSES_STATE,
    "A restore names the run it restores from",
    "An artifact belongs to one run, and download-artifact without `run-id` looks in the "
    "current one alone. A step that wants what an earlier run stored never finds it: it "
    "fails, or with continue-on-error each run is the first. Find the last good run (`gh run "
    "list`) and give `run-id` and `github-token`, with `actions: read`.",
    check,
    before="- uses: actions/download-artifact@v8\n  with: {name: state}",
    after="- uses: actions/download-artifact@v8\n  with:\n    name: state\n"
    "    run-id: ${{ steps.last.outputs.run }}\n    github-token: ${{ github.token }}",
)
