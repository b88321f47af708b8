"""Columns to matrices, learnt as the stream goes.

Views of a batch, each made only if a candidate asks for it:

- plain: sparse; values hashed, other numbers standardised, for those who want speed
  above all;
- wide: sparse; values, buckets of numbers and pairs of these, hashed, for linear
  models;
- dense: numbers, the commonest values one by one, for networks;
- tree: numbers and a code a category;
- tokens: sparse ones, for counting.

Wide and dense carry rates: what the target did lately where a value, or a pair of
values, stood. A batch is encoded by what was known before it, once, for scoring and for
learning alike. Every row has one entry a field, which lets the sparse matrices be laid
out without a pass over the rows.
"""

from __future__ import annotations

from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse

from .columns import NUMBER
from .hashing import bucketed, hashed, named, pair
from .standard_scaler import Moments
from .target_encoder import Rates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from .hashing import Category, Hashes
    from .schema import Schema

BITS = 18
NUMBER_SLOTS = 1024
"""Slots of the wide view after the hashed ones.

Two a number, one for its value and one for its absence.
"""
RATE_SLOTS = 64
TOKEN_BITS = 14
CROSSED = 8
"""Pairs are formed among the first so many categories.

Of these with the first so many numbers.
"""
RATED = 6
"""Rates are kept of the first so many categories and of their pairs."""
DENSE_NUMBERS, DENSE_VALUES, VALUES_A_COLUMN = 64, 288, 128


class Views:
    """The matrices of one batch, made when first asked for."""

    def __init__(self, encoder: Encoder, cells: Mapping[str, Any]) -> None:
        self._encoder = encoder
        self.cells = cells
        self._made: dict[str, Any] = {}
        self.numbers = encoder.scaled(cells)
        self.categories = encoder.categories(cells)
        self.rows = len(next(iter(cells.values())))

    @cached_property
    def rated(self) -> list[Hashes]:
        """The keys that rates are kept of: single values, and pairs."""
        chosen = [self.categories[name].rows() for name in self._encoder.steady[:RATED]]
        return [*chosen, *(pair(one, other) for one, other in combinations(chosen, 2))]

    @cached_property
    def rates(self) -> NDArray[np.float64]:
        """Of shape (rows, keys)."""
        return self._encoder.rates.encode(self.rated, self.rows)

    def view(self, name: str) -> Any:  # noqa: ANN401  # sparse or dense
        """`wide`, `dense`, `tree` or `tokens`, of shape (rows, features)."""
        if name not in self._made:
            self._made[name] = getattr(self._encoder, name)(self)
        return self._made[name]


