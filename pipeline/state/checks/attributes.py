"""Checks of the attributes that an object of a state ends up with, before it is used.

A pickle that names listed classes alone may still fill them with what they never hold:
a NaN for the number of a column ends in a crash inside SciPy. Each class has a check
here of what it holds by itself; `consistency` checks what its parts say of each other.
Each check raises pickle.UnpicklingError, which the caller turns into one line.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from sklearn.linear_model import SGDClassifier, SGDRegressor

from ...features.encoder import POSITIONS
from ...features.reading.columns import DATE, NUMBER, TEXT
from ...features.reading.styles import DATE_STYLES, NUMBER_STYLES, PLAIN
from ...features.schema import MOST_CLASSES, Column, Schema
from ...features.standard_scaler import StandardScaler
from ...features.target_encoder import BITS, TargetEncoder
from ...models.boosting import KEPT_CHUNKS
from ...models.ensemble import RIDGE_ROWS
from ...models.linear import LEARNING_RATES
from ...models.metrics import BINS
from ...tasks import BINARY, MULTICLASS, REGRESSION
from .requirements import make_error, require
from .tree_text import WHAT as TREES
from .tree_text import check_trees

if TYPE_CHECKING:
    from numpy.typing import NDArray

Attributes = dict[str, Any]
Array: TypeAlias = "NDArray[Any]"

TASKS = (BINARY, MULTICLASS, REGRESSION)
KINDS = (NUMBER, TEXT, DATE)
# Whole numbers below it are floats too, and indices.
LARGEST_COUNT = 1 << 53
# No amount is as far from the mean, in deviations.
MOST_DEVIATION = 1e9
HASHES = 1 << 64
# Sums that fade are compared with others that fade, each rounded by itself.
ROUNDING = 1e-6


def check_names(attributes: Attributes, names: tuple[str, ...], what: str) -> None:
    """Check that these attributes are there, and no other."""
    require(set(attributes) == set(names), f"{what} with attributes")


def is_text(value: object) -> bool:
    """Whether it is a string of characters that can be written."""
    if type(value) is not str:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)


def is_count(value: object, most: int = LARGEST_COUNT) -> bool:
    """Whether it is a whole number from 0 on."""
    return type(value) is int and 0 <= value <= most


def is_finite(value: object) -> bool:
    """Whether it is a finite number of Python's or numpy's; none is a truth value."""
    if type(value) not in {int, float, np.float64, np.float32}:
        return False
    return is_bounded(value) and math.isfinite(value)  # type: ignore[arg-type]  # a number


def is_bounded(value: object) -> bool:
    """Whether a whole number is one that a float can be."""
    return type(value) is not int or abs(value) <= LARGEST_COUNT


def is_array(value: object, shape: tuple[int, ...], dtype: object = np.float64) -> bool:
    """Whether it is an array of this shape and type of finite numbers."""
    if type(value) is not np.ndarray or value.shape != shape or value.dtype != dtype:
        return False
    return bool(np.isfinite(value).all())


def is_text_list(value: object) -> bool:
    """Whether it is a list of different strings."""
    if type(value) is not list or not all(map(is_text, value)):
        return False
    return len(set(value)) == len(value)


def is_text_dict(value: object) -> bool:
    """Whether it is a dict whose keys are strings."""
    return type(value) is dict and all(map(is_text, value))


def check_column(attributes: Attributes) -> None:
    """Check a `Column`."""
    # States from before styles have none.
    style = attributes.get("style", PLAIN)
    known = {**attributes, "style": style}
    check_names(known, ("name", "kind", "is_code", "style"), "a column")
    require(style in NUMBER_STYLES | DATE_STYLES, "a column's style")
    require(is_text(attributes["name"]), "a column's name")
    require(attributes["kind"] in KINDS, "a column's type")
    require(type(attributes["is_code"]) is bool, "a column")


def check_schema(attributes: Attributes) -> None:
    """Check a `Schema`."""
    style = attributes.get("target_style", PLAIN)
    known = {
        "missing": None,
        "target_missing": None,
        **attributes,
        "target_style": style,
    }
    names = ["target", "task", "columns", "classes", "target_style"]
    names += ["missing", "target_missing"]
    check_names(known, tuple(names), "a schema")
    require(style in NUMBER_STYLES, "a target's style")
    for words in (known["missing"], known["target_missing"]):
        is_list = type(words) is tuple and is_text_list(list(words))
        require(words is None or is_list, "words for missing")
    require(is_text(attributes["target"]), "a target")
    check_task(attributes)
    columns = attributes["columns"]
    require(type(columns) is list, "columns")
    require(all(type(column) is Column for column in columns), "columns")
    column_names = [column.__dict__.get("name") for column in columns]
    require(is_text_list([*column_names, attributes["target"]]), "columns")
    classes = attributes["classes"]
    require(is_text_list(classes) and len(classes) <= MOST_CLASSES, "classes")
    is_binary = attributes["task"] == BINARY
    require(not is_binary or len(classes) <= 2, "classes")  # noqa: PLR2004  # binary


def check_task(attributes: Attributes) -> None:
    """Check the task of a model or a metric."""
    task = attributes.get("task")
    require(type(task) is str and task in TASKS, "a task")


def check_scaler(attributes: Attributes) -> None:
    """Check a `StandardScaler`: three numbers for each of some columns."""
    check_names(attributes, ("count", "mean", "squares"), "a scaler")
    for numbers in attributes.values():
        require(is_text_dict(numbers), "a scaler")
        require(all(map(is_finite, numbers.values())), "a scaler's numbers")
    require(len({frozenset(part) for part in attributes.values()}) == 1, "a scaler")
    for name in ("count", "squares"):
        least = min(attributes[name].values(), default=0.0)
        require(least >= 0, "a scaler's numbers")


def check_target_encoder(attributes: Attributes) -> None:
    """Check a `TargetEncoder`: two tables, empty or of all places."""
    names = ("as_log_odds", "row_counts", "target_sums", "all_rows", "all_targets")
    check_names(attributes, names, "a target encoder")
    require(type(attributes["as_log_odds"]) is bool, "a target encoder")
    rows, targets = attributes["all_rows"], attributes["all_targets"]
    require(is_finite(rows) and rows >= 0 and is_finite(targets), "target rates")
    places = (1 << BITS,) if rows else (0,)
    counts, sums = attributes["row_counts"], attributes["target_sums"]
    require(is_array(counts, places) and is_array(sums, places), "target rates")
    require((counts >= 0).all(), "target rates")
    if attributes["as_log_odds"]:
        # A rate beyond 0 or 1 has no log-odds.
        most = counts * (1 + ROUNDING) + ROUNDING
        require(((sums >= 0) & (sums <= most)).all(), "target rates")
        require(0 <= targets <= rows * (1 + ROUNDING) + ROUNDING, "target rates")
        return
    # Amounts are in deviations; networks read rates as 32-bit floats.
    most = MOST_DEVIATION * (counts + 1)
    require((np.abs(sums) <= most).all(), "target rates")
    require(abs(targets) <= MOST_DEVIATION * (rows + 1), "target rates")


def check_encoder(attributes: Attributes) -> None:
    """Check an `Encoder`; that its names are those of the schema comes later."""
    types = {
        "schema": Schema,
        "scaler": StandardScaler,
        "target_encoder": TargetEncoder,
        "varying_categories": list,
        "column_numbers": dict,
        "value_positions": dict,
        "used_positions": int,
    }
    check_names(attributes, tuple(types), "an encoder")
    for name, cls in types.items():
        require(type(attributes[name]) is cls, f"an encoder's {name}")
    require(is_text_list(attributes["varying_categories"]), "an encoder's columns")
    numbers = attributes["column_numbers"]
    require(is_text_dict(numbers), "an encoder's columns")
    require(set(numbers.values()) == set(range(len(numbers))), "a column's number")
    require(all(type(number) is int for number in numbers.values()), "a number")
    require(is_count(attributes["used_positions"], POSITIONS), "positions")
    require(is_text_dict(attributes["value_positions"]), "positions of values")
    for positions in attributes["value_positions"].values():
        check_positions(positions)


def check_positions(positions: object) -> None:
    """Check the positions of one column's values, by their hashes."""
    if not isinstance(positions, dict):
        raise make_error("positions of values")
    for code, position in positions.items():
        require(is_count(code, HASHES - 1), "a hash of a value")
        require(is_count(position, POSITIONS - 1), "a position of a value")


