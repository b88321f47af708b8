"""What ours is compared with: each predicts an increment before it learns it."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

MOST_CATEGORIES = 200
# Installed beside, for benches alone.
RIVER_PARTS = ("forest", "linear_model", "multiclass", "preprocessing")
Scores = dict[str, float]
# Labels, predictions and models of libraries without types.
Values: TypeAlias = Any
Predict = Callable[[pd.DataFrame, Any, pd.DataFrame], Any]


def prepare(frame: pd.DataFrame, target: str) -> tuple[pd.DataFrame, Any]:
    """Features with text as categories and dates as numbers, and the target."""
    features = frame.drop(columns=[target])
    for name in features.columns:
        values = features[name]
        if pd.api.types.is_numeric_dtype(values.dtype):
            features[name] = values.astype(float)
            continue
        dates = None
        if values.notna().any() and values.astype(str).str.match(r"\d{4}[-/]").all():
            dates = pd.to_datetime(values, errors="coerce")
        if dates is not None and dates.notna().all():
            features[name] = dates.astype("int64") / 1e9
            features[f"{name}.month"] = dates.dt.month.astype(float)
            features[f"{name}.day"] = dates.dt.day_of_week.astype(float)
            features[f"{name}.hour"] = dates.dt.hour.astype(float)
        else:
            common = values.astype(str).value_counts().index[:MOST_CATEGORIES]
            kept = values.astype(str).where(values.astype(str).isin(common), "rest")
            features[name] = kept.astype("category")
    return features, frame[target].to_numpy()


def run_retrain(predict: Predict, frame: pd.DataFrame, target: str, task: str,
                batch: int) -> Scores:  # fmt: skip
    """A model fitted on all rows so far, each increment anew."""
    features, labels = prepare(frame, target)
    if task != "regression":
        labels = labels.astype(str)
    said = []
    for start in range(batch, len(frame), batch):
        known, now = features.iloc[:start], features.iloc[start : start + batch]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            said.append(predict(known, labels[:start], now))
    return measure(task, labels, batch, said)


def measure(task: str, labels: Values, batch: int, said: list[Any]) -> Scores:
    """The headline of everything predicted, and the log loss of classes."""
    truth = labels[batch:]
    if task == "regression":
        predicted = np.concatenate(said)
        return {"rmse": float(np.sqrt(np.mean((predicted - truth) ** 2)))}
    classes = np.unique(labels)
    shares = np.full((len(truth), len(classes)), 1e-6)
    row = 0
    for names, values in said:
        places = np.searchsorted(classes, names)
        shares[row : row + len(values), places] = np.maximum(values, 1e-6)
        row += len(values)
    shares /= shares.sum(axis=1, keepdims=True)
    loss = float(log_loss(truth, shares, labels=classes))
    if task == "binary":
        return {
            "auc": float(roc_auc_score(truth == classes[1], shares[:, 1])),
            "loss": loss,
        }
    hits = classes[shares.argmax(axis=1)] == truth
    return {"accuracy": float(hits.mean()), "loss": loss}


def predict_by_hist(known: pd.DataFrame, labels: Values, now: pd.DataFrame) -> Values:
    """Histogram gradient boosting of scikit-learn, as it comes."""
    if labels.dtype.kind in "fi":
        model = HistGradientBoostingRegressor(random_state=1)
        return model.fit(known, labels).predict(now)
    if len(np.unique(labels)) == 1:
        return np.unique(labels), np.ones((len(now), 1))
    classifier = HistGradientBoostingClassifier(random_state=1).fit(known, labels)
    return classifier.classes_, classifier.predict_proba(now)


def predict_by_lightgbm(
    known: pd.DataFrame, labels: Values, now: pd.DataFrame
) -> Values:
    """LightGBM, as it comes."""
    lightgbm: Any = importlib.import_module("lightgbm")
    options = {"random_state": 1, "n_jobs": 1, "verbose": -1}
    if labels.dtype.kind in "fi":
        return lightgbm.LGBMRegressor(**options).fit(known, labels).predict(now)
    if len(np.unique(labels)) == 1:
        return np.unique(labels), np.ones((len(now), 1))
    model = lightgbm.LGBMClassifier(**options).fit(known, labels)
    return model.classes_, model.predict_proba(now)


def predict_by_regression(
    known: pd.DataFrame, labels: Values, now: pd.DataFrame
) -> Values:
    """Logistic regression or ridge, numbers scaled and categories one by one."""
    numbers = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler())
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (
            OneHotEncoder(handle_unknown="ignore"),
            make_column_selector(dtype_include="category"),
        ),
    )
    if labels.dtype.kind in "fi":
        return make_pipeline(columns, Ridge()).fit(known, labels).predict(now)
    if len(np.unique(labels)) == 1:
        return np.unique(labels), np.ones((len(now), 1))
    model = make_pipeline(columns, LogisticRegression(max_iter=300)).fit(known, labels)
    return model.classes_, model.predict_proba(now)


def run_river(name: str, frame: pd.DataFrame, target: str, task: str,
              batch: int) -> Scores:  # fmt: skip
    """river's logistic regression or its adaptive random forest, row by row.

    Labels of an increment come when it is over.
    """
    features, labels = prepare(frame, target)
    if task != "regression":
        labels = labels.astype(str)
    rows: list[dict[str, Any]] = features.astype(
        dict.fromkeys(features.columns, object)
    ).to_dict("records")  # type: ignore[assignment]  # its keys are text
    rows = [{k: v for k, v in row.items() if v == v} for row in rows]  # noqa: PLR0124
    model: Any = _make_river(name, task)
    classes = np.unique(labels) if task != "regression" else None
    said = []
    for start in range(0, len(rows), batch):
        if start:
            said.append(_predict_rows(model, rows[start : start + batch], classes))
        for row, label in zip(
            rows[start : start + batch], labels[start : start + batch], strict=True
        ):
            model.learn_one(row, label if classes is not None else float(label))
    return measure(task, labels, batch, said)


def _predict_rows(model: Values, rows: list[dict[str, Any]], classes: Values) -> Values:
    if classes is None:
        return np.array([model.predict_one(row) for row in rows])
    shares = []
    for row in rows:
        found = model.predict_proba_one(row)
        shares.append([found.get(name, 0.0) for name in classes])
    return classes, np.nan_to_num(np.array(shares, dtype=float))


class ScaledModel:
    """river's StandardScaler for numbers, ones for categories, and then a model."""

    def __init__(self, model: Values) -> None:
        self._scaler: Values = importlib.import_module(
            "river.preprocessing"
        ).StandardScaler()
        self._model = model

    def _transform(self, row: dict[str, Any]) -> dict[str, float]:
        numbers, words = _split_row(row)
        return {**self._scaler.transform_one(numbers), **words}

    def learn_one(self, row: dict[str, Any], label: Values) -> None:
        """Learn a row."""
        self._scaler.learn_one(_split_row(row)[0])
        self._model.learn_one(self._transform(row), label)

    def predict_one(self, row: dict[str, Any]) -> Values:
        """The value of a row."""
        return self._model.predict_one(self._transform(row))

    def predict_proba_one(self, row: dict[str, Any]) -> Values:
        """The shares of a row."""
        return self._model.predict_proba_one(self._transform(row))


def _split_row(row: dict[str, Any]) -> tuple[dict[str, float], dict[str, float]]:
    numbers, words = {}, {}
    for name, value in row.items():
        if isinstance(value, str):
            words[f"{name}={value}"] = 1.0
        else:
            numbers[name] = float(value)
    return numbers, words


def _make_river(name: str, task: str) -> Values:
    forest, linear_model, multiclass, preprocessing = (
        importlib.import_module(f"river.{part}") for part in RIVER_PARTS
    )
    if name == "forest":
        if task == "regression":
            # Its leaves take numbers alone.
            return ScaledModel(forest.ARFRegressor(seed=1))
        return forest.ARFClassifier(seed=1)
    if task == "regression":
        regression = linear_model.LinearRegression()
        return ScaledModel(preprocessing.TargetStandardScaler(regression))
    logistic = linear_model.LogisticRegression()
    return ScaledModel(multiclass.OneVsRestClassifier(logistic))
