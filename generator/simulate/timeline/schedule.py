"""When GitHub would start a workflow by its cron lines, and how late.

The distribution of delays is that of 413 nights which others measured: the median is
3 minutes, a tenth comes more than 45 minutes late, the worst came 12 hours late, and
one in some hundred never (viamrobotics/rdk#6479, open-multi-agent#557).
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from ...errors import WorkflowProblemError
from ...workflow.model import Schedule

# Shares of the firings, and the delay in minutes that so many do not exceed.
DELAY_QUANTILES = ((0.0, 0.5), (0.5, 3.0), (0.9, 45.0), (1.0, 720.0))
DROPPED_SHARE = 1 / 400


def iter_due(schedule: Schedule, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield when a cron line is due within [start, end), in UTC, by its own zone.

    Raises WorkflowProblemError for a line or zone that cannot be read.
    """
    try:
        zone = ZoneInfo(schedule.timezone or "UTC")
        # CronSim begins behind the instant it is given.
        firings = CronSim(schedule.cron, start.astimezone(zone) - timedelta(minutes=1))
    except (ZoneInfoNotFoundError, ValueError, CronSimError) as error:
        raise WorkflowProblemError(
            f"the schedule {schedule.cron!r} {schedule.timezone} cannot be read: "
            f"{error}",
            hint="`wfgen check` tells what GitHub takes",
        ) from error
    for firing in firings:
        due = firing.astimezone(UTC)
        if due >= end:
            return
        if due >= start:
            yield due


def draw_delay(source: random.Random) -> timedelta | None:
    """Draw how late a firing comes; None for one that never does."""
    if source.random() < DROPPED_SHARE:
        return None
    return timedelta(minutes=find_delay_minutes(source.random()))


def find_delay_minutes(share: float) -> float:
    """Return the delay, in minutes, that this share (0 to 1) does not exceed."""
    for (low, low_minutes), (high, high_minutes) in pairwise(DELAY_QUANTILES):
        if share <= high:
            part = (share - low) / (high - low)
            low_log, high_log = math.log(low_minutes), math.log(high_minutes)
            return math.exp(low_log + part * (high_log - low_log))
    return DELAY_QUANTILES[-1][1]
