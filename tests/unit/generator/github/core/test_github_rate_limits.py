"""Windows of the rate limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from generator.github.core.rate_limits import Limits, Meter

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_windows_of_the_limits_open_again() -> None:
    meter = Meter(Limits(calls_an_hour=1, points_a_minute=None))
    assert meter.count("GET", NOON).exceeded == ""
    assert meter.count("GET", NOON + timedelta(minutes=59)).exceeded == "primary"
    assert (
        meter.read(NOON + timedelta(minutes=59)).build_headers()[
            "X-RateLimit-Remaining"
        ]
        == "0"
    )
    assert meter.count("GET", NOON + timedelta(hours=1)).exceeded == ""
    assert meter.count("GET", NOON - timedelta(days=1)).exceeded == ""
    lifted = Meter(Limits(calls_an_hour=None))
    assert all(lifted.count("GET", NOON).exceeded == "" for _ in range(100))
