"""LightGBM's text of trees: its parser gets only what our own training writes.

The long form is a bench.
"""

from __future__ import annotations

import pickle
import random
import re

import numpy as np
import pytest

from pipeline.models.boosting import ContinuedBoosting, get_trees
from pipeline.state.checks.tree_text import check_trees
from pipeline.tasks import BINARY, REGRESSION

FEATURES = 4
ROWS = 80
WORDS = ["", "0", "-1", "7", "15", "1e999", "nan", "inf", "0x9", "99999999", " 1 ", "="]
SIGNS = ["\n", "\r", "\0", "\v", "\f", "\x1c", "\x85", "=", " ", "-", "9", "e", "é"]
ADDED = [
    "num_cat=1",
    "is_linear=1",
    "cat_threshold=1",
    "average_output",
    "monotone_constraints=1 1 1 1",
    "Tree=0",
    "end of trees",
    "parameters:",
    "[linear_tree: 1]",
    "leaf_features",
]


def make_matrix(rows: int = ROWS) -> np.ndarray:
    matrix = np.random.RandomState(1).standard_normal((rows, FEATURES))
    matrix[:, 1] = np.round(matrix[:, 1])
    matrix[:, 2] = np.nan
    matrix[::3, 3] = np.nan
    return matrix


def train_boosting(task: str) -> ContinuedBoosting:
    pytest.importorskip("lightgbm")
    model = ContinuedBoosting(task, 1)
    matrix = make_matrix()
    target = matrix[:, 0] + matrix[:, 1]
    if task == BINARY:
        target = (target > 0).astype(np.float64)
    model.partial_fit(matrix, target, 2, None)
    return model


@pytest.fixture(scope="module", params=[BINARY, REGRESSION])
def boosting(request: pytest.FixtureRequest) -> ContinuedBoosting:
    return train_boosting(request.param)


def score(model: ContinuedBoosting, text: str) -> np.ndarray:
    """What a state with this text predicts."""
    check_trees(text, FEATURES)
    other = ContinuedBoosting(model.task, 1)
    other.base_score, other.feature_count = model.base_score, FEATURES
    other.tree_chunks = [text]
    return other.decision_scores(make_matrix(5))


@pytest.mark.parametrize("target", [0.0, 1.0, 1e30])
def test_trees_of_any_batch_are_taken(target: float) -> None:
    pytest.importorskip("lightgbm")
    for rows in (2, 3, 40, 400):
        model = ContinuedBoosting(REGRESSION, 1)
        matrix = make_matrix(rows)
        values = np.linspace(0, target, rows) if target > 1 else np.full(rows, target)
        model.partial_fit(matrix, values, 2, None)
        check_trees(model.tree_chunks[0], FEATURES)


def test_parameters_behind_the_trees_say_nothing(boosting: ContinuedBoosting) -> None:
    """LightGBM takes apart each of them without a look whether there are parts."""
    (text,) = boosting.tree_chunks
    trees = get_trees(text)
    expected = score(boosting, text)
    for tail in (
        text.removeprefix(trees).replace("[boosting: gbdt]", "[boosting gbdt]"),
        "parameters:\n[linear_tree: 1]\nend of parameters\n",
        "pandas_categorical:[[1",
        "",
    ):
        np.testing.assert_array_equal(score(boosting, trees + tail), expected)


@pytest.mark.parametrize(
    ("line", "change"),
    [
        ("num_leaves=", "num_leaves=9\v"),
        ("tree_sizes=", "tree_sizes=1 "),
        ("split_feature=", "split_feature=9999999 "),
        ("shrinkage=", "leaf_features=0\nshrinkage="),
        ("is_linear=0\n", "is_linear=1\n"),
        ("internal_count=", "internal_count"),
        ("leaf_weight=", "leaf_weight=x "),
        ("feature_infos=", "average_output\nfeature_infos="),
        ("objective=", "objective=custom "),
        ("end of trees\n", "end of tree\n"),
    ],
)
def test_lines_of_another_form_are_refused(
    boosting: ContinuedBoosting, line: str, change: str
) -> None:
    (text,) = boosting.tree_chunks
    with pytest.raises(pickle.UnpicklingError, match="trees of another kind"):
        check_trees(text.replace(line, change, 1), FEATURES)


def damage(text: str, chance: random.Random) -> str:
    """Change one word, sign or line of the trees, and put their sizes right again."""
    kind = chance.randrange(4)
    lines = text.split("\n")
    number = chance.randrange(len(lines))
    if kind == 0:
        words = re.split(r"([ =:])", lines[number])
        words[chance.randrange(len(words))] = chance.choice(WORDS)
        lines[number] = "".join(words)
    elif kind == 1:
        place = chance.randrange(len(text))
        lines = [text[:place] + chance.choice(SIGNS) + text[place + 1 :]]
    elif kind == 2:
        lines.insert(number, chance.choice(ADDED))
    else:
        other = chance.randrange(len(lines))
        lines[number], lines[other] = lines[other], lines[number]
    changed = "\n".join(lines)
    head, *trees = re.split(r"^(?=Tree=)", changed, flags=re.MULTILINE)
    trees = [tree.partition("end of trees")[0] for tree in trees]
    sizes = " ".join(str(len(tree)) for tree in trees)
    return changed.replace(head, re.sub("tree_sizes=.*", f"tree_sizes={sizes}", head))


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("count", [150, pytest.param(10_000, marks=pytest.mark.bench)])
def test_replaced_trees_are_refused_or_predict(
    boosting: ContinuedBoosting, count: int
) -> None:
    trees = get_trees(boosting.tree_chunks[0])
    chance = random.Random(5)  # noqa: S311  # no secret
    refused = 0
    for _ in range(count):
        try:
            scores = score(boosting, damage(trees, chance))
        except pickle.UnpicklingError:
            refused += 1
        else:
            assert np.isfinite(scores).all()
    assert count / 2 < refused < count
