"""Settings that are valid and will still disappoint: reported, never refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from . import options
from .cron import find_longest_gap
from .derived import find_state_retention
from .settings import Settings
from .text_types import HOW_TO_NAME_OWN_PACKAGE

_DAY = timedelta(days=1)
_DAILY = ["*", "*", "*"]


def give_advice(settings: Settings, now: datetime) -> Iterator[str]:
    """Yield each piece of advice as a line.

    `now` (aware, UTC) is where the schedule is looked at from.
    """
    yield from _advise_on_ci(settings)
    yield from _advise_on_retention(settings, now)


def _advise_on_ci(settings: Settings) -> Iterator[str]:
    if settings[options.WORKFLOWS_CI] and not settings[options.CI_WFGEN]:
        yield (
            "ci.yml does not hold the rendered files to the settings: "
            f"set ci.wfgen to {HOW_TO_NAME_OWN_PACKAGE}"
        )


def _advise_on_retention(settings: Settings, now: datetime) -> Iterator[str]:
    kept_days = find_state_retention(settings)
    if kept_days is None or not settings[options.TRIGGERS_SCHEDULE]:
        return
    gap = _measure_gap(settings[options.SCHEDULE_CRON], now)
    # A schedule is late more often than not, so a state kept as long as the pause is
    # gone when the run comes.
    if gap < timedelta(days=kept_days):
        return
    remedy = 'use store = "release"'
    if settings[options.STORE] == "artifact":
        remedy = f"raise retention, or {remedy}"
    plural = "s" if kept_days > 1 else ""
    yield (
        f"the state is kept {kept_days} day{plural} and the schedule pauses for up to "
        f"{gap / _DAY:.3g}: without a push in between, training would start fresh; "
        f"{remedy}"
    )


def _measure_gap(crons: tuple[str, ...], now: datetime) -> timedelta:
    """Measure the longest pause of a schedule; one that fires daily needs no counting."""
    for cron in crons:
        if cron.split()[2:] == _DAILY:
            return _DAY
    return find_longest_gap(crons, now)
