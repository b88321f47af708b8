"""Searches for dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from generator.github.rest.actions.date_ranges import parse_date_range

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "inside", "outside"),
    [
        ("2026-06-01", NOON, NOON + timedelta(days=1)),
        (">=2026-06-01T12:00:00Z", NOON, NOON - timedelta(seconds=1)),
        (">2026-06-01", NOON + timedelta(days=1), NOON),
        ("<2026-06-02", NOON, NOON + timedelta(days=1)),
        ("<=2026-06-01", NOON, NOON + timedelta(days=1)),
        ("2026-05-01..2026-06-01", NOON, NOON + timedelta(days=1)),
        ("*..2026-06-01", NOON, NOON + timedelta(days=1)),
        ("2026-06-01..*", NOON, NOON - timedelta(days=1)),
        ("2026-06-01T14:00:00+02:00", NOON, NOON + timedelta(seconds=1)),
    ],
)
def test_searches_for_dates(said: str, inside: datetime, outside: datetime) -> None:
    begins, ends = parse_date_range(said)
    assert begins <= inside < ends
    assert not begins <= outside < ends


@pytest.mark.parametrize("said", ["", "x", "2026-13-01", "2026-06-01..x", ">="])
def test_searches_for_no_dates_find_nothing(said: str) -> None:
    begins, ends = parse_date_range(said)
    assert begins > ends
