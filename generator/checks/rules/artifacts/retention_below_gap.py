"""State that expires before the next run, or after little more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ....findings import Severity
from ...state.model import StateModel
from ...state.schedules import find_longest_pause
from ...steps.operations import Save
from ..base import Fault, make_state_rule

# A schedule that fails is noticed and mended within a week, if all goes well.
MARGIN_DAYS = 7
# What an artifact without retention-days is kept by default.
DEFAULT_DAYS = 90


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the uploads of state that are kept for less than schedule and margin."""
    if not model.is_scheduled:
        return
    kept = [save for save in model.uploads if model.is_kept(save)]
    pause = None
    if kept:
        pause = find_longest_pause([cron for cron, _ in model.crons])
    if pause is None:
        return
    for save in kept:
        days = find_days(save)
        if days is not None and timedelta(days=days) < pause + timedelta(
            days=MARGIN_DAYS
        ):
            yield _make_fault(save, days, pause)


def find_days(save: Save) -> int | None:
    """Return how many days an artifact is kept; None where that is worked out in the run."""
    text = save.step.get_input("retention-days")
    if text in {"", "0"}:
        return DEFAULT_DAYS
    if text.isdecimal():
        return int(text)
    return None


def _make_fault(save: Save, days: int, pause: timedelta) -> Fault:
    place = save.step.place_input("retention-days")
    gap = f"{pause / timedelta(days=1):.3g}"
    if timedelta(days=days) <= pause:
        return Fault(
            place,
            f"{save.name} is kept {days} days and the schedule pauses for up to {gap}: the "
            "state is gone before the next run",
            "retention-days well above the pause, or a release or branch",
            Severity.LOSES_STATE,
        )
    return Fault(
        place,
        f"{save.name} is kept {days} days, with runs up to {gap} days apart: a schedule "
        "that fails or is off for a week loses the state",
        f"retention-days: {round(pause / timedelta(days=1)) + 4 * MARGIN_DAYS}",
    )


RULE = make_state_rule(
    "retention-below-gap",
    Severity.FRAGILE,
    "State is kept for longer than runs are apart",
    "An artifact is deleted after `retention-days`. Kept for less than the longest pause of "
    "the schedule, the state is gone before it is asked for. Kept for little more, a few "
    "failed runs, or a week in which nobody looks, have the same end. A month costs little.",
    check,
    before="retention-days: 5",
    after="retention-days: 30",
    of_settings=True,
)
