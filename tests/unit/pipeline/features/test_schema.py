"""Any table: what its columns are taken for, what comes later, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import (
    SettingsError,
    SourceSchemaError,
)
from tests.unit.pipeline.flowers import document, flowers, log, put, train


@pytest.mark.parametrize(
    ("classes", "target", "task", "metric"),
    [
        (2, "label", "binary", "auc"),
        (4, "label", "multiclass", "accuracy"),
        (2, "score", "regression", "rmse"),
    ],
)
def test_each_task_is_inferred_and_learnt_better_than_the_base_rate(
    tmp_path: Path, classes: int, target: str, task: str, metric: str
) -> None:
    ignore = "label" if target == "score" else "score"
    put(tmp_path, flowers(3000, classes))
    summary = train(tmp_path, target=target, ignore=ignore)
    facts = document(tmp_path)
    assert (facts["task"], summary["metric"]["name"]) == (task, metric)
    assert facts["columns"] == {"x": "number", "colour": "text", "day": "date"}
    for candidate in ("linear", "champion"):
        assert (
            facts["figures"][candidate]["loss"] < facts["figures"]["baseline"]["loss"]
        )


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (np.arange(60) % 10, "multiclass"),
        (np.arange(60) % 49 + 100, "regression"),
        (np.arange(60) % 10 / 4, "regression"),
        (np.arange(600) % 60, "regression"),
        (np.arange(60) % 2 + 5, "binary"),
    ],
)
def test_an_amount_is_told_from_classes(
    tmp_path: Path, values: np.ndarray, task: str
) -> None:
    put(tmp_path, pd.DataFrame({"x": np.arange(len(values)), "label": values}))
    train(tmp_path)
    assert document(tmp_path)["task"] == task


def test_a_target_of_ids_is_refused(tmp_path: Path) -> None:
    frame = flowers(400)
    put(tmp_path, frame)
    train(tmp_path, ignore="score", iterations=1)
    before = document(tmp_path)
    frame.loc[200:, "label"] = [f"id-{number}" for number in range(200)]
    put(tmp_path, frame)
    with pytest.raises(SourceSchemaError, match="more than 200 classes"):
        train(tmp_path, ignore="score")
    assert document(tmp_path) == before


@pytest.mark.parametrize(
    "values",
    [
        ["14:30", "09:05"],
        ["Jan", "Feb"],
        ["1.2.3", "4.5.6"],
        ["3/4", "1-2"],
        ["now", "10h"],
    ],
)
def test_text_without_a_year_is_no_date_since_it_would_mean_another_one_tomorrow(
    tmp_path: Path, values: list[str]
) -> None:
    put(
        tmp_path,
        flowers(300).assign(when=[values[number % 2] for number in range(300)]),
    )
    train(tmp_path, ignore="score", models="sgd")
    assert document(tmp_path)["columns"]["when"] == "text"


@pytest.mark.parametrize(
    "form",
    ["%Y-%m-%d", "%d.%m.%Y %H:%M", "%Y%m%dT%H%M%S", "%b %d, %Y", "%Y-%m-%dT%H:%M:%SZ"],
)
def test_dates_with_a_year_are_dates(tmp_path: Path, form: str) -> None:
    frame = flowers(300)
    put(tmp_path, frame.assign(day=pd.to_datetime(frame["day"]).dt.strftime(form)))
    train(tmp_path, ignore="score", models="sgd")
    assert document(tmp_path)["columns"]["day"] == "date"


def test_rows_before_the_first_target_are_passed_over(tmp_path: Path) -> None:
    frame = flowers(1000)
    frame["score"] += 0.123
    frame.loc[:399, "score"] = np.nan
    put(tmp_path, frame)
    summary = train(tmp_path, target="score", ignore="label", iterations=2)
    facts = document(tmp_path)
    assert (facts["task"], summary["rows_total"]) == ("regression", 400)
    assert facts["counters"]["unlabelled"] == 400


def test_a_column_that_is_empty_at_first_joins_as_what_it_turns_out_to_be(
    tmp_path: Path,
) -> None:
    frame = flowers(1000)
    late = frame["score"].where(frame.index >= 400)
    put(tmp_path, frame.assign(late=late, never=None))
    train(tmp_path, ignore="score", models="sgd")
    assert document(tmp_path)["columns"] == {
        "x": "number",
        "colour": "text",
        "day": "date",
        "late": "number",
    }
    assert "columns joined: late" in log(tmp_path)


@pytest.mark.parametrize("hole", [False, True])
def test_truth_values_are_categories_with_and_without_a_hole(
    tmp_path: Path, hole: bool
) -> None:
    frame = flowers(300).assign(truth=[number % 3 == 0 for number in range(300)])
    frame["truth"] = frame["truth"].astype(object)
    frame.loc[7, "truth"] = None if hole else True
    frame.to_parquet(tmp_path / "t.parquet")
    train(tmp_path, source="t.parquet", ignore="score", models="sgd")
    assert document(tmp_path)["columns"]["truth"] == "text"


def test_classes_that_only_look_like_one_number_stay_apart(tmp_path: Path) -> None:
    labels = ["007", "7", "7.0", "1e2", "100", "-3"]
    put(
        tmp_path,
        flowers(300).assign(label=[labels[number % 6] for number in range(300)]),
    )
    train(tmp_path, ignore="score", models="sgd")
    assert document(tmp_path)["classes"] == sorted(["007", "7", "1e2", "100", "-3"])


@pytest.mark.parametrize(
    "target",
    [
        [[1], [2]],
        [{"a": 1}, {"a": 2}],
        list(pd.to_datetime(["2024-01-01", "2024-01-02"])),
    ],
)
def test_a_target_of_dates_or_lists_is_refused(
    tmp_path: Path, target: list[Any]
) -> None:
    flowers(300).assign(label=[target[number % 2] for number in range(300)]).to_parquet(
        tmp_path / "t.parquet"
    )
    with pytest.raises(SettingsError, match="neither classes nor amounts"):
        train(tmp_path, source="t.parquet", ignore="score")


def test_rows_without_a_target_are_left_out_and_counted(tmp_path: Path) -> None:
    frame = flowers(600)
    frame.loc[::3, "label"] = None
    put(tmp_path, frame)
    assert train(tmp_path, ignore="score")["rows_total"] == 400
    assert document(tmp_path)["counters"]["unlabelled"] == 200


def test_values_never_seen_before_and_columns_all_missing_are_taken(
    tmp_path: Path,
) -> None:
    early, late = flowers(400), flowers(400, seed=1)
    late["colour"], late["x"] = "ultraviolet", np.nan
    late.loc[late.index[::3], "day"] = "no date"
    put(tmp_path, early, late)
    assert train(tmp_path, ignore="score")["rows_total"] == 800
    assert "colour: 100% of the rows have a value not seen before" in log(tmp_path)


def test_columns_that_join_are_taken_in_and_columns_that_go_are_refused_by_name(
    tmp_path: Path,
) -> None:
    (tmp_path / "d").mkdir()
    first, second = flowers(400), flowers(400, seed=1)
    first.to_csv(tmp_path / "d/1.csv", index=False)
    train(tmp_path, source="d", ignore="score")
    second.assign(joined=range(400)).to_csv(tmp_path / "d/2.csv", index=False)
    assert train(tmp_path, source="d", ignore="score")["rows_total"] == 800
    assert "joined" in document(tmp_path)["columns"]
    before = document(tmp_path)
    second.drop(columns="colour").to_csv(tmp_path / "d/3.csv", index=False)
    with pytest.raises(
        SourceSchemaError, match=r"3\.csv no longer has .colour., .joined., which"
    ):
        train(tmp_path, source="d", ignore="score")
    assert document(tmp_path) == before


@pytest.mark.parametrize(("column", "value"), [("x", "far"), ("day", "yesterday")])
def test_a_column_that_was_retyped_is_refused_by_name(
    tmp_path: Path, column: str, value: str
) -> None:
    put(tmp_path, flowers(400), flowers(400, seed=1).assign(**{column: value}))
    with pytest.raises(SourceSchemaError, match=repr(column)):
        train(tmp_path, ignore="score")


def test_a_column_that_tells_the_answer_is_reported_as_a_probable_leak(
    tmp_path: Path,
) -> None:
    frame = flowers(600)
    put(tmp_path, frame.assign(secret=frame["label"].map({"k0": "no", "k1": "yes"})))
    train(tmp_path)
    assert "'secret' alone tells 'label'" in log(tmp_path)
    assert "'x' alone" not in log(tmp_path)


def test_a_number_that_tells_the_value_is_reported_as_a_probable_leak(
    tmp_path: Path,
) -> None:
    frame = flowers(600)
    put(tmp_path, frame.assign(twice=frame["score"] * 2 + 1))
    train(tmp_path, target="score", ignore="label")
    assert "'twice' alone tells 'score'" in log(tmp_path)
