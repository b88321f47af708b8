"""Cron lines as sets of minutes, hours and days: how often, how far apart, together."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ...config.cron import find_longest_gap, parse_fields

_MINUTES_A_DAY = 1440
# Any day does: what is asked for does not hang on the year.
_START = datetime(2026, 1, 1, tzinfo=UTC)
_FIRINGS = 60
_MONTHS_OF_FIRINGS = 15


def find_shortest_pause(crons: Sequence[str]) -> int | None:
    """Return the minutes between two firings on a day, at least; None without any."""
    moments = set()
    for cron in crons:
        fields = parse_fields(cron)
        if fields is None:
            continue
        for hour in fields[1]:
            moments |= {hour * 60 + minute for minute in fields[0]}
    if not moments:
        return None
    ordered = sorted(moments)
    pauses = [_MINUTES_A_DAY + ordered[0] - ordered[-1]]
    for earlier, later in itertools.pairwise(ordered):
        pauses.append(later - earlier)
    return min(pauses)


def find_longest_pause(crons: Sequence[str]) -> timedelta | None:
    """Return the longest time between two firings; None where no line can be read."""
    readable = [cron for cron in crons if parse_fields(cron) is not None]
    if not readable:
        return None
    # A day of the week or of the month at the most: each day is counted by hand.
    if any(cron.split()[2:] == ["*", "*", "*"] for cron in readable):
        return timedelta(days=1)
    firings = _MONTHS_OF_FIRINGS
    if len(readable) > 1 or any("*" not in cron.split()[4] for cron in readable):
        firings = _FIRINGS
    try:
        return find_longest_gap(readable, _START, firings)
    except (ValueError, StopIteration):
        return None


def fire_together(one: str, other: str) -> bool:
    """Whether two cron lines have a moment in common."""
    first, second = parse_fields(one), parse_fields(other)
    if first is None or second is None:
        return False
    pairs = zip(first, second, strict=True)
    return all(left & right for left, right in pairs)


def share_hour(one: str, other: str) -> bool:
    """Whether two cron lines fire within one hour of some day."""
    first, second = parse_fields(one), parse_fields(other)
    if first is None or second is None:
        return False
    pairs = zip(first[1:], second[1:], strict=True)
    return all(left & right for left, right in pairs)


def is_busy(cron: str) -> bool:
    """Whether a line fires at the start of an hour and never else."""
    fields = parse_fields(cron)
    return fields is not None and fields[0] == {0}
