"""`report.html`: one run for people, as one file that needs nothing else."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, StrictUndefined

from .chart import Chart, chart
from .log import Note, Outcome
from .summary import figure

TEMPLATE = Path(__file__).with_name("report.html.j2")
MOST_NOTES = 100
BASELINE, CHAMPION = "baseline", "champion"
METRICS = {
    "auc": ("AUC", "Higher is better, 0.5 is chance"),
    "accuracy": ("Accuracy", "Higher is better"),
    "rmse": ("RMSE", "Lower is better, in the target's units"),
}
LOWER_IS_BETTER = {"rmse"}

Document = Mapping[str, Any]


class Rival(NamedTuple):
    """One candidate or blend.

    `gain` is how far its loss lies below the base rate's, as a share of that.
    """

    name: str
    loss: float | None
    headline: float | None
    gain: float | None
    width: float
    """Of its bar, in per cent."""


def rendered(outcome: Outcome, notes: Sequence[Note], seconds: float) -> str:
    """The page.

    Everything that comes from data is escaped, and a policy in it forbids scripts and
    addresses.
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"spoken": spoken, "figure": figure, "percent": percent}
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    document = outcome.document or {}
    history = list(document.get("history", ()))
    metric = outcome.summary["metric"]
    name, meaning = (
        METRICS.get(metric["name"], (metric["name"], "")) if metric else ("", "")
    )
    return template.render(
        run=outcome,
        summary=outcome.summary,
        document=document,
        made=time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        metric=metric,
        metric_name=name,
        metric_meaning=meaning,
        charts=_charts(history, metric, document),
        runs=len(history),
        change=_change(history, metric),
        reign=_reign(history),
        regression=document.get("task") == "regression",
        rivals=rivals(document.get("figures", {}), metric and metric["name"]),
        used=_used(document.get("figures", {})),
        notes=notes,
        shown=notes[:MOST_NOTES],
        seconds=seconds,
    )


def rivals(
    figures: Mapping[str, Mapping[str, float | None]], metric: str | None
) -> list[Rival]:
    """Those in the running and the base rate, best first; those not scored come last."""
    base = figures.get(BASELINE, {}).get("loss")
    found = []
    for name, scored in figures.items():
        loss = scored.get("loss")
        gain = None if not base or loss is None else (base - loss) / base
        if name != CHAMPION:
            found.append(Rival(name, loss, scored.get(metric or ""), gain, 0.0))
    most = max((rival.gain or 0.0 for rival in found), default=0.0)
    found = [
        rival._replace(
            width=round(100 * max(rival.gain or 0.0, 0.0) / most, 1) if most else 0.0
        )
        for rival in found
    ]
    return sorted(found, key=lambda rival: (rival.loss is None, rival.loss or 0.0))


def _used(
    figures: Mapping[str, Mapping[str, float | None]],
) -> tuple[float, float] | None:
    """The loss of whoever was champion at the time, and how far below the base rate's that lies."""
    loss, base = (figures.get(name, {}).get("loss") for name in (CHAMPION, BASELINE))
    return None if loss is None or not base else (loss, (base - loss) / base)


def percent(share: float, sign: str = "") -> str:
    """A share for people, with a sign of its own for `sign` "+"."""
    size = 100 * share
    return f"{size:{sign}.1f} %" if abs(size) < 1e5 else f"{size:{sign}.3g} %"  # noqa: PLR2004  # no digits for show


def spoken(seconds: float) -> str:
    """A duration for people."""
    if seconds < 60:  # noqa: PLR2004  # a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return (
        f"{minutes} min {rest} s"
        if minutes < 60
        else f"{minutes // 60} h {minutes % 60} min"
    )  # noqa: PLR2004


def _charts(
    history: Sequence[Document], metric: Document | None, document: Document
) -> dict[str, Chart]:
    """The same chart for a desk and for a phone.

    Text in a picture that is scaled down cannot be read.
    """
    if not metric:
        return {}
    sizes = {"wide": (860, 330), "narrow": (340, 300)}
    # The counter begins anew where the models do; each run that learnt is counted and remembered.
    forgotten = document["counters"]["runs"] > len(history)
    return {
        name: chart(history, metric["name"], *size, forgotten=forgotten)
        for name, size in sizes.items()
    }


def _change(
    history: Sequence[Document], metric: Document | None
) -> tuple[float, bool] | None:
    """By how much the figure moved since the run before, and whether to the good."""
    before = history[-2]["metric"] if len(history) > 1 else None
    if not metric or not before or before["name"] != metric["name"]:
        return None
    moved = metric["value"] - before["value"]
    return moved, (moved < 0) == (metric["name"] in LOWER_IS_BETTER)


def _reign(history: Sequence[Document]) -> int:
    """For how many of the last runs the champion has been the same."""
    champions = [run["champion"] for run in history]
    return next(
        (at for at, name in enumerate(reversed(champions)) if name != champions[-1]),
        len(champions),
    )
