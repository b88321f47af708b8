"""A push that fails as soon as anybody else pushed meanwhile."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from ....findings import Severity
from ...state.groups import share_group
from ...state.model import StateModel
from ...state.schedules import find_shortest_pause, share_hour
from ...steps.operations import Push
from ..base import Fault, make_state_rule

# A run that comes at least this often will meet somebody's push before long.
OFTEN_MINUTES = 60


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the pushes of unattended runs that take in nothing of what came between."""
    for push in model.pushes:
        if push.is_rebased or push.is_forced:
            continue
        severity = Severity.FRAGILE
        if _is_met_by_others(model, push):
            severity = Severity.LOSES_STATE
        yield Fault(
            push.position,
            "this push is rejected when a commit was pushed since the checkout: "
            "what this run made is lost",
            'before it: git pull --rebase origin "$GITHUB_REF_NAME", and again on failure',
            severity,
        )


def _is_met_by_others(model: StateModel, push: Push) -> bool:
    """Whether others are known to push to the branch while a run lasts."""
    # Legs that meet each other have a rule of their own.
    if not model.is_scheduled or push.step.job.is_matrix:
        return False
    trigger = model.triggers.get("push")
    if trigger is not None and not trigger.get("paths").value:
        return True
    crons = [cron for cron, _ in model.crons]
    pause = find_shortest_pause(crons)
    if pause is not None and pause <= OFTEN_MINUTES:
        return True
    others = [item for item in model.siblings if not share_group(model, item)]
    return any(_comes_between(crons, sibling) for sibling in others)


def _comes_between(crons: list[str], sibling: StateModel) -> bool:
    """Whether another workflow that pushes starts within the same hour of some day."""
    if not sibling.pushes:
        return False
    theirs = [cron for cron, _ in sibling.crons]
    pairs = itertools.product(crons, theirs)
    return any(itertools.starmap(share_hour, pairs))


RULE = make_state_rule(
    "push-no-rebase",
    Severity.LOSES_STATE,
    "A push takes in what others pushed meanwhile",
    "GitHub rejects a push to a branch that moved since the run checked it out. The step "
    "fails, and what the run made is gone with its runner. Pull with --rebase right before "
    "the push, and try again a few times. It is reported as losing state where others are "
    "known to push: the workflow starts on pushes too, another workflow of the repository "
    "pushes within the same hour, or it runs at least hourly; elsewhere as fragile.",
    check,
    before="git commit -m data\ngit push",
    after='git commit -m data\ngit pull --rebase origin "$GITHUB_REF_NAME"\n'
    'git push origin "HEAD:$GITHUB_REF_NAME"',
)
