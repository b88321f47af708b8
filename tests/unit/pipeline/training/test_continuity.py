"""R6: N runs of k iterations equal one run of N*k; X5.

A broken or mixed pair is refused and left as it is.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from numpy.testing import assert_array_equal

from pipeline.errors import StateMismatchError, StateTamperedError
from pipeline.models.population import Population
from pipeline.settings import load
from pipeline.state.pickles import load_pickle
from pipeline.state.store import Store
from pipeline.training.update import update

if TYPE_CHECKING:
    import numpy as np


def train(
    root: Path,
    iterations: int,
    batch_rows: int = 700,
    environment: dict[str, str] | None = None,
) -> dict[str, Any]:
    update(
        root,
        load(root, {}, {"iterations": iterations, "batch_rows": batch_rows}),
        environment or {},
    )
    summary = json.loads((root / "runtime/logs/summary.json").read_text())
    assert isinstance(summary, dict)
    return summary


def population(root: Path) -> Population:
    state = Store(root / "runtime").load()
    assert state is not None
    value = load_pickle(state.population, "population")
    assert isinstance(value, Population)
    return value


def counters(root: Path) -> dict[str, Any]:
    document = Store(root / "runtime").read_document()
    assert document is not None
    counted = {
        name: value
        for name, value in document.counters.to_json().items()
        if name != "runs"
    }
    return {**counted, **document.source.cursor.to_json()}


def coefficients(root: Path) -> list[np.ndarray[Any, Any]]:
    candidates: dict[str, Any] = dict(population(root).candidates)
    linear, network, bayes = (
        candidates["linear"].estimators[0],
        candidates["mlp"].estimator,
        candidates["bayes"].estimator,
    )
    arrays = [
        linear.coef_,
        linear.intercept_,
        *network.coefs_,
        *network.intercepts_,
        bayes.feature_count_,
    ]
    return [*arrays, population(root).encoder.target_encoder.row_counts]


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def assert_same_state(one: Path, other: Path) -> None:
    assert counters(one) == counters(other)
    for mine, theirs in zip(coefficients(one), coefficients(other), strict=True):
        assert_array_equal(mine, theirs)


@pytest.mark.parametrize(("runs", "iterations"), [(6, 1), (3, 2), (2, 3)])
def test_several_runs_equal_one_long_run(
    tmp_path: Path, runs: int, iterations: int
) -> None:
    for _ in range(runs):
        train(tmp_path / "short", iterations)
    train(tmp_path / "long", 6)
    assert_same_state(tmp_path / "short", tmp_path / "long")


def test_the_number_of_processors_does_not_change_what_is_learnt(
    tmp_path: Path,
) -> None:
    """Linear algebra on several threads adds up in another order.

    Another machine would learn another model.
    """
    for threads in ("1", "2"):
        argv = [
            sys.executable,
            "-m",
            "wfgen_actions.pipeline",
            "update",
            "--iterations",
            "3",
            "--root",
            str(tmp_path / threads),
        ]
        environment = os.environ | {
            f"{library}_NUM_THREADS": threads for library in ("OPENBLAS", "OMP", "MKL")
        }
        subprocess.run(argv, check=True, capture_output=True, env=environment)
    assert_same_state(tmp_path / "1", tmp_path / "2")


def test_several_processes_equal_one_long_run(tmp_path: Path) -> None:
    for _ in range(3):
        argv = [
            sys.executable,
            "-m",
            "wfgen_actions.pipeline",
            "update",
            "--iterations",
            "2",
            "--batch-rows",
            "700",
        ]
        subprocess.run(
            [*argv, "--root", str(tmp_path / "short")], check=True, capture_output=True
        )
    train(tmp_path / "long", 6)
    assert_same_state(tmp_path / "short", tmp_path / "long")


def test_the_whole_sample_is_learnt_once_and_then_nothing_is_new(
    tmp_path: Path,
) -> None:
    assert train(tmp_path, 100, 1000)["rows_total"] == 20460
    before = snapshot(tmp_path / "runtime/model") | snapshot(tmp_path / "runtime/data")
    summary = train(tmp_path, 100, 1000)
    assert (summary["status"], summary["rows_this_run"], summary["rows_total"]) == (
        "nothing-new",
        0,
        20460,
    )
    assert (
        snapshot(tmp_path / "runtime/model") | snapshot(tmp_path / "runtime/data")
        == before
    )


def test_a_run_names_the_state_it_started_from(tmp_path: Path) -> None:
    first, second = train(tmp_path, 1), train(tmp_path, 1)
    assert (first["started_from"], first["parent_state_id"]) == ("nothing", None)
    assert (second["started_from"], second["parent_state_id"]) == (
        "state",
        first["state_id"],
    )
    assert second["rows_total"] == 2 * first["rows_total"] == 1400


def test_the_model_of_one_run_with_the_data_state_of_another_is_refused_and_left_alone(
    tmp_path: Path,
) -> None:
    train(tmp_path / "one", 1)
    train(tmp_path / "two", 2)
    mixed = tmp_path / "mixed"
    shutil.copytree(tmp_path / "one/runtime/model", mixed / "runtime/model")
    shutil.copytree(tmp_path / "two/runtime/data", mixed / "runtime/data")
    before = snapshot(mixed / "runtime/model") | snapshot(mixed / "runtime/data")
    with pytest.raises(StateMismatchError, match="of another state"):
        train(mixed, 1)
    assert (
        snapshot(mixed / "runtime/model") | snapshot(mixed / "runtime/data") == before
    )


def test_a_model_without_its_data_state_is_refused(tmp_path: Path) -> None:
    train(tmp_path, 1)
    (tmp_path / "runtime/data/data_state.json").unlink()
    with pytest.raises(StateMismatchError, match="without"):
        train(tmp_path, 1)


@pytest.mark.parametrize("name", ["best_model.pkl", "population"])
@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_a_damaged_model_is_refused_before_it_is_unpickled(
    tmp_path: Path, name: str, damage: str
) -> None:
    train(tmp_path, 1)
    path = next((tmp_path / "runtime/model").glob(f"{name}*"))
    content = path.read_bytes()
    flipped = content[:5000] + bytes([content[5000] ^ 1]) + content[5001:]
    path.write_bytes({"flip": flipped, "cut": content[:-1], "empty": b""}[damage])
    with pytest.raises(StateTamperedError):
        train(tmp_path, 1)
