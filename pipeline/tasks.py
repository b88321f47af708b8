"""What the three tasks share and where they differ: losses, probabilities, classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

BINARY, MULTICLASS, REGRESSION = "binary", "multiclass", "regression"
# Probabilities are kept this far from 0 and 1, whose logarithms are infinite.
FLOOR = 1e-12
# The decision score of a class that a model was never trained on.
ABSENT = -20.0
# Scores are kept within it: no model is surer of a class than 1 in 160,000, nor is an
# amount so many deviations off. What has diverged stays comparable, and is passed over.
MOST_LOG_ODDS, MOST_DEVIATIONS = 12.0, 50.0


def compute_logits(task: str, probabilities: Array) -> Array:
    """Probabilities of shape (rows, classes) as decision scores."""
    shares = np.asarray(probabilities, dtype=np.float64)
    shares = np.clip(shares, FLOOR, 1 - FLOOR)
    if task == BINARY:
        return np.log(shares[:, 1:2]) - np.log1p(-shares[:, 1:2])
    return np.log(shares)


def compute_losses(task: str, scores: Array, target: Array) -> Array:
    """Log loss or squared error of each row, of shape (rows,)."""
    if task == REGRESSION:
        return np.square(scores[:, 0] - target)
    if task == BINARY:
        against = np.where(target > 0, -scores[:, 0], scores[:, 0])
        # log(1 + exp(against)), in a seventh of the time of numpy.logaddexp.
        remainder = np.log(1.0 + np.exp(-np.abs(against)))
        softplus: Array = np.maximum(against, 0.0) + remainder
        return softplus
    rows = np.arange(len(target))
    return -compute_log_probabilities(scores)[rows, target.astype(np.int64)]


def compute_log_probabilities(scores: Array) -> Array:
    """Decision scores of shape (rows, classes), normalized."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    normalized: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return normalized


def limit_scores(task: str, scores: Array) -> Array:
    """Decision scores within bounds; what is no number says nothing."""
    if task == MULTICLASS:
        finite = np.nan_to_num(scores, nan=ABSENT)
        least = finite.max(axis=1, keepdims=True) + ABSENT
        return np.asarray(np.maximum(finite, least))
    most = MOST_LOG_ODDS
    if task == REGRESSION:
        most = MOST_DEVIATIONS
    return np.asarray(np.clip(np.nan_to_num(scores, nan=0.0), -most, most))


def align_classes(scores: Array, classes: int) -> Array:
    """Decision scores with one column for each class.

    Classes that a model was never trained on get ABSENT; columns that it reserved for
    classes to come are left out.
    """
    missing = classes - scores.shape[1]
    if missing <= 0:
        return scores[:, :classes]
    return np.pad(scores, ((0, 0), (0, missing)), constant_values=ABSENT)


def count_reserved_classes(classes: int) -> int:
    """How many classes a model is made for that cannot grow.

    A power of two, so that it seldom has to start again.
    """
    return 1 << max(classes - 1, 1).bit_length()
