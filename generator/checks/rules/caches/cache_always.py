"""`if: always()` on a step that saves only where all went well."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.model import StateModel
from ...steps.conditions import runs_after_failure
from ...stores.caches import CACHE
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield actions/cache with a condition that its save does not have."""
    for cache in model.caches:
        action = cache.step.action
        if action is None or action.name != CACHE:
            continue
        if cache.is_state and runs_after_failure(cache.step.condition):
            yield Fault(
                cache.step.node.get("if").position,
                "actions/cache saves in its post step, and that runs only where the job "
                "went well, whatever this says",
                "uses: actions/cache/save, with this condition",
            )


RULE = make_state_rule(
    "cache-always",
    Severity.FRAGILE,
    "A save that is meant always is a step of its own",
    "The post step of actions/cache has the condition success(): `if: always()` makes it "
    "restore after a failure, and save nothing. actions/cache/save saves where it stands.",
    check,
    before="- uses: actions/cache@v5\n  if: always()",
    after="- uses: actions/cache/save@v5\n  if: always()",
)
