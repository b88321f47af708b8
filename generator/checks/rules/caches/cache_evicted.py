"""A cache that is gone before the next run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ....findings import Severity
from ...state.model import StateModel
from ...state.schedules import find_longest_pause
from ...stores.caches import CacheStep
from ..base import Fault, make_state_rule

# docs.github.com, "Usage limits and eviction policy" of caches.
KEPT = timedelta(days=7)
_RARE = {"schedule", "workflow_dispatch"}


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the caches of state that a schedule asks for too seldom."""
    if not model.is_scheduled or not set(model.triggers) <= _RARE:
        return
    states = [cache for cache in model.caches if cache.restores and cache.is_state]
    pause = None
    if states:
        pause = find_longest_pause([cron for cron, _ in model.crons])
    if pause is None or pause <= KEPT - timedelta(days=1):
        return
    severity = Severity.LOSES_STATE
    if pause <= KEPT:
        severity = Severity.FRAGILE
    for cache in states:
        if _is_used_elsewhere(model, cache):
            continue
        yield Fault(
            cache.place,
            f"a cache that nobody restored for 7 days is deleted, and this schedule pauses "
            f"for up to {pause.days}: the state is gone before the next run",
            "an artifact, a release or a branch keeps longer",
            severity,
        )


def _is_used_elsewhere(model: StateModel, cache: CacheStep) -> bool:
    """Whether another workflow restores the same paths, in the meantime maybe."""
    for sibling in model.siblings:
        for other in sibling.caches:
            if other.restores and not set(other.paths).isdisjoint(cache.paths):
                return True
    return False


RULE = make_state_rule(
    "cache-evicted",
    Severity.LOSES_STATE,
    "State in the cache is asked for at least every 7 days",
    "GitHub deletes entries of the cache that were not restored for 7 days, and the oldest "
    "where a repository has more than 10 GB. A schedule that pauses for longer never finds "
    "its state. Run more often, or store it as an artifact, in a release or on a branch.",
    check,
    before="- cron: '11 3 4 * *'  # monthly, with actions/cache",
    after="- cron: '11 3 * * 1,4'",
    of_settings=True,
)
