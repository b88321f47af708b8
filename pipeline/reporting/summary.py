"""What a run came to, in figures: a line a batch, and `summary.json`."""

from __future__ import annotations

from typing import Any

from ..state.verification import State

EXACT, WHOLE, PLAIN = 10, 100, 1e7


def figure(value: float) -> str:
    """A figure with as many digits as say something."""
    size = abs(value)
    if 0 < size < 0.001 or size >= PLAIN:  # noqa: PLR2004  # four digits behind the point say too little
        return f"{value:.4g}"
    return (
        f"{value:.4f}"
        if size < EXACT
        else f"{value:.2f}"
        if size < WHOLE
        else f"{value:,.1f}"
    )


def line_of(learnt: Any) -> str:  # noqa: ANN401  # train.Learnt, which is not imported here
    """One batch for people."""
    figures = "nothing scored yet"
    if learnt.headline is not None and learnt.loss is not None:
        name, value = learnt.headline
        loss, base = figure(learnt.loss), figure(learnt.baseline)
        figures = f"{name} {figure(value)}, loss {loss} (base rate {base}), by {learnt.champion}"
    left_out = f" and {learnt.unlabelled} without a target" if learnt.unlabelled else ""
    return (
        f"batch {learnt.batch}: {learnt.rows} rows{left_out} in {learnt.seconds:.2f} s, "
        f"{learnt.rows_total} in all; {figures}"
    )


def summary_of(
    status: str, state: State | None, parent: State | None, done: tuple[int, int]
) -> dict[str, Any]:
    """`summary.json` of a run that went from `parent` to `state` and did so many rows and batches.

    `started_from` says where the models came from: a state may take the place of
    another and owe it nothing.
    """
    document = {} if state is None else state.document
    counters = document.get("counters", {"rows": 0, "batches": 0})
    return {
        "status": status,
        "rows_this_run": done[0],
        "rows_total": counters["rows"],
        "batches_this_run": done[1],
        "batches_total": counters["batches"],
        "metric": document.get("metric"),
        "champion": document.get("champion"),
        "started_from": "nothing"
        if parent is None or _anew(parent, state)
        else "state",
        "state_id": None if state is None else state.state_id,
        "parent_state_id": None if parent is None else parent.state_id,
        "stored": True,
    }


def done_between(before: State | None, after: State | None) -> tuple[int, int]:
    """Rows and batches between two states."""
    begun = before is None or _anew(before, after)
    first, last = (
        {"rows": 0, "batches": 0} if state is None else state.document["counters"]
        for state in (None if begun else before, after)
    )
    return last["rows"] - first["rows"], last["batches"] - first["batches"]


def _anew(before: State, after: State | None) -> bool:
    """Whether the later state is one of new models."""
    if after is None:
        return False
    return bool(
        after.document["counters"]["runs"] == 1
        and after.document["history"] != before.document["history"]
    )
