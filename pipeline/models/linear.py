"""Logistic and linear regression by stochastic gradient descent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.linear_model import SGDClassifier, SGDRegressor

from ..tasks import BINARY, REGRESSION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .estimators import Estimator, Matrix

    Array = NDArray[np.float64]

# The step at first and the power by which it falls (`eta0`, `power_t`), by view.
#
# The more entries a row has, the smaller the step: they all move together. On the
# flights stream in batches of 10,000 rows, (.05, .25) on the plain view reaches an AUC
# of .6913 and a log loss of .5121; scikit-learn's default learning rate .6351 and
# .6749, which is worse than the base rate.
LEARNING_RATES = {"wide": (0.01, 0.3), "plain": (0.05, 0.25)}
# `alpha` of the measurement above; a tenth of scikit-learn's.
PENALTY = 1e-5
# Errors beyond one standard deviation of the target count linearly.
HUBER_EPSILON = 1.0


class LinearModel:
    """One regression, or one against the rest a class for more than two classes."""

    def __init__(self, task: str, seed: int, view: str = "wide") -> None:
        self.task = task
        self.seed = seed
        self.view = view
        self.estimators: list[Estimator] = []

    def partial_fit(
        self, matrix: Matrix, target: Array, classes: int, _scores: Array | None
    ) -> None:
        """Train on one batch."""
        if self.task == REGRESSION:
            self._add_estimators(1)
            self.estimators[0].partial_fit(matrix, target)
            return
        if self.task == BINARY:
            self._add_estimators(1)
        else:
            self._add_estimators(max(classes, 2))
        for index, estimator in enumerate(self.estimators):
            positive = target == (1 if len(self.estimators) == 1 else index)
            estimator.partial_fit(matrix, positive.astype(np.int64), classes=[0, 1])

    def decision_scores(self, matrix: Matrix) -> Array:
        """One log-odds, or the logs of one-against-the-rest shares, or values."""
        if self.task == REGRESSION:
            return np.asarray(self.estimators[0].predict(matrix)).reshape(-1, 1)
        columns = [estimator.decision_function(matrix) for estimator in self.estimators]
        odds: Array = np.stack(columns, axis=1)
        if self.task == BINARY:
            return odds
        return -np.logaddexp(0.0, -odds)

    def _add_estimators(self, count: int) -> None:
        if len(self.estimators) == 1 and count > 1:
            # What was trained as "class 1 against class 0" is the start of both.
            only = self.estimators[0]
            self.estimators = [self._copy_mirrored(only), only]
        while len(self.estimators) < count:
            self.estimators.append(self._create_estimator())

    def _create_estimator(self) -> Estimator:
        start, power = LEARNING_RATES[self.view]
        options: dict[str, Any] = {
            "alpha": PENALTY,
            "learning_rate": "invscaling",
            "eta0": start,
            "power_t": power,
            "random_state": self.seed,
        }
        if self.task == REGRESSION:
            return SGDRegressor(loss="huber", epsilon=HUBER_EPSILON, **options)
        return SGDClassifier(loss="log_loss", **options)

    def _copy_mirrored(self, estimator: Estimator) -> Estimator:
        """The same estimator for the other one of two classes."""
        mirrored = self._create_estimator()
        mirrored.__dict__.update(estimator.__dict__)
        mirrored.coef_ = -estimator.coef_
        mirrored.intercept_ = -estimator.intercept_
        return mirrored
