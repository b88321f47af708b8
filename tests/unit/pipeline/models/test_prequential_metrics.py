"""Metrics in constant space, compared with those of scikit-learn over all rows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

from pipeline.models.metrics import PrequentialMetrics, score_batch
from pipeline.tasks import (
    BINARY,
    MULTICLASS,
    REGRESSION,
    compute_log_probabilities,
)

CHANCE = np.random.default_rng(1)
BATCHES = 5


def test_auc_and_log_loss_of_batches_are_those_of_all_rows() -> None:
    metrics = PrequentialMetrics(BINARY)
    scores = CHANCE.normal(scale=2, size=(5000, 1))
    target = (CHANCE.random(5000) < 1 / (1 + np.exp(-scores[:, 0]))).astype(float)
    for part in np.array_split(np.arange(5000), BATCHES):
        metrics.add(score_batch(BINARY, scores[part], target[part]))
    shares = 1 / (1 + np.exp(-scores[:, 0]))
    assert metrics.loss == pytest.approx(log_loss(target, shares))
    assert metrics.auc == pytest.approx(roc_auc_score(target, shares), abs=1e-4)
    assert metrics.headline == ("auc", metrics.auc)


def test_accuracy_and_log_loss_of_many_classes() -> None:
    metrics = PrequentialMetrics(MULTICLASS)
    scores = CHANCE.normal(size=(3000, 4))
    target = CHANCE.integers(0, 4, 3000).astype(float)
    for part in np.array_split(np.arange(3000), BATCHES):
        metrics.add(score_batch(MULTICLASS, scores[part], target[part]))
    shares = np.exp(compute_log_probabilities(scores))
    assert metrics.loss == pytest.approx(log_loss(target, shares))
    accuracy = accuracy_score(target, scores.argmax(axis=1))
    assert metrics.headline == ("accuracy", accuracy)


def test_the_error_is_in_units_of_the_target() -> None:
    metrics = PrequentialMetrics(REGRESSION)
    metrics.unit = 10.0
    metrics.add(score_batch(REGRESSION, np.array([[0.0], [2.0]]), np.array([1.0, 1.0])))
    assert metrics.headline == ("rmse", 10.0)


def test_nothing_is_said_before_anything_was_scored() -> None:
    metrics = PrequentialMetrics(BINARY)
    assert (metrics.loss, metrics.auc, metrics.headline) == (None, None, None)
    assert metrics.recent == float("inf")
