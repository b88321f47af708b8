"""Clocks, and instants as the database and REST write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from generator.github.core.clock import (
    SteerableClock,
    SystemClock,
    format_rfc3339,
    from_micros,
    to_micros,
)

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_a_frozen_clock_moves_only_when_told() -> None:
    clock = SteerableClock(NOON, frozen=True)
    assert (clock.now(), clock.now()) == (NOON, NOON)
    clock.advance(timedelta(days=90))
    assert clock.now() == NOON + timedelta(days=90)
    clock.set(NOON.astimezone(timezone(timedelta(hours=3))))
    assert clock.now() == NOON
    with pytest.raises(ValueError, match="time zone"):
        clock.set(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


def test_a_running_clock_runs() -> None:
    clock = SteerableClock(NOON)
    assert NOON <= clock.now() < NOON + timedelta(minutes=1)
    assert abs(SystemClock().now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_instants_survive_the_store_to_the_microsecond() -> None:
    instant = NOON + timedelta(microseconds=123_457)
    assert from_micros(to_micros(instant)) == instant
    assert format_rfc3339(instant) == "2026-06-01T12:00:00Z"
