"""Naive Bayes over counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sklearn.naive_bayes import MultinomialNB

from ..tasks import compute_logits, count_reserved_classes
from .estimators import fit_batch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .estimators import Estimator, Matrix

    Array = NDArray[np.float64]

# Scores are multiplied by it: Naive Bayes takes features that say the same for
# independent ones, and is far too sure.
TEMPERING = 0.35


class NaiveBayes:
    """scikit-learn's MultinomialNB over values and buckets of numbers, for classes."""

    view = "tokens"

    def __init__(self, task: str) -> None:
        self.task = task
        self.classes = 0
        self.estimator: Estimator = None

    def partial_fit(
        self, matrix: Matrix, target: Array, classes: int, _scores: Array | None
    ) -> None:
        """Count one batch.

        The counts start again where there is no room for a class that joined.
        """
        reserved = count_reserved_classes(classes)
        if self.estimator is None or reserved != self.classes:
            self.estimator = MultinomialNB()
            self.classes = reserved
        fit_batch(self.estimator, self.task, matrix, target, self.classes)

    def decision_scores(self, matrix: Matrix) -> Array:
        """Log-odds or log-probabilities."""
        return (
            compute_logits(self.task, self.estimator.predict_proba(matrix)) * TEMPERING
        )
