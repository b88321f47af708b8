"""A candidate of the user's own."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import numpy as np

from ..errors import SettingsError
from ..tasks import REGRESSION, compute_logits, count_reserved_classes
from .estimators import fit_batch, predict_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .estimators import Estimator, Matrix

    Array = NDArray[np.float64]


class UserModel:
    """Anything with scikit-learn's `partial_fit`, made by `module:factory`.

    Its class may name the matrix it wants: `view = "dense"`.
    """

    def __init__(self, task: str, name: str) -> None:
        """Raises SettingsError where the factory cannot be called."""
        self.task = task
        self.name = name
        self.classes = 0
        self.estimator: Estimator = None
        self.view = str(getattr(create_user_estimator(name), "view", "dense"))

    def partial_fit(
        self, matrix: Matrix, target: Array, classes: int, _scores: Array | None
    ) -> None:
        """Train on one batch; starts again without room for a class that joined."""
        reserved = count_reserved_classes(classes)
        if self.estimator is None or reserved != self.classes:
            self.estimator = create_user_estimator(self.name)
            self.classes = reserved
        fit_batch(self.estimator, self.task, matrix, target, self.classes)

    def decision_scores(self, matrix: Matrix) -> Array:
        """From `predict_proba`, else `decision_function`; from `predict` for values."""
        if self.task == REGRESSION:
            return predict_values(self.estimator, matrix)
        if hasattr(self.estimator, "predict_proba"):
            return compute_logits(self.task, self.estimator.predict_proba(matrix))
        scores = self.estimator.decision_function(matrix)
        return np.asarray(scores, dtype=np.float64).reshape(len(scores), -1)


def create_user_estimator(name: str) -> Estimator:
    """Call `module:factory`.

    Raises SettingsError where that fails, or what it gives has no `partial_fit`.
    """
    module, _, factory = name.partition(":")
    try:
        estimator = getattr(importlib.import_module(module), factory)()
    except Exception as error:
        raise SettingsError(
            f"`models` names {name!r}, which cannot be made: {error}"
        ) from error
    if not hasattr(estimator, "partial_fit"):
        raise SettingsError(
            f"`models` names {name!r}, "
            f"whose {type(estimator).__name__} has no partial_fit"
        )
    return estimator
