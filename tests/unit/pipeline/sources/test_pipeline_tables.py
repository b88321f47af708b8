"""Any table.

Tasks, missing values, values and classes and columns that come later, and what must be
refused.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipeline.cli import queries
from pipeline.errors import (
    MissingLibraryError,
    PipelineError,
    SettingsError,
    SourceRewrittenError,
    SourceSchemaError,
)
from pipeline.features.schema import add_columns, convert_features
from pipeline.features.views import EncodedBatch
from pipeline.settings import load
from pipeline.state.pickles import load_pickle
from pipeline.state.store import Store
from pipeline.training.update import update

Frame = pd.DataFrame


def flowers(rows: int, classes: int = 2, seed: int = 0) -> Frame:
    """Numbers, categories, dates and holes, from which the target can be told to a degree."""
    chance = np.random.default_rng(seed)
    x = chance.normal(size=rows)
    colour = chance.choice(["red", "blue", "gr\u00fcn"], rows)
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(rows), unit="h")
    score = x + (colour == "red") + chance.normal(scale=0.5, size=rows)
    bins = np.quantile(score, np.linspace(0, 1, classes + 1)[1:-1])
    frame = pd.DataFrame(
        {
            "x": x,
            "colour": colour,
            "day": day.strftime("%Y-%m-%d %H:%M"),
            "score": score.round(4),
        }
    )
    frame["label"] = np.array([f"k{index}" for index in range(classes)])[
        np.digitize(score, bins)
    ]
    frame.loc[chance.random(rows) < 0.1, "x"] = np.nan
    frame.loc[chance.random(rows) < 0.1, "colour"] = None
    return frame


def train(root: Path, **flags: object) -> dict[str, Any]:
    given_flags = {
        "source": "t.csv",
        "target": "label",
        "batch_rows": 200,
        "iterations": 100,
        **flags,
    }
    update(root, load(root, {}, given_flags), {})
    summary = json.loads((root / "runtime/logs/summary.json").read_text())
    assert isinstance(summary, dict)
    return summary


def put(root: Path, *frames: Frame) -> None:
    pd.concat(frames).to_csv(root / "t.csv", index=False)


def document(root: Path) -> dict[str, Any]:
    return queries.load_state(Store(root / "runtime")).document.to_json()


def log(root: Path) -> str:
    return "\n".join(
        path.read_text() for path in sorted((root / "runtime/logs").glob("*.log"))
    )


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
    ("target", "ignore", "classes"), [("label", "score", 4), ("score", "label", 2)]
)
def test_other_tasks_go_on_from_run_to_run_as_in_one(
    tmp_path: Path, target: str, ignore: str, classes: int
) -> None:
    for name in ("short", "long"):
        (tmp_path / name).mkdir()
        put(tmp_path / name, flowers(1200, classes))
    for _ in range(3):
        train(tmp_path / "short", iterations=2, target=target, ignore=ignore)
    train(tmp_path / "long", iterations=6, target=target, ignore=ignore)
    assert (
        document(tmp_path / "short")["figures"]
        == document(tmp_path / "long")["figures"]
    )


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


def test_a_source_without_any_target_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    put(tmp_path, flowers(300).assign(label=None))
    with pytest.raises(PipelineError, match="no rows"):
        train(tmp_path, ignore="score")
    assert Store(tmp_path / "runtime").load() is None


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


@pytest.mark.parametrize("setting", ["ignore", "time", "key"])
def test_a_learnt_column_that_the_settings_leave_out_now_is_said_to_be_theirs(
    tmp_path: Path, setting: str
) -> None:
    put(tmp_path, flowers(600))
    train(tmp_path, iterations=1, models="sgd")
    with pytest.raises(
        SettingsError,
        match="the state was trained on 'day', which `ignore`, `time` or `key` leave out now",
    ):
        train(tmp_path, models="sgd", **{setting: "day"})


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
    train(tmp_path, ignore="score")
    population = load_pickle(
        queries.load_state(Store(tmp_path / "runtime")).population, "population"
    )
    network = population.candidates["mlp"].estimator
    assert network.t_ == population.rows
    assert (
        population.candidates["bayes"].estimator.class_count_.sum() == population.rows
    )
    facts = document(tmp_path)
    assert sorted(facts["classes"]) == ["k0", "k1", "k2", "k3"]
    put(tmp_path, three, whole[whole["label"] != "k4"], whole)
    train(tmp_path, ignore="score")
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
    train(tmp_path, ignore="score")
    facts = document(tmp_path)
    assert facts["task"] == "multiclass"
    assert sorted(facts["classes"]) == ["k0", "k1", "k2", "k3"]
    assert "a third class came" in log(tmp_path)


def test_a_first_batch_of_one_class_only_is_no_obstacle(tmp_path: Path) -> None:
    whole = flowers(1000)
    put(tmp_path, whole[whole["label"] == "k0"], whole)
    assert train(tmp_path, ignore="score")["metric"]["name"] == "auc"


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
    with pytest.raises(SourceSchemaError, match=r"no longer has 'colour', 'joined'"):
        train(tmp_path, source="d", ignore="score")
    assert document(tmp_path) == before


@pytest.mark.parametrize(("column", "value"), [("x", "far"), ("day", "yesterday")])
def test_a_column_that_was_retyped_is_refused_by_name(
    tmp_path: Path, column: str, value: str
) -> None:
    put(tmp_path, flowers(400), flowers(400, seed=1).assign(**{column: value}))
    with pytest.raises(SourceSchemaError, match=repr(column)):
        train(tmp_path, ignore="score")


def test_a_column_that_tells_the_answer_is_called_out(tmp_path: Path) -> None:
    frame = flowers(600)
    put(tmp_path, frame.assign(secret=frame["label"].map({"k0": "no", "k1": "yes"})))
    train(tmp_path)
    assert "'secret' alone tells 'label'" in log(tmp_path)
    assert "'x' alone" not in log(tmp_path)


def test_a_number_that_tells_the_value_is_called_out(tmp_path: Path) -> None:
    frame = flowers(600)
    put(tmp_path, frame.assign(twice=frame["score"] * 2 + 1))
    train(tmp_path, target="score", ignore="label")
    assert "'twice' alone tells 'score'" in log(tmp_path)


def test_rewritten_data_stops_restarts_or_is_passed_by_key(tmp_path: Path) -> None:
    frame = flowers(400).assign(id=range(400))
    put(tmp_path, frame)
    train(tmp_path, ignore="score", key="id")
    put(tmp_path, frame.iloc[100:], flowers(200, seed=1).assign(id=range(400, 600)))
    with pytest.raises(SourceRewrittenError):
        train(tmp_path, ignore="score", key="id")
    by_key = train(tmp_path, ignore="score", key="id", on_rewrite="key")
    assert (by_key["rows_this_run"], by_key["rows_total"]) == (200, 600)
    assert "id" not in document(tmp_path)["columns"]
    put(tmp_path, flowers(300))
    assert train(tmp_path, ignore="score", on_rewrite="restart")["rows_total"] == 300


def test_another_pass_where_the_settings_want_it(tmp_path: Path) -> None:
    put(tmp_path, flowers(400))
    train(tmp_path, ignore="score")
    assert train(tmp_path, ignore="score")["status"] == "nothing-new"
    assert train(tmp_path, ignore="score", on_end="again")["rows_total"] == 800


def test_time_that_goes_back_is_said(tmp_path: Path) -> None:
    put(tmp_path, flowers(200), flowers(200))
    train(tmp_path, ignore="score", time="day")
    assert "day goes back 1 times" in log(tmp_path)
    assert "day" not in document(tmp_path)["columns"]


@pytest.mark.parametrize(
    ("flags", "match"),
    [
        ({"target": "absent"}, "'absent' is no column"),
        ({"target": ""}, "`target` is not set"),
        ({"task": "regression"}, "'label'"),
        ({"models": "boosting,nonsense"}, "nonsense"),
        ({"models": "json:loads"}, "json:loads"),
        ({"models": ""}, "no candidate"),
        ({"models": ":"}, "cannot be made"),
        ({"models": "os:getcwd"}, "no partial_fit"),
        ({"key": "absent"}, "'absent' is no column"),
        ({"time": "colour"}, "neither numbers nor dates"),
        ({"ignore": "x,colour,day,score"}, "no column is left"),
    ],
)
def test_settings_that_do_not_fit_the_table_say_so_and_leave_nothing(
    tmp_path: Path, flags: dict[str, object], match: str
) -> None:
    put(tmp_path, flowers(300))
    with pytest.raises(PipelineError, match=match):
        train(tmp_path, **flags)
    assert Store(tmp_path / "runtime").load() is None


def test_the_target_and_the_source_cannot_change_under_a_state(tmp_path: Path) -> None:
    put(tmp_path, flowers(300))
    (tmp_path / "u.csv").write_bytes((tmp_path / "t.csv").read_bytes())
    train(tmp_path, iterations=1, ignore="score")
    with pytest.raises(SettingsError, match="predicts 'label'"):
        train(tmp_path, target="score")
    with pytest.raises(SettingsError, match=r"trained on 't\.csv'"):
        train(tmp_path, source="u.csv")


def test_predict_scores_every_row_with_the_champion(tmp_path: Path) -> None:
    put(tmp_path, flowers(2000))
    train(tmp_path, ignore="score")
    from pipeline.training import source_factory as sources  # noqa: PLC0415  # beside its only use

    flowers(500, seed=5).drop(columns=["label", "score"]).to_csv(
        tmp_path / "new.csv", index=False
    )
    with sources.open_rows_to_score("new.csv", tmp_path).open_reader(None) as reader:
        assert queries.predict_rows(
            Store(tmp_path / "runtime"), reader, tmp_path / "out.csv"
        ) == (500, [])
    said = pd.read_csv(tmp_path / "out.csv")
    truth = flowers(500, seed=5)["label"]
    assert (said["prediction"] == truth).mean() > 0.75
    assert np.allclose(said["share_k0"] + said["share_k1"], 1)


CELL = st.one_of(
    st.none(),
    st.text(
        st.characters(
            codec="utf-8", exclude_categories=["Cs"], exclude_characters="\x00\r"
        ),
        max_size=6,
    ),
    st.integers(-(10**20), 10**20).map(str),
    st.floats(width=64).map(str),
    st.sampled_from(["2024-02-30", "NaN", "inf", "1e999", "true"]),
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
@given(
    columns=st.lists(st.lists(CELL, min_size=24, max_size=24), min_size=1, max_size=4),
    target=st.lists(
        st.one_of(st.none(), st.sampled_from(["a", "b", "c", "1", "2.5"])),
        min_size=24,
        max_size=24,
    ),
)
def test_no_table_whatever_ends_in_anything_but_a_state_or_a_clear_error(
    tmp_path_factory: pytest.TempPathFactory,
    columns: list[list[str | None]],
    target: list[str | None],
) -> None:
    root = tmp_path_factory.mktemp("any")
    table = {f"c{at}": cells for at, cells in enumerate(columns)} | {"label": target}
    pd.DataFrame(table).to_csv(root / "t.csv", index=False)
    with contextlib.suppress(PipelineError):
        train(root, batch_rows=6, models="linear,bayes,mlp")
    state = Store(root / "runtime").load()
    if state is not None:
        counters = state.document.counters
        assert counters.rows + counters.unlabelled <= 24
