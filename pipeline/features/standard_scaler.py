"""Running mean and variance of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLIP = 8.0


class Moments:
    """Count, mean and squared deviations a column (Chan, Golub and LeVeque 1979.

    Merging of partial sums).
    """

    def __init__(self) -> None:
        self.count: dict[str, float] = {}
        self.mean: dict[str, float] = {}
        self.squares: dict[str, float] = {}

    def learn(self, name: str, values: NDArray[np.float64]) -> None:
        """Take in one batch of a column; NaN is left out."""
        known = values[~np.isnan(values)]
        if not len(known):
            return
        count, mean = float(len(known)), float(known.mean())
        squares = float(np.square(known - mean).sum())
        before = self.count.get(name, 0.0)
        shift = mean - self.mean.get(name, 0.0)
        total = before + count
        self.squares[name] = (
            self.squares.get(name, 0.0)
            + squares
            + shift * shift * before * count / total
        )
        self.mean[name] = self.mean.get(name, 0.0) + shift * count / total
        self.count[name] = total

    def deviation(self, name: str) -> float:
        """Standard deviation; 1 where nothing varies or nothing is known."""
        count = self.count.get(name, 0.0)
        return ((self.squares.get(name, 0.0) / count) ** 0.5 if count else 0.0) or 1.0

    def standardise(
        self, name: str, values: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Zero mean, unit variance, cut at CLIP; NaN stays."""
        scaled: NDArray[np.float64] = np.clip(
            (values - self.mean.get(name, 0.0)) / self.deviation(name), -CLIP, CLIP
        )
        return scaled
