"""A key that a re-run meets again."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.model import StateModel
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the keys with the run and without its attempt."""
    for cache in model.caches:
        if not cache.saves or not cache.is_state or not cache.is_of_run:
            continue
        if "run_attempt" not in cache.key and "github.sha" not in cache.key:
            yield Fault(
                cache.place,
                "a re-run has the same run_id: its key is taken, and it saves nothing",
                "key: ...-${{ github.run_id }}-${{ github.run_attempt }}",
            )


RULE = make_state_rule(
    "cache-key-no-attempt",
    Severity.FRAGILE,
    "A re-run saves under a key of its own",
    "`github.run_id` stays the same when a run is run again. Where the first attempt saved, "
    "the second finds its key taken and its state is lost. Add `github.run_attempt`.",
    check,
    before="key: state-${{ github.run_id }}",
    after="key: state-${{ github.run_id }}-${{ github.run_attempt }}",
)
