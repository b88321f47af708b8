"""GitHub's cron grammar, and when a schedule fires.

GitHub takes five fields of numbers, names (`JAN`, `SUN`), `*`, `,`, `-` and `/`, fires
at most every five minutes and refuses what many cron libraries accept: `7` for Sunday,
`@daily`, `L`, `W`, `#`, `?` and ranges that run backwards (docs.github.com, "Events
that trigger workflows", schedule). So the grammar is checked here; cronsim only counts.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime, timedelta

SHORTEST_MINUTES = 5
_MONTHS = (
    "JAN",
    "FEB",
    "MAR",
    "APR",
    "MAY",
    "JUN",
    "JUL",
    "AUG",
    "SEP",
    "OCT",
    "NOV",
    "DEC",
)
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_PART = r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\d+))?"


class _Field(NamedTuple):
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def parse_number(self, word: str) -> int:
        """Return the number a word stands for; raises ValueError."""
        if word.upper() in self.names:
            return self.names.index(word.upper()) + self.low
        if word.isdigit() and self.low <= int(word) <= self.high:
            return int(word)
        hint = ""
        if self.name == "day of week" and word == "7":
            hint = "; Sunday is 0"
        raise ValueError(
            f"{self.name} {word!r} is not within {self.low}-{self.high}{hint}"
        )

    def parse(self, text: str) -> frozenset[int]:
        """Return every number the field stands for; raises ValueError."""
        numbers: set[int] = set()
        for part in text.split(","):
            numbers.update(self._parse_part(part))
        return frozenset(numbers)

    def _parse_part(self, part: str) -> range:
        match = re.fullmatch(_PART, part, re.ASCII)
        if match is None:
            raise ValueError(
                f"{self.name} {part!r} is not something GitHub understands "
                "(numbers, names, * , - /)"
            )
        star, first, last, step = match.groups()
        low = self.low if star else self.parse_number(first)
        if last:
            high = self.parse_number(last)
        elif star or step:
            high = self.high
        else:
            high = low
        if high < low:
            raise ValueError(f"{self.name} {part!r} runs backwards")
        if step is not None and int(step) == 0:
            raise ValueError(f"{self.name} {part!r} has a step of 0")
        return range(low, high + 1, int(step or 1))


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 6, WEEKDAYS),
)


def check_cron(cron: str) -> str:
    """Return the cron line with single blanks between its fields.

    Raises ValueError where GitHub would refuse it, never fire it, or not fire it as
    often as it asks for.
    """
    words = cron.split()
    if cron.startswith("@"):
        raise ValueError("GitHub knows no @daily and the like; write five fields")
    if len(words) != len(_FIELDS):
        raise ValueError(f"a cron line has five fields, this one has {len(words)}")
    minutes, hours, days, months, _ = (
        field.parse(word) for field, word in zip(_FIELDS, words, strict=True)
    )
    longest_month = max(_LONGEST_MONTHS[month - 1] for month in months)
    # A day of the week fires whatever the day of the month is.
    if words[4] == "*" and min(days) > longest_month:
        raise ValueError("that day does not exist in that month: it would never run")
    if _find_shortest_gap(minutes, hours) < SHORTEST_MINUTES:
        raise ValueError(
            f"GitHub runs a schedule every {SHORTEST_MINUTES} minutes at the most"
        )
    return " ".join(words)


def parse_fields(cron: str) -> tuple[frozenset[int], ...] | None:
    """Return the numbers that each of the five fields stands for; None for no cron line."""
    words = cron.split()
    if len(words) != len(_FIELDS):
        return None
    try:
        pairs = zip(_FIELDS, words, strict=True)
        return tuple(field.parse(word) for field, word in pairs)
    except ValueError:
        return None


def _find_shortest_gap(minutes: frozenset[int], hours: frozenset[int]) -> int:
    """Find the shortest time between two firings of neighbouring hours, in minutes."""
    ordered = sorted(minutes)
    gaps = [later - earlier for earlier, later in itertools.pairwise(ordered)]
    if any((hour + 1) % 24 in hours for hour in hours):
        gaps.append(60 + ordered[0] - ordered[-1])
    return min(gaps, default=60)


def iter_firings(crons: Sequence[str], start: datetime) -> Iterator[datetime]:
    """Yield when several cron lines fire after `start` (aware, UTC), in order, endlessly."""
    from heapq import merge  # noqa: PLC0415 - `wfgen render` does not iterate schedules

    from cronsim import CronSim  # noqa: PLC0415 - likewise

    merged = merge(*(CronSim(cron, start) for cron in crons))
    for moment, _ in itertools.groupby(merged):
        yield moment


def find_longest_gap(
    crons: Sequence[str], start: datetime, firings: int = 400
) -> timedelta:
    """Find the longest time between two neighbouring firings, over the next `firings`."""
    times = itertools.islice(iter_firings(crons, start), firings)
    return max(later - earlier for earlier, later in itertools.pairwise(times))
