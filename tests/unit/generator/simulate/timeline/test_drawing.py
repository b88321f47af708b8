"""Timelines: what cron lines ask for, how late it comes, and what a seed decides."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import SettingsError, WorkflowProblemError
from generator.simulate.timeline.drawing import (
    DrawingOptions,
    draw_scenario,
    parse_rate,
)
from generator.simulate.timeline.records import FaultKind, parse_scenario
from generator.simulate.timeline.schedule import (
    draw_delay,
    find_delay_minutes,
    iter_due,
)
from generator.workflow.model import Schedule, Workflow
from generator.workflow.parser import parse_workflow
from generator.workflow.source import Position, parse_yaml

PLACE = Position(1, 1)


def make_workflow(on: str) -> Workflow:
    text = f"on:\n{on}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [run: ls]\n"
    return parse_workflow(parse_yaml(text, Path(".github/workflows/a.yml")))


NIGHTLY = make_workflow("  schedule: [cron: 17 0 * * *]")


def test_a_zone_with_summer_time_moves_the_instant_and_not_the_hour() -> None:
    schedule = Schedule("30 4 * * *", "Europe/Berlin", PLACE)
    start = datetime(2026, 3, 28, tzinfo=UTC)
    due = list(iter_due(schedule, start, start + timedelta(days=3)))
    assert [(at.day, at.hour) for at in due] == [(28, 3), (29, 2), (30, 2)]


def test_a_firing_at_the_first_instant_is_one() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    schedule = Schedule("0 0 * * *", "", PLACE)
    assert list(iter_due(schedule, start, start + timedelta(days=2))) == [
        start,
        start + timedelta(days=1),
    ]


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule("0 0 * * *", "Mars/Olympus", PLACE),
        Schedule("0 0 * *", "", PLACE),
    ],
)
def test_what_cannot_be_read_is_the_workflows_fault(schedule: Schedule) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(WorkflowProblemError):
        list(iter_due(schedule, start, start + timedelta(days=1)))


def test_delays_are_those_that_were_measured() -> None:
    assert find_delay_minutes(0.5) == pytest.approx(3)
    assert find_delay_minutes(0.9) == pytest.approx(45)
    assert find_delay_minutes(1) == pytest.approx(720)
    source = random.Random(1)  # noqa: S311 - no secret
    delays = [draw_delay(source) for _ in range(20_000)]
    minutes = [delay.total_seconds() / 60 for delay in delays if delay is not None]
    late = sum(delay > 45 for delay in minutes) / len(minutes)
    assert 0.09 < late < 0.11
    assert 0 < delays.count(None) < 120


def test_another_event_more_changes_no_delay() -> None:
    alone = draw_scenario([NIGHTLY], DrawingOptions(days=20, seed=3))
    rates = {"push": 1.0}
    pushed = draw_scenario([NIGHTLY], DrawingOptions(days=20, seed=3, rates=rates))
    nights = [event for event in pushed.events if event.event == "schedule"]
    assert tuple(nights) == alone.events
    assert len(pushed.events) == 40
    other = draw_scenario([NIGHTLY], DrawingOptions(days=20, seed=4))
    assert other.events != alone.events


@given(
    st.integers(1, 60),
    st.integers(0, 10),
    st.sets(st.sampled_from([kind for kind in FaultKind if kind])),
)
def test_a_timeline_reads_back_as_it_was_written(
    days: int, seed: int, faults: set[FaultKind]
) -> None:
    rates = {"fork_pr": 0.5, "rerun": 0.2, "commit": 0.1}
    options = DrawingOptions(
        days=days, seed=seed, rates=rates, faults=tuple(sorted(faults))
    )
    scenario = draw_scenario([NIGHTLY], options)
    assert parse_scenario(scenario.to_json()) == scenario


@pytest.mark.parametrize("text", ["2", "x/day", "2/hour", "-1/day", ""])
def test_a_rate_is_a_count_and_a_unit(text: str) -> None:
    with pytest.raises(SettingsError, match="--push takes COUNT"):
        parse_rate("--push", text)


def test_a_timeline_without_an_event_says_so() -> None:
    with pytest.raises(SettingsError, match="nothing happens in 3 days"):
        draw_scenario([make_workflow("  push:")], DrawingOptions(days=3))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"format": 2}, "format"),
        ({"days": "9"}, "days"),
        ({"extra": 1}, "extra"),
        ({"events": [{"at": "2026-01-02T00:00:00Z"}]}, "events/0"),
        ({"events": [{"at": "2026-01-02", "event": "push"}]}, "events/0/at"),
        ({"events": [{"at": "2026-02-31T00:00:00Z", "event": "push"}]}, "day"),
        ({"events": [{"at": "2025-01-02T00:00:00Z", "event": "push"}]}, "before"),
    ],
)
def test_what_is_wrong_with_a_scenario_is_named(
    change: dict[str, object], place: str
) -> None:
    document = {"format": 1, "start": "2026-01-01T00:00:00Z", "events": []}
    with pytest.raises(ValueError, match=place):
        parse_scenario(document | change)
