"""Rate limits of the REST API [docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api]."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
POINTS_OF_A_READ = 1
POINTS_OF_A_WRITE = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a repository's run tokens, taken together, may call, and its artifacts take.

    None lifts a limit.

    A free private repository has room for 500 MB of artifacts; here there is no such
    limit unless one is set.
    """

    calls_an_hour: int | None = 1_000
    points_a_minute: int | None = 900
    artifact_bytes: int | None = None


@dataclass(slots=True)
class _Window:
    length: timedelta
    began: datetime | None = None
    spent: int = 0

    def spend(self, amount: int, now: datetime) -> int:
        """Enter a call.

        Gives what has been spent, a new window being opened where the old one is over.
        """
        if self.began is None or not self.began <= now < self.began + self.length:
            self.began, self.spent = now, 0
        self.spent += amount
        return self.spent

    def ends(self, now: datetime) -> datetime:
        return (self.began or now) + self.length


@dataclass(frozen=True, slots=True)
class Standing:
    """How a caller stands after a call: `over` is "", "primary" or "secondary"."""

    limit: int
    used: int
    reset: datetime
    over: str
    retry_after_seconds: int

    def headers(self) -> dict[str, str]:
        """The X-RateLimit headers of an answer."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "X-RateLimit-Used": str(min(self.used, self.limit)),
            "X-RateLimit-Reset": str(int(self.reset.timestamp())),
            "X-RateLimit-Resource": "core",
        } | (
            {"Retry-After": str(self.retry_after_seconds)}
            if self.over == "secondary"
            else {}
        )


@dataclass(slots=True)
class Meter:
    """Counts calls against the limits; safe to use from several threads."""

    limits: Limits
    _calls: _Window = field(default_factory=lambda: _Window(HOUR))
    _points: _Window = field(default_factory=lambda: _Window(MINUTE))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, method: str, now: datetime) -> Standing:
        """Enter a call and say how the caller stands."""
        points = POINTS_OF_A_READ if method in ("GET", "HEAD") else POINTS_OF_A_WRITE
        with self._lock:
            return self._standing(
                self._calls.spend(1, now), self._points.spend(points, now), now
            )

    def look(self, now: datetime) -> Standing:
        """How the caller stands, without a call being entered: asking for the limits is free."""
        with self._lock:
            return self._standing(
                self._calls.spend(0, now), self._points.spend(0, now), now
            )

    def _standing(self, calls: int, points: int, now: datetime) -> Standing:
        limit = self.limits.calls_an_hour
        over = "primary" if limit is not None and calls > limit else ""
        if (
            self.limits.points_a_minute is not None
            and points > self.limits.points_a_minute
        ):
            over = over or "secondary"
        wait = self._points.ends(now) - now
        return Standing(
            limit=1_000_000 if limit is None else limit,
            used=calls,
            reset=self._calls.ends(now),
            over=over,
            retry_after_seconds=max(1, int(wait.total_seconds())),
        )
