"""Recorded predictions: what every candidate says of a few made-up rows.

A state keeps them so that its models can be recognised under other libraries.

The rows are drawn, not taken from the source: a state lies in an artifact that all who
read the repository can read, and an encoded row can be decoded. So none is kept; both
sides draw the same.
"""

from __future__ import annotations

import base64
import copy
import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse

from ..errors import StateLibrariesError, StateTamperedError
from ..features.views import count_features
from ..models.population import Population
from .numpy_checks import restore_dtype
from .pickles import load_instance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..models.estimators import Candidate, Matrix
    from .verification import State

    Array = NDArray[Any]

# Which rows: another way of drawing them has another number.
DRAWN = 1
ROWS, PLACES = 8, 128
# The last features of a sparse view, those of numbers and rates, get half of the
# places.
TAIL = 1088
# Of a log-odds or a deviation: other versions may add up in another order, in single
# precision.
TOLERANCE = 1e-4

# `drawn`, and in `said` by candidate an array as `pack_array` makes it.
Recorded = dict[str, Any]


def record_predictions(population: Population) -> Recorded | None:
    """Record the decision scores of every candidate; None where none is trained yet."""
    if not population.rows:
        return None
    packed = {}
    for name, candidate in population.list_trained().items():
        matrix = draw_rows(population, candidate.view)
        packed[name] = pack_array(candidate.decision_scores(matrix))
    return {"drawn": DRAWN, "said": packed}


def draw_rows(population: Population, view: str) -> Matrix:
    """Draw rows in the form of a view: of shape (ROWS, its features), sparse or dense.

    RandomState is frozen (NEP 19): every version of numpy draws the same.
    """
    random = np.random.RandomState(zlib.crc32(view.encode()))
    width = count_features(population.encoder, view)
    if view == "dense":
        return random.standard_normal((ROWS, width)).astype(np.float32)
    if view in {"tree", "refit"}:
        # Of any size: a tree asks on which side of a number as it came a row lies.
        values = random.standard_normal((ROWS, width))
        return values * 10 ** (4 * random.random_sample((ROWS, width)))
    anywhere = random.randint(0, width, (ROWS, PLACES))
    at_the_end = random.randint(width - TAIL, width, (ROWS, PLACES))
    places = np.hstack([anywhere, at_the_end]).astype(np.int32).ravel()
    if view == "tokens":
        # Counts that come to about what a row has; more would drive a log-odds to where
        # it is cut off.
        weights = random.random_sample(places.size) / 10
    else:
        weights = random.standard_normal(places.size)
    starts = np.arange(0, places.size + 1, 2 * PLACES, dtype=np.int32)
    return scipy.sparse.csr_matrix((weights, places, starts), shape=(ROWS, width))


def try_state(state: State, models: Sequence[str]) -> str:
    """Load a state of other libraries and compare its candidates with their predictions.

    Returns what was found, for the log. Raises StateLibrariesError where they cannot be
    loaded, predict something else, or fail to train.
    """
    name, recorded = state.document.population, state.document.probe
    if recorded is None or recorded.get("drawn") != DRAWN:
        raise StateLibrariesError(
            "the state does not say by what its models can be known again"
        )
    try:
        population = load_instance(Population, state.population, name, models)
    except StateTamperedError as error:
        raise StateLibrariesError(error.message) from error
    return compare_predictions(population, recorded)


def compare_predictions(population: Population, recorded: Recorded) -> str:
    """Let every candidate predict again, and a copy of it train; return what was found.

    Raises StateLibrariesError where one predicts something else, or fails;
    StateTamperedError where the recorded predictions cannot be read.
    """
    expected: dict[str, Array] = {}
    trained = population.list_trained()
    try:
        for name in trained:
            expected[name] = unpack_array(recorded["said"][name])
    except Exception as error:
        raise StateTamperedError(
            f"the recorded predictions cannot be read from the state: {error}"
        ) from error
    largest = 0.0
    for name, candidate in trained.items():
        matrix = draw_rows(population, candidate.view)
        classes = len(population.schema.classes)
        try:
            scores = _predict_and_train(candidate, matrix, classes)
        except Exception as error:
            raise StateLibrariesError(
                f"{name} fails: {type(error).__name__}: {error}"
            ) from error
        same_shape = scores.shape == expected[name].shape
        if not same_shape or not np.allclose(
            scores, expected[name], rtol=TOLERANCE, atol=TOLERANCE
        ):
            raise StateLibrariesError(f"{name} predicts something else than it did")
        difference = np.abs(scores - expected[name])
        largest = max(largest, float(difference.max(initial=0.0)))
    names = ", ".join(trained)
    return f"{names} predict what they did (within {largest:.1g}), and can be trained"


def _predict_and_train(candidate: Candidate, matrix: Matrix, classes: int) -> Array:
    scores = candidate.decision_scores(matrix)
    target = np.arange(len(scores), dtype=np.float64) % 2
    copy.deepcopy(candidate).partial_fit(matrix, target, classes, scores)
    return scores


def pack_array(array: Array) -> dict[str, Any]:
    """Return an array as JSON values."""
    content = zlib.compress(np.ascontiguousarray(array).tobytes())
    packed = base64.b64encode(content).decode()
    return {"dtype": array.dtype.str, "shape": list(array.shape), "zlib": packed}


def unpack_array(packed: Mapping[str, Any]) -> Array:
    """Return the array of `pack_array`; raises some exception for anything else."""
    content = zlib.decompress(base64.b64decode(packed["zlib"]))
    array = np.frombuffer(content, restore_dtype(packed["dtype"]))
    return array.reshape(packed["shape"]).copy()
