"""What can be asked of a state without its models: status and history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..reporting.summary import format_candidate, format_metric, format_number
from ..state.store import Store
from ..state.verification import State, describe_missing_state

BASELINE, CHAMPION = "baseline", "champion"
HEADLINES = ("auc", "accuracy", "rmse")

# `status --json`, whose keys are read by programs of others.
Facts = dict[str, Any]


def load_state(store: Store) -> State:
    """Load the state. Raises StateFormatError where there is none."""
    state = store.load()
    if state is None:
        raise describe_missing_state(store.runtime)
    return state


def describe_state(store: Store) -> Facts:
    """Describe the state, for people and for --json.

    Every file is checked, none is unpickled.
    """
    state = load_state(store)
    document = state.document
    previous_id = None
    if document.previous is not None:
        previous_id = document.previous.state_id
    metric = document.metric
    own = None
    if document.history and document.history[-1].own_metric is not None:
        own = document.history[-1].own_metric.to_json()
    return {
        "state_id": document.state_id,
        "parent_state_id": document.parent_state_id,
        "previous_state_id": previous_id,
        "signed": state.is_signed,
        "signature_checked": state.is_signed and store.signs,
        "source": document.source.name,
        "files_learnt": len(document.source.cursor.files),
        "target": document.target,
        "task": document.task,
        **document.counters.to_json(),
        "champion": document.champion,
        "metric": None if metric is None else metric.to_json(),
        "metric_of_last_run": own,
        "figures": document.metrics,
        "libraries": document.libraries,
        "bytes": sum(record.size for record in document.files.values()),
    }


def format_facts(facts: Facts) -> str:
    """Format facts for people.

    One a line, the libraries in one, the metrics as a table with the best first.
    """
    shown = dict(facts)
    del shown["figures"], shown["libraries"]
    shown["files_read"] = shown.pop("files_learnt")
    shown["champion"] = format_candidate(facts["champion"])
    shown["metric"] = format_metric(facts["metric"])
    shown["metric_of_last_run"] = format_metric(facts["metric_of_last_run"])
    lines = []
    for name, value in shown.items():
        lines.append(f"{name.replace('_', ' ')}: {'-' if value is None else value}")
    versions = [f"{name} {version}" for name, version in facts["libraries"].items()]
    lines.append(f"libraries: {', '.join(versions)}")
    return "\n".join([*lines, "metrics:", *_format_metrics(facts)])


def _format_metrics(facts: Facts) -> list[str]:
    metrics = {name: row for name, row in facts["figures"].items() if name != CHAMPION}
    labels: dict[str, str] = {}
    for name in metrics:
        labels[name] = format_candidate(name)
        if name == facts["champion"]:
            labels[name] += " *"
    headline = _find_headline(metrics)
    width = max(map(len, labels.values())) + 2
    lines = [f"  {'':{width}}{headline:>11}{'loss':>11}"]
    for name in sorted(metrics, key=lambda name: _rank_loss(metrics[name]["loss"])):
        numbers = ""
        for value in (metrics[name].get(headline), metrics[name]["loss"]):
            number = "-" if value is None else format_number(value)
            numbers += f"{number:>11}"
        lines.append(f"  {labels[name]:{width}}{numbers}")
    return [*lines, "  * the champion"]


def _find_headline(metrics: Mapping[str, Mapping[str, float | None]]) -> str:
    for row in metrics.values():
        for name in HEADLINES:
            if name in row:
                return name
    return HEADLINES[0]


def _rank_loss(loss: float | None) -> tuple[bool, float]:
    """Rank what was not scored last."""
    return loss is None, loss or 0.0
