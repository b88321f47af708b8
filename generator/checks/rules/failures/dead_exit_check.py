"""A look at `$?` that the script never reaches after a failure."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...shell.failures import Fate, decide_fate, does_fail
from ...shell.model import Command, Role, Script
from ...state.model import StateModel
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the checks of `$?` under `set -e` behind a command that stops the script."""
    for job in model.jobs:
        for step in job.steps:
            script = step.script
            if script is None or "$?" not in script.text:
                continue
            for before, command in zip(
                script.commands, script.commands[1:], strict=False
            ):
                severity = _judge(script, before, command)
                if severity is not None:
                    yield Fault(
                        step.place_command(command),
                        "GitHub runs scripts with `bash -e`: where the command above "
                        "fails the script ends there, and this is never looked at",
                        "if ! command; then ...; fi",
                        severity,
                    )


def _judge(script: Script, before: Command, command: Command) -> Severity | None:
    """Return how bad it is; None where the check is reached after a failure."""
    is_test = command.words[:1] in {("[",), ("[[",), ("test",)}
    if not is_test or "$?" not in command.words or not command.exits:
        return None
    if decide_fate(script, before) is not Fate.STOPS or before.name in {"[", "set"}:
        return None
    condition = command.find_parent(Role.CONDITION)
    is_inside = len(before.parents) > len(command.parents)
    if condition is None or is_inside or not before.words:
        return None
    inside = script.list_between(condition.start, condition.end)
    rest = [other for other in inside if other.start > command.end]
    # It only says so and fails: the step fails in any case.
    if does_fail(rest) or len(rest) <= 1:
        return Severity.STYLE
    return Severity.FRAGILE


RULE = make_state_rule(
    "dead-exit-check",
    Severity.FRAGILE,
    "A failure is looked at where it can be seen",
    "GitHub runs `run:` with `bash -e`, which ends at the first command that fails: a "
    "following `if [ $? -ne 0 ]` sees success alone, and what it was to mend never runs. "
    "Write `if ! command; then` instead.",
    check,
    before="python train.py\nif [ $? -ne 0 ]; then restore_backup; fi",
    after="if ! python train.py; then restore_backup; fi",
)
