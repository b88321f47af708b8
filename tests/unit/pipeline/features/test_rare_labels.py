"""Labels that come too seldom to be classes, and more classes than there is room for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import SourceSchemaError
from pipeline.features.rare_labels import OTHER
from tests.unit.pipeline.flowers import Frame, document, flowers, log, put, train

FAST = {"ignore": "score", "models": "linear,sgd"}


def spoil(frame: Frame, rows: list[int], label: str) -> Frame:
    spoiled = frame.copy()
    spoiled.loc[rows, "label"] = label
    return spoiled


@pytest.mark.parametrize("rows", [[7], [310], [310, 550, 710]])
def test_a_slip_is_set_aside_and_the_task_stays_binary(
    tmp_path: Path, rows: list[int]
) -> None:
    put(tmp_path, spoil(flowers(1000), rows, "TOTAL"))
    train(tmp_path, **FAST)
    facts = document(tmp_path)
    assert facts["task"] == "binary"
    assert facts["classes"] == ["k0", "k1"]
    assert facts["counters"]["rows"] == 1000 - len(rows)
    assert facts["counters"]["unlabelled"] == len(rows)
    assert "rows set aside: 'TOTAL'" in log(tmp_path)


def test_a_class_that_has_come_often_enough_joins(tmp_path: Path) -> None:
    """It is counted over batches, and over runs."""
    rows = [310, 550, 710, 930, 931, 932]
    put(tmp_path, spoil(flowers(1000), rows, "new"))
    for _ in range(5):
        train(tmp_path, iterations=1, **FAST)
    facts = document(tmp_path)
    assert facts["task"] == "multiclass"
    assert sorted(facts["classes"]) == ["k0", "k1", "new"]
    assert facts["counters"]["unlabelled"] == 3


def test_an_explicit_task_is_kept_whatever_comes(tmp_path: Path) -> None:
    frame = spoil(flowers(1000), list(range(300, 360, 5)), "odd")
    put(tmp_path, frame)
    train(tmp_path, task="binary", **FAST)
    assert document(tmp_path)["task"] == "binary"
    assert document(tmp_path)["counters"]["unlabelled"] == 12
    put(tmp_path, frame, spoil(flowers(200), list(range(60)), "odd"))
    with pytest.raises(SourceSchemaError, match="60 of 200 rows have others: 'odd'"):
        train(tmp_path, task="binary", **FAST)


def test_beyond_200_classes_the_rest_are_one(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    label = np.minimum(chance.geometric(0.02, 3000), 400)
    frame = pd.DataFrame({"x": label + chance.normal(size=3000)})
    frame["label"] = [f"c{number}" for number in label]
    put(tmp_path, frame)
    train(tmp_path, models="sgd", batch_rows=1000)
    classes = document(tmp_path)["classes"]
    if len(classes) >= 200:
        assert OTHER in classes
    assert len(classes) <= 200
    frame["label"] = [f"d{number % 260}" for number in range(3000)]
    (tmp_path / "many").mkdir()
    put(tmp_path / "many", frame)
    train(tmp_path / "many", models="sgd", batch_rows=1500)
    classes = document(tmp_path / "many")["classes"]
    assert len(classes) == 200
    assert OTHER in classes
    assert "classes beyond 200 are one" in log(tmp_path / "many")


def test_heavy_candidates_take_no_part_with_many_classes(tmp_path: Path) -> None:
    frame = flowers(900, classes=30)
    put(tmp_path, frame)
    train(tmp_path, ignore="score", models="linear,sgd", batch_rows=300)
    assert "linear" not in document(tmp_path)["figures"]
    assert "sgd" in document(tmp_path)["figures"]
