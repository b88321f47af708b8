"""A push by a personal token that starts the workflow again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....findings import Severity
from ...shell.model import Command
from ...state.model import StateModel
from ...steps.operations import Push
from ...stores.git import get_git_words, uses_default_token
from ..base import Fault, make_state_rule

_SKIP = re.compile(r"\[(skip ci|ci skip|no ci|skip actions|actions skip)\]|skip-checks")
_FILTERS = ("paths", "paths-ignore", "tags")


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the pushes that start the workflow they come from."""
    trigger = model.triggers.get("push")
    if trigger is None or any(trigger.get(name).value for name in _FILTERS):
        return
    for push in model.pushes:
        if uses_default_token(push) or _SKIP.search(_join_commits(push)):
            continue
        if "github.actor" in f"{push.step.condition}{push.step.job.condition}":
            continue
        yield Fault(
            push.position,
            "a push by a personal token starts workflows, and this one starts on pushes: "
            "each run starts the next",
            "add [skip ci] to the commit message, or `paths` to the trigger",
        )


def _join_commits(push: Push) -> str:
    texts = [push.step.get_input("commit_message", "message")]
    for step in push.step.job.steps:
        commits = filter(_is_commit, step.commands)
        texts += [" ".join(command.words) for command in commits]
    return " ".join(texts)


def _is_commit(command: Command) -> bool:
    return get_git_words(command)[:1] == ("commit",)


RULE = make_state_rule(
    "self-trigger",
    Severity.FRAGILE,
    "A run does not start itself",
    "Pushes by GITHUB_TOKEN start no workflow, those by a personal token or a deploy key do. "
    "A workflow that starts on pushes and pushes like this runs until nothing changes any "
    "more. Put [skip ci] into the commit message or filter the trigger by `paths`.",
    check,
    before="on: push  # and checkout with token: ${{ secrets.PAT }}",
    after='git commit -m "data [skip ci]"',
)
