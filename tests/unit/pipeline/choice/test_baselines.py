"""Nothing worse than a baseline predicts."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from pipeline.choice.champion import Champion
from pipeline.choice.selection import choose_champion
from pipeline.cli import queries
from pipeline.features.reading.columns import ColumnValues
from pipeline.state.pickles import load_instance
from pipeline.state.store import Store
from tests.unit.pipeline.flowers import document, put, train


class Loss(NamedTuple):
    recent: float


def choose(champion: str, **losses: float) -> str:
    metrics = {name: Loss(loss) for name, loss in losses.items()}
    rivals = [name for name in losses if name != "baseline"]
    return choose_champion(metrics, rivals, ["baseline"], champion)


def test_a_better_rival_takes_over_and_an_equal_one_does_not() -> None:
    assert choose("a", a=0.5, b=0.4, baseline=0.7) == "b"
    assert choose("a", a=0.5, b=0.4999, baseline=0.7) == "a"


def test_no_margin_protects_a_champion_from_a_baseline() -> None:
    assert choose("a", a=0.7001, b=0.7002, baseline=0.7) == "baseline"
    assert choose("baseline", a=0.69, b=0.71, baseline=0.7) == "a"
    assert choose("a", a=0.7, b=0.6999, baseline=0.7) == "b"


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_on_noise_a_baseline_is_champion_and_predicts(
    tmp_path: Path, kind: str
) -> None:
    chance = np.random.default_rng(5)
    rows = 2000
    target = {
        "binary": chance.choice(["yes", "no"], rows, p=[0.2, 0.8]),
        "multiclass": chance.choice(["a", "b", "c"], rows),
        "regression": chance.normal(size=rows),
    }
    frame = pd.DataFrame(
        {
            "x": chance.normal(size=rows),
            "id": [f"v{number}" for number in chance.integers(0, 500, rows)],
            "y": target[kind],
        }
    )
    put(tmp_path, frame)
    train(tmp_path, target="y", models="linear,sgd")
    facts = document(tmp_path)
    assert facts["champion"] in {"baseline", "last_batch", "last_value"}
    state = queries.load_state(Store(tmp_path / "runtime"))
    champion = load_instance(Champion, state.champion, "champion")
    features: dict[str, ColumnValues] = {
        "x": np.zeros(3),
        "id": pd.Categorical(["v1", "v2", "new"]),
    }
    said = champion.predict(features)
    assert len(said) == 3
    assert (said == said[0]).all()
    if kind == "binary":
        assert said[0, facts["classes"].index("yes")] == pytest.approx(0.2, abs=0.03)


def test_as_last_time_is_champion_of_a_random_walk(tmp_path: Path) -> None:
    chance = np.random.default_rng(6)
    frame = pd.DataFrame(
        {
            "x": chance.normal(size=2000),
            "y": np.repeat(np.cumsum(chance.normal(size=100)), 20),
        }
    )
    put(tmp_path, frame)
    train(tmp_path, target="y", models="linear", batch_rows=20)
    figures = document(tmp_path)["figures"]
    assert document(tmp_path)["champion"] in {"last_value", "last_batch"}
    assert figures["last_value"]["loss"] < figures["baseline"]["loss"] / 2
