"""Ensembles of decision scores."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.models.ensemble import AverageEnsemble, OnlineStacking
from pipeline.tasks import ABSENT, BINARY, MULTICLASS, REGRESSION

CHANCE = np.random.default_rng(1)
ROWS = 20_000


def test_the_average_counts_a_class_that_a_candidate_does_not_know_as_absent() -> None:
    knows_two = np.array([[1.0, 2.0]])
    knows_three = np.array([[1.0, 2.0, 3.0]])
    scores = AverageEnsemble().decision_scores({"a": knows_two, "b": knows_three})
    np.testing.assert_array_equal(scores, [[1.0, 2.0, (ABSENT + 3.0) / 2]])


def make_scores(task: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Scores of which the first candidate's tell the target, the second's nothing."""
    noise = CHANCE.normal(size=(ROWS, 1))
    if task == REGRESSION:
        target = CHANCE.normal(size=ROWS)
        return {"good": target[:, None], "bad": noise}, target
    if task == BINARY:
        good = CHANCE.normal(size=(ROWS, 1)) * 3
        shares = 1 / (1 + np.exp(-good[:, 0]))
        target = (CHANCE.random(ROWS) < shares).astype(float)
        return {"good": good, "bad": noise}, target
    target = CHANCE.integers(0, 3, ROWS).astype(float)
    good = np.eye(3)[target.astype(int)] * 4
    return {"good": good, "bad": CHANCE.normal(size=(ROWS, 3))}, target


@pytest.mark.parametrize("task", [BINARY, MULTICLASS, REGRESSION])
def test_stacking_begins_as_the_average_and_moves_to_the_better_one(task: str) -> None:
    scores, target = make_scores(task)
    stacking = OnlineStacking(task)
    np.testing.assert_allclose(
        stacking.decision_scores(scores), AverageEnsemble().decision_scores(scores)
    )
    stacking.partial_fit(scores, target)
    good, bad = stacking.weights
    assert good > bad


def test_stacking_starts_anew_for_other_candidates() -> None:
    scores, target = make_scores(BINARY)
    stacking = OnlineStacking(BINARY)
    stacking.partial_fit(scores, target)
    stacking.decision_scores({"good": scores["good"]})
    np.testing.assert_array_equal(stacking.weights, [1.0])
