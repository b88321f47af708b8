"""What becomes of a command's failure: the step fails, or goes on as if nothing was."""

from __future__ import annotations

from enum import Enum, auto

from .model import Command, Construct, Role, Script

# They end a script or a turn of a loop; the code decides which way.
_ENDINGS = ("exit", "return")
_SILENT = ("true", ":", "echo", "printf", "continue", "break")


class Fate(Enum):
    """What a failing command leads to."""

    STOPS = auto()  # the step fails
    SWALLOWED = auto()  # the script goes on and nothing was done about it
    HANDLED = auto()  # the script asks for it, or does something else instead
    RETRIED = auto()  # a loop tries again


_HANDING_ON = frozenset({Role.OR_LEFT, Role.AND_LEFT, Role.CONDITION, Role.SUBSHELL})
_FATES = {
    Role.PIPE: Fate.SWALLOWED,
    Role.SUBSTITUTION: Fate.SWALLOWED,
    Role.BACKGROUND: Fate.SWALLOWED,
    Role.NEGATED: Fate.HANDLED,
}


def decide_fate(script: Script, command: Command) -> Fate:
    """Follow a failure outwards through the constructs around a command."""
    for parent in reversed(command.parents):
        fate = _pass_construct(script, command, parent)
        if fate is not None:
            return fate
    if not command.exits and not is_last(script, command):
        if _is_asked_for(script, command):
            return Fate.HANDLED
        return Fate.SWALLOWED
    return Fate.STOPS


def is_last(script: Script, command: Command) -> bool:
    """Whether nothing runs after a command, and the statement it belongs to."""
    end = command.end
    for parent in command.parents:
        end = max(end, parent.end)
    return all(other.start < end for other in script.commands)


def list_handlers(script: Script, command: Command) -> list[Command]:
    """Return what runs where a command fails: behind `||`, or in the branch of an `if`."""
    for parent in reversed(command.parents):
        if parent.role is Role.OR_LEFT:
            return script.list_between(parent.right, parent.end)
        if parent.role is Role.CONDITION:
            return _list_failing_branch(script, command, parent)
    return []


def does_fail(commands: list[Command]) -> bool:
    """Whether one of these ends the step as failed."""
    for command in commands:
        words = command.words
        if words[:1] == ("false",):
            return True
        if words and words[0] in _ENDINGS and words[1:2] != ("0",):
            # `exit` alone, behind `||`, hands the failure on.
            return True
    return False


def _pass_construct(script: Script, command: Command, parent: Construct) -> Fate | None:
    role = parent.role
    if role is Role.OR_LEFT:
        return _judge_handlers(script.list_between(parent.right, parent.end))
    if role is Role.AND_LEFT:
        return _judge_and(script, command, parent)
    if role in {Role.CONDITION, Role.LOOP_CONDITION}:
        return _judge_condition(script, command, parent)
    if role is Role.PIPE and command.pipefail:
        return None
    if role is Role.NEGATED and command.find_parent(Role.CONDITION):
        return None
    return _FATES.get(role)


def _judge_handlers(handlers: list[Command]) -> Fate | None:
    if does_fail(handlers):
        return Fate.STOPS
    if all(handler.name in _SILENT for handler in handlers):
        return _judge_silent(handlers)
    return Fate.HANDLED


def _judge_silent(handlers: list[Command]) -> Fate:
    # `|| continue` in a loop is the next try.
    if any(handler.name == "continue" for handler in handlers):
        return Fate.RETRIED
    # `|| echo "failed=true" >> "$GITHUB_OUTPUT"` is asked for elsewhere.
    for handler in handlers:
        for redirect in handler.redirects:
            if "GITHUB_" in redirect.target and "SUMMARY" not in redirect.target:
                return Fate.HANDLED
        if handler.assignments:
            return Fate.HANDLED
    return Fate.SWALLOWED


def _judge_and(script: Script, command: Command, parent: Construct) -> Fate | None:
    """`a && b`: a failing `a` ends no script under `set -e`, unless it is the last."""
    inner = command.parents.index(parent)
    around = command.parents[:inner]
    for outer in reversed(around):
        # A subshell hands the failure on as its own: `a || (b && c)`.
        if outer.role in _HANDING_ON:
            return None
        if outer.role is Role.LIST_RIGHT:
            continue
        break
    right = script.list_between(parent.right, parent.end)
    if any(other.name in {"break", "exit", "return"} for other in right):
        if command.find_parent(Role.LOOP_BODY):
            return Fate.RETRIED
        return Fate.HANDLED
    if is_last(script, command):
        return None
    return Fate.SWALLOWED


def _judge_condition(script: Script, command: Command, parent: Construct) -> Fate:
    if parent.role is Role.LOOP_CONDITION:
        return Fate.RETRIED
    branch = _list_failing_branch(script, command, parent)
    if does_fail(branch):
        return Fate.STOPS
    if command.find_parent(Role.LOOP_BODY):
        return Fate.RETRIED
    # `if ! push; then echo failed; fi` does nothing about it.
    if all(other.name in _SILENT for other in branch) and not _follows(script, parent):
        return _judge_silent(branch)
    return Fate.HANDLED


def _follows(script: Script, parent: Construct) -> bool:
    """Whether a condition has more than this one command, or an `elif`."""
    inside = script.list_between(parent.start, parent.right)
    nested = script.list_between(parent.right, parent.end)
    asked = [other for other in nested if other.find_parent(Role.CONDITION)]
    return len(inside) > 1 or any(
        other.parents[-1].role is Role.CONDITION for other in asked
    )


def _list_failing_branch(
    script: Script, command: Command, parent: Construct
) -> list[Command]:
    """Return the commands of the branch that a failing condition leads to."""
    is_negated = command.find_parent(Role.NEGATED) is not None
    wanted = Role.ELSE_BODY
    if is_negated:
        wanted = Role.IF_BODY
    found = []
    for other in script.list_between(parent.start, parent.end):
        for construct in other.parents:
            if construct.role is wanted and construct.start == parent.start:
                found.append(other)
                break
    return found


def _is_asked_for(script: Script, command: Command) -> bool:
    """Whether `$?` or PIPESTATUS is looked at after a command, under `set +e`."""
    rest = script.text.encode("utf-8", errors="replace")[command.end :]
    return b"$?" in rest or b"PIPESTATUS" in rest
