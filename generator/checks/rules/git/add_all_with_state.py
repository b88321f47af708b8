"""Everything in the checkout is committed, also what was never meant to be."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.model import StateModel
from ...steps.jobs import Step
from ...stores.git import is_add_all, is_git
from ..base import Fault, make_state_rule

_WRITERS = frozenset({"tee", "curl", "wget", "unzip", "tar", "npm", "gh"})


def check(model: StateModel) -> Iterator[Fault]:
    """Yield `git add -A` in jobs that also put other files into the checkout."""
    steps = {push.step.index: push.step for push in model.pushes}
    for step in steps.values():
        before = step.job.steps[: step.index + 1]
        if not any(map(_writes_files, before)):
            continue
        for command in step.commands:
            if is_add_all(command) and is_git(command, "add"):
                yield Fault(
                    step.place_command(command),
                    "whatever lies in the checkout is committed, logs and downloads too",
                    "name the files of the state: git add data/",
                )


def _writes_files(step: Step) -> bool:
    return any(command.name in _WRITERS for command in step.commands)


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
