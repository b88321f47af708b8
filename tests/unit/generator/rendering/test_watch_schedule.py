"""The watchdog's script: when a cron line was due, and what is wrong with a schedule."""

from __future__ import annotations

import random
import types
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from generator.config.settings import load
from generator.rendering.render import render_page
from generator.simulate.timeline.schedule import draw_delay

# The JSON of a run, as GitHub has it.
Run: TypeAlias = dict[str, Any]
NAME = "watch_schedule.py"
START = datetime(2026, 1, 1, tzinfo=UTC)
CREATED = "2025-01-01T00:00:00Z"
ACTIVE = {"state": "active", "created_at": CREATED}
TOLERANCE = timedelta(hours=13)


def read_script() -> types.ModuleType:
    nowhere = Path("nowhere")
    rendered = render_page(f"{NAME}.j2", NAME, load(nowhere, {}, {}), nowhere, {})
    module = types.ModuleType("watch_schedule")
    code = compile(rendered.text, NAME, "exec")
    exec(code, module.__dict__)  # noqa: S102 - the script under test
    return module


WATCH = read_script()


@pytest.mark.parametrize(
    "cron",
    [
        "17 0 * * *",
        "*/20 * * * *",
        "30 4 1,15 * *",
        "0 6 * * MON-FRI",
        "11 3 29 FEB *",
        "5 5 13 * FRI",
        "0 0-23/5 */10 * *",
    ],
)
@given(
    moment=st.datetimes(datetime(2024, 6, 1), datetime(2029, 6, 1)),  # noqa: DTZ001 - UTC below
    zone=st.sampled_from(["UTC", "Asia/Kolkata", "Asia/Tokyo"]),
)
def test_the_newest_due_instant_is_that_of_a_cron_library(
    cron: str, moment: datetime, zone: str
) -> None:
    limit = moment.replace(tzinfo=UTC)
    due = WATCH.last_due([[cron, zone]], limit)
    local = (limit + timedelta(seconds=1)).astimezone(ZoneInfo(zone))
    expected = next(CronSim(cron, local, reverse=True))
    assert due == expected.astimezone(UTC)


def make_run(number: int, created: datetime, conclusion: str | None) -> Run:
    text = created.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"id": number, "created_at": text, "conclusion": conclusion}


DUE = datetime(2026, 1, 2, 0, 17, tzinfo=UTC)
LATE = DUE + timedelta(hours=2)


@pytest.mark.parametrize(
    ("workflow", "runs", "kind"),
    [
        (ACTIVE, [make_run(1, LATE, "success")], ""),
        (ACTIVE, [make_run(1, DUE - timedelta(hours=1), "success")], "STALE"),
        (ACTIVE, [], "STALE"),
        (ACTIVE, [make_run(1, LATE, "failure")], "FAILING"),
        (ACTIVE, [make_run(2, LATE, None), make_run(1, LATE, "timed_out")], "FAILING"),
        (ACTIVE, [make_run(2, LATE, "failure"), make_run(1, DUE, "success")], ""),
        (ACTIVE | {"state": "disabled_inactivity"}, [], "DISABLED"),
        (ACTIVE | {"created_at": "2026-01-02T09:00:00Z"}, [], ""),
    ],
)
def test_what_is_wrong_is_told_apart(
    workflow: dict[str, str], runs: list[Run], kind: str
) -> None:
    found, why = WATCH.judge(workflow, runs, DUE)
    assert found == kind
    assert why


def watch_a_year(seed: int) -> timedelta:
    """Return how long after its due instant a stop was found, looked for every 6 hours.

    AssertionError for a false alarm; one about a night that never came is right.
    """
    source = random.Random(seed)  # noqa: S311 - no secret
    stop = DUE + timedelta(days=365)
    arrivals: list[tuple[datetime, Run]] = []
    dropped: set[datetime] = set()
    due = DUE
    while due < stop:
        delay = draw_delay(source)
        if delay is None:
            dropped.add(due)
        else:
            number = len(arrivals)
            run = make_run(number, due + delay, "success")
            arrivals.append((due + delay, run))
        due += timedelta(days=1)
    seen: list[Run] = []
    now = DUE + timedelta(days=2)
    while now < stop + timedelta(days=3):
        while arrivals and arrivals[0][0] <= now:
            seen.insert(0, arrivals.pop(0)[1])
        last = WATCH.last_due([["17 0 * * *", ""]], now - TOLERANCE)
        kind, _ = WATCH.judge(ACTIVE, seen[:5], last)
        if kind and last >= stop:
            return now - stop
        assert not kind or last in dropped, f"seed {seed}: a false alarm at {now}"
        now += timedelta(hours=6)
    raise AssertionError(f"seed {seed}: the stop was not found")


def test_a_year_of_real_delays_is_no_alarm_and_a_stop_is_found() -> None:
    for seed in range(2):
        assert watch_a_year(seed) <= TOLERANCE + timedelta(hours=6)


@pytest.mark.bench
@pytest.mark.timeout(900)
def test_a_thousand_years_of_delays_are_no_alarm() -> None:
    slowest = max(map(watch_a_year, range(1000)))
    assert slowest <= TOLERANCE + timedelta(hours=6)