class Encoder:
    """What was learnt about the columns."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.moments = Moments()
        self.rates = Rates()
        self.steady: list[str] = []
        self.slots: dict[str, int] = {}
        self.values: dict[str, dict[int, int]] = {}
        self.used = 0

    def begin(self, cells: Mapping[str, Any]) -> None:
        """Get to know the columns that are new with this batch.

        Everything else is learnt after scoring.
        """
        new = [
            column for column in self.schema.columns if column.name not in self.slots
        ]
        for column in new:
            self.slots[column.name] = len(self.slots)
            if column.kind == NUMBER:
                self.moments.learn(column.name, cells[column.name])
        for name, category in self.categories(
            {column.name: cells[column.name] for column in new}
        ).items():
            # A category that does not vary within a batch says when, not what: no rates of it.
            if len(np.unique(category.codes)) > 1:
                self.steady.append(name)
            self._meet(name, category)

    def learn(
        self,
        cells: Mapping[str, Any],
        views: Views,
        target: NDArray[np.float64] | None,
        first: bool,
    ) -> None:
        """Take in a batch.

        `target` is from 0 to 1, or standardised, or None where no rates are kept.
        """
        if not first:
            for column in self.schema.columns:
                if column.kind == NUMBER:
                    self.moments.learn(column.name, cells[column.name])
            for name, category in views.categories.items():
                self._meet(name, category)
        if target is not None:
            self.rates.learn(views.rated, target)

    def scaled(self, cells: Mapping[str, Any]) -> dict[str, NDArray[np.float64]]:
        """The numbers, standardised; NaN where missing."""
        return {
            column.name: self.moments.standardise(column.name, cells[column.name])
            for column in self.schema.columns
            if column.kind == NUMBER
        }

    def categories(self, cells: Mapping[str, Any]) -> dict[str, Category]:
        """Everything that is one of a set of values."""
        found: dict[str, Category] = {}
        for column in self.schema.columns:
            if column.name in cells:
                found |= hashed(column, cells[column.name])
        return found

    def width(self, view: str) -> int:
        """Columns of a view."""
        if view == "tree":
            return sum(
                (column.kind == NUMBER) + len(named(column))
                for column in self.schema.columns
            )
        return {
            "wide": (1 << BITS) + NUMBER_SLOTS + RATE_SLOTS,
            "plain": (1 << TOKEN_BITS) + NUMBER_SLOTS,
            "tokens": 1 << TOKEN_BITS,
            "dense": DENSE_NUMBERS + RATE_SLOTS + DENSE_VALUES,
        }[view]

    def wide(self, views: Views) -> scipy.sparse.csr_matrix:
        """Sparse, of shape (rows, 2^18 and the numbers)."""
        single = [category.rows() for category in views.categories.values()]
        buckets = [bucketed(name, values) for name, values in views.numbers.items()]
        tokens = [
            *single,
            *buckets,
            *(pair(one, other) for one, other in combinations(single[:CROSSED], 2)),
        ]
        tokens += [
            pair(one, other) for one in single[:CROSSED] for other in buckets[:CROSSED]
        ]
        fields = len(tokens) + len(views.numbers) + views.rates.shape[1]
        places = np.empty((views.rows, fields), dtype=np.int32)
        weights = np.ones((views.rows, fields))
        mask = np.uint64((1 << BITS) - 1)
        for at, token in enumerate(tokens):
            places[:, at] = token & mask
        self._number_fields(views.numbers, places, weights, len(tokens), 1 << BITS)
        at = len(tokens) + len(views.numbers)
        places[:, at:] = (1 << BITS) + NUMBER_SLOTS + np.arange(views.rates.shape[1])
        weights[:, at:] = views.rates
        starts = np.arange(0, views.rows * fields + 1, fields, dtype=np.int32)
        shape = (views.rows, self.width("wide"))
        return scipy.sparse.csr_matrix(
            (weights.ravel(), places.ravel(), starts), shape=shape
        )

    def dense(self, views: Views) -> NDArray[np.float32]:
        """Numbers, rates, and a column for each of the values met first."""
        matrix = np.zeros((views.rows, self.width("dense")), dtype=np.float32)
        for name, values in views.numbers.items():
            matrix[:, self.slots[name] % DENSE_NUMBERS] += np.nan_to_num(values)
        matrix[:, DENSE_NUMBERS : DENSE_NUMBERS + views.rates.shape[1]] = views.rates
        every = np.arange(views.rows)
        for name, category in views.categories.items():
            place = self._placed(name, category)
            known = place >= 0
            matrix[every[known], DENSE_NUMBERS + RATE_SLOTS + place[known]] = 1.0
        return matrix

    def tree(self, views: Views) -> NDArray[np.float64]:
        """Numbers as they are and one code a category: the order in which its values were met.

        Column by column as they joined, so that what a tree was grown on stays where it
        is.
        """
        found: list[NDArray[np.float64]] = []
        for column in self.schema.columns:
            found += [views.cells[column.name]] if column.kind == NUMBER else []
            found += [
                self._placed(name, views.categories[name]).astype(np.float64)
                for name in named(column)
            ]
        return np.column_stack(found)

    def plain(self, views: Views) -> scipy.sparse.csr_matrix:
        """Sparse, of shape (rows, 2^14 and the numbers).

        Values hashed, numbers standardised, nothing crossed.
        """
        tokens = [
            category.rows() & np.uint64((1 << TOKEN_BITS) - 1)
            for category in views.categories.values()
        ]
        numbers = {
            name: values
            for name, values in views.numbers.items()
            if name not in views.categories
        }
        fields = len(tokens) + len(numbers)
        places = np.empty((views.rows, fields), dtype=np.int32)
        weights = np.ones((views.rows, fields))
        for at, token in enumerate(tokens):
            places[:, at] = token
        self._number_fields(numbers, places, weights, len(tokens), 1 << TOKEN_BITS)
        starts = np.arange(0, places.size + 1, fields, dtype=np.int32)
        shape = (views.rows, self.width("plain"))
        return scipy.sparse.csr_matrix(
            (weights.ravel(), places.ravel(), starts), shape=shape
        )

    def _number_fields(  # two matrices, and where in them
        self,
        numbers: Mapping[str, NDArray[np.float64]],
        places: NDArray[np.int32],
        weights: NDArray[np.float64],
        first: int,
        base: int,
    ) -> None:
        for at, (name, values) in enumerate(numbers.items(), start=first):
            absent = np.isnan(values)
            places[:, at] = base + 2 * (self.slots[name] % (NUMBER_SLOTS // 2)) + absent
            weights[:, at] = np.where(absent, 1.0, values)

    def tokens(self, views: Views) -> scipy.sparse.csr_matrix:
        """Sparse ones, of shape (rows, 2^14): single values and buckets, for counting."""
        tokens = [category.rows() for category in views.categories.values()]
        tokens += [bucketed(name, values) for name, values in views.numbers.items()]
        places = np.stack(
            [token & np.uint64((1 << TOKEN_BITS) - 1) for token in tokens], axis=1
        ).astype(np.int32)
        starts = np.arange(0, places.size + 1, len(tokens), dtype=np.int32)
        return scipy.sparse.csr_matrix(
            (np.ones(places.size), places.ravel(), starts),
            (views.rows, self.width("tokens")),
        )

    def unmet(self, name: str, category: Category) -> float:
        """Share of rows with a value that was not met before.

        As long as there is room to remember values.
        """
        known = self.values.get(name, {})
        if len(known) >= VALUES_A_COLUMN or self.used >= DENSE_VALUES:
            return 0.0
        return float(np.mean(self._placed(name, category) < 0))

    def _meet(self, name: str, category: Category) -> None:
        """Give values met for the first time a place of their own, as long as there are any."""
        known = self.values.setdefault(name, {})
        for code in category.hashes.tolist():
            if len(known) >= VALUES_A_COLUMN or self.used >= DENSE_VALUES:
                return
            if code not in known:
                known[code] = self.used
                self.used += 1

    def _placed(self, name: str, category: Category) -> NDArray[np.int64]:
        known = self.values.get(name, {})
        return np.array(
            [known.get(code, -1) for code in category.hashes.tolist()], dtype=np.int64
        )[category.codes]
