"""Parts of one state that are restored from runs of their own."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.model import StateModel
from ...steps.operations import Restore, Source
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the second of two restores in a job that each look for a run."""
    first: dict[tuple[str, str], Restore] = {}
    for restore in model.downloads:
        step = restore.step
        if restore.source is not Source.NEWEST or restore.command is not None:
            continue
        if step.get_input("search_artifacts").lower() != "true":
            continue
        place = (step.job.id, restore.workflow)
        earlier = first.setdefault(place, restore)
        if earlier is not restore and earlier.name != restore.name:
            yield Fault(
                restore.position,
                f"{earlier.name} and {restore.name} are each looked for by themselves: they "
                "can come from different runs and not fit together",
                "find the run once, and restore both by its run_id; or upload them as one",
            )


RULE = make_state_rule(
    "split-state-restore",
    Severity.FRAGILE,
    "The parts of a state come from one run",
    "With `search_artifacts` each restore goes back to the newest run that has its artifact. "
    "Where a run uploaded the one and failed before the other, a new model meets old data. "
    "Store both as one artifact, or find the run once.",
    check,
    before="- uses: dawidd6/action-download-artifact@v21\n  with: {name: model, "
    "search_artifacts: true}\n- uses: dawidd6/action-download-artifact@v21\n"
    "  with: {name: data, search_artifacts: true}",
    after="with: {run_id: '${{ steps.last.outputs.run }}', name: model}",
)
