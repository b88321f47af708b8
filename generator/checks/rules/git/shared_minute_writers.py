"""Two workflows that start at the same minute and push to the same branch."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.model import StateModel
from ...state.schedules import fire_together
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the cron lines that another writer of the repository has, too."""
    pushes = [
        push for push in model.pushes if not push.is_rebased and not push.is_forced
    ]
    if not pushes:
        return
    for sibling in model.siblings:
        if not sibling.pushes or _share_group(model, sibling):
            continue
        for cron, position in model.crons:
            if any(fire_together(cron, other) for other, _ in sibling.crons):
                yield Fault(
                    position,
                    f"{sibling.path.name} starts at the same minute and pushes, too: one "
                    "of the two pushes is rejected",
                    "give each a minute of its own, or both one concurrency group",
                )
                break


def _share_group(model: StateModel, sibling: StateModel) -> bool:
    own, other = get_group(model), get_group(sibling)
    return bool(own) and own == other and "github.workflow" not in own


def get_group(model: StateModel) -> str:
    """Return the concurrency group of a whole workflow, "" where it has none."""
    concurrency = model.top.get("concurrency")
    if isinstance(concurrency.value, dict):
        return concurrency.get_text("group").lower()
    return str(concurrency.value or "").lower()


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
