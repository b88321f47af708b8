"""Running mean and variance of numbers, which no outlier ruins and old rows leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

# Deviations at which a number is cut, so that one outlier does not set the gradients.
#
# Part of the setting measured on the flights stream, see
# `models.linear.LEARNING_RATES`.
CLIP = 8.0
# What was seen weighs as at most so many rows: old ones fade.
MEMORY_ROWS = 50_000.0
# Fewer rows say too little of the spread to call one an outlier.
LEAST_ROWS = 20
# A first batch is cut so many times its own spread from its median, where the spread is
# the range of the middle half; MIDDLE_HALF deviations for a normal distribution.
FIRST_CLIP, MIDDLE_HALF = 12.0, 1.349


class StandardScaler:
    """Count, mean and sum of squared deviations of each column.

    Batches are merged as Chan, Golub and LeVeque (1979) merge partial sums.
    """

    def __init__(self) -> None:
        self.count: dict[str, float] = {}
        self.mean: dict[str, float] = {}
        self.squares: dict[str, float] = {}

    def partial_fit(self, name: str, values: Array) -> None:
        """Take in one batch of a column; NaN is left out."""
        known = self._cut_outliers(name, values[~np.isnan(values)])
        if not len(known):
            return
        count = float(len(known))
        mean = float(known.mean())
        squares = float(np.square(known - mean).sum())
        self._let_fade(name)
        before = self.count.get(name, 0.0)
        shift = mean - self.mean.get(name, 0.0)
        total = before + count
        between = shift * shift * before * count / total
        self.squares[name] = self.squares.get(name, 0.0) + squares + between
        self.mean[name] = self.mean.get(name, 0.0) + shift * count / total
        self.count[name] = total

    def _cut_outliers(self, name: str, known: Array) -> Array:
        """The values, those far out drawn in to where others may lie."""
        if self.count.get(name, 0.0) >= LEAST_ROWS and self.squares[name]:
            reach = CLIP * self._compute_deviation(name)
            center = self.mean[name]
            return np.clip(known, center - reach, center + reach)
        return cut_outliers(known)

    def _let_fade(self, name: str) -> None:
        before = self.count.get(name, 0.0)
        if before > MEMORY_ROWS:
            self.squares[name] *= MEMORY_ROWS / before
            self.count[name] = MEMORY_ROWS

    def transform(self, name: str, values: Array) -> Array:
        """Zero mean, unit variance, cut at CLIP; NaN stays."""
        shifted = values - self.mean.get(name, 0.0)
        deviation = self._compute_deviation(name)
        standardized: Array = np.clip(shifted / deviation, -CLIP, CLIP)
        return standardized

    def _compute_deviation(self, name: str) -> float:
        """Standard deviation; 1 where nothing varies or nothing is known."""
        count = self.count.get(name, 0.0)
        if not count:
            return 1.0
        deviation = (self.squares.get(name, 0.0) / count) ** 0.5
        return deviation or 1.0


def cut_outliers(values: Array) -> Array:
    """Values of one batch, drawn in to FIRST_CLIP times their spread.

    As they are where they are few, or half of them are one value.
    """
    if len(values) < LEAST_ROWS:
        return values
    low, center, high = np.percentile(values, [25, 50, 75])
    reach = FIRST_CLIP * (high - low) / MIDDLE_HALF
    if not reach:
        return values
    return np.clip(values, center - reach, center + reach)
