"""What every candidate is: the protocol, and its ways to a scikit-learn estimator.

Decision scores are of shape (rows, scores): one log-odds for two classes,
log-probabilities up to a constant for more, or one value in standard deviations of the
target.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from ..tasks import REGRESSION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..refit.rows import KeptRows

    Array = NDArray[np.float64]

# Neither SciPy nor scikit-learn has types.
# A NumPy array or a SciPy CSR matrix, of shape (rows, features).
Matrix: TypeAlias = Any
# Something with scikit-learn's `partial_fit`.
Estimator: TypeAlias = Any


class Candidate(Protocol):
    """What the population asks of a model; `view` names the matrix it is given."""

    view: str

    def decision_scores(self, matrix: Matrix, /) -> Array:
        """Scores of shape (rows, scores), for rows it was not trained on yet."""
        ...

    def partial_fit(
        self, matrix: Matrix, target: Array, classes: int, scores: Array | None, /
    ) -> None:
        """Train on one batch.

        `target` holds class indices below `classes`, or standardized values. `scores`
        are the decision scores of this very batch; None for the first one.
        """
        ...


class Refitted(Protocol):
    """What is asked as well of a candidate that is trained anew on kept rows."""

    @property
    def is_fitted(self) -> bool:
        """Whether it was trained: one that waits for more rows is not scored yet."""
        ...

    def wants(self, kept: KeptRows, /) -> bool:
        """Whether enough rows are new."""
        ...

    def refit(self, kept: KeptRows, seconds: float, /) -> None:
        """Train on the rows in about so many seconds of work."""
        ...


def fit_batch(
    estimator: Estimator, task: str, matrix: Matrix, target: Array, classes: int
) -> None:
    """One `partial_fit`; `target` holds values, or class indices below `classes`."""
    if task == REGRESSION:
        estimator.partial_fit(matrix, target)
        return
    labels = target.astype(np.int64)
    estimator.partial_fit(matrix, labels, classes=np.arange(classes))


def predict_values(estimator: Estimator, matrix: Matrix) -> Array:
    """The values that a regression predicts, of shape (rows, 1)."""
    return np.asarray(estimator.predict(matrix), dtype=np.float64).reshape(-1, 1)
