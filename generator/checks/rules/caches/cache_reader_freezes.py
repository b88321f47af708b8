"""A reader that saves a copy of its own and reads that for ever."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.model import StateModel
from ...stores.caches import CACHE, CacheStep
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield actions/cache with a fixed key where another step writes under its beginning."""
    writers = [cache for cache in model.caches if cache.saves]
    for sibling in model.siblings:
        writers += [cache for cache in sibling.caches if cache.saves]
    for cache in model.caches:
        action = cache.step.action
        if action is None or action.name != CACHE or not cache.is_fixed:
            continue
        if cache.restore_keys and any(_feeds(writer, cache) for writer in writers):
            yield Fault(
                cache.place,
                "this saves what it restored under a key of its own, and finds that ever "
                "after instead of what is written meanwhile",
                "uses: actions/cache/restore",
            )


def _feeds(writer: CacheStep, reader: CacheStep) -> bool:
    """Whether a writer's keys begin like what a reader falls back to."""
    if writer is reader or not writer.is_of_run:
        return False
    if set(writer.paths).isdisjoint(reader.paths):
        return False
    return any(writer.key.startswith(key) for key in reader.restore_keys)


RULE = make_state_rule(
    "cache-reader-freezes",
    Severity.LOSES_STATE,
    "A job that only reads a cache does not save it",
    "actions/cache saves at the end of a job under `key` what `restore-keys` had found. The "
    "next run hits that key exactly and never looks at newer entries again. A reader uses "
    "actions/cache/restore.",
    check,
    before="- uses: actions/cache@v5\n  with: {key: state-, restore-keys: state-}",
    after="- uses: actions/cache/restore@v5\n  with: {key: state-, restore-keys: state-}",
)
