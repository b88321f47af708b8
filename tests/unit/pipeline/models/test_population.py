"""Candidates on whole tables: each task, classes that join, and columns that do."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.cli import queries
from pipeline.errors import (
    MissingLibraryError,
)
from pipeline.features.schema import add_columns, convert_features
from pipeline.features.views import EncodedBatch
from pipeline.state.pickles import load_pickle
from pipeline.state.store import Store
from tests.unit.pipeline.flowers import document, flowers, log, put, train


@pytest.mark.parametrize(("target", "ignore"), [("label", "score"), ("score", "label")])
def test_boosting_competes_where_lightgbm_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, ignore: str
) -> None:
    pytest.importorskip("lightgbm")
    for name in ("with", "without"):
        (tmp_path / name).mkdir()
        put(tmp_path / name, flowers(1200))
    flags = {"target": target, "ignore": ignore, "iterations": 3}
    train(tmp_path / "with", **flags)
    kept = document(tmp_path / "with")
    assert kept["figures"]["boosting"]["loss"] < kept["figures"]["baseline"]["loss"]

    # As Python knows a library that is not there.
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    train(tmp_path / "without", **flags)
    assert {"linear", "mlp"} < document(tmp_path / "without")["figures"].keys()
    assert "boosting" not in document(tmp_path / "without")["figures"]
    with pytest.raises(MissingLibraryError, match="boosting needs LightGBM") as refused:
        train(tmp_path / "with", **flags)
    assert "pip install lightgbm" in (refused.value.hint or "")
    assert document(tmp_path / "with") == kept


def test_the_error_of_a_regression_is_in_the_targets_units(tmp_path: Path) -> None:
    frame = flowers(2000)
    for name, times in (("one", 1), ("thousand", 1000)):
        (tmp_path / name).mkdir()
        put(tmp_path / name, frame.assign(score=frame["score"] * times))
        train(tmp_path / name, target="score", ignore="label", models="linear")
    one, thousand = (
        document(tmp_path / name)["figures"]["champion"] for name in ("one", "thousand")
    )
    assert thousand["rmse"] == pytest.approx(1000 * one["rmse"], rel=1e-4)
    assert thousand["loss"] == pytest.approx(one["loss"], rel=1e-4)
    assert 0.4 < one["rmse"] < frame["score"].std()


def test_trees_stay_where_they_grew_when_a_number_joins(tmp_path: Path) -> None:
    """The champion of a table says of old columns what it said before, whatever joined since."""
    pytest.importorskip("lightgbm")
    put(tmp_path, flowers(600))
    train(tmp_path, ignore="score", models="boosting")
    population = load_pickle(
        queries.load_state(Store(tmp_path / "runtime")).population, "population"
    )
    schema, encoder = population.schema, population.encoder
    table = flowers(200, seed=1).assign(extra=np.arange(200.0) / 7)
    said = []
    for _ in range(2):
        columns = convert_features(schema, table)
        encoder.add_new_columns(columns)
        said.append(
            population.candidates["boosting"].decision_scores(
                EncodedBatch(encoder, columns).get_matrix("tree")
            )
        )
        add_columns(schema, table, ["score"])
    assert schema.names[-1] == "extra"
    np.testing.assert_array_equal(*said)


def test_two_classes_may_be_learnt_as_the_first_of_many(tmp_path: Path) -> None:
    put(tmp_path, flowers(3000))
    train(tmp_path, ignore="score", task="multiclass")
    figures = document(tmp_path)["figures"]
    for candidate in ("linear", "mlp", "bayes", "champion"):
        assert figures[candidate]["loss"] < figures["baseline"]["loss"], candidate


def test_a_learner_that_cannot_grow_has_room_for_classes_to_come(
    tmp_path: Path,
) -> None:
    whole = flowers(3200, 5)
    three = whole[whole["label"].isin(["k0", "k1", "k2"])]
    put(tmp_path, three, whole[whole["label"] != "k4"])
    train(tmp_path, ignore="score", models="linear,mlp,bayes")
    population = load_pickle(
        queries.load_state(Store(tmp_path / "runtime")).population, "population"
    )
    network = population.candidates["mlp"].estimator
    assert network.t_ % population.rows == 0
    assert network.t_ >= population.rows
    assert (
        population.candidates["bayes"].estimator.class_count_.sum() == population.rows
    )
    facts = document(tmp_path)
    assert sorted(facts["classes"]) == ["k0", "k1", "k2", "k3"]
    put(tmp_path, three, whole[whole["label"] != "k4"], whole)
    train(tmp_path, ignore="score", models="linear,mlp,bayes")
    facts = document(tmp_path)
    assert len(facts["classes"]) == 5
    assert facts["figures"]["mlp"]["loss"] < facts["figures"]["baseline"]["loss"]


def test_a_third_class_makes_the_task_multiclass_and_a_fourth_joins(
    tmp_path: Path,
) -> None:
    whole = flowers(2400, 4)
    two = whole[whole["label"].isin(["k0", "k1"])]
    three = whole[whole["label"] != "k3"]
    put(tmp_path, two, three, whole)
    train(tmp_path, ignore="score", models="linear,mlp,bayes")
    facts = document(tmp_path)
    assert facts["task"] == "multiclass"
    assert sorted(facts["classes"]) == ["k0", "k1", "k2", "k3"]
    assert "a third class came" in log(tmp_path)


def test_a_first_batch_of_one_class_only_is_no_obstacle(tmp_path: Path) -> None:
    whole = flowers(1000)
    put(tmp_path, whole[whole["label"] == "k0"], whole)
    assert (
        train(tmp_path, ignore="score", models="linear,mlp,bayes")["metric"]["name"]
        == "auc"
    )
