"""`report.html`: one run for people, as one file that needs nothing else."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from ..program import COMMAND
from ..state.document import CandidateMetrics, Metric, RunRecord, StateDocument
from ..terminal import make_safe
from .chart import Chart, build_chart
from .log import Note, Outcome
from .summary import format_candidate, format_number

TEMPLATE = Path(__file__).with_name("report.html.j2")
MOST_NOTES = 100
BASELINE, CHAMPION = "baseline", "champion"
METRICS = {
    "auc": ("AUC", "Higher is better, 0.5 is chance"),
    "accuracy": ("Accuracy", "Higher is better"),
    "rmse": ("RMSE", "Lower is better, in the target's units"),
}
LOWER_IS_BETTER = {"rmse"}
# Of the same chart for a desk and for a phone: scaled down, its text cannot be read.
CHART_SIZES = {"wide": (860, 330), "narrow": (340, 300)}
LONGEST_SECONDS = 60
HUGE_PERCENT = 1e5


class Rival(NamedTuple):
    """One candidate or ensemble.

    `gain` is how far its loss lies below the baseline's, as a share of that.
    """

    name: str
    loss: float | None
    headline: float | None
    gain: float | None
    width: float
    """Of its bar, in per cent."""


def _show_controls(value: object) -> object:
    """Return a text with escapes for what may not stand in a page."""
    # Markup is what the template itself made.
    if isinstance(value, str) and not isinstance(value, Markup):
        return make_safe(value, in_step=False)
    return value


def _make_environment() -> Environment:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_show_controls,
    )
    environment.filters["candidate"] = format_candidate
    environment.filters["duration"] = format_duration
    environment.filters["number"] = format_number
    environment.filters["percent"] = format_percent
    return environment


def render_page(outcome: Outcome, notes: Sequence[Note], seconds: float) -> str:
    """Render the page.

    Everything that comes from data is escaped, and a policy in it forbids scripts and
    addresses.
    """
    template = _make_environment().from_string(TEMPLATE.read_text(encoding="utf-8"))
    document = outcome.document
    history: tuple[RunRecord, ...] = ()
    metrics: Mapping[str, CandidateMetrics] = {}
    if document is not None:
        history, metrics = document.history, document.metrics
    metric = outcome.summary["metric"]
    name, meaning = "", ""
    if metric:
        name, meaning = METRICS.get(metric["name"], (metric["name"], ""))
    return template.render(
        run=outcome,
        summary=outcome.summary,
        document=document,
        made=time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        metric=metric,
        metric_name=name,
        metric_meaning=meaning,
        charts=_build_charts(document),
        runs=len(history),
        change=_compare_with_last_run(history),
        reign=_count_reign(history),
        regression=document is not None and document.task == "regression",
        rivals=rank_rivals(metrics, metric["name"] if metric else ""),
        used=_compare_with_baseline(metrics),
        notes=notes,
        shown=notes[:MOST_NOTES],
        seconds=seconds,
        command=COMMAND,
    )


def rank_rivals(metrics: Mapping[str, CandidateMetrics], headline: str) -> list[Rival]:
    """Rank the candidates and the baseline, best first; those not scored come last."""
    base = metrics.get(BASELINE, {}).get("loss")
    rivals = []
    for name, values in metrics.items():
        if name == CHAMPION:
            continue
        loss, gain = values.get("loss"), None
        if base and loss is not None:
            gain = (base - loss) / base
        rivals.append(Rival(name, loss, values.get(headline), gain, 0.0))
    most = max((rival.gain or 0.0 for rival in rivals), default=0.0)
    ranked = []
    for rival in rivals:
        width = 0.0
        if most:
            width = round(100 * max(rival.gain or 0.0, 0.0) / most, 1)
        ranked.append(rival._replace(width=width))
    ranked.sort(key=lambda rival: (rival.loss is None, rival.loss or 0.0))
    return ranked


def format_percent(share: float, sign: str = "") -> str:
    """Format a share for people, with a sign of its own for `sign` "+"."""
    percent = 100 * share
    # Fixed digits of a huge number would only be noise.
    digits = ".1f" if abs(percent) < HUGE_PERCENT else ".3g"
    return f"{percent:{sign}{digits}} %"


def format_duration(seconds: float) -> str:
    """Format a duration for people."""
    if seconds < LONGEST_SECONDS:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_of_hour = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_of_hour} min"
    return f"{minutes} min {rest} s"


def _build_charts(document: StateDocument | None) -> dict[str, Chart]:
    if document is None or document.metric is None:
        return {}
    history = document.history
    # The counter begins anew where the models do; each run that trained is counted and
    # remembered.
    forgotten = document.counters.runs > len(history)
    charts = {}
    for name, (width, height) in CHART_SIZES.items():
        charts[name] = build_chart(
            history, document.metric.name, width, height, forgotten=forgotten
        )
    return charts


def _compare_with_baseline(
    metrics: Mapping[str, CandidateMetrics],
) -> tuple[float, float] | None:
    """Loss of whoever was champion at the time, and how far below the baseline's it lies."""
    loss = metrics.get(CHAMPION, {}).get("loss")
    base = metrics.get(BASELINE, {}).get("loss")
    if loss is None or not base:
        return None
    return loss, (base - loss) / base


def _compare_with_last_run(history: Sequence[RunRecord]) -> tuple[float, bool] | None:
    """By how much the metric moved since the run before, and whether to the good."""
    metrics: list[Metric | None] = [run.metric for run in history[-2:]]
    if len(metrics) <= 1:
        return None
    before, now = metrics
    if before is None or now is None or before.name != now.name:
        return None
    change = now.value - before.value
    return change, (change < 0) == (now.name in LOWER_IS_BETTER)


def _count_reign(history: Sequence[RunRecord]) -> int:
    """Count the last runs that have the champion of today."""
    count = 0
    for run in reversed(history):
        if run.champion != history[-1].champion:
            break
        count += 1
    return count
