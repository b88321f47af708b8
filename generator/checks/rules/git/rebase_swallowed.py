"""A rebase that fails and a push all the same."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...shell.failures import Fate, decide_fate
from ...shell.model import Command
from ...state.model import StateModel
from ...steps.jobs import Step
from ...stores.git import get_git_words, is_git
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the pulls and rebases before a push whose conflict nobody notices."""
    for job in model.jobs:
        for step in job.steps:
            if any(is_git(command, "push") for command in step.commands):
                yield from _check_step(step)


def _check_step(step: Step) -> Iterator[Fault]:
    script = step.script
    if script is None:
        return
    pushes = [command.start for command in script.commands if is_git(command, "push")]
    for command in script.commands:
        words = get_git_words(command)
        is_rebase = words[:1] == ("rebase",) and "--abort" not in words
        if not is_rebase and words[:1] != ("pull",):
            continue
        if command.start > max(pushes):
            continue
        if decide_fate(script, command) is Fate.SWALLOWED and not _is_aborted(step):
            yield Fault(
                step.place_command(command),
                _describe(step, command),
                "let it fail, or `git rebase --abort` and exit 1",
            )


def _describe(step: Step, command: Command) -> str:
    for other in step.commands:
        if is_git(other, "commit") and other.start > command.start:
            return (
                "where this fails, as it does over files that are changed and not "
                "committed, the commit goes on top of an old one and its push is rejected"
            )
    return (
        "a conflict here is passed over, and what is pushed then lacks the commit of this "
        "run: the state is lost and the run is green"
    )


def _is_aborted(step: Step) -> bool:
    return any("--abort" in command.words for command in step.commands)


RULE = make_state_rule(
    "rebase-swallowed",
    Severity.LOSES_STATE,
    "A rebase that fails fails the run",
    "`git pull --rebase || true` leaves a conflict where it stands: HEAD is the commit of "
    "the others, with no branch on it, and the push that follows pushes nothing of this run "
    "with exit code 0. Let the step fail.",
    check,
    before="git pull --rebase || true\ngit push",
    after="git pull --rebase\ngit push",
)
