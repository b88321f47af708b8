"""Prequential metrics: every row is scored before it is trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..tasks import BINARY, MULTICLASS, compute_losses

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

BINS = 4096
# Bins cover log-odds from -8 to 8 and are 1/256 wide, see `PrequentialMetrics`.
LOGIT_SPAN = 16.0
# What the recent loss keeps from batch to batch: half after 7.
KEEP = 0.9


class BatchScore(NamedTuple):
    """The score of one batch: sums over its rows.

    `counts` is of shape (2, BINS) for two classes: rows of each class in each bin of
    the log-odds; and of shape (2, 0) for other tasks. `hits` are counted for more than
    two classes.
    """

    rows: int
    loss: float
    hits: int
    counts: NDArray[np.int64]
    known_rows: int
    known_loss: float
    """Of the rows whose class had come before: on others nobody could know it."""


def score_batch(
    task: str, scores: Array, target: Array, known: NDArray[np.bool_] | None = None
) -> BatchScore:
    """Compare decision scores with the target; `known` are the rows of known classes."""
    losses = compute_losses(task, scores, target)
    loss = float(losses.sum())
    known_rows, known_loss = len(target), loss
    if known is not None and not known.all():
        known_rows, known_loss = int(known.sum()), float(losses[known].sum())
    hits = 0
    counts = np.zeros((2, 0), dtype=np.int64)
    if task == BINARY:
        counts = _count_bins(scores[:, 0], target)
    elif task == MULTICLASS:
        hits = int((scores.argmax(axis=1) == target).sum())
    return BatchScore(len(target), loss, hits, counts, known_rows, known_loss)


def _count_bins(log_odds: Array, target: Array) -> NDArray[np.int64]:
    places = np.clip((log_odds / LOGIT_SPAN + 0.5) * BINS, 0, BINS - 1)
    bins = places.astype(np.int64)
    # The positives lie behind the negatives, so that one count does for both.
    counts = np.bincount(bins + BINS * (target > 0), minlength=2 * BINS)
    return counts.reshape(2, BINS)


class PrequentialMetrics:
    """Running loss, and AUC, accuracy or mean error, in constant space.

    The AUC is that of all rows scored so far together, from counts in BINS bins of the
    log-odds: a row that shares its bin with one of the other class counts half, which
    moves the AUC by less than 1e-4.
    """

    unit = 1.0
    """One standardized unit in units of the target, fixed by the first batch."""

    def __init__(self, task: str) -> None:
        self.task = task
        self.rows = 0
        self.loss_sum = 0.0
        self.recent_loss = 0.0
        self.recent_rows = 0.0
        self.hits = 0
        self.counts = np.zeros((2, BINS if task == BINARY else 0), dtype=np.int64)

    def add(self, batch: BatchScore) -> None:
        """Take in one scored batch."""
        self.rows += batch.rows
        self.loss_sum += batch.loss
        self.recent_loss = KEEP * self.recent_loss + batch.known_loss
        self.recent_rows = KEEP * self.recent_rows + batch.known_rows
        self.hits += batch.hits
        self.counts += batch.counts

    @property
    def loss(self) -> float | None:
        """Mean log loss or squared error over all rows scored."""
        if not self.rows:
            return None
        return self.loss_sum / self.rows

    @property
    def recent(self) -> float:
        """Mean loss where older batches weigh less; infinite before the first one."""
        if not self.recent_rows:
            return float("inf")
        return self.recent_loss / self.recent_rows

    @property
    def auc(self) -> float | None:
        """None until rows of both classes were scored."""
        negatives, positives = self.counts
        pairs = float(negatives.sum()) * float(positives.sum())
        if not pairs:
            return None
        below = np.cumsum(negatives) - negatives
        return float((positives * (below + negatives / 2)).sum() / pairs)

    @property
    def headline(self) -> tuple[str, float] | None:
        """Name and value of the metric to judge by, None before anything was scored.

        `auc`, `accuracy`, or `rmse` in units of the target.
        """
        if not self.rows:
            return None
        if self.task == BINARY:
            auc = self.auc
            return None if auc is None else ("auc", auc)
        if self.task == MULTICLASS:
            return "accuracy", self.hits / self.rows
        return "rmse", (self.loss_sum / self.rows) ** 0.5 * self.unit
