"""A state goes on wherever the package lives: in a checkout, copied, or as a wheel."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.state.class_names import (
    get_local_module,
    get_stored_module,
    is_own,
)

PACKAGE = Path(__file__).parents[4] / "pipeline"
MODEL = """
import numpy as np

class Prior:
    view = "plain"
    def __init__(self):
        self.counts = np.zeros(2)
    def partial_fit(self, matrix, target, classes):
        self.counts = self.counts + np.bincount(target, minlength=len(classes))
        return self
    def predict_proba(self, matrix):
        return np.tile((self.counts + 1) / (self.counts + 1).sum(), (matrix.shape[0], 1))
"""


def copy_package(folder: Path, name: str) -> None:
    """Put the package there under a dotted name."""
    place = folder.joinpath(*name.split("."))
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(PACKAGE, place, ignore=shutil.ignore_patterns("__pycache__"))


def run(folder: Path, package: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the package in the folder, as somebody does who stands there."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, "-m", package, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def count_batches(folder: Path) -> int:
    summary = json.loads((folder / "runtime/logs/summary.json").read_text())
    assert isinstance(summary["batches_total"], int)
    return summary["batches_total"]


def test_a_state_of_a_copied_package_goes_on_in_a_checkout_and_in_a_wheel(
    tmp_path: Path,
) -> None:
    words = ["update", "--models", "sgd", "--iterations", "1", "--batch-rows", "50"]
    names = ["training", "pipeline", "wfgen_actions.pipeline", "training"]
    for batches, name in enumerate(names, start=1):
        (tmp_path / "there").mkdir(exist_ok=True)
        copy_package(tmp_path / "there", name)
        done = run(tmp_path / "there", name, *words)
        assert done.returncode == 0, done.stderr
        assert count_batches(tmp_path / "there") == batches
        verified = run(tmp_path / "there", name, "verify")
        assert verified.returncode == 0, verified.stderr
        # No other copy is there to be imported by mistake.
        (tmp_path / "there").rename(tmp_path / "before")
        (tmp_path / "there").mkdir()
        (tmp_path / "before/runtime").rename(tmp_path / "there/runtime")
        shutil.rmtree(tmp_path / "before")


def test_a_model_of_ones_own_may_live_in_the_copied_package(tmp_path: Path) -> None:
    copy_package(tmp_path, "training")
    (tmp_path / "training/mine.py").write_text(MODEL)
    words = ["--models", "sgd,training.mine:Prior"]
    for batches in (1, 2):
        done = run(tmp_path, "training", "update", *words, "--iterations", "1")
        assert done.returncode == 0, done.stderr
        assert count_batches(tmp_path) == batches
    assert run(tmp_path, "training", "verify", *words).returncode == 0


@pytest.mark.parametrize("name", ["training", "pipeline", "wfgen_actions.pipeline"])
def test_hints_name_the_command_that_works_there(tmp_path: Path, name: str) -> None:
    copy_package(tmp_path, name)
    missing = run(tmp_path, name, "status")
    assert missing.returncode == 12
    assert f"hint: `python -m {name} update` makes one" in missing.stderr
    (tmp_path / "runtime/data").mkdir(parents=True)
    (tmp_path / "runtime/data/data_state.json").write_text("{")
    damaged = run(tmp_path, name, "status")
    assert damaged.returncode == 11
    for command in ("rollback", "reset"):
        assert f"`python -m {name} {command}`" in damaged.stderr
    help_text = run(tmp_path, name, "--help").stdout
    assert help_text.startswith(f"Usage: python -m {name} ")


def test_only_names_of_this_package_change() -> None:
    assert is_own("pipeline.models.linear")
    assert not is_own("pipelines.models")
    assert get_stored_module("pipeline.models.linear") == "pipeline.models.linear"
    assert get_local_module("pipeline.models.linear") == "pipeline.models.linear"
    for other in ("sklearn.linear_model", "pipelines", "numpy"):
        assert get_local_module(other) == other
