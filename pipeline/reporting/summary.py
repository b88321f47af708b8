"""What a run came to, in numbers: a line a batch, and `summary.json`."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..state.document import Counters
from ..state.verification import State

EXACT, WHOLE = 10, 100
# Outside of these, four digits behind the point say too little, and all digits too
# much.
SMALLEST, LARGEST = 0.001, 1e7
# Of the classes and columns, in the log and the job summary.
MOST_SHOWN, MOST_IMPORTANT = 12, 8
ENSEMBLES = ("mean", "weighted")

# `summary.json`, whose keys are read by programs of others.
Summary = dict[str, Any]


class TrainedBatch(NamedTuple):
    """One batch that the models were trained on, with the metrics after it."""

    batch: int
    """Its number, over all runs."""
    rows: int
    rows_total: int
    unlabelled: int
    """Rows without a target, which were left out."""
    champion: str
    headline: tuple[str, float] | None
    """Name and value of the metric; None before anything was scored."""
    loss: float | None
    """Of the champion of each moment."""
    baseline: float | None
    seconds: float
    notes: tuple[str, ...] = ()


def format_number(value: float) -> str:
    """Format a number with as many digits as say something."""
    size = abs(value)
    if 0 < size < SMALLEST or size >= LARGEST:
        return f"{value:.4g}"
    if size < EXACT:
        return f"{value:.4f}"
    if size < WHOLE:
        return f"{value:.2f}"
    return f"{value:,.1f}"


def format_metric(metric: Mapping[str, Any] | None) -> str:
    """Format a metric as `summary.json` has it."""
    if metric is None:
        return "not scored yet"
    return f"{metric['name']} {format_number(metric['value'])}"


def format_candidate(name: str) -> str:
    """Name a candidate for people."""
    return f"ensemble ({name})" if name in ENSEMBLES else name


def describe_batch(batch: TrainedBatch) -> str:
    """Describe one batch in a line for people."""
    metrics = "nothing scored yet"
    if batch.headline is not None and batch.loss is not None:
        name, value = batch.headline
        metrics = f"{name} {format_number(value)}, loss {format_number(batch.loss)}"
        if batch.baseline is not None:
            metrics += f" (baseline {format_number(batch.baseline)})"
        metrics += f", by {format_candidate(batch.champion)}"
    left_out = ""
    if batch.unlabelled:
        left_out = f" and {batch.unlabelled} without a target"
    return (
        f"batch {batch.batch}: {batch.rows} rows{left_out} in {batch.seconds:.2f} s, "
        f"{batch.rows_total} in all; {metrics}"
    )


def summarize_run(
    status: str, state: State | None, parent: State | None, trained: tuple[int, int]
) -> Summary:
    """Make the `summary.json` of a run that went from `parent` to `state`.

    `trained` are rows and batches of this run. `started_from` says where the models
    came from: a state may take the place of another and owe it nothing.
    """
    counters, metric, champion, state_id = Counters(), None, None, None
    if state is not None:
        document = state.document
        counters, champion, state_id = (
            document.counters,
            document.champion,
            state.state_id,
        )
        metric = None if document.metric is None else document.metric.to_json()
    new_models = parent is None or _has_new_models(parent, state)
    return {
        "status": status,
        "rows_this_run": trained[0],
        "rows_total": counters.rows,
        "batches_this_run": trained[1],
        "batches_total": counters.batches,
        "metric": metric,
        "metric_before": _find_metric_before(state),
        "quality": None,
        "champion": champion,
        "started_from": "nothing" if new_models else "state",
        "state_id": state_id,
        "parent_state_id": None if parent is None else parent.state_id,
        "stored": True,
    }


def _find_metric_before(state: State | None) -> dict[str, Any] | None:
    """The metric of the run before, over its own rows, as far as it was recorded."""
    if state is None or len(state.document.history) <= 1:
        return None
    metric = state.document.history[-2].own_metric
    return None if metric is None else metric.to_json()


def describe_quality(quality: Mapping[str, Any]) -> list[str]:
    """Describe how good a run was in lines for people."""
    metrics = quality["metrics"]
    parts = [f"{name} {format_number(value)}" for name, value in metrics.items()]
    lines = [f"this run, {quality['rows']:,} rows scored: {', '.join(parts)}"]
    for row in quality["classes"][:MOST_SHOWN]:
        precision, recall = (
            format_number(row["precision"]),
            format_number(row["recall"]),
        )
        line = f"  class {row['class']}: {row['rows']:,} rows, precision {precision}"
        lines += [f"{line}, recall {recall}"]
    important = quality["importances"][:MOST_IMPORTANT]
    if important:
        names = [f"{row['column']} {row['importance']:+.4f}" for row in important]
        lines.append(f"loss without a column: {', '.join(names)}")
    return lines


def count_between(before: State | None, after: State | None) -> tuple[int, int]:
    """Count rows and batches between two states."""
    first, last = Counters(), Counters()
    if before is not None and not _has_new_models(before, after):
        first = before.document.counters
    if after is not None:
        last = after.document.counters
    return last.rows - first.rows, last.batches - first.batches


def _has_new_models(before: State, after: State | None) -> bool:
    """Whether the models of the later state began with nothing."""
    if after is None:
        return False
    return (
        after.document.counters.runs == 1
        and after.document.history != before.document.history
    )
