"""Running mean and variance of numbers."""

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
        known = values[~np.isnan(values)]
        if not len(known):
            return
        count = float(len(known))
        mean = float(known.mean())
        squares = float(np.square(known - mean).sum())
        before = self.count.get(name, 0.0)
        shift = mean - self.mean.get(name, 0.0)
        total = before + count
        between = shift * shift * before * count / total
        self.squares[name] = self.squares.get(name, 0.0) + squares + between
        self.mean[name] = self.mean.get(name, 0.0) + shift * count / total
        self.count[name] = total

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
