"""A few encoded rows with what every candidate says of them, kept to know a state again under other libraries.

They are kept encoded, as the candidates see them, and not as they came: a state in a public artifact holds no rows of
the source. Encoding them again would show nothing, since it is made of this package's own arithmetic and of CRC-32.
"""

from __future__ import annotations

import base64
import copy
import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse

from pipeline.errors import StateLibrariesError, StateTamperedError
from pipeline.features import Views
from pipeline.plain import plain_dtype

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.population import Population
    from pipeline.state import State

    Array = NDArray[Any]

ROWS = 4
TOLERANCE = 1e-4
"""Of a log-odds or a deviation: other versions may add up in another order, in single precision."""

Probe = dict[str, Any]


def taken(population: Population, cells: Mapping[str, Any]) -> Probe | None:
    """The first rows of a batch as every candidate sees them, and its raw scores; None where columns joined since."""
    if any(column.name not in population.encoder.slots for column in population.schema.columns):
        return None
    views = Views(population.encoder, {name: _first(values) for name, values in cells.items()})
    kept = {name: views.view(name) for name in sorted({each.view for each in population.candidates.values()})}
    said = {name: _packed(each.raw(kept[each.view])) for name, each in population.candidates.items()}
    return {"views": {name: _packed_view(matrix) for name, matrix in kept.items()}, "said": said}


def tried(state: State, models: Sequence[str]) -> str:
    """Load a state of other libraries and hold its candidates against the kept rows; what was found, for the log.

    Raises StateLibrariesError where they cannot be loaded, say something else, or fail to learn.
    """
    from pipeline import persist  # noqa: PLC0415  # brings joblib
    from pipeline.population import Population  # noqa: PLC0415

    if state.document["probe"] is None:
        raise StateLibrariesError("the state keeps no rows to try its models with")
    try:
        population = persist.loads(state.population, state.document["population"], models)
    except StateTamperedError as error:
        raise StateLibrariesError(error.message) from error
    if not isinstance(population, Population):
        raise StateTamperedError(f"{state.document['population']} holds no population")
    return held(population, state.document["probe"])


def held(population: Population, probe: Probe) -> str:
    """Let every candidate say it again, and a copy of it learn; what was found.

    Raises StateLibrariesError where one says something else, or fails; StateTamperedError where the rows are none.
    """
    try:
        views = {name: _unpacked_view(packed) for name, packed in probe["views"].items()}
        rows = [
            (name, each, views[each.view], _unpacked(probe["said"][name]))
            for name, each in population.candidates.items()
        ]
    except Exception as error:
        raise StateTamperedError(f"the rows kept in the state cannot be read: {error}") from error
    furthest = 0.0
    for name, candidate, matrix, expected in rows:
        try:
            said = candidate.raw(matrix)
            target = np.arange(len(said), dtype=np.float64) % 2
            copy.deepcopy(candidate).learn(matrix, target, len(population.schema.classes), said)
        except Exception as error:
            raise StateLibrariesError(f"{name} fails: {type(error).__name__}: {error}") from error
        if said.shape != expected.shape or not np.allclose(said, expected, rtol=TOLERANCE, atol=TOLERANCE):
            raise StateLibrariesError(f"{name} says something else of the rows kept in the state than it did")
        furthest = max(furthest, float(np.abs(said - expected).max(initial=0.0)))
    return f"{', '.join(population.candidates)} say of the kept rows what they said (within {furthest:.1g}), and learn"


def _first(values: Any) -> Any:  # noqa: ANN401  # a column as `cells` makes it
    first = values[:ROWS]
    return first.remove_unused_categories() if isinstance(first, pd.Categorical) else first


def _packed(array: Array) -> dict[str, Any]:
    packed = base64.b64encode(zlib.compress(np.ascontiguousarray(array).tobytes())).decode()
    return {"dtype": array.dtype.str, "shape": list(array.shape), "zlib": packed}


def _unpacked(packed: Mapping[str, Any]) -> Array:
    content = zlib.decompress(base64.b64decode(packed["zlib"]))
    return np.frombuffer(content, plain_dtype(packed["dtype"])).reshape(packed["shape"]).copy()


def _packed_view(matrix: Any) -> dict[str, Any]:  # noqa: ANN401  # sparse or dense
    if not scipy.sparse.issparse(matrix):
        return {"dense": _packed(matrix)}
    parts = {name: _packed(getattr(matrix, name)) for name in ("data", "indices", "indptr")}
    return {"sparse": parts, "shape": list(matrix.shape)}


def _unpacked_view(packed: Mapping[str, Any]) -> Any:  # noqa: ANN401  # sparse or dense
    if "dense" in packed:
        return _unpacked(packed["dense"])
    parts = tuple(_unpacked(packed["sparse"][name]) for name in ("data", "indices", "indptr"))
    matrix = scipy.sparse.csr_matrix(parts, shape=tuple(packed["shape"]))
    # Whoever multiplies by it follows the places in it without looking.
    matrix.check_format(full_check=True)
    return matrix
