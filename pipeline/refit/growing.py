"""Growing a forest: by LightGBM where it is installed, else by scikit-learn."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..tasks import REGRESSION
from .forest import Forest, read_hist_gradient_boosting, read_lightgbm

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LEARNING_RATE, LEAVES = 0.1, 31
# A leaf holds at least one row in LEAF_SHARE, within these bounds.
LEAST_LEAF_ROWS, MOST_LEAF_ROWS, LEAF_SHARE = 3, 20, 60
PENALTY = 1.0


class Growth(NamedTuple):
    """What a forest is grown for: amounts, or `classes` classes that all come."""

    task: str
    classes: int
    rounds: int
    seed: int


def grow_forest(growth: Growth, matrix: Array, target: Array) -> Forest:
    """Trees; `target` holds class indices or amounts."""
    leaf_rows = max(LEAST_LEAF_ROWS, min(MOST_LEAF_ROWS, len(target) // LEAF_SHARE))
    if importlib.util.find_spec("lightgbm") is not None:
        return _grow_by_lightgbm(growth, matrix, target, leaf_rows)
    return _grow_by_sklearn(growth, matrix, target, leaf_rows)


def count_outputs(task: str, classes: int) -> int:
    """How many trees a round has: one for amounts and for two classes."""
    if task == REGRESSION or classes == 2:  # noqa: PLR2004  # two classes
        return 1
    return classes


def _grow_by_lightgbm(
    growth: Growth, matrix: Array, target: Array, leaf_rows: int
) -> Forest:
    lightgbm: Any = importlib.import_module("lightgbm")
    outputs = count_outputs(growth.task, growth.classes)
    options: dict[str, Any] = {
        "learning_rate": LEARNING_RATE,
        "num_leaves": LEAVES,
        "min_data_in_leaf": leaf_rows,
        "min_data_in_bin": 1,
        "lambda_l2": PENALTY,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": 1,
        "seed": growth.seed,
        "verbose": -1,
    }
    if growth.task == REGRESSION:
        options["objective"] = "regression"
    elif outputs == 1:
        options["objective"] = "binary"
    else:
        options |= {"objective": "multiclass", "num_class": growth.classes}
    data = lightgbm.Dataset(matrix, target, params=options)
    # Else it writes and reads its text once more, to forget the rows.
    booster = lightgbm.train(options, data, growth.rounds, keep_training_booster=True)
    text = booster.model_to_string()
    return Forest(outputs, np.zeros(outputs), read_lightgbm(text))


def _grow_by_sklearn(
    growth: Growth, matrix: Array, target: Array, leaf_rows: int
) -> Forest:
    from sklearn.ensemble import (  # noqa: PLC0415  # slow, and not always needed
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
    )

    options: dict[str, Any] = {
        "learning_rate": LEARNING_RATE,
        "max_iter": growth.rounds,
        "max_leaf_nodes": LEAVES,
        "min_samples_leaf": leaf_rows,
        "l2_regularization": PENALTY,
        "early_stopping": False,
        "random_state": growth.seed,
        "categorical_features": None,
    }
    if growth.task == REGRESSION:
        estimator = HistGradientBoostingRegressor(**options).fit(matrix, target)
    else:
        estimator = HistGradientBoostingClassifier(**options).fit(matrix, target)
    start, trees = read_hist_gradient_boosting(estimator)
    return Forest(len(start), start, trees)