def check_drift_monitor(attributes: Attributes) -> None:
    """Check a `DriftMonitor`."""
    names = ("target", "weight", "loss", "loss_weight", "count")
    check_names(attributes, names, "a drift monitor")
    require(all(map(is_finite, attributes.values())), "what drift is measured by")
    require(attributes["weight"] >= 0 and is_count(attributes["count"]), "a count")


def check_average(attributes: Attributes) -> None:
    """Check an `AverageEnsemble`, which holds nothing."""
    check_names(attributes, (), "an ensemble")


def check_stacking(attributes: Attributes) -> None:
    """Check an `OnlineStacking`: a weight a candidate, and a curvature that can be solved."""
    names = ("task", "names", "weights", "curvature", "losses")
    check_names(attributes, names, "an ensemble")
    check_task(attributes)
    require(is_text_list(attributes["names"]), "an ensemble")
    count = len(attributes["names"])
    curvature = attributes["curvature"]
    for name in ("weights", "losses"):
        require(is_array(attributes[name], (count,)), f"an ensemble's {name}")
    require(is_array(curvature, (count, count)), "an ensemble's curvature")
    if count:
        size = float(np.abs(curvature).max())
        is_symmetric = np.allclose(curvature, curvature.T, atol=ROUNDING * size)
        require(is_symmetric, "an ensemble's curvature")
        # The ridge is added before it is solved.
        least = np.linalg.eigvalsh(curvature).min()
        require(least > -RIDGE_ROWS / 2 - ROUNDING * size, "an ensemble's curvature")


