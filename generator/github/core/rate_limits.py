"""Rate limits of the REST API.

[docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api]
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
# "Calculating points for the secondary rate limit" on the page above.
READ_POINTS = 1
WRITE_POINTS = 5
READ_METHODS = frozenset({"GET", "HEAD"})
# What the headers show where there is no limit: more calls than any test makes.
UNLIMITED = 1_000_000


class Limits(NamedTuple):
    """How much a repository's run tokens, taken together, may call, and its artifacts take.

    None lifts a limit. A free private repository has room for 500 MB of artifacts; here
    there is no such limit unless one is set.
    """

    calls_an_hour: int | None = 1_000
    points_a_minute: int | None = 900
    artifact_bytes: int | None = None


@dataclass(slots=True)
class _Window:
    """What has been spent since a window was opened; None: there was none yet."""

    length: timedelta
    opened_at: datetime | None = None
    spent: int = 0

    def add(self, amount: int, now: datetime) -> int:
        """Enter an amount; returns what has been spent in the window that `now` is in."""
        if self.opened_at is None or not self._contains(self.opened_at, now):
            self.opened_at, self.spent = now, 0
        self.spent += amount
        return self.spent

    def _contains(self, opened_at: datetime, now: datetime) -> bool:
        # A clock may also be set back to before the window: that opens a new one.
        return opened_at <= now < opened_at + self.length

    def get_end(self, now: datetime) -> datetime:
        """When the window closes, or would if it were opened now."""
        return (self.opened_at or now) + self.length


class RateLimitStatus(NamedTuple):
    """Where a caller stands after a call.

    `exceeded` is "", "primary" (calls an hour) or "secondary" (points a minute).
    """

    limit: int
    used: int
    reset: datetime
    exceeded: str
    retry_after_seconds: int

    @property
    def remaining(self) -> int:
        """Calls left until the reset."""
        return max(0, self.limit - self.used)

    def build_headers(self) -> dict[str, str]:
        """The X-RateLimit headers of an answer."""
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Used": str(min(self.used, self.limit)),
            "X-RateLimit-Reset": str(int(self.reset.timestamp())),
            "X-RateLimit-Resource": "core",
        }
        if self.exceeded == "secondary":
            headers["Retry-After"] = str(self.retry_after_seconds)
        return headers


@dataclass(slots=True)
class Meter:
    """Counts calls against the limits; safe to use from several threads."""

    limits: Limits
    _calls: _Window = field(default_factory=lambda: _Window(HOUR))
    _points: _Window = field(default_factory=lambda: _Window(MINUTE))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, method: str, now: datetime) -> RateLimitStatus:
        """Enter a call and say where the caller stands."""
        points = WRITE_POINTS
        if method in READ_METHODS:
            points = READ_POINTS
        return self._update(1, points, now)

    def read(self, now: datetime) -> RateLimitStatus:
        """Where the caller stands, without entering a call."""
        return self._update(0, 0, now)

    def _update(self, calls: int, points: int, now: datetime) -> RateLimitStatus:
        with self._lock:
            used_calls = self._calls.add(calls, now)
            used_points = self._points.add(points, now)
            wait = self._points.get_end(now) - now
            limit = self.limits.calls_an_hour
            return RateLimitStatus(
                limit=UNLIMITED if limit is None else limit,
                used=used_calls,
                reset=self._calls.get_end(now),
                exceeded=self._find_exceeded(used_calls, used_points),
                retry_after_seconds=max(1, int(wait.total_seconds())),
            )

    def _find_exceeded(self, calls: int, points: int) -> str:
        if _is_over(calls, self.limits.calls_an_hour):
            return "primary"
        if _is_over(points, self.limits.points_a_minute):
            return "secondary"
        return ""


def _is_over(used: int, limit: int | None) -> bool:
    return limit is not None and used > limit
