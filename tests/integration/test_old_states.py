"""States of older versions say what they said, to the last bit, and are trained on.

`tests/make_old_states.py` made them, and says what each is.
"""

from __future__ import annotations

import json
import shutil
import tarfile
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.cli.model_queries import predict_rows, verify_state
from pipeline.errors import StateLibrariesError
from pipeline.models.population import Population
from pipeline.settings import Settings, load
from pipeline.state.compatibility import check_versions, read_versions
from pipeline.state.pickles import load_instance
from pipeline.state.prediction_check import record_predictions, unpack_array
from pipeline.state.store import Store
from pipeline.state.verification import KEY_VARIABLE
from pipeline.training.source_factory import open_rows_to_score
from pipeline.training.update import update
from tests.make_old_states import CASES, measure_arithmetic

LAST_PLACES = 1e-6
"""How far results may lie apart where a processor adds up in another order."""


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a root for each case."""
    folder = tmp_path_factory.mktemp("old")
    with tarfile.open(Path(__file__).with_name("old_states.tar.xz")) as archive:
        archive.extractall(folder, filter="data")
    return folder


def name_other_libraries(expected: dict[str, Any]) -> list[str]:
    """The libraries that are here in another version than the state was written with."""
    installed = {**read_versions(), "lightgbm": expected["lightgbm"]}
    if "boosting" in expected["document"]["figures"]:
        installed["lightgbm"] = metadata.version("lightgbm")
    then = {**expected["libraries"], "lightgbm": expected["lightgbm"]}
    del then["python"]
    return [f"{name} {then[name]}" for name in then if installed[name] != then[name]]


def read_predictions(document: dict[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """The recorded predictions of every candidate."""
    recorded = document["probe"]["said"]
    return {name: unpack_array(packed) for name, packed in recorded.items()}


def predict_now(store: Store, settings: Settings) -> dict[str, np.ndarray[Any, Any]]:
    """What the candidates of a state, read as it is, say of the rows that were drawn."""
    state = store.load()
    assert state is not None
    name = state.document.population
    population = load_instance(Population, state.population, name, settings.models)
    recorded = record_predictions(population)
    assert recorded is not None
    return read_predictions({"probe": recorded})


def score_table(root: Path, store: Store, settings: Settings) -> str:
    """What `predict` writes for the table."""
    output = root / "scored-again.csv"
    with open_rows_to_score("rows.csv", root).open_reader(None) as reader:
        predict_rows(store, reader, output, settings)
    return output.read_text("utf-8")


@pytest.mark.parametrize("name", CASES)
def test_an_old_state_says_what_it_said(states: Path, name: str) -> None:
    root = states / name
    expected = json.loads((root / "expected.json").read_text())
    if "boosting" in expected["document"]["figures"]:
        pytest.importorskip("lightgbm")
    store = Store(root / "runtime", expected["key"].encode() or None)
    settings = load(root, {}, expected["settings"])
    others = name_other_libraries(expected)
    if others:
        pytest.skip(f"written with other libraries: {', '.join(others)}")
    written = json.loads(store.document_path.read_bytes())
    if CASES[name].format == 1:
        pytest.skip("format 1 recorded no predictions")
    then, now = read_predictions(written), predict_now(store, settings)
    assert set(now) == set(then)
    rounds_alike = measure_arithmetic() == expected["arithmetic"]
    for candidate, values in then.items():
        if rounds_alike:
            np.testing.assert_array_equal(now[candidate], values)
        else:
            np.testing.assert_allclose(now[candidate], values, rtol=LAST_PLACES)


@pytest.mark.parametrize("name", CASES)
def test_an_old_state_is_trained_on(states: Path, tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    shutil.copytree(states / name, root)
    expected = json.loads((root / "expected.json").read_text())
    if "boosting" in expected["document"]["figures"]:
        pytest.importorskip("lightgbm")
    store = Store(root / "runtime", expected["key"].encode() or None)
    settings = load(root, {}, {**expected["settings"], "on_library_change": "try"})
    try:
        check_versions(expected["libraries"])
    except StateLibrariesError:
        if CASES[name].format == 1:
            with pytest.raises(StateLibrariesError, match="known again"):
                update(root, settings, {KEY_VARIABLE: expected["key"]})
            pytest.skip("a state of format 1 cannot be tried by other libraries")
    assert verify_state(store, settings)
    update(root, settings, {KEY_VARIABLE: expected["key"]})
    state = store.load()
    assert state is not None
    assert verify_state(store, settings)
    document = state.document.to_json()
    assert document["counters"] == expected["document"]["counters"]
    assert document["source"]["cursor"] == expected["cursor"]
    assert document["previous"]["parent_state_id"] is None or CASES[name].runs > 1
    # What it knew is not thrown away: on a few rows more it does about as well as its
    # own version did.
    loss, own = document["figures"], expected["document"]["figures"]
    assert loss["champion"]["loss"] < 1.15 * own["champion"]["loss"]
    scored = score_table(root, store, settings)
    assert len(scored.splitlines()) == len(expected["scored"].splitlines())


@pytest.mark.parametrize("name", ["binary", "multiclass", "regression"])
def test_an_old_state_goes_back_to_the_one_it_keeps(tmp_path: Path, name: str) -> None:
    with tarfile.open(Path(__file__).with_name("old_states.tar.xz")) as archive:
        archive.extractall(tmp_path, filter="data")
    root = tmp_path / name
    expected = json.loads((root / "expected.json").read_text())
    store = Store(root / "runtime", expected["key"].encode() or None)
    parent = expected["document"]["history"][1]["from"]
    assert store.rollback().state_id == parent
    state = store.load()
    assert state is not None
    assert state.state_id == parent
    assert state.document.counters.runs == 1
