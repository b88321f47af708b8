"""How good the champion was over the rows of one run: metrics, classes, calibration.

Every row was scored before it was trained on. Nothing of this is needed to go on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import SettingsError
from ..tasks import (
    BINARY,
    MULTICLASS,
    REGRESSION,
    compute_log_probabilities,
    compute_losses,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

# By task the metrics that can be asked for, the usual one first.
METRICS = {
    BINARY: ("auc", "logloss", "pr_auc", "f1", "accuracy"),
    MULTICLASS: ("accuracy", "logloss", "f1"),
    REGRESSION: ("rmse", "mae", "r2"),
}
LOWER_IS_BETTER = frozenset({"logloss", "rmse", "mae"})
# Shares of the class that was thought likeliest (of the second one, for two).
CALIBRATION_BINS = 10
# Of the log-odds, for the area under a curve.
CURVE_BINS, CURVE_SPAN = 4096, 24.0
DECIMALS = 6

# As `summary.json` and the state have it.
Quality = dict[str, Any]


class QualityCounter:
    """Sums over the rows of a run, in constant space."""

    def __init__(self, task: str, unit: float) -> None:
        self.task = task
        self.rows = 0
        self._unit = unit
        self._loss = 0.0
        self._confusion: NDArray[np.int64] = np.zeros((0, 0), dtype=np.int64)
        self._curve = np.zeros((2, CURVE_BINS), dtype=np.int64)
        # Rows, sum of shares, and hits, by bin of the share.
        self._calibration = np.zeros((3, CALIBRATION_BINS))
        # Of errors their sizes and squares, of targets their sum and squares.
        self._amounts = np.zeros(4)

    def add(self, scores: Array, target: Array) -> None:
        """Take in a batch: decision scores, and class indices or standardized amounts."""
        self.rows += len(target)
        if self.task == REGRESSION:
            errors = scores[:, 0] - target
            sums = (np.abs(errors), errors**2, target, target**2)
            self._amounts += [float(values.sum()) for values in sums]
            return
        self._loss += float(compute_losses(self.task, scores, target).sum())
        indices = target.astype(np.int64)
        if self.task == BINARY:
            self._add_two_classes(scores[:, 0], indices)
        else:
            self._add_classes(compute_log_probabilities(scores), indices)

    def _add_two_classes(self, log_odds: Array, target: NDArray[np.int64]) -> None:
        places = (log_odds / CURVE_SPAN + 0.5) * CURVE_BINS
        bins = np.clip(places, 0, CURVE_BINS - 1).astype(np.int64)
        counts = np.bincount(target * CURVE_BINS + bins, minlength=2 * CURVE_BINS)
        self._curve += counts.reshape(2, CURVE_BINS)
        self._count_confusion(target, (log_odds > 0).astype(np.int64), 2)
        self._calibrate(1 / (1 + np.exp(-log_odds)), target == 1)

    def _add_classes(self, log_shares: Array, target: NDArray[np.int64]) -> None:
        said = log_shares.argmax(axis=1)
        self._count_confusion(target, said, log_shares.shape[1])
        shares = np.exp(log_shares[np.arange(len(target)), said])
        self._calibrate(shares, said == target)

    def _count_confusion(
        self, target: NDArray[np.int64], said: NDArray[np.int64], classes: int
    ) -> None:
        width = max(classes, len(self._confusion))
        room = width - len(self._confusion)
        self._confusion = np.pad(self._confusion, ((0, room), (0, room)))
        counts = np.bincount(target * width + said, minlength=width * width)
        self._confusion += counts.reshape(width, width)

    def _calibrate(self, shares: Array, hits: NDArray[np.bool_]) -> None:
        bins = (shares * CALIBRATION_BINS).astype(np.int64)
        bins = np.minimum(bins, CALIBRATION_BINS - 1)
        for row, weights in enumerate((None, shares, hits)):
            sums = np.bincount(bins, weights=weights, minlength=CALIBRATION_BINS)
            self._calibration[row] += sums

    def compute_metrics(self) -> dict[str, float]:
        """Every metric of the task that can be computed from the rows so far."""
        if not self.rows:
            return {}
        if self.task == REGRESSION:
            return self._compute_amounts()
        hits = float(np.trace(self._confusion))
        metrics = {"logloss": self._loss / self.rows, "accuracy": hits / self.rows}
        scores = [row["f1"] for row in self._describe_classes()]
        if self.task == BINARY:
            metrics["f1"] = scores[1]
            metrics |= compute_curves(self._curve)
        elif scores:
            metrics["f1"] = float(np.mean(scores))
        return metrics

    def _compute_amounts(self) -> dict[str, float]:
        sizes, squares, total, total_squares = self._amounts.tolist()
        metrics = {
            "rmse": (squares / self.rows) ** 0.5 * self._unit,
            "mae": sizes / self.rows * self._unit,
        }
        spread = total_squares - total**2 / self.rows
        if spread > 0:
            metrics["r2"] = 1 - squares / spread
        return metrics

    def _describe_classes(self) -> list[dict[str, Any]]:
        """Rows, precision, recall and F1 of each class, by index."""
        hits = np.diag(self._confusion).astype(np.float64)
        came, said = self._confusion.sum(axis=1), self._confusion.sum(axis=0)
        described = []
        for index, hit in enumerate(hits.tolist()):
            described.append(
                {
                    "rows": int(came[index]),
                    "precision": hit / max(1, int(said[index])),
                    "recall": hit / max(1, int(came[index])),
                    "f1": 2 * hit / max(1, int(said[index] + came[index])),
                }
            )
        return described

    def describe(self, classes: Sequence[str]) -> Quality:
        """All of it as JSON values, with the names of the classes."""
        quality: Quality = {
            "rows": self.rows,
            "metrics": _round(self.compute_metrics()),
            "classes": [],
            "calibration": [],
            "importances": [],
        }
        if self.task == REGRESSION or not self.rows:
            return quality
        described = []
        for name, row in zip(classes, self._describe_classes(), strict=False):
            described.append({"class": name, **_round(row)})
        quality["classes"] = described
        rows, shares, hits = self._calibration
        bins = []
        for index in np.flatnonzero(rows):
            said, came = shares[index] / rows[index], hits[index] / rows[index]
            bins.append(_round({"rows": int(rows[index]), "said": said, "came": came}))
        quality["calibration"] = bins
        return quality


def compute_curves(counts: NDArray[np.int64]) -> dict[str, float]:
    """Areas under the curves from rows of two classes by ascending bin of the score.

    Average precision for `pr_auc` (precision at each bin by the recall it adds).
    """
    negatives, positives = counts.astype(np.float64)
    if not negatives.sum() or not positives.sum():
        return {}
    below = np.cumsum(negatives) - negatives
    pairs = negatives.sum() * positives.sum()
    auc = float((positives * (below + negatives / 2)).sum() / pairs)
    found = np.cumsum(positives[::-1])
    precision = found / np.maximum(found + np.cumsum(negatives[::-1]), 1)
    average = float((precision * positives[::-1]).sum() / positives.sum())
    return {"auc": auc, "pr_auc": average}


def choose_metric(
    asked: str, task: str, metrics: dict[str, float]
) -> tuple[str, float] | None:
    """The metric of a run to judge by, None where it cannot be computed yet.

    Raises SettingsError where the task has no such metric.
    """
    name = METRICS[task][0] if asked == "auto" else asked
    if name not in METRICS[task]:
        raise SettingsError(
            f"`metric` is {asked}, which a {task} target does not have",
            hint=f"it has {', '.join(METRICS[task])}",
        )
    if name not in metrics:
        return None
    return name, metrics[name]


def _round(values: dict[str, Any]) -> dict[str, Any]:
    rounded = {}
    for name, value in values.items():
        rounded[name] = (
            value if isinstance(value, int) else round(float(value), DECIMALS)
        )
    return rounded
