"""Amounts so far out that no model should follow them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

# An outlier lies so many times as far from the middle as any other row so far. Not so
# many deviations: incomes and populations have those, and they are no mistakes.
GAP = 6.0
# More of a batch than this is no outlier: the target has moved.
MOST_SHARE = 0.02
# Fewer rows have no ordinary reach yet.
LEAST_ROWS = 30


class ClippedTarget(NamedTuple):
    """Standardized amounts of shape (rows,), outliers at the ordinary `reach`."""

    amounts: Array
    outliers: int
    reach: float


def clip_target(values: Array, reach: float) -> ClippedTarget:
    """Cut standardized amounts that lie GAP times beyond all the others.

    `reach` is how far from 0 rows lay so far, 0 for unknown; the new one is given back.
    """
    distances = np.abs(values)
    if not reach:
        reach = _find_first_reach(distances)
    if not reach:
        return ClippedTarget(values, 0, 0.0)
    is_outlier = distances > GAP * reach
    count = int(is_outlier.sum())
    if not count or count > max(1, MOST_SHARE * len(values)):
        return ClippedTarget(values, 0, max(reach, float(distances.max())))
    ordinary = distances[~is_outlier]
    reach = max(reach, float(ordinary.max(initial=0.0)))
    return ClippedTarget(np.clip(values, -reach, reach), count, reach)


def _find_first_reach(distances: Array) -> float:
    """Where a first batch has a gap after nearly all of its rows; else its end."""
    if len(distances) < LEAST_ROWS:
        return 0.0
    ordered = np.sort(distances)
    nearly_all = len(ordered) - 1 - max(1, int(MOST_SHARE * len(ordered)))
    tail = ordered[nearly_all:]
    has_gap = tail[1:] > GAP * tail[:-1]
    if tail[0] and has_gap.any():
        return float(tail[int(has_gap.argmax())])
    return float(tail[-1])
