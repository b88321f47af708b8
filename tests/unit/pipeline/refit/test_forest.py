"""A forest of arrays says what the library says that grew it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)

from pipeline.refit.forest import Forest, read_hist_gradient_boosting, read_lightgbm
from pipeline.refit.growing import Growth, grow_forest

Array = NDArray[np.float64]


def make_rows(rows: int = 600) -> tuple[Array, Array]:
    chance = np.random.default_rng(2)
    matrix = chance.normal(size=(rows, 5))
    matrix[chance.random(matrix.shape) < 0.1] = np.nan
    matrix[:, 4] = chance.normal(size=rows)
    return matrix, np.nan_to_num(matrix[:, 0]) - matrix[:, 4] ** 2


@pytest.mark.parametrize("outputs", [1, 3])
def test_it_predicts_as_lightgbm_does(outputs: int) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    matrix, value = make_rows()
    options = {"verbose": -1, "num_threads": 1, "objective": "regression"}
    target = value
    if outputs > 1:
        target = np.digitize(value, [-1, 0]).astype(float)
        options |= {"objective": "multiclass", "num_class": outputs}
    model = lightgbm.train(options, lightgbm.Dataset(matrix, target), 30)
    trees = read_lightgbm(model.model_to_string())
    forest = Forest(outputs, np.zeros(outputs), trees)
    # Columns that missed nothing while it grew miss something now.
    unseen = matrix.copy()
    unseen[::7, 4] = np.nan
    said = model.predict(unseen, raw_score=True).reshape(len(unseen), -1)
    stages = forest.predict_stages(unseen, [1, 10, 30])
    np.testing.assert_allclose(stages[-1], said, atol=1e-12)
    early = model.predict(unseen, raw_score=True, num_iteration=10)
    np.testing.assert_allclose(stages[1], early.reshape(said.shape), atol=1e-12)


def test_it_predicts_as_scikit_learn_does() -> None:
    matrix, value = make_rows()
    regressor = HistGradientBoostingRegressor(max_iter=20).fit(matrix, value)
    start, trees = read_hist_gradient_boosting(regressor)
    said = Forest(1, start, trees).predict_stages(matrix, [20])[0]
    np.testing.assert_allclose(said[:, 0], regressor.predict(matrix))
    labels = np.digitize(value, [-1, 0])
    classifier = HistGradientBoostingClassifier(max_iter=20).fit(matrix, labels)
    start, trees = read_hist_gradient_boosting(classifier)
    raw = Forest(3, start, trees).predict_stages(matrix, [20])[0]
    shares = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares, classifier.predict_proba(matrix))


def test_scikit_learn_grows_where_lightgbm_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    matrix, value = make_rows()
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    forest = grow_forest(Growth("binary", 2, 40, 1), matrix, (value > -1).astype(float))
    scores = forest.predict_stages(matrix, [40])[0][:, 0]
    assert ((scores > 0) == (value > -1)).mean() > 0.95


def test_a_matrix_that_is_too_narrow_is_refused_before_the_compiled_loop() -> None:
    matrix, value = make_rows()
    forest = grow_forest(Growth("regression", 0, 5, 1), matrix, value)
    with pytest.raises(ValueError, match="fewer columns"):
        forest.predict_stages(matrix[:, :1], [5])
