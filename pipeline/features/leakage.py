"""Probable leaks: a column that alone tells the target was most likely made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from ..tasks import REGRESSION
from .reading.columns import DATE, NUMBER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .reading.columns import ColumnValues
    from .schema import Schema, Table

    Array = NDArray[np.float64]
    Groups = NDArray[np.int64]

# Predictive power from which a column is reported.
NEARLY_ALL = 0.98
# Numbers are looked at by the rank of the value, in so many groups.
BINS = 50
# With fewer rows any column may fit by chance.
LEAST_ROWS = 100


def find_leakage(schema: Schema, table: Table) -> list[str]:
    """A warning for each column that alone predicts the first batch nearly perfectly."""
    if len(table) < LEAST_ROWS:
        return []
    warnings = []
    for column in schema.columns:
        values = table.columns[column.name]
        if schema.task == REGRESSION:
            power = _measure_explained_variance(column.kind, values, table.target)
        else:
            power = _measure_explained_classes(column.kind, values, table.target)
        if power >= NEARLY_ALL:
            warnings.append(
                f"warning: {column.name!r} alone tells {schema.target!r} ({power:.1%}); "
                "if it is not known in advance, leave it out: `ignore`"
            )
    return warnings


def _measure_explained_variance(
    kind: str, values: ColumnValues, target: Array
) -> float:
    """Share of the odd rows' variance that group means of the even rows explain.

    Or a straight line over a number, where that alone explains nearly all.
    """
    groups = _group_values(kind, values)
    spread = float(np.var(target[1::2]))
    if not spread:
        return 0.0
    if kind == NUMBER:
        numbers = np.nan_to_num(cast("Array", values)[1::2])
        if np.ptp(numbers):
            correlation = float(np.corrcoef(numbers, target[1::2])[0, 1])
            if correlation**2 >= NEARLY_ALL:
                return correlation**2
    means = pd.Series(target[::2]).groupby(groups[::2]).mean()
    fallback = float(target[::2].mean())
    predicted = pd.Series(groups[1::2]).map(means).fillna(fallback)
    errors = np.square(predicted.to_numpy(dtype=float) - target[1::2])
    return 1 - float(np.mean(errors)) / spread


def _measure_explained_classes(kind: str, values: ColumnValues, target: Array) -> float:
    """Share of the odd rows that groups tell right where the commonest class is wrong.

    A group tells the class that is commonest in it among the even rows.
    """
    groups = _group_values(kind, values)
    groups = groups - groups.min()
    classes = int(target.max()) + 1
    cells = groups[::2] * classes + target[::2].astype(np.int64)
    length = (int(groups.max()) + 1) * classes
    counts = np.bincount(cells, minlength=length).reshape(-1, classes)
    commonest = int(counts.sum(axis=0).argmax())
    missed = float(np.mean(target[1::2] != commonest))
    if not missed:
        return 0.0
    group_classes = np.where(counts.any(axis=1), counts.argmax(axis=1), commonest)
    wrong = float(np.mean(group_classes[groups[1::2]] != target[1::2]))
    return 1 - wrong / missed


def _group_values(kind: str, values: ColumnValues) -> Groups:
    """Each row's group, of shape (rows,); below all others where a value is missing."""
    if kind == DATE:
        return np.asarray(pd.factorize(values)[0], dtype=np.int64)
    if kind == NUMBER:
        ranks = pd.Series(cast("Array", values)).rank(method="average", pct=True)
        bins = np.ceil(ranks.fillna(-1 / BINS).to_numpy() * BINS)
        return bins.astype(np.int64)
    return np.asarray(cast("pd.Categorical[Any]", values).codes, dtype=np.int64)
