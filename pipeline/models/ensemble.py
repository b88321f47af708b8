"""Candidates mixed: weights that follow the stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..tasks import MULTICLASS, REGRESSION, for_classes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

KEEP = 0.97
CUT = 12.0
RIDGE = 5000.0
"""How many rows the belief in equal weights counts for."""


class Mean:
    """The plain mean of the raw scores."""

    def raw(self, scores: Mapping[str, Array]) -> Array:
        """Of shape (rows, scores).

        Candidates that do not know the newest class yet count it as absent.
        """
        return np.asarray(sum(_same_width(scores)) / len(scores))

    def learn(self, scores: Mapping[str, Array], target: Array) -> None:
        """Nothing to learn."""


class Weighted:
    """A weight a candidate, moved after each batch by a step of Newton's with fading curvature.

    The step is that of online logistic (or linear) regression on the raw scores; a
    ridge pulls towards equal weights. For more than two classes the weights follow the
    fading losses instead (exponential weights).
    """

    def __init__(self, task: str) -> None:
        self.task = task
        self.names: list[str] = []
        self.weights = np.zeros(0)
        self.curvature = np.zeros((0, 0))
        self.losses = np.zeros(0)

    def raw(self, scores: Mapping[str, Array]) -> Array:
        """The weighted sum, of shape (rows, scores)."""
        self._meet(scores)
        of_each = _same_width(scores)
        return np.asarray(
            sum(weight * raw for weight, raw in zip(self.weights, of_each, strict=True))
        )

    def learn(self, scores: Mapping[str, Array], target: Array) -> None:
        """Move the weights by one scored batch."""
        self._meet(scores)
        if self.task == MULTICLASS:
            self._follow_losses(scores, target)
            return
        inputs = np.column_stack(
            [np.clip(raw[:, 0], -CUT, CUT) for raw in scores.values()]
        )
        said = inputs @ self.weights
        if self.task == REGRESSION:
            gap, slope = said - target, np.ones(len(target))
        else:
            share = 1 / (1 + np.exp(-said))
            gap, slope = share - target, share * (1 - share)
        equal = np.full(len(self.weights), 1 / len(self.weights))
        pull = RIDGE * np.eye(len(self.weights))
        self.curvature = KEEP * self.curvature + inputs.T @ (inputs * slope[:, None])
        step = np.linalg.solve(
            self.curvature + pull, inputs.T @ gap + RIDGE * (self.weights - equal)
        )
        self.weights = self.weights - step

    def _follow_losses(self, scores: Mapping[str, Array], target: Array) -> None:
        rows = np.arange(len(target))
        of_each = [_loss(raw, target, rows) for raw in _same_width(scores)]
        self.losses = KEEP * self.losses + np.array(of_each)
        odds = np.exp(-(self.losses - self.losses.min()) / max(1.0, len(target) ** 0.5))
        self.weights = odds / odds.sum()

    def _meet(self, scores: Mapping[str, Array]) -> None:
        if list(scores) != self.names:
            self.names = list(scores)
            self.weights = np.full(len(scores), 1 / len(scores))
            self.curvature = np.zeros((len(scores), len(scores)))
            self.losses = np.zeros(len(scores))


def _loss(raw: Array, target: Array, rows: NDArray[np.int64]) -> float:
    shifted = raw - raw.max(axis=1, keepdims=True)
    shares = np.exp(shifted)
    return float(
        -np.log(
            shares[rows, target.astype(np.int64)] / shares.sum(axis=1) + 1e-12
        ).sum()
    )


def _same_width(scores: Mapping[str, Array]) -> list[Array]:
    width = max(raw.shape[1] for raw in scores.values())
    return [for_classes(raw, width) for raw in scores.values()]
