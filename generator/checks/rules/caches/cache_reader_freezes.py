"""A reader that saves a copy of its own and reads that for ever."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.feeding import is_fed
from ...state.model import StateModel
from ...stores.caches import CACHE
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield actions/cache with a fixed key where another step writes under its beginning."""
    for cache in model.caches:
        action = cache.step.action
        if action is None or action.name != CACHE or not cache.is_fixed:
            continue
        if is_fed(model, cache):
            yield Fault(
                cache.place,
                "this saves what it restored under a key of its own, and finds that ever "
                "after instead of what is written meanwhile",
                "uses: actions/cache/restore",
            )


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
