"""A column that alone tells the answer is most likely the answer, written down after the fact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..tasks import REGRESSION
from .columns import DATE, NUMBER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .schema import Schema, Table

NEARLY_ALL = 0.98
BINS = 50
FEWEST_ROWS = 100


def call_out(schema: Schema, table: Table) -> list[str]:
    """A line for each column that alone predicts the target of the first batch nearly perfectly."""
    if len(table) < FEWEST_ROWS:
        return []
    found = []
    for column in schema.columns:
        power = _power(
            column.kind,
            table.cells[column.name],
            table.target,
            regression=schema.task == REGRESSION,
        )
        if power >= NEARLY_ALL:
            found.append(
                f"warning: {column.name!r} alone tells {schema.target!r} ({power:.1%}); "
                f"if it is not known in advance, leave it out: `ignore`"
            )
    return found


def _power(
    kind: str, cells: Any, target: NDArray[np.float64], *, regression: bool
) -> float:  # noqa: ANN401
    """Learnt on the even rows, measured on the odd.

    Share of variance, or of what guessing the commonest gets wrong.
    """
    groups = _groups(kind, cells)
    even, odd = np.arange(0, len(target), 2), np.arange(1, len(target), 2)
    if regression:
        means = pd.Series(target[even]).groupby(groups[even]).mean()
        said = (
            pd.Series(groups[odd])
            .map(means)
            .fillna(float(target[even].mean()))
            .to_numpy(dtype=float)
        )
        spread = float(np.var(target[odd]))
        if kind == NUMBER and np.ptp(np.nan_to_num(cells[odd])) and spread:
            # A straight line tells more than bins do, where it is one.
            said_by_line = (
                float(np.corrcoef(np.nan_to_num(cells[odd]), target[odd])[0, 1]) ** 2
            )
            if said_by_line >= NEARLY_ALL:
                return said_by_line
        return (
            1 - float(np.mean(np.square(said - target[odd]))) / spread
            if spread
            else 0.0
        )
    kinds = int(target.max()) + 1
    groups = groups - groups.min()
    counts = np.bincount(
        groups[even] * kinds + target[even].astype(np.int64),
        minlength=(int(groups.max()) + 1) * kinds,
    )
    of_group = counts.reshape(-1, kinds)
    guess = int(of_group.sum(axis=0).argmax())
    commonest = np.where(of_group.any(axis=1), of_group.argmax(axis=1), guess)
    missed = float(np.mean(target[odd] != guess))
    return (
        1 - float(np.mean(commonest[groups[odd]] != target[odd])) / missed
        if missed
        else 0.0
    )


def _groups(kind: str, cells: Any) -> NDArray[np.int64]:  # noqa: ANN401
    if kind == DATE:
        return np.asarray(pd.factorize(cells)[0], dtype=np.int64)
    if kind != NUMBER:
        return np.asarray(cells.codes, dtype=np.int64)
    ranks = (
        pd.Series(cells).rank(method="average", pct=True).fillna(-1 / BINS).to_numpy()
    )
    return np.ceil(ranks * BINS).astype(np.int64)
