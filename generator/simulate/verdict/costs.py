"""What a timeline costs: minutes, storage, gaps between updates, growing runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

from ..play.records import PlayedRun, Simulation
from .lineage import is_up_to_date
from .records import Costs

MONTH_DAYS = 30
# Fewer runs say nothing about growth.
_MIN_RUNS = 8


def measure_costs(simulation: Simulation) -> Costs:
    """Work out what the runs took; GitHub bills each run's minutes rounded up."""
    minutes = 0.0
    for run in simulation.runs:
        begun = run.trained_at or run.begun
        span = (run.ended - begun).total_seconds() / 60
        minutes += max(1, math.ceil(span))
    days = max(simulation.scenario.days, 1)
    share = MONTH_DAYS / days
    growth = None
    if not simulation.is_modelled:
        growth = _measure_growth(simulation.runs)
    return Costs(
        minutes=minutes,
        month_minutes=minutes * share,
        month_runs=len(simulation.runs) * share,
        peak_bytes=_find_peak(simulation.runs),
        growth=growth,
    )


def _find_peak(runs: Sequence[PlayedRun]) -> int:
    """Find the most bytes of artifacts that lay there at one instant."""
    # An artifact counts from when it was made until it expires.
    changes = []
    for run in runs:
        for artifact in run.artifacts:
            changes.append((artifact.created_at, artifact.size_bytes))
            changes.append((artifact.expires_at, -artifact.size_bytes))
    peak = present = 0
    for _, size in sorted(changes):
        present += size
        peak = max(peak, present)
    return peak


def _measure_growth(runs: Sequence[PlayedRun]) -> float | None:
    seconds = [run.seconds for run in runs if run.exit_code == 0]
    if len(seconds) < _MIN_RUNS:
        return None
    # The first run installs what all others find installed.
    seconds = seconds[1:]
    quarter = len(seconds) // 4 or 1
    return sum(seconds[-quarter:]) / sum(seconds[:quarter])


def find_longest_gap(simulation: Simulation) -> timedelta:
    """Find the longest time without a run that brought the state up to date."""
    start = simulation.scenario.start
    end = start + timedelta(days=simulation.scenario.days)
    last, longest = start, timedelta()
    for run in simulation.runs:
        if run.is_trusted and is_up_to_date(run):
            longest = max(longest, run.ended - last)
            last = run.ended
    return max(longest, end - last)