def check_metrics(attributes: Attributes) -> None:
    """Check `PrequentialMetrics`."""
    names = ["task", "rows", "loss_sum", "recent_loss", "recent_rows", "hits", "counts"]
    # A regression's only, from the first batch on.
    names += ["unit"] if "unit" in attributes else []
    check_names(attributes, tuple(names), "metrics")
    check_task(attributes)
    require(is_count(attributes["rows"]) and is_count(attributes["hits"]), "metrics")
    for name in ("loss_sum", "recent_loss", "recent_rows"):
        require(is_finite(attributes[name]) and attributes[name] >= 0, "metrics")
    unit = attributes.get("unit", 1.0)
    require(is_finite(unit) and unit > 0, "metrics")
    shape = (2, BINS if attributes["task"] == BINARY else 0)
    counts = attributes["counts"]
    require(is_array(counts, shape, np.int64), "metrics")
    least, most = counts.min(initial=0), counts.max(initial=0)
    require(least >= 0 and most <= attributes["rows"], "metrics")


def check_constant(attributes: Attributes) -> None:
    """Check a `ConstantModel` but for how many scores it has."""
    check_names(attributes, ("task", "scores"), "a baseline")
    check_task(attributes)


def check_linear(attributes: Attributes) -> None:
    """Check a `LinearModel`; of its estimators the types alone."""
    check_names(attributes, ("task", "seed", "view", "estimators"), "a linear model")
    check_task(attributes)
    require(is_count(attributes["seed"]), "a seed")
    require(is_text(attributes["view"]), "a view")
    require(attributes["view"] in LEARNING_RATES, "a view")
    estimators = attributes["estimators"]
    require(type(estimators) is list, "estimators")
    types = {SGDClassifier, SGDRegressor}
    require(all(type(one) in types for one in estimators), "estimators")


def check_naive_bayes(attributes: Attributes) -> None:
    """Check a `NaiveBayes` but for its estimator."""
    check_names(attributes, ("task", "classes", "estimator"), "a Naive Bayes model")
    check_task(attributes)
    require(is_count(attributes["classes"], 2 * MOST_CLASSES), "classes")


def check_network(attributes: Attributes) -> None:
    """Check a `NeuralNetwork` but for its estimator."""
    check_names(attributes, ("task", "seed", "classes", "estimator"), "a network")
    check_task(attributes)
    require(is_count(attributes["seed"]), "a seed")
    require(is_count(attributes["classes"], 2 * MOST_CLASSES), "classes")


def check_boosting(attributes: Attributes) -> None:
    """Check a `ContinuedBoosting` but for its trees; parsed ones are not kept."""
    names = ("task", "seed", "base_score", "tree_chunks", "feature_count", "_boosters")
    check_names(attributes, names, "a boosting model")
    check_task(attributes)
    require(is_count(attributes["seed"]), "a seed")
    base_score = attributes["base_score"]
    # Added up in an array of its own type.
    require(type(base_score) in {float, np.float64}, "a base score")
    require(is_finite(base_score), "a base score")
    require(is_count(attributes["feature_count"]), "a count of features")
    boosters = attributes["_boosters"]
    require(type(boosters) is dict and not boosters, "parsed trees")
    chunks = attributes["tree_chunks"]
    require(type(chunks) is list and len(chunks) <= KEPT_CHUNKS, TREES)
    for chunk in chunks:
        require(type(chunk) is str, TREES)
        check_trees(chunk, attributes["feature_count"])


def check_scale(scale: object) -> None:
    """Check mean and standard deviation of a target."""
    if not isinstance(scale, tuple) or len(scale) != 2:  # noqa: PLR2004  # a pair
        raise make_error("a scale")
    require(all(map(is_finite, scale)) and scale[1] > 0, "a scale")


def check_parameters(
    attributes: Mapping[str, Any], fresh: Mapping[str, Any], free: tuple[str, ...] = ()
) -> None:
    """Check that the parameters of an estimator are those that a new one is made with."""
    for name, expected in fresh.items():
        value = attributes.get(name)
        if name not in free:
            same = type(value) is type(expected) and value == expected
            require(same, f"an estimator with {name}")
