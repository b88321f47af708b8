"""Figures of a run, against scikit-learn's."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from pipeline.choice.quality import QualityCounter, choose_metric
from pipeline.errors import SettingsError
from pipeline.tasks import BINARY, MULTICLASS, REGRESSION, compute_log_probabilities
from tests.unit.pipeline.flowers import flowers, log, put, train

CHANCE = np.random.default_rng(3)


def test_two_classes_are_measured_as_scikit_learn_does() -> None:
    odds = CHANCE.normal(size=3000) * 2
    target = (odds + CHANCE.normal(size=3000) * 2 > 1).astype(float)
    counter = QualityCounter(BINARY, 1.0)
    for part in np.array_split(np.arange(3000), 7):
        counter.add(odds[part, None], target[part])
    share = 1 / (1 + np.exp(-odds))
    said = counter.compute_metrics()
    assert said["auc"] == pytest.approx(metrics.roc_auc_score(target, share), abs=2e-4)
    average = metrics.average_precision_score(target, share)
    assert said["pr_auc"] == pytest.approx(average, abs=2e-3)
    assert said["f1"] == pytest.approx(metrics.f1_score(target, share > 0.5))
    assert said["accuracy"] == pytest.approx(np.mean((share > 0.5) == target))
    assert said["logloss"] == pytest.approx(metrics.log_loss(target, share))
    bins = counter.describe(["no", "yes"])["calibration"]
    assert sum(row["rows"] for row in bins) == 3000
    top = share >= 0.9
    assert bins[-1]["came"] == pytest.approx(target[top].mean(), abs=1e-6)


def test_many_classes_and_one_that_joins() -> None:
    scores = CHANCE.normal(size=(900, 4))
    target = (scores + CHANCE.normal(size=(900, 4))).argmax(axis=1)
    counter = QualityCounter(MULTICLASS, 1.0)
    early = target[:300].clip(0, 2)
    counter.add(scores[:300, :3], early.astype(float))
    counter.add(scores[300:], target[300:].astype(float))
    truth = np.concatenate([early, target[300:]])
    said = np.concatenate([scores[:300, :3].argmax(1), scores[300:].argmax(1)])
    figures = counter.compute_metrics()
    assert figures["accuracy"] == pytest.approx(np.mean(said == truth))
    assert figures["f1"] == pytest.approx(
        metrics.f1_score(truth, said, average="macro")
    )
    described = counter.describe(["a", "b", "c", "d"])["classes"]
    recalls = metrics.recall_score(truth, said, average=None)
    for row, recall in zip(described, recalls, strict=True):
        assert row["recall"] == pytest.approx(recall, abs=1e-6)
    late = compute_log_probabilities(scores[300:])[np.arange(600), target[300:]]
    first = compute_log_probabilities(scores[:300, :3])[np.arange(300), early]
    assert figures["logloss"] == pytest.approx(-(late.sum() + first.sum()) / 900)


def test_amounts_are_in_units_of_the_target() -> None:
    target = CHANCE.normal(size=500)
    said = target + CHANCE.normal(size=500) / 2
    counter = QualityCounter(REGRESSION, 10.0)
    counter.add(said[:, None], target)
    figures = counter.compute_metrics()
    squares = metrics.mean_squared_error(target, said)
    assert figures["rmse"] == pytest.approx(10 * squares**0.5)
    sizes = metrics.mean_absolute_error(target, said)
    assert figures["mae"] == pytest.approx(10 * sizes)
    assert figures["r2"] == pytest.approx(metrics.r2_score(target, said))


def test_a_metric_of_another_task_is_refused() -> None:
    assert choose_metric("auto", BINARY, {"auc": 0.7}) == ("auc", 0.7)
    assert choose_metric("mae", REGRESSION, {"mae": 3.0}) == ("mae", 3.0)
    with pytest.raises(SettingsError, match="a regression target does not have"):
        choose_metric("f1", REGRESSION, {})


def test_a_run_says_how_good_it_was_and_what_it_looked_at(tmp_path: Path) -> None:
    put(tmp_path, flowers(1600, 3))
    flags = {"ignore": "score", "models": "linear", "metric": "f1", "iterations": 4}
    train(tmp_path, **flags)
    summary = train(tmp_path, **flags)
    quality = summary["quality"]
    assert quality["rows"] == 800
    assert quality["metric"]["name"] == "f1"
    assert summary["metric_before"]["name"] == "f1"
    assert [row["class"] for row in quality["classes"]] == ["k0", "k1", "k2"]
    important = {row["column"]: row["importance"] for row in quality["importances"]}
    assert important["x"] > 0.1 > abs(important["day"])
    assert "this run, 800 rows scored" in log(tmp_path)
    page = (tmp_path / "runtime/logs/report.html").read_text()
    assert "This run alone" in page
    assert json.loads((tmp_path / "runtime/logs/summary.json").read_text()) == summary
