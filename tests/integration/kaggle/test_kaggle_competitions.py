"""Competitions from the training to the score, as a command, with the unmodified client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

if TYPE_CHECKING:
    from tests.integration.kaggle.conftest import Plan

PIPELINE = [sys.executable, "-m", "wfgen_actions.pipeline"]
TRAINED = 400


@pytest.fixture
def titanic(plan: Plan, tmp_path: Path) -> Path:
    """A competition whose answer is whether x is above 8, and a place to train in."""
    rows = [(i, i % 17) for i in range(600)]
    train = "".join(f"{i},{int(x > 8)},{x}\n" for i, x in rows[:TRAINED])
    test = "".join(f"{i},{x}\n" for i, x in rows[TRAINED:])
    # In another order than the rows to predict.
    asked = list(reversed(rows[TRAINED:]))
    example = "".join(f"{i},0\n" for i, _ in asked)
    plan.put(
        "competitions/titanic",
        {
            "train.csv": "id,y,x\n" + train,
            "test.csv": "id,x\n" + test,
            "sample_submission.csv": "id,y\n" + example,
        },
    )
    solution = "".join(f"{i},{int(x > 8)}\n" for i, x in rows[TRAINED:])
    plan.put("competitions", {"titanic.solution.csv": "id,y\n" + solution})
    root = tmp_path / "r"
    root.mkdir()
    settings = ['source = "kaggle:competitions/titanic"', 'target = "y"']
    settings += ["batch_rows = 100", "iterations = 9", 'ignore = ["id"]']
    (root / "wfgen.toml").write_text("\n".join(["[pipeline]", *settings]), "utf-8")
    return root


def call(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [*PIPELINE, *words]
    environ = {**os.environ, "PIPELINE_KAGGLE_BACKOFF_SECONDS": "0.01"}
    return subprocess.run(
        argv, cwd=root, env=environ, capture_output=True, text=True, check=False
    )


def test_predictions_are_handed_in_where_the_metric_got_better(
    plan: Plan, titanic: Path
) -> None:
    assert call(titanic, "update").returncode == 0
    done = call(titanic, "submit")
    assert done.returncode == 0, done.stderr
    assert "200 answers handed in to titanic" in done.stdout
    submission = pd.read_csv(titanic / "runtime/submission.csv")
    assert list(submission.columns) == ["id", "y"]
    assert submission["id"].tolist() == list(range(599, 399, -1))
    (kept,) = json.loads((titanic / "runtime/data/submissions.json").read_text())
    assert float(kept["score"]) > 0.8
    # The same state again is no better.
    calls = len(plan.calls)
    assert "not handed in" in call(titanic, "submit").stdout
    assert len(plan.calls) == calls


def test_rows_on_kaggle_are_scored_and_a_code_competition_takes_no_file(
    plan: Plan, titanic: Path
) -> None:
    assert call(titanic, "update", "--models", "sgd").returncode == 0
    source = "kaggle:competitions/titanic/test.csv"
    done = call(titanic, "predict", source, "--output", "p.csv", "--id", "id")
    assert done.returncode == 0, done.stderr
    assert "200 rows scored" in done.stdout
    rules = "[competitions.titanic]\ncode_only = true\n"
    (plan.folder / "kaggle.toml").write_text(rules, "utf-8")
    plan.kaggle.service.catalog.reload()
    done = call(titanic, "submit")
    assert done.returncode == 2
    assert "titanic is a code competition" in done.stderr
    assert "StartSubmissionUpload" not in plan.called_names
