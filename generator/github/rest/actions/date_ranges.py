"""Ranges of instants in a query, such as `>=2026-01-02` or `2026-01-02..2026-02-03`.

Syntax from docs.github.com, "Query for dates".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

_RANGE = re.compile(r"(>=|<=|>|<)?(.+?)(?:\.\.(.+))?")
_FIRST_INSTANT = datetime(1, 1, 1, tzinfo=UTC)
_LAST_INSTANT = datetime(9999, 12, 31, tzinfo=UTC)
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
OPEN_END = "*"


class DateRange(NamedTuple):
    """Instants from `since` to just before `until`."""

    since: datetime
    until: datetime


NOTHING = DateRange(_LAST_INSTANT, _FIRST_INSTANT)
EVERYTHING = DateRange(_FIRST_INSTANT, _LAST_INSTANT)


def parse_date_range(text: str) -> DateRange:
    """The instants that a query asks for; what cannot be read matches none, as on GitHub."""
    match = _RANGE.fullmatch(text)
    if match is None:
        return NOTHING
    sign, first, last = match.groups()
    try:
        begin = _parse_date(first)
        if last:
            return DateRange(begin.since, _parse_date(last).until)
    except (ValueError, OverflowError):
        return NOTHING
    ranges = {
        ">=": DateRange(begin.since, _LAST_INSTANT),
        ">": DateRange(begin.until, _LAST_INSTANT),
        "<=": DateRange(_FIRST_INSTANT, begin.until),
        "<": DateRange(_FIRST_INSTANT, begin.since),
        None: begin,
    }
    return ranges[sign]


def _parse_date(text: str) -> DateRange:
    """All instants of a date (a day), of an instant (a second) or of `*` (all there are)."""
    if text == OPEN_END:
        return EVERYTHING
    begin = datetime.fromisoformat(text)
    if begin.tzinfo is None:
        begin = begin.replace(tzinfo=UTC)
    length = _DAY
    if "T" in text:
        length = _SECOND
    return DateRange(begin, begin + length)
