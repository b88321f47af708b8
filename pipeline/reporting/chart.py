"""The chart of the report.

Where each mark of it stands, as numbers for the template; drawn as SVG there.

A chart library would bring its own colours and scripts; here the page's style sheet
colours it, in light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .summary import figure

LEFT, RIGHT, TOP, BETWEEN, BOTTOM = 66.0, 18.0, 12.0, 34.0, 46.0
BARS = 56.0
"""Height of the lower panel: rows of each run."""
TICKS = 4
LONG = 1e10
Run = Mapping[str, Any]


class Tick(NamedTuple):
    """A label at an axis, `at` pixels from the left or the top."""

    at: float
    text: str


class Point(NamedTuple):
    """The figure after one run; `changed` where another champion took over."""

    x: float
    y: float
    value: float
    title: str
    changed: bool


class Bar(NamedTuple):
    """The rows of one run."""

    x: float
    y: float
    width: float
    height: float
    title: str


class Chart(NamedTuple):
    """Everything to draw, in pixels of a picture of `width` by `height`."""

    width: int
    height: int
    points: list[Point]
    lines: list[str]
    """The `points` of one polyline for each stretch of runs without a gap."""
    bars: list[Bar]
    levels: list[Tick]
    counts: list[Tick]
    dates: list[Tick]
    left: float
    right: float
    bottom: float


def chart(
    runs: Sequence[Run], metric: str, width: int, height: int, *, forgotten: bool
) -> Chart:
    """The `metric` after each run and the rows of each, oldest first.

    Runs without that metric leave a gap.

    `forgotten` says that there were runs before these.
    """
    values = [_value(run, metric) for run in runs]
    known = [value for value in values if value is not None]
    right, floor = width - RIGHT, height - BOTTOM
    lowest = floor - BARS - BETWEEN
    steps = ticks(min(known), max(known)) if known else []
    spread = (steps[-1] - steps[0]) if steps else 1.0

    def across(index: int) -> float:
        return round(LEFT + (right - LEFT) * (index + 0.5) / len(runs), 1)

    def up(value: float) -> float:
        return round(lowest - (lowest - TOP) * (value - steps[0]) / spread, 1)

    points = {
        index: Point(
            across(index),
            up(value),
            value,
            _title(run, metric, value),
            _changed(runs, index),
        )
        for index, (run, value) in enumerate(zip(runs, values, strict=True))
        if value is not None
    }
    counts = rows_of(runs, forgotten=forgotten)
    return Chart(
        width,
        height,
        list(points.values()),
        _lines(points),
        _bars(runs, counts, (right - LEFT) / max(len(runs), 1), across, floor),
        [Tick(up(value), short(value, decimals(steps))) for value in steps],
        [Tick(floor - BARS, short(max(counts))), Tick(floor, "0")]
        if any(counts)
        else [],
        _dates(runs, across, width),
        LEFT,
        right,
        floor,
    )


def ticks(least: float, most: float) -> list[float]:
    """About four round values that enclose both; never one alone."""
    size = max(abs(least), abs(most))
    if most - least < max(1e-6, 1e-4 * size):
        # Less than the figures are rounded to, or than labels have digits for.
        room = max(0.005, 1e-3 * size)
        least, most = least - room, most + room
    rough = (most - least) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(
        factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999
    )
    first, last = math.floor(least / step + 1e-9), math.ceil(most / step - 1e-9)
    return [round(index * step, 10) for index in range(first, max(last, first + 1) + 1)]


def decimals(steps: Sequence[float]) -> int:
    """How many digits behind the point tell these apart."""
    return (
        0
        if len(steps) < 2
        else max(0, -math.floor(math.log10(steps[1] - steps[0]) + 1e-9))
    )  # noqa: PLR2004


def short(value: float, digits: int = 0) -> str:
    """A number that fits beside an axis."""
    if abs(value) >= LONG:
        return f"{value:.6g}".replace("e+", "e")
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if abs(value) >= 10 * size:
            return f"{value / size:.6g}{unit}"
    return f"{value:,.{digits}f}"


def rows_of(runs: Sequence[Run], *, forgotten: bool) -> list[int]:
    """Rows of each run; 0 for the first of those remembered where earlier ones are forgotten."""
    before = runs[0]["rows"] if runs and forgotten else 0
    counts = []
    for run in runs:
        counts.append(max(0, run["rows"] - before))
        before = run["rows"]
    return counts


def _value(run: Run, metric: str) -> float | None:
    found = run["metric"]
    return float(found["value"]) if found and found["name"] == metric else None


def _title(run: Run, metric: str, value: float) -> str:
    return f"{when(run['at'])}: {metric} {figure(value)} by {run['champion']}, {run['rows']:,} rows in all"


def _changed(runs: Sequence[Run], index: int) -> bool:
    return index > 0 and bool(runs[index]["champion"] != runs[index - 1]["champion"])


def _lines(points: Mapping[int, Point]) -> list[str]:
    stretches: list[list[Point]] = []
    for index, point in points.items():
        if index - 1 not in points:
            stretches.append([])
        stretches[-1].append(point)
    return [
        " ".join(f"{point.x},{point.y}" for point in stretch)
        for stretch in stretches
        if len(stretch) > 1
    ]


def _bars(
    runs: Sequence[Run], counts: Sequence[int], pitch: float, across: Any, floor: float
) -> list[Bar]:  # noqa: ANN401
    most, width = max(counts, default=0), min(28.0, round(pitch * 0.7, 1))
    return [
        Bar(
            round(across(index) - width / 2, 1),
            round(floor - BARS * count / most, 1),
            width,
            round(BARS * count / most, 1),
            f"{when(runs[index]['at'])}: {count:,} rows",
        )
        for index, count in enumerate(counts)
        if count
    ]


def _dates(runs: Sequence[Run], across: Any, width: int) -> list[Tick]:  # noqa: ANN401
    """As many dates as there is room for; hours where all runs are of one day."""
    days = {run["at"][:10] for run in runs}
    every = math.ceil(len(runs) * 76 / (width - LEFT - RIGHT)) if runs else 1
    # From the newest backwards: that one is always named.
    named = range(len(runs) - 1, -1, -every)
    return [
        Tick(
            across(index),
            when(runs[index]["at"])[-5:] if len(days) == 1 else runs[index]["at"][5:10],
        )
        for index in named
    ]


def when(at: str) -> str:
    """2026-11-22T20:22:05Z for people."""
    return at[:16].replace("T", " ")
