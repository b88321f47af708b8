"""The newest run's artifact where the triggering one's is meant."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.model import StateModel
from ...state.siblings import simplify
from ...steps.operations import Restore, Source
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the restores of runs that `workflow_run` starts and that take the newest."""
    trigger = model.triggers.get("workflow_run")
    if trigger is None or len(model.triggers) > 1:
        return
    names = {simplify(name) for name in trigger.get("workflows").list_texts()}
    for sibling in model.siblings:
        if simplify(sibling.top.get_text("name")) in names:
            names.add(simplify(sibling.path.name))
    for restore in model.downloads:
        if restore.source is Source.NEWEST and _is_unbound(restore, names):
            yield Fault(
                restore.position,
                "this takes the newest run of the workflow, which need not be the one that "
                "started this run",
                "run_id: ${{ github.event.workflow_run.id }}",
            )


def _is_unbound(restore: Restore, names: set[str]) -> bool:
    if {"commit", "run", "pr", "run_number", "triggering"} & restore.filters:
        return False
    workflow = restore.workflow
    if "workflow_run" in workflow:
        return True
    # Without one, it is the current workflow that it looks through.
    return bool(workflow) and simplify(workflow) in names


RULE = make_state_rule(
    "unbound-workflow-run-artifact",
    Severity.LOSES_STATE,
    "A run started by another takes that one's artifact",
    "Between the end of a run and the start of the one it triggers, others end. What takes "
    "the newest artifact then handles one run twice and another never. "
    "`github.event.workflow_run.id` is the run that is meant.",
    check,
    before="- uses: dawidd6/action-download-artifact@v21\n  with: {workflow: build.yml}",
    after="- uses: dawidd6/action-download-artifact@v21\n"
    "  with: {run_id: '${{ github.event.workflow_run.id }}'}",
)
