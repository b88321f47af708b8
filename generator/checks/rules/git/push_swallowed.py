"""A push whose failure leaves the run green."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...shell.failures import Fate, decide_fate, list_handlers
from ...shell.model import Command
from ...state.model import StateModel
from ...steps.conditions import list_outcomes
from ...steps.jobs import Step
from ...steps.operations import Push
from ...steps.words import is_state_path
from ...stores.git import is_git
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the pushes after which nobody learns that they failed."""
    looked_at = list_outcomes(model.document.text)
    for push in model.pushes:
        if _pushes_nothing(push):
            continue
        if _is_swallowed(push.step, push.command) or (
            push.step.goes_on_after_failure and push.step.id not in looked_at
        ):
            yield Fault(
                push.position,
                "where this push fails the run is green all the same, and the state "
                "that it made is lost",
                "let the step fail, after some tries with git pull --rebase",
            )

    for save in model.release_saves:
        if _loses_save(save.step, save.command):
            yield Fault(
                save.position,
                "where this upload fails the run is green all the same, and the state that "
                "it made is lost",
                "let the step fail",
            )


def _pushes_nothing(push: Push) -> bool:
    """Whether what is pushed is the empty commit right before: a sign of life."""
    before = None
    for command in push.step.commands:
        if push.command is not None and command.start >= push.command.start:
            break
        if is_git(command, "commit"):
            before = command
    return before is not None and "--allow-empty" in before.words


def _is_swallowed(step: Step, command: Command | None) -> bool:
    script = step.script
    if script is None or command is None:
        return False
    if decide_fate(script, command) is not Fate.SWALLOWED:
        return False
    # `git push || (git pull --rebase; git push)` is a second try.
    handlers = list_handlers(script, command)
    return not any(handler.words[:2] == command.words[:2] for handler in handlers)


def _loses_save(step: Step, command: Command | None) -> bool:
    """Whether `gh release upload` of state fails without a trace."""
    if command is None or command.words[:3] != ("gh", "release", "upload"):
        return False
    if not any(map(is_state_path, command.words[4:])):
        return False
    return _is_swallowed(step, command)


RULE = make_state_rule(
    "push-swallowed",
    Severity.LOSES_STATE,
    "A push that fails fails the run",
    "`git push || true`, `|| echo ...`, `continue-on-error` and pipes hide a rejected push: "
    "the run is green and what it made is gone with its runner. The next run goes on from "
    "the state before. Commit only where something changed, and let the push fail.",
    check,
    before="git push || true",
    after="git diff --cached --quiet && exit 0\ngit commit -m data\ngit push",
)
