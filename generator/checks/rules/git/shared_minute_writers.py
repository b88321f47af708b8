"""Two workflows that start at the same minute and push to the same branch."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.groups import share_group
from ...state.model import StateModel
from ...state.schedules import fire_together
from ...steps.operations import Push
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the cron lines that another writer of the repository has, too."""
    pushes = [push for push in model.pushes if not push.is_rebased]
    for sibling in model.siblings:
        if share_group(model, sibling) or not _meet(pushes, sibling.pushes):
            continue
        for cron, position in model.crons:
            if any(fire_together(cron, other) for other, _ in sibling.crons):
                yield Fault(
                    position,
                    f"{sibling.path.name} starts at the same minute and pushes, too: one "
                    "of the two pushes is rejected, or overwrites the other",
                    "give each a minute of its own, or both one concurrency group",
                )
                break


def _meet(pushes: list[Push], others: list[Push]) -> bool:
    """Whether some of these go to one branch, as far as can be seen."""
    refs = {push.ref.rpartition(":")[2] for push in pushes}
    other_refs = {push.ref.rpartition(":")[2] for push in others}
    if not refs or not other_refs:
        return False
    return "" in refs | other_refs or not refs.isdisjoint(other_refs)


RULE = make_state_rule(
    "shared-minute-writers",
    Severity.LOSES_STATE,
    "Workflows that write one branch start at different minutes",
    "Two schedules with a minute in common start together from the same commit. The first "
    "push moves the branch, and the other is rejected. Choose different minutes and pull "
    "before each push, or put both into one concurrency group.",
    check,
    before="- cron: '0 6 * * *'  # in both files",
    after="- cron: '7 6 * * *'  # and '37 6 * * *' in the other",
)
