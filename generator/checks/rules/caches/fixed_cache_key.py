"""A cache that is saved once and never again."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.feeding import is_fed
from ...state.model import StateModel
from ...steps.words import clean_path, is_dependency_path
from ...stores.caches import CacheStep
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the caches of state under a key that every run comes to."""
    for cache in model.caches:
        if not cache.saves or not cache.is_fixed or not _is_state(model, cache):
            continue
        if not model.is_unattended or _is_filled_once(model, cache):
            continue
        # A reader that saves, too, has a rule of its own.
        if is_fed(model, cache):
            continue
        yield Fault(
            cache.place,
            "a key that exists is never saved again: every run restores what the first "
            "one stored",
            "key: name-${{ github.run_id }}-${{ github.run_attempt }}, restore-keys: name-",
        )


def _is_state(model: StateModel, cache: CacheStep) -> bool:
    """Whether it holds state by its name, or work after it is handed its path."""
    if cache.is_state:
        return True
    if any(map(is_dependency_path, cache.paths)):
        return False
    for work in model.work:
        if work.step.job is not cache.step.job:
            continue
        words = set(map(clean_path, work.command.words[1:]))
        if not words.isdisjoint(map(clean_path, cache.paths)):
            return True
    return _is_appended_to(cache)


def _is_appended_to(cache: CacheStep) -> bool:
    """Whether a script of the job goes on with a file of it: `>> data/seen.txt`."""
    folders = [f"{clean_path(path)}/" for path in cache.paths]
    for step in cache.step.job.steps:
        for command in step.commands:
            for redirect in command.redirects:
                target = f"{clean_path(redirect.target)}/"
                if redirect.operator == ">>" and target.startswith(tuple(folders)):
                    return True
    return False


def _is_filled_once(model: StateModel, cache: CacheStep) -> bool:
    """Whether it is meant to be filled once, or the key is deleted by hand before."""
    if (
        cache.step.id
        and f"steps.{cache.step.id}.outputs.cache-hit" in model.document.text
    ):
        return True
    return any(
        command.words[:3] == ("gh", "cache", "delete")
        or "actions/caches" in " ".join(command.words)
        for step in cache.step.job.steps
        for command in step.commands
    )


RULE = make_state_rule(
    "fixed-cache-key",
    Severity.LOSES_STATE,
    "A cache of state has a key of its own in every run",
    "Entries of the cache are immutable: where the key exists, the save at the end of the job "
    "is passed over with a line in the log. State under a fixed key stays what the first run "
    "stored. Put the run's number and attempt into the key, and its beginning into "
    "`restore-keys`.",
    check,
    before="key: state",
    after="key: state-${{ github.run_id }}-${{ github.run_attempt }}\nrestore-keys: state-",
)
