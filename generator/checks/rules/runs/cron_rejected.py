"""A schedule that GitHub refuses, or that never fires."""

from __future__ import annotations

from collections.abc import Iterator

from ....config.cron import check_cron, parse_fields
from ....findings import Severity
from ...state.model import StateModel
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the cron lines that start nothing, or not as often as they say."""
    for cron, position in model.crons:
        if "${{" in cron:
            continue
        try:
            check_cron(cron)
        except ValueError as error:
            severity = Severity.BREAKS
            # It fires, every five minutes at the most.
            if parse_fields(cron) is not None and "every" in str(error):
                severity = Severity.FRAGILE
            yield Fault(position, f"{cron}: {error}", severity=severity)


RULE = make_state_rule(
    "cron-rejected",
    Severity.BREAKS,
    "A schedule is one that GitHub fires",
    "GitHub takes five fields of numbers, names, `*`, `,`, `-` and `/`, in UTC. `@daily`, `7` "
    "for Sunday, `L`, `W` and `#`, which many cron libraries take, make the file invalid; a "
    "day that no month has never comes; and five minutes is the shortest pause.",
    check,
    before="- cron: '@daily'",
    after="- cron: '17 3 * * *'",
    of_settings=True,
)
