"""Logistic and ridge regression on kept rows, to convergence."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from ..features.encoder import POSITIONS
from ..features.views import NUMBER_CODE, PLAIN_NUMBER
from ..tasks import (
    BINARY,
    REGRESSION,
    align_classes,
    compute_log_probabilities,
    compute_losses,
)
from .trees import KEEP, MOST_LOSS, NEW_SHARE, find_codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .rows import KeptRows

    Array = NDArray[np.float64]
    Matrix = NDArray[np.floating]
    Single = NDArray[np.float32]

# Values of the matrix that it is fitted on, at most: 24 MB, and a second or two.
MOST_VALUES = 3_000_000
MOST_ROWS, LEAST_FITTED_ROWS = 10_000, 200
# A category is a column of its own from so many rows on.
LEAST_CATEGORY_ROWS = 3
# Numbers are cut so many deviations from their mean.
CLIP = 6.0
# scikit-learn's `C`, and `alpha` in its place for amounts.
INVERSE_PENALTY, RIDGE_PENALTY = 1.0, 1.0
MOST_STEPS = 200
# Of the work of one class; many classes get fewer steps.
MOST_CLASS_STEPS = 1500


class RefitRegression:
    """One regression on the newest and some older rows, in two forms.

    Of numbers, and of categories one by one; and the same with small sets of whole
    numbers (an hour, a month) as categories as well. Both are judged by rows that they
    were not fitted on, and the one that did better lately predicts.
    """

    view = "refit"
    refits = True

    def __init__(self, task: str, seed: int) -> None:
        self.task = task
        self.seed = seed
        self.new_rows = 0
        self.fits: list[Fit] = []
        self.losses: Array = np.zeros(2)

    def partial_fit(
        self, matrix: Matrix, target: Array, classes: int, scores: Array | None
    ) -> None:
        """Judge both forms by a batch; `refit` is what trains."""
        self.new_rows += len(target)
        if scores is None or not self.fits:
            return
        losses = []
        for fit in self.fits:
            said = fit.decision_scores(matrix)
            if said.shape[1] > 1:
                said = align_classes(said, max(classes, said.shape[1]))
            loss = compute_losses(self.task, said, target)
            losses.append(float(np.minimum(loss, MOST_LOSS).sum()))
        self.losses = KEEP * self.losses + np.array(losses)

    @property
    def is_fitted(self) -> bool:
        """Whether it was trained."""
        return bool(self.fits)

    def wants(self, kept: KeptRows) -> bool:
        """Whether enough rows are new."""
        rows = min(len(kept), MOST_ROWS)
        return not self.fits or self.new_rows >= NEW_SHARE * rows

    def refit(self, kept: KeptRows, _seconds: float) -> None:
        """Fit anew."""
        self.new_rows = 0
        without = np.flatnonzero(kept.kinds != NUMBER_CODE)
        everything = np.arange(len(kept.kinds))
        self.fits = []
        for columns in (without, everything):
            if self.fits and len(columns) == len(without):
                self.fits.append(self.fits[0])
                continue
            fit = Fit(self.task, columns, kept)
            self.fits.append(fit)

    def decision_scores(self, matrix: Matrix) -> Array:
        """One log-odds, log-probabilities, or values."""
        return self.fits[int(self.losses.argmin())].decision_scores(matrix)


class Fit:
    """One regression that was fitted: weights, and what makes its columns of the view's."""

    def __init__(self, task: str, columns: NDArray[np.int64], kept: KeptRows) -> None:
        self.task = task
        matrix, target = kept.select(MOST_ROWS)
        self._plan_columns(matrix, columns, kept.kinds)
        width = 2 * len(self.numbers) + int(self.places.max(initial=0))
        most = max(LEAST_FITTED_ROWS, min(MOST_ROWS, MOST_VALUES // (width + 1)))
        matrix, target = kept.select(most)
        self.rows = len(target)
        self.classes: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        design = self._build(matrix)
        if self.task == REGRESSION:
            self._fit_ridge(design, target)
            return
        self.classes, labels = np.unique(target.astype(np.int64), return_inverse=True)
        self._fit_logistic(design, labels)

    def decision_scores(self, matrix: Matrix) -> Array:
        """One log-odds, log-probabilities, or values."""
        raw: Array = self._build(matrix) @ self.weights.T + self.offsets
        if self.task in {REGRESSION, BINARY}:
            return raw
        if raw.shape[1] == 1 and len(self.classes) > 1:
            raw = np.column_stack([-raw[:, 0] / 2, raw[:, 0] / 2])
        absent = np.log(0.5 / (self.rows + 1))
        scores = np.full((len(raw), int(self.classes.max(initial=1)) + 1), absent)
        scores[:, self.classes] = compute_log_probabilities(raw)
        return scores

    def _plan_columns(
        self, matrix: Matrix, columns: NDArray[np.int64], kinds: NDArray[np.int8]
    ) -> None:
        """Fix what each column becomes: mean and spread, or places of categories."""
        is_number = kinds[columns] == PLAIN_NUMBER
        self.numbers = columns[is_number]
        # By column and code the place of its weight, 0 for none.
        self.places = np.zeros((len(kinds), POSITIONS + 1), dtype=np.int32)
        used = 0
        for column in columns[~is_number]:
            counts = np.bincount(find_codes(matrix[:, column]), minlength=POSITIONS + 1)
            common = np.flatnonzero(counts >= LEAST_CATEGORY_ROWS)
            self.places[column, common] = used + 1 + np.arange(len(common))
            used += len(common)
        self.centers = np.zeros(len(self.numbers))
        self.scales = np.ones(len(self.numbers))
        for place, column in enumerate(self.numbers):
            values = matrix[:, column].astype(np.float64)
            self._measure_number(place, values[np.isfinite(values)])

    def _measure_number(self, place: int, values: Array) -> None:
        """Mean and deviation without the far ends, which one outlier would set."""
        if not len(values):
            return
        low, high = np.percentile(values, [0.5, 99.5])
        inner = np.clip(values, low, high)
        self.centers[place] = inner.mean()
        self.scales[place] = inner.std() or values.std() or 1.0

    def _build(self, matrix: Matrix) -> Single:
        """Numbers, whether each is missing, and a column a category."""
        count = len(self.numbers)
        used = int(self.places.max(initial=0))
        design = np.zeros((len(matrix), 2 * count + used + 1), dtype=np.float32)
        values = matrix[:, self.numbers].astype(np.float64)
        missing = ~np.isfinite(values)
        scaled = np.clip((values - self.centers) / self.scales, -CLIP, CLIP)
        design[:, :count] = np.where(missing, 0.0, scaled)
        design[:, count : 2 * count] = missing
        rows = np.arange(len(matrix))
        for column, places in enumerate(self.places):
            if places.any():
                design[rows, 2 * count + places[find_codes(matrix[:, column])]] = 1.0
        # Place 0 is that of no category.
        return np.delete(design, 2 * count, axis=1)

    def _fit_ridge(self, design: Single, target: Array) -> None:
        center = design.mean(axis=0, dtype=np.float64)
        shifted = design - center
        mean = float(target.mean())
        squares = shifted.T @ shifted + RIDGE_PENALTY * np.eye(shifted.shape[1])
        weights = np.linalg.solve(squares, shifted.T @ (target - mean))
        self.weights = weights.reshape(1, -1)
        self.offsets = np.array([mean - float(center @ weights)])

    def _fit_logistic(self, design: Single, labels: NDArray[np.int64]) -> None:
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  # slow

        if len(self.classes) == 1:
            odds = float(np.log(2.0 * self.rows + 1))
            self.weights = np.zeros((1, design.shape[1]))
            is_first = self.task == BINARY and self.classes[0] == 0
            self.offsets = np.array([-odds if is_first else odds])
            return
        steps = max(20, min(MOST_STEPS, MOST_CLASS_STEPS // len(self.classes)))
        model = LogisticRegression(C=INVERSE_PENALTY, max_iter=steps)
        with np.errstate(over="ignore"), warnings.catch_warnings():
            # What has not converged after so many steps is near enough.
            warnings.simplefilter("ignore")
            model.fit(design, labels)
        self.weights = model.coef_.astype(np.float64)
        self.offsets = model.intercept_.astype(np.float64)
