"""Where rows are kept, and what the models make of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.cli import queries
from pipeline.errors import SettingsError
from pipeline.models.population import Population
from pipeline.settings import Settings, load
from pipeline.state.pickles import load_instance
from pipeline.state.sealing import PLAIN, SEALED
from pipeline.state.store import Store
from pipeline.training.row_keeping import decide_row_keeping
from pipeline.training.update import update
from tests.unit.pipeline.flowers import document, flowers, log, put, train

KEY = {"PIPELINE_STATE_KEY": "a key"}
ON_GITHUB = {"GITHUB_ACTIONS": "true"}


def run(root: Path, environment: dict[str, str], **flags: object) -> Population:
    given = {"source": "t.csv", "target": "label", "ignore": "score", **flags}
    settings = load(root, {}, {"batch_rows": 200, "iterations": 2, **given})
    update(root, settings, environment)
    key = environment.get("PIPELINE_STATE_KEY", "").encode() or None
    state = queries.load_state(Store(root / "runtime", key))
    return load_instance(Population, state.population, "population", settings.models)


@pytest.mark.parametrize("private", [True, False, None])
def test_a_public_repository_keeps_none_in_the_open(
    tmp_path: Path, private: bool | None
) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"repository": {"private": private}}))
    environment = {**ON_GITHUB, "GITHUB_EVENT_PATH": str(event)}
    keeping = decide_row_keeping(Settings(), environment)
    assert keeping.keeps == (private is True)
    assert bool(keeping.reason) == (private is not True)


def test_a_key_encrypts_and_settings_decide() -> None:
    everywhere = {**ON_GITHUB, **KEY}
    assert decide_row_keeping(Settings(), everywhere).key == b"a key"
    assert decide_row_keeping(Settings(), {}).keeps
    plain = Settings()._replace(keep_rows="plain")
    assert decide_row_keeping(plain, everywhere) == (True, None, "")
    off = Settings()._replace(keep_rows="off")
    assert not decide_row_keeping(off, KEY).keeps
    with pytest.raises(SettingsError, match="needs PIPELINE_STATE_KEY"):
        decide_row_keeping(Settings()._replace(keep_rows="encrypted"), {})
    with pytest.raises(SettingsError, match="trains on kept rows"):
        decide_row_keeping(off._replace(models=("refit",)), {})
    assert not decide_row_keeping(Settings()._replace(models=("sgd",)), KEY).keeps


def test_states_hold_rows_as_they_should(tmp_path: Path) -> None:
    put(tmp_path, flowers(2400))
    packed = run(tmp_path, {}).packed_rows
    assert packed is not None
    assert packed.startswith(PLAIN)
    packed = run(tmp_path, ON_GITHUB).packed_rows
    assert packed is None
    assert "no rows are kept" in log(tmp_path)
    assert "refit" not in document(tmp_path)["figures"]
    population = run(tmp_path, {})
    assert population.packed_rows is not None
    assert "refit" in population.candidates
    (tmp_path / "signed").mkdir()
    put(tmp_path / "signed", flowers(2400))
    for _ in range(2):
        packed = run(tmp_path / "signed", KEY).packed_rows
        assert packed is not None
        assert packed.startswith(SEALED)


def test_several_runs_equal_one_with_rows_kept_too(tmp_path: Path) -> None:
    states = {}
    for name, runs in (("long", 1), ("short", 4)):
        (tmp_path / name).mkdir()
        put(tmp_path / name, flowers(1600, 3))
        for _ in range(runs):
            population = run(tmp_path / name, {}, iterations=8 // runs, refit_rows=500)
        states[name] = population
    long, short = states["long"], states["short"]
    assert long.packed_rows == short.packed_rows
    assert long.best == short.best
    for name in ("refit", "refit_linear"):
        mine, theirs = long.candidates[name], short.candidates[name]
        matrix = np.nan_to_num(np.random.default_rng(1).normal(size=(50, 9)))
        np.testing.assert_array_equal(
            mine.decision_scores(matrix), theirs.decision_scores(matrix)
        )


def test_a_class_that_joins_late_is_predicted_within_three_batches(
    tmp_path: Path,
) -> None:
    chance = np.random.default_rng(4)
    rows = 2400
    x, z = chance.normal(size=rows), chance.normal(size=rows)
    label = np.where(x > 0, "a", "b")
    is_new = (np.arange(rows) >= 1800) & (z > 0.5)
    frame = pd.DataFrame({"x": x, "z": z, "label": np.where(is_new, "NEW", label)})
    frame["again"] = np.where(chance.random(rows) < 0.3, "c", frame["label"])
    put(tmp_path, frame)
    train(tmp_path, ignore="again", batch_rows=200, iterations=12)
    state = queries.load_state(Store(tmp_path / "runtime"))
    from pipeline.choice.champion import Champion  # noqa: PLC0415
    from pipeline.prediction.scoring import predict_frame  # noqa: PLC0415  # brings pandas

    champion = load_instance(Champion, state.champion, "champion")
    said = predict_frame(champion, frame.iloc[-600:])["prediction"].to_numpy()
    recall = (said[is_new[-600:]] == "NEW").mean()
    assert recall > 0.9
