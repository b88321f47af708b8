"""A push whose failure leaves the run green."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...shell.failures import Fate, decide_fate, list_handlers
from ...state.model import StateModel
from ...steps.conditions import list_outcomes
from ...steps.operations import Push
from ...stores.git import is_git
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the pushes after which nobody learns that they failed."""
    looked_at = list_outcomes(model.document.text)
    for push in model.pushes:
        if _is_swallowed(push) or (
            push.step.goes_on_after_failure and push.step.id not in looked_at
        ):
            yield Fault(
                push.position,
                "where this push fails the run is green all the same, and the state "
                "that it made is lost",
                "let the step fail, after some tries with git pull --rebase",
            )


def _is_swallowed(push: Push) -> bool:
    script = push.step.script
    if script is None or push.command is None:
        return False
    if decide_fate(script, push.command) is not Fate.SWALLOWED:
        return False
    # `git push || (git pull --rebase; git push)` is a second try.
    handlers = list_handlers(script, push.command)
    return not any(is_git(handler, "push") for handler in handlers)


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
