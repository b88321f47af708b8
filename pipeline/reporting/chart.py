"""The chart of the report: where each mark stands, as numbers that the template draws as SVG.

A chart library would bring its own colours and scripts; here the page's style sheet
colours it, in light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..state.document import RunRecord
from .summary import format_number

# Margins in pixels: labels stand left of the axis and below it.
LEFT, RIGHT, TOP, BETWEEN, BOTTOM = 66.0, 18.0, 12.0, 34.0, 46.0
# Height of the lower panel: rows of each run.
BARS_HEIGHT = 56.0
WIDEST_BAR = 28.0
# Pixels that one date below the chart needs.
DATE_WIDTH = 76
TICKS = 4
LONG = 1e10
# Relative room for the rounding of binary fractions.
SLACK = 1e-9


class Tick(NamedTuple):
    """A label at an axis, `at` pixels from the left or the top."""

    at: float
    text: str


class Point(NamedTuple):
    """The metric after one run; `changed` where another champion took over."""

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


class Scale(NamedTuple):
    """Where runs and values lie in a picture of `width` by `height` pixels."""

    runs: int
    width: int
    height: int
    steps: list[float]
    """The values at the axis, ascending; empty where nothing was scored."""

    @property
    def right(self) -> float:
        """The right end of the axes."""
        return self.width - RIGHT

    @property
    def floor(self) -> float:
        """The foot of the bars."""
        return self.height - BOTTOM

    @property
    def pitch(self) -> float:
        """The distance between two runs."""
        return (self.right - LEFT) / max(self.runs, 1)

    def place_run(self, index: int) -> float:
        """Place a run, in pixels from the left."""
        return round(LEFT + (self.right - LEFT) * (index + 0.5) / self.runs, 1)

    def place_value(self, value: float) -> float:
        """Place a value of the metric, in pixels from the top."""
        lowest = self.floor - BARS_HEIGHT - BETWEEN
        spread = self.steps[-1] - self.steps[0]
        return round(lowest - (lowest - TOP) * (value - self.steps[0]) / spread, 1)


def build_chart(
    runs: Sequence[RunRecord], metric: str, width: int, height: int, *, forgotten: bool
) -> Chart:
    """Build the chart of `metric` after each run and the rows of each, oldest first.

    Runs without that metric leave a gap. `forgotten` says that there were runs before
    these.
    """
    values: dict[int, float] = {}
    for index, run in enumerate(runs):
        if run.metric is not None and run.metric.name == metric:
            values[index] = float(run.metric.value)
    steps = []
    if values:
        steps = choose_ticks(min(values.values()), max(values.values()))
    scale = Scale(len(runs), width, height, steps)
    points = _place_points(runs, metric, values, scale)
    counts = count_rows(runs, forgotten=forgotten)
    return Chart(
        width=width,
        height=height,
        points=list(points.values()),
        lines=_join_points(points),
        bars=_place_bars(runs, counts, scale),
        levels=_label_levels(scale),
        counts=_label_counts(counts, scale),
        dates=_label_dates(runs, scale),
        left=LEFT,
        right=scale.right,
        bottom=scale.floor,
    )


def choose_ticks(least: float, most: float) -> list[float]:
    """Choose about four round values that enclose both; never one alone."""
    size = max(abs(least), abs(most))
    if most - least < max(1e-6, 1e-4 * size):
        # Less than the metrics are rounded to, or than labels have digits for.
        room = max(0.005, 1e-3 * size)
        least, most = least - room, most + room
    rough = (most - least) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = 10 * power
    for factor in (1, 2, 5):
        # As many steps as asked for, also where a factor falls short by rounding.
        if factor * power >= rough * 0.999:
            step = factor * power
            break
    first = math.floor(least / step + SLACK)
    last = max(math.ceil(most / step - SLACK), first + 1)
    return [round(index * step, 10) for index in range(first, last + 1)]


def count_decimals(steps: Sequence[float]) -> int:
    """Count the digits behind the point that tell these values apart."""
    if len(steps) <= 1:
        return 0
    return max(0, -math.floor(math.log10(steps[1] - steps[0]) + SLACK))


def format_label(value: float, digits: int = 0) -> str:
    """Format a number so that it fits beside an axis."""
    if abs(value) >= LONG:
        return f"{value:.6g}".replace("e+", "e")
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if abs(value) >= 10 * size:
            return f"{value / size:.6g}{unit}"
    return f"{value:,.{digits}f}"


def count_rows(runs: Sequence[RunRecord], *, forgotten: bool) -> list[int]:
    """Count the rows of each run.

    0 for the first of those remembered where earlier ones are forgotten.
    """
    before = 0
    if runs and forgotten:
        before = runs[0].rows
    counts = []
    for run in runs:
        counts.append(max(0, run.rows - before))
        before = run.rows
    return counts


def format_moment(at: str) -> str:
    """Format 2026-11-22T20:22:05Z for people."""
    return at[:16].replace("T", " ")


def _place_points(
    runs: Sequence[RunRecord],
    metric: str,
    values: Mapping[int, float],
    scale: Scale,
) -> dict[int, Point]:
    points = {}
    for index, value in values.items():
        run = runs[index]
        title = (
            f"{format_moment(run.at)}: {metric} {format_number(value)} "
            f"by {run.champion}, {run.rows:,} rows in all"
        )
        changed = index > 0 and run.champion != runs[index - 1].champion
        x, y = scale.place_run(index), scale.place_value(value)
        points[index] = Point(x, y, value, title, changed)
    return points


def _join_points(points: Mapping[int, Point]) -> list[str]:
    """Join neighbours to lines; a point between two gaps makes none."""
    stretches: list[list[str]] = []
    for index, point in points.items():
        if index - 1 not in points:
            stretches.append([])
        stretches[-1].append(f"{point.x},{point.y}")
    return [" ".join(stretch) for stretch in stretches if len(stretch) > 1]


def _place_bars(
    runs: Sequence[RunRecord], counts: Sequence[int], scale: Scale
) -> list[Bar]:
    most = max(counts, default=0)
    width = min(WIDEST_BAR, round(scale.pitch * 0.7, 1))
    bars = []
    for index, count in enumerate(counts):
        if not count:
            continue
        height = BARS_HEIGHT * count / most
        x = round(scale.place_run(index) - width / 2, 1)
        y = round(scale.floor - height, 1)
        title = f"{format_moment(runs[index].at)}: {count:,} rows"
        bars.append(Bar(x, y, width, round(height, 1), title))
    return bars


def _label_levels(scale: Scale) -> list[Tick]:
    digits = count_decimals(scale.steps)
    return [
        Tick(scale.place_value(value), format_label(value, digits))
        for value in scale.steps
    ]


def _label_counts(counts: Sequence[int], scale: Scale) -> list[Tick]:
    if not any(counts):
        return []
    most = format_label(max(counts))
    return [Tick(scale.floor - BARS_HEIGHT, most), Tick(scale.floor, "0")]


def _label_dates(runs: Sequence[RunRecord], scale: Scale) -> list[Tick]:
    """Name as many dates as there is room for; hours where all runs are of one day."""
    if not runs:
        return []
    one_day = len({run.at[:10] for run in runs}) == 1
    every = math.ceil(len(runs) * DATE_WIDTH / (scale.width - LEFT - RIGHT))
    ticks = []
    # From the newest backwards: that one is always named.
    for index in range(len(runs) - 1, -1, -every):
        at = runs[index].at
        text = format_moment(at)[-5:] if one_day else at[5:10]
        ticks.append(Tick(scale.place_run(index), text))
    return ticks
