"""Checks of models that were trained anew on kept rows: trees and regressions as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ...features.encoder import POSITIONS
from ...refit.forest import Forest
from ...refit.regression import Fit
from ...refit.trees import MOST_ROUNDS, STAGES
from ...tasks import BINARY, REGRESSION
from .attributes import (
    Attributes,
    check_names,
    check_task,
    is_array,
    is_count,
)
from .requirements import require

if TYPE_CHECKING:
    from numpy.typing import NDArray

Unchecked: TypeAlias = Any
Array: TypeAlias = "NDArray[Any]"
WHAT = "a forest"
MOST_COLUMNS = 1 << 16
# Forms of a regression.
FITS = 2
FOREST_TYPES = {
    "features": np.int32,
    "thresholds": np.float64,
    "left": np.int32,
    "right": np.int32,
    "missing_left": np.bool_,
    "values": np.float64,
}


def check_forest(attributes: Attributes) -> None:
    """Check a `Forest`: each child lies behind its parent within its own tree.

    What predicts follows children and features without a look.
    """
    check_names(attributes, ("outputs", "start", "sizes", *FOREST_TYPES), WHAT)
    outputs, sizes = attributes["outputs"], attributes["sizes"]
    require(is_count(outputs) and outputs >= 1, WHAT)
    require(is_array(attributes["start"], (outputs,)), WHAT)
    require(is_array(sizes, (np.size(sizes),), np.int64) and sizes.size, WHAT)
    require((sizes >= 1).all() and sizes.size % outputs == 0, WHAT)
    require(sizes.size <= outputs * MOST_ROUNDS and sizes.max() < 1 << 16, WHAT)
    nodes = int(sizes.sum())
    for name, dtype in FOREST_TYPES.items():
        values = attributes[name]
        if name == "thresholds":
            require(is_threshold_array(values, nodes), WHAT)
        else:
            require(is_array(values, (nodes,), dtype), WHAT)
    first = np.repeat(np.cumsum(sizes) - sizes, sizes)
    own = np.arange(nodes) - first
    size = np.repeat(sizes, sizes)
    left, right = attributes["left"], attributes["right"]
    is_leaf = left == own
    require((is_leaf == (right == own)).all(), WHAT)
    for children in (left, right):
        is_behind = (children > own) & (children < size)
        require((is_leaf | is_behind).all(), WHAT)
    features = attributes["features"]
    require(((features >= 0) & (features < MOST_COLUMNS)).all(), WHAT)


def is_threshold_array(values: object, nodes: int) -> bool:
    """Whether these are numbers, infinite ones among them."""
    if not isinstance(values, np.ndarray) or values.dtype != np.float64:
        return False
    return values.shape == (nodes,) and not np.isnan(values).any()


def check_refit_trees(attributes: Attributes) -> None:
    """Check a `RefitTrees`."""
    names = ("task", "seed", "window", "new_rows", "classes", "forest", "ranks")
    check_names(attributes, (*names, "stage_losses", "columns", "rows"), WHAT)
    check_task(attributes)
    for name in ("seed", "window", "new_rows", "rows"):
        require(is_count(attributes[name]), WHAT)
    require(is_array(attributes["stage_losses"], (len(STAGES),)), WHAT)
    check_class_list(attributes["classes"], attributes["task"])
    width = check_columns(attributes["columns"], WHAT)
    ranks = attributes["ranks"]
    require(isinstance(ranks, np.ndarray) and ranks.dtype == np.float64, WHAT)
    require(ranks.shape == (width, POSITIONS + 1) and not np.isinf(ranks).any(), WHAT)
    forest = attributes["forest"]
    require(type(forest) in {Forest, type(None)}, WHAT)
    if forest is None:
        return
    parts: Unchecked = forest
    require(isinstance(parts.features, np.ndarray), WHAT)
    require(parts.features.max(initial=0) < max(width, 1), WHAT)
    outputs = count_scores(attributes["task"], attributes["classes"])
    require(parts.outputs == outputs, WHAT)


def check_columns(columns: Unchecked, what: str) -> int:
    """Check a list of different columns; that there are so many comes later."""
    require(is_array(columns, (np.size(columns),), np.int64), what)
    require(((columns >= 0) & (columns < MOST_COLUMNS)).all(), what)
    return int(columns.size)


def count_scores(task: str, classes: Array) -> int:
    """How many scores a model of so many classes gives."""
    if task in {BINARY, REGRESSION} or classes.size <= 2:  # noqa: PLR2004  # one log-odds
        return 1
    return int(classes.size)


def check_class_list(classes: Unchecked, task: str) -> None:
    """Check the classes that a model was trained on: indices, each above the one before."""
    require(is_array(classes, (np.size(classes),), np.int64), "classes")
    if task == REGRESSION:
        return
    require((np.diff(classes) > 0).all(), "classes")
    most = 2 if task == BINARY else 1 << 12
    require(((classes >= 0) & (classes < most)).all(), "classes")


def check_refit_regression(attributes: Attributes) -> None:
    """Check a `RefitRegression` but for its fits."""
    what = "a regression"
    check_names(attributes, ("task", "seed", "new_rows", "fits", "losses"), what)
    check_task(attributes)
    require(is_count(attributes["seed"]) and is_count(attributes["new_rows"]), what)
    fits = attributes["fits"]
    require(type(fits) is list and len(fits) in {0, FITS}, what)
    require(all(type(fit) is Fit for fit in fits), what)
    tasks = {fit.__dict__.get("task") for fit in fits}
    require(tasks <= {attributes["task"]}, what)
    require(is_array(attributes["losses"], (FITS,)), what)


def check_fit(attributes: Attributes) -> None:
    """Check a `Fit`: a weight for each number, hole and category."""
    what = "a regression"
    names = ("task", "rows", "classes", "numbers", "centers", "scales")
    check_names(attributes, (*names, "places", "weights", "offsets"), what)
    check_task(attributes)
    require(is_count(attributes["rows"]), what)
    check_class_list(attributes["classes"], attributes["task"])
    places = attributes["places"]
    require(isinstance(places, np.ndarray) and places.ndim == 2, what)  # noqa: PLR2004
    require(is_array(places, (len(places), POSITIONS + 1), np.int32), what)
    count = check_columns(attributes["numbers"], what)
    require((attributes["numbers"] < len(places)).all(), what)
    require(is_array(attributes["centers"], (count,)), what)
    require(is_array(attributes["scales"], (count,)), what)
    require((attributes["scales"] > 0).all() and (places >= 0).all(), what)
    width = 2 * count + int(places.max(initial=0))
    outputs = count_scores(attributes["task"], attributes["classes"])
    require(is_array(attributes["weights"], (outputs, width)), what)
    require(is_array(attributes["offsets"], (outputs,)), what)
