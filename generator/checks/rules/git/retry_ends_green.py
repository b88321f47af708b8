"""A loop of pushes that ends well after the last of them failed."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...shell.failures import does_fail
from ...shell.model import Command, Construct, Script
from ...state.model import StateModel
from ...steps.operations import Push
from ...stores.git import is_git
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the loops, each once, after which a script ends with success."""
    seen = set()
    for push in model.pushes:
        loop = _find_loop(push)
        if loop is None or push.command is None or push.step.script is None:
            continue
        place = push.step.place_line(loop.line, loop.column)
        if place not in seen and _ends_green(push.step.script, push.command, loop):
            seen.add(place)
            yield Fault(
                place,
                "after the last try this loop ends with success though nothing was pushed",
                "leave with `exit 0` after a push that went well, and `exit 1` behind "
                "the loop",
            )


def _find_loop(push: Push) -> Construct | None:
    """Return the loop with a last turn around a push."""
    if push.command is None:
        return None
    for parent in reversed(push.command.parents):
        # `until git push` ends with success alone, `while true` not at all.
        if parent.keyword == "for":
            return parent
        if parent.keyword in {"while", "until"}:
            return parent
    return None


def _ends_green(script: Script, push: Command, loop: Construct) -> bool:
    inside = script.list_between(loop.start, loop.end)
    if loop.keyword in {"while", "until"} and not _counts(inside, loop):
        return False
    behind = script.list_between(loop.end, script.end)
    if does_fail(behind) or any(map(_may_fail, behind)):
        return False
    # A turn that ends the step as failed is the last one.
    own = script.list_between(loop.start, push.start)
    rest = script.list_between(push.end, loop.end)
    if does_fail(own) or does_fail(rest) or not push.exits:
        return not does_fail(inside) and bool(rest)
    if not any(parent.role.name in _ASKED for parent in push.parents):
        # It stops the step under `set -e`.
        return False
    return _goes_on_behind(push, inside, behind)


_ASKED = ("CONDITION", "AND_LEFT", "OR_LEFT")


def _goes_on_behind(
    push: Command, inside: list[Command], behind: list[Command]
) -> bool:
    """Whether anything runs after a push that failed, so that its code is forgotten."""
    for parent in push.parents:
        if parent.role.name in {"CONDITION", "OR_LEFT"}:
            return True
    end = max(parent.end for parent in push.parents if parent.role.name == "AND_LEFT")
    return bool(behind) or any(command.start > end for command in inside)


def _counts(inside: list[Command], loop: Construct) -> bool:
    """Whether a `while` has a last turn: its condition compares."""
    for command in inside:
        if command.start < loop.right and command.words[:1] in {
            ("[",),
            ("[[",),
            ("((",),
        }:
            return True
    return False


def _may_fail(command: Command) -> bool:
    """Whether a command behind the loop looks at how it ended."""
    return command.words[:1] in {("[",), ("[[",), ("test",)} or is_git(
        command, "push", "diff", "fetch", "merge-base"
    )


RULE = make_state_rule(
    "retry-ends-green",
    Severity.LOSES_STATE,
    "A loop of pushes fails when its last try failed",
    "A `for` loop that leaves with `break` after a push that went well ends with success "
    "as well when no push did: the run is green, the state lost. Leave the script with "
    "`exit 0` in the loop and with `exit 1` behind it.",
    check,
    before="for n in 1 2 3; do\n  if git push; then break; fi\n  git pull --rebase\ndone",
    after="for n in 1 2 3; do\n  if git push; then exit 0; fi\n  git pull --rebase\ndone\n"
    "exit 1",
)
