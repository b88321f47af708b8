"""The candidates: each scores a matrix and takes a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.linear_model import SGDClassifier, SGDRegressor

if TYPE_CHECKING:
    import scipy.sparse
    from numpy.typing import NDArray

BINARY = 2


class Linear:
    """Logistic or linear regression by stochastic gradient descent; one-against-the-rest for more than two classes.

    scikit-learn's default learning rate does worse than the base rate on such streams; this one was measured.
    """

    def __init__(self, task: str, seed: int) -> None:
        self.task = task
        self.seed = seed
        self.learners: list[Any] = []

    def learn(self, matrix: scipy.sparse.csr_matrix, target: NDArray[np.float64], classes: int) -> None:
        """Take one batch; `target` holds class indices below `classes`, or values."""
        if self.task == "regression":
            self._grow(1)
            self.learners[0].partial_fit(matrix, target)
            return
        self._grow(1 if classes <= BINARY else classes)
        for index, learner in enumerate(self.learners):
            positive = target == (1 if len(self.learners) == 1 else index)
            learner.partial_fit(matrix, positive.astype(np.int64), classes=[0, 1])

    def raw(self, matrix: scipy.sparse.csr_matrix) -> NDArray[np.float64]:
        """Log-odds of shape (rows, learners), or values of shape (rows, 1)."""
        if self.task == "regression":
            return np.asarray(self.learners[0].predict(matrix)).reshape(-1, 1)
        return np.stack([learner.decision_function(matrix) for learner in self.learners], axis=1)

    def _grow(self, wanted: int) -> None:
        if len(self.learners) == 1 and wanted > 1:
            # What was learnt of "class 1 against class 0" stays the start of both.
            self.learners = [self._mirrored(self.learners[0]), self.learners[0]]
        while len(self.learners) < wanted:
            self.learners.append(self._new())

    def _new(self) -> Any:  # noqa: ANN401  # scikit-learn has no types
        rates: dict[str, Any] = {"alpha": 1e-5, "learning_rate": "invscaling", "eta0": 0.05, "power_t": 0.25}
        if self.task == "regression":
            return SGDRegressor(loss="huber", random_state=self.seed, **rates)
        return SGDClassifier(loss="log_loss", random_state=self.seed, **rates)

    def _mirrored(self, learner: Any) -> Any:  # noqa: ANN401  # scikit-learn has no types
        twin = self._new()
        twin.__dict__.update(learner.__dict__)
        twin.coef_, twin.intercept_ = -learner.coef_, -learner.intercept_
        return twin
