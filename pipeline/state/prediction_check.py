"""What every candidate says of a few made-up rows.

Kept to know a state again under other libraries.

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
from .numpy_checks import plain_dtype

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..models.population import Population
    from .verification import State

    Array = NDArray[Any]

DRAWN = 1
"""Which rows: another way of drawing them has another number."""
ROWS, PLACES = 8, 128
TAIL = 1088
"""The last slots of a sparse view, where numbers and rates are, get half of the places."""
TOLERANCE = 1e-4
"""Of a log-odds or a deviation: other versions may add up in another order, in single precision."""

Probe = dict[str, Any]


def taken(population: Population) -> Probe | None:
    """What every candidate says, raw; None where none has learnt yet."""
    if not population.rows:
        return None
    said = {
        name: _packed(each.decision_scores(drawn(population, each.view)))
        for name, each in population.candidates.items()
    }
    return {"drawn": DRAWN, "said": said}


def drawn(population: Population, view: str) -> Any:  # noqa: ANN401  # sparse or dense
    """Rows in the form of a view.

    RandomState is frozen (NEP 19): every version of numpy draws the same.
    """
    chance = np.random.RandomState(zlib.crc32(view.encode()))
    width = count_features(population.encoder, view)
    if view == "dense":
        return chance.standard_normal((ROWS, width)).astype(np.float32)
    if view == "tree":
        # Of any size: a tree asks on which side of a number as it came a row lies.
        return chance.standard_normal((ROWS, width)) * 10 ** (
            4 * chance.random_sample((ROWS, width))
        )
    places = np.hstack(
        [
            chance.randint(0, width, (ROWS, PLACES)),
            chance.randint(width - TAIL, width, (ROWS, PLACES)),
        ]
    )
    # Counts that come to about what a row has; more would drive a log-odds to where it is cut off.
    weights = (
        chance.random_sample(places.size) / 10
        if view == "tokens"
        else chance.standard_normal(places.size)
    )
    starts = np.arange(0, places.size + 1, 2 * PLACES, dtype=np.int32)
    return scipy.sparse.csr_matrix(
        (weights, places.astype(np.int32).ravel(), starts), shape=(ROWS, width)
    )


def tried(state: State, models: Sequence[str]) -> str:
    """Load a state of other libraries and hold its candidates against what they said.

    What was found, for the log.

    Raises StateLibrariesError where they cannot be loaded, say something else, or fail
    to learn.
    """
    from ..models.population import Population  # noqa: PLC0415
    from . import pickles as persist  # noqa: PLC0415  # brings joblib

    probe = state.document.probe
    if probe is None or probe.get("drawn") != DRAWN:
        raise StateLibrariesError(
            "the state does not say by what its models can be known again"
        )
    try:
        population = persist.loads(state.population, state.document.population, models)
    except StateTamperedError as error:
        raise StateLibrariesError(error.message) from error
    if not isinstance(population, Population):
        raise StateTamperedError(f"{state.document.population} holds no population")
    return held(population, probe)


def held(population: Population, probe: Probe) -> str:
    """Let every candidate say it again, and a copy of it learn; what was found.

    Raises StateLibrariesError where one says something else, or fails;
    StateTamperedError where it cannot be read.
    """
    try:
        kept = {name: _unpacked(probe["said"][name]) for name in population.candidates}
    except Exception as error:
        raise StateTamperedError(
            f"what the models said cannot be read from the state: {error}"
        ) from error
    furthest = 0.0
    for name, candidate in population.candidates.items():
        expected, matrix = kept[name], drawn(population, candidate.view)
        try:
            said = candidate.decision_scores(matrix)
            target = np.arange(len(said), dtype=np.float64) % 2
            copy.deepcopy(candidate).partial_fit(
                matrix, target, len(population.schema.classes), said
            )
        except Exception as error:
            raise StateLibrariesError(
                f"{name} fails: {type(error).__name__}: {error}"
            ) from error
        if said.shape != expected.shape or not np.allclose(
            said, expected, rtol=TOLERANCE, atol=TOLERANCE
        ):
            raise StateLibrariesError(f"{name} says something else than it did")
        furthest = max(furthest, float(np.abs(said - expected).max(initial=0.0)))
    return f"{', '.join(population.candidates)} say what they said (within {furthest:.1g}), and learn"


def _packed(array: Array) -> dict[str, Any]:
    packed = base64.b64encode(
        zlib.compress(np.ascontiguousarray(array).tobytes())
    ).decode()
    return {"dtype": array.dtype.str, "shape": list(array.shape), "zlib": packed}


def _unpacked(packed: Mapping[str, Any]) -> Array:
    content = zlib.decompress(base64.b64decode(packed["zlib"]))
    return (
        np.frombuffer(content, plain_dtype(packed["dtype"]))
        .reshape(packed["shape"])
        .copy()
    )
