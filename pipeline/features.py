"""Columns to a matrix, learnt as the stream goes.

Categories are hashed without state (crc32 of "column=value"), so that a value seen for the first time needs nothing;
numbers are standardised by the moments of the batches before, so that a batch is encoded once, for scoring and for
learning. Every row has one entry a field, which lets the sparse matrix be laid out without a pass over the rows.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse

from pipeline import schema as schemas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from pipeline.schema import Column, Schema

BITS = 14
NUMBER_SLOTS = 1024
"""Slots before the hashed ones: two a number, one for its value and one for its absence."""
CLIP = 8.0


class Moments:
    """Running mean and variance of each number (Chan, Golub and LeVeque 1979: merging of partial sums)."""

    def __init__(self) -> None:
        self.count: dict[str, float] = {}
        self.mean: dict[str, float] = {}
        self.squares: dict[str, float] = {}

    def learn(self, name: str, values: NDArray[np.float64]) -> None:
        """Take in one batch of a column; NaN is left out."""
        known = values[~np.isnan(values)]
        if not len(known):
            return
        count, mean = float(len(known)), float(known.mean())
        squares = float(np.square(known - mean).sum())
        before = self.count.get(name, 0.0)
        shift = mean - self.mean.get(name, 0.0)
        total = before + count
        self.squares[name] = self.squares.get(name, 0.0) + squares + shift * shift * before * count / total
        self.mean[name] = self.mean.get(name, 0.0) + shift * count / total
        self.count[name] = total

    def standardise(self, name: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Zero mean, unit variance, cut at CLIP; NaN stays."""
        count = self.count.get(name, 0.0)
        spread = (self.squares.get(name, 0.0) / count) ** 0.5 if count else 0.0
        scaled = (values - self.mean.get(name, 0.0)) / (spread or 1.0)
        clipped: NDArray[np.float64] = np.clip(scaled, -CLIP, CLIP)
        return clipped


class Encoder:
    """Turns the cells of a batch into a sparse matrix of shape (rows, width)."""

    def __init__(self) -> None:
        self.moments = Moments()
        self.slots: dict[str, int] = {}
        self.width = NUMBER_SLOTS + (1 << BITS)

    def take(self, schema: Schema, cells: Mapping[str, Any]) -> scipy.sparse.csr_matrix:
        """Encode a batch by what was known before it, then take in its moments; a new column knows only itself."""
        names = [column.name for column in schema.columns if column.kind == schemas.NUMBER]
        new = [name for name in names if name not in self.moments.count]
        for name in new:
            self.slots.setdefault(name, 2 * len(self.slots) % NUMBER_SLOTS)
            self.moments.learn(name, cells[name])
        matrix = self.encode(schema, cells)
        for name in names:
            if name not in new:
                self.moments.learn(name, cells[name])
        return matrix

    def encode(self, schema: Schema, cells: Mapping[str, Any]) -> scipy.sparse.csr_matrix:
        """The cells as the model sees them; nothing is learnt."""
        places: list[NDArray[np.int64]] = []
        weights: list[NDArray[np.float64]] = []
        for column in schema.columns:
            values = cells[column.name]
            if column.kind == schemas.NUMBER:
                place, weight = self._number(column.name, values)
                places.append(place)
                weights.append(weight)
            for token in tokens(column, values):
                places.append(NUMBER_SLOTS + (token & ((1 << BITS) - 1)))
                weights.append(np.ones(len(token)))
        rows, fields = len(places[0]), len(places)
        return scipy.sparse.csr_matrix(
            (
                np.stack(weights, axis=1).ravel(),
                np.stack(places, axis=1).ravel().astype(np.int32),
                np.arange(0, rows * fields + 1, fields, dtype=np.int32),
            ),
            shape=(rows, self.width),
        )

    def _number(self, name: str, values: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        absent = np.isnan(values)
        slot = self.slots.get(name, 0)
        scaled = np.where(absent, 1.0, self.moments.standardise(name, values))
        return slot + absent.astype(np.int64), scaled


def tokens(column: Column, values: Any) -> list[NDArray[np.int64]]:  # noqa: ANN401  # numbers or categories
    """What a column adds to the hashed part, each of shape (rows,): nothing for a plain number."""
    if column.kind == schemas.NUMBER:
        return [hashes(column.name, pd.Categorical(values))] if column.code else []
    if column.kind == schemas.DATE:
        moments = schemas.parse_dates(values.categories)
        parts = {"month": moments.month, "weekday": moments.dayofweek, "hour": moments.hour}
        return [
            hashes(f"{column.name}.{part}", pd.Categorical(np.append(of_each, np.nan)[values.codes]))
            for part, of_each in parts.items()
        ]
    return [hashes(column.name, values)]


def hashes(name: str, cells: pd.Categorical[Any]) -> NDArray[np.int64]:
    """crc32 of each row's "name=value"; missing is a value of its own."""
    texts = [*(f"{name}={value}" for value in cells.categories), name]
    table = np.array([zlib.crc32(text.encode()) for text in texts], dtype=np.int64)
    return table[np.asarray(cells.codes)]
