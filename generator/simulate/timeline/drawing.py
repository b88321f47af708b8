"""Draws a timeline from the workflows' own cron lines and from rates, by a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from ...errors import SettingsError
from ...workflow.model import Workflow
from .records import COMMIT, RERUN, FaultKind, Scenario, TimedEvent
from .schedule import draw_delay, iter_due

# A fixed one, so that a seed says all.
DEFAULT_START = datetime(2026, 1, 1, tzinfo=UTC)
MAX_EVENTS = 20_000
_RATE = re.compile(r"(?P<count>\d+(?:\.\d+)?)/(?P<unit>day|week|month|year)")
_UNIT_DAYS = {"day": 1.0, "week": 7.0, "month": 30.0, "year": 365.0}


@dataclass(frozen=True, slots=True)
class DrawingOptions:
    """What is drawn: rates are events a day, by kind of event."""

    days: float
    seed: int = 0
    start: datetime = DEFAULT_START
    rates: dict[str, float] = field(default_factory=dict)
    faults: tuple[FaultKind, ...] = ()
    minutes: float = 10.0
    public: bool = True
    punctual: bool = False


def parse_rate(option: str, text: str) -> float:
    """Read `2/day` or `1/week` as events a day; raises SettingsError."""
    match = _RATE.fullmatch(text.strip())
    if match is None:
        raise SettingsError(
            f"{option} takes COUNT/day, /week, /month or /year, not {text!r}"
        )
    return float(match["count"]) / _UNIT_DAYS[match["unit"]]


def draw_scenario(workflows: Sequence[Workflow], options: DrawingOptions) -> Scenario:
    """Draw a timeline; equal options give equal ones.

    Raises SettingsError where nothing or too much happens, WorkflowProblemError for a
    cron line that cannot be read.
    """
    events: list[TimedEvent] = []
    for workflow in workflows:
        events += _draw_schedule(workflow, options)
        _check_count(len(events))
    for kind, rate in options.rates.items():
        events += _draw_kind(kind, rate, workflows, options)
        _check_count(len(events))
    events.sort(key=_order_events)
    if not events:
        raise SettingsError(
            f"nothing happens in {options.days:g} days: no cron line fires",
            hint="give more --days, or --push, --pr or --dispatch",
        )
    return Scenario(
        start=options.start,
        days=options.days,
        events=tuple(_inject_faults(events, options)),
        minutes=options.minutes,
        public=options.public,
    )


def _check_count(count: int) -> None:
    if count > MAX_EVENTS:
        raise SettingsError(
            f"more than {MAX_EVENTS:,} events are drawn", hint="give fewer --days"
        )


def _order_events(event: TimedEvent) -> tuple[datetime, str, str]:
    return event.at, event.event, event.workflow


def _draw_schedule(workflow: Workflow, options: DrawingOptions) -> Iterator[TimedEvent]:
    trigger = workflow.triggers.get("schedule")
    if trigger is None:
        return
    end = options.start + timedelta(days=options.days)
    path = workflow.path.as_posix()
    for schedule in trigger.schedules:
        for due in iter_due(schedule, options.start, end):
            # Each firing by itself: another event more does not change its delay.
            key = f"{options.seed}:{path}:{schedule.cron}:{due.isoformat()}"
            delay: timedelta | None = timedelta()
            if not options.punctual:
                delay = draw_delay(random.Random(key))  # noqa: S311 - no secret
            yield TimedEvent(
                at=due + (delay or timedelta()),
                event="schedule",
                workflow=path,
                cron=schedule.cron,
                due=due,
                dropped=delay is None,
            )


def _draw_kind(
    kind: str,
    rate: float,
    workflows: Sequence[Workflow],
    options: DrawingOptions,
) -> Iterator[TimedEvent]:
    """Yield as many events as the rate makes of the days, at drawn instants."""
    source = random.Random(f"{options.seed}:{kind}")  # noqa: S311 - no secret
    event = _make_event(kind, workflows, options.start)
    for _ in range(round(rate * options.days)):
        seconds = int(source.uniform(0, options.days * 86_400))
        yield replace(event, at=options.start + timedelta(seconds=seconds))


def _make_event(
    kind: str, workflows: Sequence[Workflow], start: datetime
) -> TimedEvent:
    if kind == "fork_pr":
        # A fork can call its branch what it likes: the base's name is the hardest.
        return TimedEvent(start, "pull_request", from_fork=True, head_branch="main")
    if kind == "pr":
        return TimedEvent(start, "pull_request")
    path = workflows[0].path.as_posix()
    if kind == "dispatch":
        return TimedEvent(start, "workflow_dispatch", workflow=path)
    if kind == RERUN:
        return TimedEvent(start, RERUN, workflow=path)
    if kind == COMMIT:
        return TimedEvent(start, COMMIT)
    return TimedEvent(start, "push")


def _inject_faults(
    events: list[TimedEvent], options: DrawingOptions
) -> list[TimedEvent]:
    """Give each kind of fault to one event, spread over the middle of the timeline."""
    candidates = []
    for index, event in enumerate(events):
        if event.event in {"schedule", "workflow_dispatch"} and not event.dropped:
            candidates.append(index)
    faulty = list(events)
    for number, fault in enumerate(options.faults, start=1):
        if not candidates:
            break
        # Neither the first nor the last: what comes of a fault shows in the next run.
        place = len(candidates) * number // (len(options.faults) + 1)
        index = candidates[min(place, len(candidates) - 1)]
        faulty[index] = replace(faulty[index], fault=fault)
    return faulty
