"""Restores whose failure does not end the run, and what is made of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from enum import Enum, auto

from ..shell.failures import Fate, decide_fate, list_handlers
from ..shell.model import Command, Role
from ..steps.conditions import list_outcomes
from ..steps.jobs import Step
from ..steps.operations import Restore, Save, Source, Store
from ..steps.words import clean_path, covers_path, is_state_path
from .kept import iter_job_saves
from .model import StateModel

_FIRST = re.compile(
    r"first|no (previous|prior|existing|earlier|saved|stored|state|db|database|cache|data)|"
    r"not found|none found|fresh|from scratch|starting|initial|empty|new (db|state)|missing",
    re.IGNORECASE,
)


class Seen(Enum):
    """What a run makes of a restore that failed."""

    NOT = auto()
    AS_FIRST_RUN = auto()


def list_lossy_restores(model: StateModel) -> Iterator[tuple[Restore, Seen]]:
    """Yield the restores of state after whose failure a run goes on, with what it thinks."""
    for restore in (*model.downloads, *model.release_restores):
        if not _is_of_state(model, restore):
            continue
        seen = _judge(model, restore)
        if seen is not None:
            yield _place(restore), seen


def _place(restore: Restore) -> Restore:
    """Return a restore at its step, where the step is what goes on after a failure."""
    if restore.step.goes_on_after_failure:
        return replace(restore, position=restore.step.position)
    return restore


def _is_of_state(model: StateModel, restore: Restore) -> bool:
    """Whether a restore brings what the same workflow stores again, or goes on from."""
    if restore.store is Store.ARTIFACT:
        if restore.source is Source.OWN and not model.is_misled(restore):
            return False
        return _is_saved_again(model, restore)
    is_plain = restore.command is not None and restore.command.name in {"curl", "wget"}
    if is_plain and (_is_tested(restore) or _is_outcome_a_start(restore.step)):
        return True
    return _is_saved_again(model, restore)


def _is_saved_again(model: StateModel, restore: Restore) -> bool:
    if restore.step.action is None and restore.command is None:
        return False
    for job in model.jobs:
        for save in iter_job_saves(model, job):
            if _replaces(save, restore):
                return True
    return False


def _replaces(save: Save, restore: Restore) -> bool:
    """Whether a save takes the place of what a restore brings."""
    if save.store is Store.ARTIFACT and restore.store is Store.ARTIFACT:
        if restore.name:
            return save.name == restore.name
        return any(covers_path(path, restore.paths[0]) for path in save.paths)
    if save.store is not restore.store and save.store is not Store.RELEASE:
        return False
    if _is_dvc(save.command) and _is_dvc(restore.command):
        return True
    for path in restore.paths:
        if clean_path(path) in {"", "."}:
            continue
        cleaned = clean_path(path)
        if any(_is_same_file(cleaned, saved) for saved in save.paths):
            return is_state_path(cleaned) or save.store is restore.store
    return False


def _is_dvc(command: Command | None) -> bool:
    """Whether a command is DVC's, which knows by itself what it pulls and pushes."""
    return command is not None and command.name == "dvc"


def _is_same_file(path: str, saved: str) -> bool:
    """Whether a path, or what lies in it, is saved; a script may have gone into its folder."""
    if covers_path(path, saved):
        return True
    name = path.rpartition("/")[2]
    return is_state_path(name) and name == clean_path(saved).rpartition("/")[2]


def _judge(model: StateModel, restore: Restore) -> Seen | None:
    """Return what a failure is taken for; None where it ends the run or is looked into."""
    step = restore.step
    if restore.command is not None and step.script is not None:
        seen = _judge_command(restore, restore.command, step)
        if seen is not None or not step.goes_on_after_failure:
            return seen
    elif not step.goes_on_after_failure:
        return None
    if _is_tested(restore) or _is_outcome_a_start(step):
        return Seen.AS_FIRST_RUN
    if step.id and step.id in list_outcomes(model.document.text):
        return None
    return Seen.NOT


def _judge_command(restore: Restore, command: Command, step: Step) -> Seen | None:
    script = step.script
    if script is None:
        return None
    fate = decide_fate(script, command)
    if fate in {Fate.STOPS, Fate.RETRIED}:
        return None
    # `code=$(curl -w ...)` and `if curl ... | grep` look into it.
    if command.find_parent(Role.ASSIGNED, Role.PIPE) or "http_code" in script.text:
        return None
    handlers = list_handlers(script, command)
    if any(map(_restores_otherwise, handlers)):
        return None
    words = " ".join(" ".join(handler.words) for handler in handlers)
    if fate is Fate.HANDLED or _FIRST.search(words) or _is_tested(restore):
        return Seen.AS_FIRST_RUN
    return Seen.NOT


def _restores_otherwise(command: Command) -> bool:
    """Whether a handler fetches the state from elsewhere."""
    if command.name in {"curl", "wget", "aws", "gsutil", "rclone"}:
        return True
    return command.words[:1] == ("gh",) and "download" in command.words


def _is_tested(restore: Restore) -> bool:
    """Whether what follows asks `[ -f path ]`, and does something else where it is not."""
    paths = list(map(clean_path, restore.paths))
    begin = 0
    if restore.command is not None:
        begin = restore.command.start
    for step in restore.step.job.steps[restore.step.index :]:
        for command in step.commands:
            if step is restore.step and command.start < begin:
                continue
            is_about = _is_file_test(command) and _names(command, paths)
            if is_about and _starts_fresh(step, command):
                return True
    return False


def _is_file_test(command: Command) -> bool:
    is_test = command.words[:1] in {("[",), ("[[",), ("test",)}
    return is_test and not {"-f", "-e", "-d", "-s"}.isdisjoint(command.words)


def _names(command: Command, paths: list[str]) -> bool:
    for word in command.words:
        cleaned = clean_path(word)
        for path in paths:
            if path in {"", "."}:
                continue
            if cleaned == path or covers_path(path, cleaned):
                return True
    return False


def _starts_fresh(step: Step, command: Command) -> bool:
    """Whether there is an `else` to a test, and it does not fail."""
    condition = command.find_parent(Role.CONDITION)
    script = step.script
    if condition is None or script is None:
        return False
    inside = script.list_between(condition.start, condition.end)
    branch = [other for other in inside if other.start > command.end]
    is_negated = "!" in command.words or command.find_parent(Role.NEGATED)
    if not is_negated:
        branch = [other for other in branch if other.find_parent(Role.ELSE_BODY)]
    return bool(branch) and not any(other.words[:1] == ("exit",) for other in branch)


def _is_outcome_a_start(step: Step) -> bool:
    """Whether a later step runs where a restore failed, and is no failure itself."""
    if not step.id:
        return False
    for other in step.job.steps[step.index + 1 :]:
        text = other.condition
        if step.id in list_outcomes(text) and re.search(
            r"!=\s*'success'|'failure'", text
        ):
            return not any(command.words[:1] == ("exit",) for command in other.commands)
    return False
