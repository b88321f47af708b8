"""Prequential figures: every row is scored before it is learnt, and only sums are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..tasks import BINARY, MULTICLASS, losses

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

BINS = 4096
LOGIT_SPAN = 16.0
KEEP = 0.9
"""What the figures that fade keep from batch to batch."""


class Scored(NamedTuple):
    """What scoring a batch came to.

    Sums over its rows, and for two classes how many of each fell into each bin.
    """

    rows: int
    loss: float
    hits: int
    counts: NDArray[np.int64]


def score(task: str, raw: Array, target: Array) -> Scored:
    """Hold raw scores against the target."""
    loss, hits, counts = (
        float(losses(task, raw, target).sum()),
        0,
        np.zeros((2, 0), dtype=np.int64),
    )
    if task == BINARY:
        bins = np.clip((raw[:, 0] / LOGIT_SPAN + 0.5) * BINS, 0, BINS - 1).astype(
            np.int64
        )
        # The positives lie behind the negatives, so that one count does for both.
        counts = np.bincount(bins + BINS * (target > 0), minlength=2 * BINS).reshape(
            2, BINS
        )
    elif task == MULTICLASS:
        hits = int((raw.argmax(axis=1) == target).sum())
    return Scored(len(target), loss, hits, counts)


class Prequential:
    """Running loss, and AUC, accuracy or mean error, in constant space.

    The AUC is that of all rows scored so far together, from counts in BINS bins of the
    logit: a row that shares its bin with one of the other class counts half, which
    moves the figure by less than 1e-4.
    """

    unit = 1.0
    """A standardised unit in units of the target, known from the first batch on."""

    def __init__(self, task: str) -> None:
        self.task = task
        self.rows = 0
        self.loss_sum = 0.0
        self.recent_loss = 0.0
        self.recent_rows = 0.0
        self.hits = 0
        self.counts = np.zeros((2, BINS if task == BINARY else 0), dtype=np.int64)

    def add(self, scored: Scored) -> None:
        """Take in one scored batch."""
        self.rows += scored.rows
        self.loss_sum += scored.loss
        self.recent_loss = KEEP * self.recent_loss + scored.loss
        self.recent_rows = KEEP * self.recent_rows + scored.rows
        self.hits += scored.hits
        self.counts += scored.counts

    @property
    def loss(self) -> float | None:
        """Mean logloss or squared error over all rows scored."""
        return self.loss_sum / self.rows if self.rows else None

    @property
    def recent(self) -> float:
        """Mean loss where older batches weigh less; infinite before anything was scored."""
        return self.recent_loss / self.recent_rows if self.recent_rows else float("inf")

    @property
    def auc(self) -> float | None:
        """None until both classes were scored."""
        negatives, positives = self.counts
        pairs = float(negatives.sum()) * float(positives.sum())
        if not pairs:
            return None
        below = np.cumsum(negatives) - negatives
        return float((positives * (below + negatives / 2)).sum() / pairs)

    def headline(self) -> tuple[str, float] | None:
        """The one figure to judge by: auc, accuracy, or rmse in units of the target."""
        if not self.rows:
            return None
        if self.task == BINARY:
            return None if self.auc is None else ("auc", self.auc)
        if self.task == MULTICLASS:
            return "accuracy", self.hits / self.rows
        return "rmse", (self.loss_sum / self.rows) ** 0.5 * self.unit
