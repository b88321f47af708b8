"""One suite of checks that every row of the registry passes, for each of its tasks."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import SettingsError
from pipeline.features.encoder import Encoder
from pipeline.features.schema import Table, convert_batch, infer_schema
from pipeline.features.views import VIEWS, EncodedBatch, list_refit_kinds
from pipeline.models.candidates import (
    ALL_TASKS,
    CANDIDATE_TYPES,
    create_candidates,
    list_default_names,
)
from pipeline.models.estimators import Candidate, Matrix
from pipeline.refit.rows import KeptRows
from pipeline.settings import MODELS
from pipeline.state import pickles
from pipeline.tasks import BINARY, MULTICLASS, REGRESSION, compute_losses

SCORE_COLUMNS = {BINARY: 1, MULTICLASS: 4, REGRESSION: 1}
PAIRS = [(row.name, task) for row in CANDIDATE_TYPES for task in row.tasks]


def make_batch(task: str) -> tuple[EncodedBatch, Table]:
    chance = np.random.default_rng(1)
    size = chance.normal(size=400)
    targets = {
        BINARY: np.where(size > 0, "yes", "no"),
        MULTICLASS: np.array(["a", "b", "c", "d"])[np.digitize(size, [-1, 0, 1])],
        REGRESSION: size + chance.normal(size=400) / 4,
    }
    frame = pd.DataFrame(
        {
            "size": size,
            "colour": chance.choice(["red", "green"], 400),
            "target": targets[task],
        }
    )
    schema, inferred = infer_schema(frame, "target", task, ())
    table = convert_batch(schema, inferred.frame)
    encoder = Encoder(schema)
    encoder.add_new_columns(table.columns)
    return EncodedBatch(encoder, table.columns), table


def create_candidate(name: str, task: str) -> Candidate:
    if name == "boosting":
        pytest.importorskip("lightgbm")
    return create_candidates([name], task, seed=1)[name]


def fit(candidate: Candidate, task: str) -> Matrix:
    batch, table = make_batch(task)
    matrix = batch.get_matrix(candidate.view)
    candidate.partial_fit(matrix, table.target, SCORE_COLUMNS[MULTICLASS], None)
    if hasattr(candidate, "refit"):
        kept = KeptRows(1000, seed=1)
        kept.add(matrix, table.target, 0, list_refit_kinds(batch.encoder))
        candidate.refit(kept, 1.0)
    return matrix


def test_the_settings_name_what_the_registry_has() -> None:
    assert sorted(MODELS) == sorted(row.name for row in CANDIDATE_TYPES)


@pytest.mark.parametrize(("name", "task"), PAIRS)
def test_scores_are_finite_and_of_the_tasks_shape(name: str, task: str) -> None:
    candidate = create_candidate(name, task)
    matrix = fit(candidate, task)
    scores = candidate.decision_scores(matrix)
    assert scores.shape == (400, SCORE_COLUMNS[task])
    assert np.isfinite(scores).all()


@pytest.mark.parametrize(("name", "task"), PAIRS)
def test_a_second_one_of_the_same_seed_scores_the_same(name: str, task: str) -> None:
    scores = []
    for _ in range(2):
        candidate = create_candidate(name, task)
        matrix = fit(candidate, task)
        scores.append(candidate.decision_scores(matrix))
    np.testing.assert_array_equal(scores[0], scores[1])


@pytest.mark.parametrize(("name", "task"), PAIRS)
def test_a_stored_one_goes_on_as_if_it_had_not_been_stored(
    name: str, task: str
) -> None:
    candidate = create_candidate(name, task)
    matrix = fit(candidate, task)
    stored = pickles.load_pickle(pickles.dump_pickle(candidate), "candidate")
    target = make_batch(task)[1].target
    scores = []
    for one in (candidate, stored):
        before = one.decision_scores(matrix)
        one.partial_fit(matrix, target, SCORE_COLUMNS[MULTICLASS], before)
        scores.append(one.decision_scores(matrix))
    np.testing.assert_array_equal(scores[0], scores[1])


@pytest.mark.parametrize(("name", "task"), PAIRS)
def test_scoring_leaves_it_as_it_is(name: str, task: str) -> None:
    candidate = create_candidate(name, task)
    matrix = fit(candidate, task)
    before = pickles.dump_pickle(copy.deepcopy(candidate))
    candidate.decision_scores(matrix)
    assert pickles.dump_pickle(copy.deepcopy(candidate)) == before


def test_each_asks_for_a_view_that_there_is() -> None:
    for name, task in PAIRS:
        assert create_candidate(name, task).view in VIEWS


@pytest.mark.parametrize("task", ALL_TASKS)
def test_auto_stands_for_all_that_the_task_can_have(task: str) -> None:
    names = list_default_names(task)
    assert list(create_candidates(["auto"], task, 1)) == names
    assert ("bayes" in names) == (task != REGRESSION)
    assert "sgd" not in names
    without = list_default_names(task, keeps_rows=False)
    assert set(names) - set(without) == {"refit", "refit_window", "refit_linear"}


def test_a_name_that_auto_stands_for_as_well_is_taken_once() -> None:
    names = list(create_candidates(["mlp", "auto"], BINARY, 1))
    assert names[:2] == ["mlp", "linear"]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("name", "task"), [("bayes", REGRESSION), ("boosting", MULTICLASS)]
)
def test_a_model_without_the_task_is_refused(name: str, task: str) -> None:
    with pytest.raises(SettingsError, match=f"'{name}', which cannot be trained"):
        create_candidates([name], task, 1)


def test_boosting_does_not_diverge_on_small_batches() -> None:
    """Without a penalty a leaf of one class has log-odds without end."""
    pytest.importorskip("lightgbm")
    chance = np.random.default_rng(3)
    candidate = create_candidates(["boosting"], BINARY, seed=1)["boosting"]
    scores, losses = None, []
    for _ in range(150):
        matrix = chance.normal(size=(48, 4))
        target = (matrix[:, 0] + chance.normal(size=48) > 0).astype(float)
        if scores is not None:
            scores = candidate.decision_scores(matrix)
            losses.append(compute_losses(BINARY, scores, target).mean())
            assert np.abs(scores).max() < 12
        candidate.partial_fit(matrix, target, 2, scores)
        scores = candidate.decision_scores(matrix)
    assert np.mean(losses[-20:]) < np.log(2)
