"""Two steps of a job save one key."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.model import StateModel
from ...stores.caches import CacheStep
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the second of two steps that save the same key in one job."""
    first: dict[tuple[str, str], CacheStep] = {}
    for cache in model.caches:
        if not cache.saves or not cache.key:
            continue
        place = (cache.step.job.id, cache.key)
        earlier = first.setdefault(place, cache)
        if earlier is cache or set(earlier.paths).isdisjoint(cache.paths):
            continue
        if earlier.step.condition and cache.step.condition:
            # One of the two, more likely than not.
            continue
        yield Fault(
            cache.place,
            "an earlier step of this job saves the same key: only one of the two can, and "
            "actions/cache saves at the end of the job and only where it went well",
            "actions/cache/restore before the work, actions/cache/save after it",
        )


RULE = make_state_rule(
    "cache-saved-twice",
    Severity.LOSES_STATE,
    "One step saves a key",
    "actions/cache restores where it stands and saves in a post step, after a job that went "
    "well. A second one with the same key restores again, over what was worked out, and "
    "its save meets a key that is taken. Use actions/cache/restore and actions/cache/save.",
    check,
    before="- uses: actions/cache@v5\n- run: work\n- uses: actions/cache@v5",
    after="- uses: actions/cache/restore@v5\n- run: work\n- uses: actions/cache/save@v5",
)
