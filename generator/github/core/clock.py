"""The time that the local GitHub believes in: the machine's own, or one that tests move."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Between these, all that is reckoned from the present instant is an instant too.
EARLIEST = EPOCH
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""
        return datetime.now(UTC)


class SteerableClock:
    """A clock that runs on from wherever it was set.

    A `frozen` one stands still between two moves.
    """

    def __init__(self, start: datetime | None = None, *, frozen: bool = False) -> None:
        """ValueError for a start that `set` would not take."""
        if start is not None:
            check_instant(start)
        self._lock = threading.Lock()
        self._frozen = frozen
        self._set_at = datetime.now(UTC)
        self._base = start or self._set_at

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""
        with self._lock:
            if self._frozen:
                return self._base
            return self._base + (datetime.now(UTC) - self._set_at)

    def set(self, instant: datetime) -> None:
        """Jump to an instant, forwards or back.

        ValueError for a naive one, and for one before 1970 or after the year 8999.
        """
        check_instant(instant)
        with self._lock:
            self._base, self._set_at = instant.astimezone(UTC), datetime.now(UTC)

    def advance(self, span: timedelta) -> None:
        """Move on by a span of time; ValueError where that leads where `set` does not go."""
        try:
            self.set(self.now() + span)
        except OverflowError:
            raise ValueError(f"{span} is too far from now") from None


def check_instant(instant: datetime) -> None:
    """ValueError for an instant that no clock here can be at."""
    if instant.tzinfo is None:
        raise ValueError("the clock takes instants with a time zone")
    if not EARLIEST <= instant <= LATEST:
        raise ValueError("the clock takes instants from 1970 to the year 8999")


def to_micros(instant: datetime) -> int:
    """Microseconds since 1970, which is how the database holds instants."""
    # Integers compare exactly in SQL; SQLite's REAL would round microseconds of today.
    return (instant - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The instant `to_micros` was given."""
    return EPOCH + timedelta(microseconds=micros)


def from_optional_micros(micros: int | None) -> datetime | None:
    """The instant of a column that may be NULL."""
    if micros is None:
        return None
    return from_micros(micros)


def format_rfc3339(instant: datetime) -> str:
    """As GitHub's REST API writes instants: whole seconds and a Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
