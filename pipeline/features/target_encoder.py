"""Target encoding: what the target did lately where a value stood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Hashes = NDArray[np.uint64]

# Of the table of counts: 65,536 places, half a megabyte for each of its two arrays.
BITS = 16
# A value's rate starts as that of all rows, and is half its own after so many rows.
PRIOR_ROWS = 50.0
# After FADE_ROWS rows a count weighs FADE of what it did: half after 66,000 rows.
FADE, FADE_ROWS = 0.9, 10_000
# 2^32 divided by the golden ratio: multiples of it lie far apart (Knuth, 6.4).
GOLDEN_RATIO = 0x9E3779B9


class TargetEncoder:
    """Counts of rows and sums of targets by hash, which fade with the rows that pass.

    The keys of all columns share one table. `as_log_odds` holds for targets from 0 to
    1; values of a regression are taken as they are.
    """

    def __init__(self, *, as_log_odds: bool = True) -> None:
        self.as_log_odds = as_log_odds
        # Made when first needed: the state of candidates that look at no rates has a
        # tenth of the size.
        self.row_counts = np.zeros(0)
        self.target_sums = np.zeros(0)
        self.all_rows = 0.0
        self.all_targets = 0.0

    def transform(self, keys: Sequence[Hashes], rows: int) -> Array:
        """How far the rate of each key lies from that of all rows.

        Of shape (rows, keys); a difference of log-odds, or of means. Zero before
        anything was counted.
        """
        rates = np.zeros((rows, len(keys)))
        if not self.all_rows:
            return rates
        mean = self._compute_mean()
        for field, key in enumerate(keys):
            places = _find_places(key, field)
            sums = self.target_sums[places] + PRIOR_ROWS * mean
            rate = sums / (self.row_counts[places] + PRIOR_ROWS)
            rates[:, field] = self._scale(rate)
        return rates - self._scale(mean)

    def partial_fit(self, keys: Sequence[Hashes], target: Array) -> None:
        """Let what was known fade, then count a batch."""
        places_in_all = 1 << BITS
        if not self.all_rows:
            self.row_counts = np.zeros(places_in_all)
            self.target_sums = np.zeros(places_in_all)
        keep = FADE ** (len(target) / FADE_ROWS)
        self.row_counts *= keep
        self.target_sums *= keep
        self.all_rows = self.all_rows * keep + len(target)
        self.all_targets = self.all_targets * keep + float(target.sum())
        for field, key in enumerate(keys):
            places = _find_places(key, field)
            self.row_counts += np.bincount(places, minlength=places_in_all)
            self.target_sums += np.bincount(places, target, minlength=places_in_all)

    def _scale(self, rate: Array | float) -> Array | float:
        if not self.as_log_odds:
            return rate
        log_odds: Array | float = np.log(rate / (1 - rate))
        return log_odds

    def _compute_mean(self) -> float:
        if not self.as_log_odds:
            return self.all_targets / self.all_rows
        # Half a row of each class: the log-odds stay finite where one class has come.
        return (self.all_targets + 0.5) / (self.all_rows + 1.0)


def _find_places(key: Hashes, field: int) -> NDArray[np.int64]:
    """Where the counts of a key are; the same hash in two fields has two places."""
    salted = key + np.uint64(field * GOLDEN_RATIO)
    return (salted & np.uint64((1 << BITS) - 1)).astype(np.int64)
