"""What the target did lately where a value stood: rates that fade with the rows that pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

BITS = 16
PRIOR_ROWS = 50.0
"""A value's rate starts as that of all rows and counts half when it was seen this often."""
FADE, FADE_ROWS = 0.9, 10_000
"""After FADE_ROWS rows a count weighs FADE of what it did."""


class Rates:
    """Fading counts of rows and of targets, by hash; keys of all columns share one table."""

    def __init__(self, *, odds: bool = True) -> None:
        self.odds = odds
        # Made when first needed: candidates that look at no rates have a state of a
        # tenth of the size.
        self.rows = np.zeros(0)
        self.targets = np.zeros(0)
        self.all_rows = 0.0
        self.all_targets = 0.0

    def encode(self, keys: Sequence[Hashes], rows: int) -> NDArray[np.float64]:
        """How far each key's rate lies from that of all rows (in log-odds for a share).

        Of shape (rows, keys).
        """
        found = np.zeros((rows, len(keys)))
        if not self.all_rows:
            return found
        mean = self._mean()
        for at, key in enumerate(keys):
            place = _places(key, at)
            rate = (self.targets[place] + PRIOR_ROWS * mean) / (
                self.rows[place] + PRIOR_ROWS
            )
            found[:, at] = np.log(rate / (1 - rate)) if self.odds else rate
        return found - (np.log(mean / (1 - mean)) if self.odds else mean)

    def learn(self, keys: Sequence[Hashes], target: NDArray[np.float64]) -> None:
        """Let what was known fade, then count a batch."""
        if not self.all_rows:
            self.rows, self.targets = np.zeros(1 << BITS), np.zeros(1 << BITS)
        keep = FADE ** (len(target) / FADE_ROWS)
        self.rows *= keep
        self.targets *= keep
        self.all_rows = self.all_rows * keep + len(target)
        self.all_targets = self.all_targets * keep + float(target.sum())
        for at, key in enumerate(keys):
            place = _places(key, at)
            self.rows += np.bincount(place, minlength=1 << BITS)
            self.targets += np.bincount(place, weights=target, minlength=1 << BITS)

    def _mean(self) -> float:
        if not self.odds:
            return self.all_targets / self.all_rows
        return (self.all_targets + 0.5) / (self.all_rows + 1.0)


def _places(key: Hashes, at: int) -> NDArray[np.int64]:
    """Where a key's counts stand; the same hash in two fields stands in two places."""
    salted = key + np.uint64(at * 0x9E3779B9)
    return (salted & np.uint64((1 << BITS) - 1)).astype(np.int64)
