"""Drift worth telling.

Gated on the size of the change, since on enough rows every test finds something.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..tasks import BINARY, MULTICLASS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

MEAN_SHIFT = 0.75
"""Deviations that a number's mean must move."""
UNSEEN_SHARE = 0.2
"""Share of rows with a value that has no place yet."""
TARGET_SHIFT = 0.1
"""Change of the share of a class, or of a standardised target in tenths of a deviation."""
LOSS_RATIO = 1.1
"""How much the champion's loss must exceed its slowly fading mean."""
SURE = 4.0
"""Standard errors a change must exceed as well."""
SLOW = 0.95


@dataclass(frozen=True)
class Drift:
    """One change: of a column, the target or the loss."""

    what: str
    message: str


class Watch:
    """Remembers, fading slowly, what the stream was like."""

    def __init__(self) -> None:
        self.target = 0.0
        self.weight = 0.0
        self.loss = 0.0
        self.loss_weight = 0.0
        self.count = 0

    def look(
        self, views: Any, encoder: Any, target: Array, loss: float, task: str
    ) -> list[Drift]:  # noqa: ANN401
        """What is different in this batch from the batches before it."""
        found = [*self._columns(views, encoder)]
        if task in {BINARY, MULTICLASS}:
            found += self._target(target == 1, "share of class 1")
        else:
            found += self._target(target, "standardised mean")
        found += self._loss(loss)
        self.count += len(found)
        return found

    def _columns(self, views: Any, encoder: Any) -> list[Drift]:  # noqa: ANN401
        found = []
        for name in sorted(views.numbers.keys() - views.categories.keys()):
            values = views.numbers[name]
            known = values[~np.isnan(values)]
            if len(known) and abs(known.mean()) > max(
                MEAN_SHIFT, SURE * known.std() / len(known) ** 0.5
            ):
                found.append(
                    Drift(name, f"{name}: mean moved by {known.mean():+.2f} deviations")
                )
        # A number that is a code too (a month, an hour) moves with the calendar: that is no news.
        for name in sorted(views.categories.keys() - views.numbers.keys()):
            fresh = encoder.unmet(name, views.categories[name])
            if fresh > UNSEEN_SHARE:
                found.append(
                    Drift(
                        name,
                        f"{name}: {fresh:.0%} of the rows have a value not met before",
                    )
                )
        return found

    def _target(self, values: Any, what: str) -> list[Drift]:  # noqa: ANN401
        now, rows = float(np.mean(values)), len(values)
        found = []
        if self.weight:
            before = self.target / self.weight
            error = (float(np.var(values)) / rows) ** 0.5
            if abs(now - before) > max(TARGET_SHIFT, SURE * error):
                found.append(
                    Drift(
                        "target", f"target: {what} went from {before:.3f} to {now:.3f}"
                    )
                )
        self.target = SLOW * self.target + now * rows
        self.weight = SLOW * self.weight + rows
        return found

    def _loss(self, loss: float) -> list[Drift]:
        found = []
        if self.loss_weight > 3:  # noqa: PLR2004  # a mean of fewer batches says nothing
            before = self.loss / self.loss_weight
            if loss > LOSS_RATIO * before:
                found.append(
                    Drift(
                        "loss", f"loss: {loss:.4f} in this batch, {before:.4f} lately"
                    )
                )
        self.loss = SLOW * self.loss + loss
        self.loss_weight = SLOW * self.loss_weight + 1
        return found
