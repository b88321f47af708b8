"""Settings that are valid and will still disappoint: said when rendering, never refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from .cron import longest_gap
from .settings import Settings

_CACHE_DAYS = 7
_DAY = timedelta(days=1)


def advice(settings: Settings, now: datetime) -> Iterator[str]:
    """Each piece of advice as a line; `now` (aware, UTC) is where the schedule is looked at from."""
    if not settings["triggers.schedule"]:
        return
    kept, remedy = _kept_days(settings)
    crons = settings.texts("schedule.cron")
    gap = (
        _DAY
        if any(cron.split()[2:] == ["*", "*", "*"] for cron in crons)
        else longest_gap(crons, now)
    )
    # A schedule is late more often than not, so a state kept as long as the pause is
    # gone when the run comes.
    if kept is not None and gap >= timedelta(days=kept):
        days = gap / _DAY
        yield (
            f"the state is kept {kept} day{'s' if kept > 1 else ''} and the schedule pauses for up to {days:.3g}: "
            f"without a push in between, training would start fresh; {remedy}"
        )


def _kept_days(settings: Settings) -> tuple[int | None, str]:
    """How long the state of a run stays, None for ever, and what keeps it longer."""
    if settings["store"] in {"release", "branch"}:
        return None, ""
    if settings["store"] == "cache":
        return _CACHE_DAYS, 'use store = "release"'
    days = (
        settings[f"artifacts.{part}.retention"] or settings["retention"]
        for part in ("model", "data")
    )
    return min(
        day for day in days if isinstance(day, int)
    ), 'raise retention, or use store = "release"'
