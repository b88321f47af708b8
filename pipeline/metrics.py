"""Prequential figures: every row is scored before it is learnt, and only sums are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 4096
LOGIT_SPAN = 16.0
FLOOR = 1e-15


class Prequential:
    """Running logloss and AUC of a binary score, in constant space.

    The AUC is that of all rows scored so far together, from counts in BINS bins of the logit: a row that shares its
    bin with one of the other class counts half, which moves the figure by less than 1e-4.
    """

    def __init__(self) -> None:
        self.rows = 0
        self.loss_sum = 0.0
        self.counts = np.zeros((2, BINS), dtype=np.int64)

    def add(self, logits: NDArray[np.float64], target: NDArray[np.float64]) -> None:
        """Take in one scored batch; `target` is 0 or 1."""
        self.rows += len(target)
        self.loss_sum += float(np.logaddexp(0.0, np.where(target > 0, -logits, logits)).sum())
        bins = np.clip((logits / LOGIT_SPAN + 0.5) * BINS, 0, BINS - 1).astype(np.int64)
        for label in (0, 1):
            self.counts[label] += np.bincount(bins[target == label], minlength=BINS)

    @property
    def logloss(self) -> float | None:
        """Mean over all rows scored."""
        return self.loss_sum / self.rows if self.rows else None

    @property
    def auc(self) -> float | None:
        """None until both classes were scored."""
        negatives, positives = self.counts
        pairs = float(negatives.sum()) * float(positives.sum())
        if not pairs:
            return None
        below = np.cumsum(negatives) - negatives
        return float((positives * (below + negatives / 2)).sum() / pairs)
