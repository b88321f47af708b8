"""Baselines: what one says who does not look at the columns.

They are compared with, and they predict where no model is better.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..tasks import BINARY, REGRESSION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..models.estimators import Matrix

    Array = NDArray[np.float64]

BASELINE, CHAMPION = "baseline", "champion"
LAST_BATCH, LAST_VALUE = "last_batch", "last_value"
# Beside the base rate: what the batch before this one was like, and for amounts the row
# before it.
RECENT = (LAST_BATCH, LAST_VALUE)
# Rows that the base rate adds to each class (Krichevsky and Trofimov 1981).
SMOOTHING = 0.5


class ConstantModel:
    """Says the same of every row: decision scores of shape (scores,)."""

    # Any view does: of the matrix the rows are counted.
    view = "tree"

    def __init__(self, task: str, scores: Array) -> None:
        self.task = task
        self.scores = scores

    def decision_scores(self, matrix: Matrix) -> Array:
        """Of shape (rows, scores)."""
        return np.tile(self.scores, (matrix.shape[0], 1))

    def partial_fit(
        self, matrix: Matrix, target: Array, classes: int, scores: Array | None
    ) -> None:
        """Take nothing in: the population makes a new one of each batch."""


def list_baselines(task: str) -> list[str]:
    """The names of all baselines that a task has."""
    if task == REGRESSION:
        return [BASELINE, *RECENT]
    return [BASELINE, LAST_BATCH]


def create_from_sums(task: str, sums: Array, rows: int) -> ConstantModel:
    """The model of the sum of `rows` standardized targets, or of counts by class."""
    if task == REGRESSION:
        return ConstantModel(task, np.array([sums[0] / max(rows, 1)]))
    shares = (sums + SMOOTHING) / (sums.sum() + SMOOTHING * len(sums))
    if task == BINARY:
        return ConstantModel(task, np.log(shares[1:2] / shares[:1]))
    return ConstantModel(task, np.log(shares))


def create_recent(task: str, target: Array, classes: int) -> dict[str, ConstantModel]:
    """The models of one batch, by name."""
    sums = sum_targets(task, target, classes)
    models = {LAST_BATCH: create_from_sums(task, sums, len(target))}
    if task == REGRESSION:
        models[LAST_VALUE] = ConstantModel(task, np.array(target[-1:]))
    return models


def sum_targets(task: str, target: Array, classes: int) -> Array:
    """The sum of amounts, of shape (1,), or how often each class came."""
    if task == REGRESSION:
        return np.array([target.sum()])
    counts = np.bincount(target.astype(np.int64), minlength=max(2, classes))
    return counts.astype(np.float64)
