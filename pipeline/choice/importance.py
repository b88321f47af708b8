"""Permutation importance: what the champion loses without a column (Breiman 2001)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..tasks import REGRESSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ..features.reading.columns import ColumnValues
    from .champion import Champion

    Array = NDArray[np.float64]

# A column costs a prediction: of so many rows, for so many columns.
MOST_ROWS, MOST_COLUMNS = 400, 40
FLOOR = 1e-9


def measure_importance(
    champion: Champion,
    columns: Mapping[str, ColumnValues],
    target: Array,
    seed: int,
) -> list[dict[str, Any]]:
    """By column how much the loss grows where its values are shuffled, greatest first.

    The log loss, or the mean squared error as a share of what it is.
    """
    rows = min(len(target), MOST_ROWS)
    chance = np.random.RandomState(seed)
    values = {name: column[-rows:] for name, column in columns.items()}
    wanted = target[-rows:]
    before = _compute_loss(champion, values, wanted)
    measured: list[dict[str, Any]] = []
    for name in list(values)[:MOST_COLUMNS]:
        order = chance.permutation(rows)
        shuffled = {**values, name: values[name][order]}
        growth = _compute_loss(champion, shuffled, wanted) - before
        if champion.encoder.schema.task == REGRESSION:
            growth /= max(before, FLOOR)
        measured.append({"column": name, "importance": round(growth, 6)})
    measured.sort(key=lambda row: -float(row["importance"]))
    return measured


def _compute_loss(
    champion: Champion, columns: Mapping[str, ColumnValues], target: Array
) -> float:
    predicted = champion.predict(columns)
    if champion.encoder.schema.task == REGRESSION:
        return float(np.square(predicted[:, 0] - target).mean())
    shares = predicted[np.arange(len(target)), target.astype(np.int64)]
    return -float(np.log(np.maximum(shares, FLOOR)).mean())
