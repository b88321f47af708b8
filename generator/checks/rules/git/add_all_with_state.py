"""Everything in the checkout is committed, also what was never meant to be."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.model import StateModel
from ...stores.git import is_add_all, is_git
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield `git add -A` in jobs that also put other files into the checkout."""
    for push in model.pushes:
        step = push.step
        others = [
            command.name
            for other in step.job.steps[: step.index + 1]
            for command in other.commands
            if command.name in {"tee", "curl", "wget", "unzip", "tar", "npm", "gh"}
        ]
        for command in step.commands:
            if others and is_add_all(command) and is_git(command, "add"):
                yield Fault(
                    step.place_command(command),
                    "whatever lies in the checkout is committed, logs and downloads too",
                    "name the files of the state: git add data/",
                )


RULE = make_state_rule(
    "add-all-with-state",
    Severity.FRAGILE,
    "A run commits the files of its state by name",
    "`git add -A` takes whatever a step left in the checkout: logs, downloads, a lock file "
    "that an installation changed, a credential. Name the files.",
    check,
    before="git add -A",
    after="git add data/",
)
