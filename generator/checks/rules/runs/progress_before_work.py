"""A marker of progress that is stored before the work it stands for."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...shell.model import Command
from ...state.model import StateModel
from ...steps.jobs import Step
from ...steps.operations import Work
from ...steps.words import is_marker
from ..base import Fault, make_state_rule

_SETTERS = ({"variable", "set"}, {"secret", "set"})


def check(model: StateModel) -> Iterator[Fault]:
    """Yield what says "done until here" in a store while the work is yet to come."""
    for job in model.jobs:
        works = [work for work in model.work if work.step.job is job]
        for step in job.steps:
            for command in step.commands:
                if _stores_marker(step, command) and _is_followed(step, command, works):
                    yield Fault(
                        step.place_command(command),
                        "this says that the work is done before it is: where it fails, the "
                        "next run goes on behind what was never worked on",
                        "store the marker after the work, with what it made",
                    )


def _stores_marker(step: Step, command: Command) -> bool:
    """Whether a command puts a marker where the next run finds it."""
    words = command.words
    if words[:1] == ("gh",) and any(names <= set(words) for names in _SETTERS):
        return any(is_marker(word) for word in words[3:])
    if words[:2] != ("git", "push"):
        return False
    added: list[str] = []
    for other in step.commands:
        if other.words[:2] == ("git", "add") and other.start < command.start:
            added += other.words[2:]
    return bool(added) and all(is_marker(word) for word in added)


def _is_followed(step: Step, command: Command, works: list[Work]) -> bool:
    before, after = 0, 0
    for work in works:
        place = (work.step.index, work.command.start)
        if place > (step.index, command.start):
            after += 1
        else:
            before += 1
    return after > 0 and before == 0


RULE = make_state_rule(
    "progress-before-work",
    Severity.LOSES_STATE,
    "Progress is stored after the work",
    "A cursor, a watermark or a time of the last run tells the next run where to begin. "
    "Stored before the work, it is true only where the work then succeeds: whatever a failed "
    "run left out is never looked at again. Store it last, together with the result.",
    check,
    before="- run: gh variable set LAST_RUN --body now\n- run: python work.py",
    after="- run: python work.py\n- run: gh variable set LAST_RUN --body now",
)
