"""Updates of tables: from run to run, with the settings that stop or steer them."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipeline.cli import model_queries
from pipeline.errors import (
    PipelineError,
    SettingsError,
    SourceRewrittenError,
)
from pipeline.state.store import Store
from tests.unit.pipeline.flowers import document, flowers, log, put, train


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


def test_a_source_without_any_target_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    put(tmp_path, flowers(300).assign(label=None))
    with pytest.raises(PipelineError, match="no row with a 'label'"):
        train(tmp_path, ignore="score")
    assert Store(tmp_path / "runtime").load() is None


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
        assert model_queries.predict_rows(
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
