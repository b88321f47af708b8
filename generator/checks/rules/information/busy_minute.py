"""A schedule at the start of the hour, when runs come late or not at all."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.model import StateModel
from ...state.schedules import is_busy
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the cron lines that fire at minute 0 alone."""
    for cron, position in model.crons:
        if is_busy(cron):
            yield Fault(
                position,
                f"{cron} is when everybody's runs start: at the busiest minutes they come "
                "late or not at all",
                "another minute, 17 for one",
            )


RULE = make_state_rule(
    "busy-minute",
    Severity.INFORMATION,
    "A schedule keeps clear of the start of the hour",
    "GitHub starts scheduled runs when it can: at the start of every hour, at midnight UTC "
    "above all, they wait for minutes to hours, and some are dropped. Any other minute is "
    "better.",
    check,
    before="- cron: '0 0 * * *'",
    after="- cron: '17 3 * * *'",
    of_settings=True,
)
