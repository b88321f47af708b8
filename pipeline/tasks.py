"""What the three tasks have in common and where they differ: losses, shares and base rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

BINARY, MULTICLASS, REGRESSION = "binary", "multiclass", "regression"
FLOOR = 1e-12
ABSENT = -20.0
"""The raw score of a class that a model has never seen."""


def logits(task: str, shares: Array) -> Array:
    """Probabilities of shape (rows, classes) as raw scores."""
    shares = np.clip(np.asarray(shares, dtype=np.float64), FLOOR, 1 - FLOOR)
    if task == BINARY:
        return np.log(shares[:, 1:2]) - np.log1p(-shares[:, 1:2])
    return np.log(shares)


def losses(task: str, raw: Array, target: Array) -> Array:
    """Logloss or squared error of each row, of shape (rows,)."""
    if task == REGRESSION:
        return np.square(raw[:, 0] - target)
    if task == BINARY:
        against = np.where(target > 0, -raw[:, 0], raw[:, 0])
        # log(1 + exp(against)), in a seventh of the time of logaddexp.
        softplus: Array = np.maximum(against, 0.0) + np.log(
            1.0 + np.exp(-np.abs(against))
        )
        return softplus
    return -log_shares(raw)[np.arange(len(target)), target.astype(np.int64)]


def log_shares(raw: Array) -> Array:
    """Log-probabilities of shape (rows, classes)."""
    shifted = raw - raw.max(axis=1, keepdims=True)
    normed: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return normed


def for_classes(raw: Array, classes: int) -> Array:
    """Raw scores with a column for each class.

    Those never seen far below, room for those to come left out.
    """
    missing = classes - raw.shape[1]
    return (
        raw[:, :classes]
        if missing <= 0
        else np.pad(raw, ((0, 0), (0, missing)), constant_values=ABSENT)
    )


def room(classes: int) -> int:
    """How many classes a learner is made for that cannot grow.

    A power of two, so that it seldom has to start again.
    """
    return 1 << max(classes - 1, 1).bit_length()
