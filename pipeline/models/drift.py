"""Drift that is worth a note.

A change is reported by its size, not by a test's significance alone: with enough rows
every test finds something (KS did, on the flights).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..tasks import BINARY, MULTICLASS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..features.encoder import Encoder
    from ..features.views import EncodedBatch

    Array = NDArray[np.float64]

# Standard deviations that a number's mean must move.
MEAN_SHIFT = 0.75
# Share of rows whose value was not seen before.
UNSEEN_SHARE = 0.2
# Change of the share of a class, or of the mean of a standardized target.
TARGET_SHIFT = 0.1
# How much the champion's loss must exceed its slowly fading mean.
LOSS_RATIO = 1.1
# So many standard errors a change must exceed as well: small batches vary by chance.
STANDARD_ERRORS = 4.0
# What target and loss keep from batch to batch: half after 14.
KEEP = 0.95
# Weight of past batches, fading, below which their mean loss says nothing.
LEAST_LOSS_WEIGHT = 3


@dataclass(frozen=True)
class Drift:
    """One change: of a column, the target or the loss."""

    subject: str
    message: str


class DriftMonitor:
    """Remembers, fading slowly, what the stream was like."""

    def __init__(self) -> None:
        self.target = 0.0
        self.weight = 0.0
        self.loss = 0.0
        self.loss_weight = 0.0
        self.count = 0

    def check_batch(
        self,
        batch: EncodedBatch,
        encoder: Encoder,
        target: Array,
        loss: float,
        task: str,
    ) -> list[Drift]:
        """What differs in this batch from those before it; `loss` is its mean."""
        drifts = [*_check_numbers(batch), *_check_categories(batch, encoder)]
        if task in {BINARY, MULTICLASS}:
            is_first_class = (target == 1).astype(np.float64)
            drifts += self._check_target(is_first_class, "share of class 1")
        else:
            drifts += self._check_target(target, "standardized mean")
        drifts += self._check_loss(loss)
        self.count += len(drifts)
        return drifts

    def _check_target(self, values: Array, subject: str) -> list[Drift]:
        now = float(np.mean(values))
        rows = len(values)
        drifts = []
        if self.weight:
            before = self.target / self.weight
            standard_error = (float(np.var(values)) / rows) ** 0.5
            bound = max(TARGET_SHIFT, STANDARD_ERRORS * standard_error)
            if abs(now - before) > bound:
                message = f"target: {subject} went from {before:.3f} to {now:.3f}"
                drifts.append(Drift("target", message))
        self.target = KEEP * self.target + now * rows
        self.weight = KEEP * self.weight + rows
        return drifts

    def _check_loss(self, loss: float) -> list[Drift]:
        drifts = []
        if self.loss_weight > LEAST_LOSS_WEIGHT:
            before = self.loss / self.loss_weight
            if loss > LOSS_RATIO * before:
                message = f"loss: {loss:.4f} in this batch, {before:.4f} lately"
                drifts.append(Drift("loss", message))
        self.loss = KEEP * self.loss + loss
        self.loss_weight = KEEP * self.loss_weight + 1
        return drifts


def _check_numbers(batch: EncodedBatch) -> list[Drift]:
    # A number that is a code too (a month, an hour) moves with the calendar: no news.
    names = sorted(batch.numbers.keys() - batch.categories.keys())
    drifts = []
    for name in names:
        values = batch.numbers[name]
        present = values[~np.isnan(values)]
        if not len(present):
            continue
        standard_error = present.std() / len(present) ** 0.5
        bound = max(MEAN_SHIFT, STANDARD_ERRORS * standard_error)
        if abs(present.mean()) > bound:
            message = f"{name}: mean moved by {present.mean():+.2f} deviations"
            drifts.append(Drift(name, message))
    return drifts


def _check_categories(batch: EncodedBatch, encoder: Encoder) -> list[Drift]:
    names = sorted(batch.categories.keys() - batch.numbers.keys())
    drifts = []
    for name in names:
        unseen = encoder.measure_unseen_share(name, batch.categories[name])
        if unseen > UNSEEN_SHARE:
            message = f"{name}: {unseen:.0%} of the rows have a value not seen before"
            drifts.append(Drift(name, message))
    return drifts
