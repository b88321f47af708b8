"""GitHub's cron grammar, and when schedules fire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.config.cron import check_cron, find_longest_gap, iter_firings

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        "0 0 * * *",
        "17 3 * * 1-5",
        "*/5 * * * *",
        "20/15 * * * *",
        "0 12 1,15 * *",
        "30 4 * JAN,jul MON-FRI",
        "0 0 29 2 *",
        "0 0 31 2 1",
        "59 23 31 12 6",
        "0,30 */2 * * *",
    ],
)
def test_what_github_accepts(line: str) -> None:
    assert check_cron(line) == line


def test_blanks_are_tidied() -> None:
    assert check_cron("  0\t0 *  * * ") == "0 0 * * *"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "five fields, this one has 0"),
        ("0 0 * *", "five fields, this one has 4"),
        ("0 0 0 * * *", "five fields, this one has 6"),
        ("@daily", "no @daily"),
        ("60 0 * * *", "minute '60' is not within 0-59"),
        ("0 24 * * *", "hour '24'"),
        ("0 0 0 * *", "day of month '0'"),
        ("0 0 * 13 *", "month '13'"),
        ("0 0 * * 7", "Sunday is 0"),
        ("0 0 L * *", "day of month 'L'"),
        ("0 0 15W * *", "day of month '15W'"),
        ("0 0 * * 1#2", "day of week '1#2'"),
        ("0 0 ? * *", "day of month '?'"),
        ("0 0 * * 5-1", "runs backwards"),
        ("0 0 * * FRI-MON", "runs backwards"),
        ("*/0 * * * *", "step of 0"),
        ("0 0 30 2 *", "never run"),
        ("0 0 31 4,6 *", "never run"),
        ("* * * * *", "every 5 minutes"),
        ("*/4 * * * *", "every 5 minutes"),
        ("0,3 4 * * *", "every 5 minutes"),
        ("1,58 * * * *", "every 5 minutes"),
        ("0 0 * * *; rm -rf /", "five fields"),
        ("1-2-3 0 * * *", "is not something GitHub understands"),
        ("٣ 0 * * *", "is not something GitHub understands"),
    ],
)
def test_what_github_refuses(line: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        check_cron(line)
    assert reason in str(caught.value)


def test_firing_times_of_several_lines_are_merged_in_order() -> None:
    times = list(
        islice(iter_firings(["0 0 * * *", "0 */12 * * *", "30 13 * * *"], START), 4)
    )
    assert [(t.day, t.hour, t.minute) for t in times] == [
        (22, 13, 30),
        (23, 0, 0),
        (23, 12, 0),
        (23, 13, 30),
    ]


@pytest.mark.parametrize(
    ("lines", "days"),
    [
        (["17 0 * * *"], 1),
        (["0 0 * * 1"], 7),
        (["0 0 1 * *"], 31),
        (["0 0 1 * *", "0 0 15 * *"], 17),
    ],
)
def test_longest_gap(lines: list[str], days: int) -> None:
    assert find_longest_gap(lines, START) == timedelta(days=days)


@given(
    st.integers(0, 59),
    st.integers(0, 23),
    st.integers(1, 28),
    st.integers(1, 12),
    st.integers(0, 6),
    st.booleans(),
)
def test_what_passes_fires(  # noqa: PLR0913, PLR0917 - one parameter a field
    minute: int, hour: int, day: int, month: int, weekday: int, by_day: bool
) -> None:
    line = (
        f"{minute} {hour} {day} {month} *"
        if by_day
        else f"{minute} {hour} * * {weekday}"
    )
    fired = next(iter_firings([check_cron(line)], START))
    assert (fired.minute, fired.hour) == (minute, hour)
