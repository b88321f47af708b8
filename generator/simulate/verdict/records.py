"""The verdict of a simulation as frozen records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ..play.records import MissedEvent
from ..timeline.records import Scenario


class ViolationKind(StrEnum):
    """What became of the state that must not."""

    NEVER_TRAINED = "never-trained"
    NEVER_RESTORED = "never-restored"
    LOST = "lost"
    EXPIRED = "expired"
    OVERWRITTEN = "overwritten"
    ROLLED_BACK = "rolled-back"
    FORKED = "forked"
    TRAINED_TWICE = "trained-twice"
    MIXED = "mixed"
    UNTRUSTED = "untrusted"
    NOT_SAVED = "not-saved"
    DISCARDED = "discarded"
    CANCELLED = "cancelled"
    SAVED_AFTER_FAILURE = "saved-after-failure"


MEANINGS = {
    ViolationKind.NEVER_TRAINED: "no run trains: fetching the state fails before",
    ViolationKind.NEVER_RESTORED: "state is stored and never restored",
    ViolationKind.LOST: "a run started afresh though there was state",
    ViolationKind.EXPIRED: "the state was gone from its store when it was needed",
    ViolationKind.OVERWRITTEN: "a fresh start was stored over the state",
    ViolationKind.ROLLED_BACK: "a run went on from an older state than the newest",
    ViolationKind.FORKED: "two runs at once went on from one state, one is lost",
    ViolationKind.TRAINED_TWICE: "the same update was trained twice",
    ViolationKind.MIXED: "a run went on from parts of different states",
    ViolationKind.UNTRUSTED: "a run went on from what a pull request had stored",
    ViolationKind.NOT_SAVED: "a run that succeeded stored nothing of its training",
    ViolationKind.DISCARDED: "a run trained, then failed before it stored the state",
    ViolationKind.CANCELLED: "a newer run cancelled one before it stored the state",
    ViolationKind.SAVED_AFTER_FAILURE: "the state of a failed training was stored",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """A violation: `run` and `others` are places in the simulation's runs.

    `events` are those of the scenario that are needed to show it, as far as known.
    """

    kind: ViolationKind
    run: int
    others: tuple[int, ...]
    message: str
    at: datetime
    events: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Costs:
    """What the timeline took: minutes of hosted runners, and bytes of artifacts at most.

    `month_minutes` and `month_runs` are for 30 days. `growth` is how many times longer
    the last quarter of the runs took than the first, by this machine's clock; None
    where that says nothing.
    """

    minutes: float
    month_minutes: float
    month_runs: float
    peak_bytes: int
    growth: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a simulation comes to.

    `updates` is how many updates of the default branch were trained and stored, in
    `unchanged` runs there was nothing new to learn; `scheduled` is how many the cron
    lines asked for. `smallest` holds, by kind, the smallest timeline that was found to
    show it. `unclear` says why nothing can be told, "" where it can.
    """

    violations: tuple[Violation, ...]
    missed: tuple[MissedEvent, ...]
    failed: tuple[int, ...]
    updates: int
    unchanged: int
    scheduled: int
    longest_gap: timedelta
    costs: Costs
    smallest: dict[ViolationKind, Scenario]
    unclear: str = ""
