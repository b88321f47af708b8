"""Matrices of one batch, each made only where a candidate asks for it.

- plain: sparse; values hashed, other numbers standardized, for those who want speed
  above all;
- wide: sparse; values, buckets of numbers and pairs of these, hashed, for linear
  models;
- dense: numbers, and the first values one by one, for networks;
- tree: numbers, and a code for each category;
- refit: as tree, and dates as numbers too: what is kept to train on anew;
- tokens: sparse ones, for counting.

Wide and dense hold target rates: what the target did lately where a value, or a pair of
values, stood. In a sparse matrix every row has one entry a field, which lets it be laid
out without a pass over the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from itertools import combinations, product
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

import numpy as np
import pandas as pd
import scipy.sparse

from .encoder import POSITIONS
from .hashing import hash_buckets, hash_pairs, list_categories
from .reading.columns import DATE, NUMBER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from .encoder import Encoder
    from .hashing import Hashes
    from .reading.columns import ColumnValues

    Array = NDArray[np.float64]

Matrix: TypeAlias = Any  # a NumPy array, or a CSR matrix: SciPy has no types
# Of the hashes in the wide view: 262,144 features.
WIDE_BITS = 18
# Of the hashes in the views plain and tokens: 16,384 features, as measured on the
# flights stream with one entry a value.
TOKEN_BITS = 14
# Features of a sparse view for numbers: two a number, its value and its absence.
NUMBER_SLOTS = 1024
RATE_SLOTS = 64
DENSE_NUMBERS = 64
# Pairs are formed of the first so many categories among themselves, and with the first
# so many numbers.
CROSSED = 8
# Target rates are kept of the first so many categories, and of their 15 pairs.
RATED = 6
# What a column of the refit view is: a number; a category by its code; or the code of a
# number or of a part of a date, which stands there as a number too.
PLAIN_NUMBER, CATEGORY, NUMBER_CODE = 0, 1, 2
DATE_NUMBERS = 5


class EncodedBatch:
    """One batch as an encoder knows its columns.

    Matrices are made when first asked for: before the encoder is trained on the batch.
    """

    def __init__(self, encoder: Encoder, columns: Mapping[str, ColumnValues]) -> None:
        self.columns = columns
        self.numbers = encoder.standardize_numbers(columns)
        self.categories = encoder.hash_categories(columns)
        self.rows = len(next(iter(columns.values())))
        self.encoder = encoder
        self._matrices: dict[str, Matrix] = {}

    @cached_property
    def rate_keys(self) -> list[Hashes]:
        """What target rates are kept of: single values, and pairs."""
        names = self.encoder.varying_categories[:RATED]
        keys = [self.categories[name].row_hashes for name in names]
        pairs = [hash_pairs(left, right) for left, right in combinations(keys, 2)]
        return keys + pairs

    @cached_property
    def rates(self) -> Array:
        """The target rates, of shape (rows, keys)."""
        return self.encoder.target_encoder.transform(self.rate_keys, self.rows)

    def get_matrix(self, view: str) -> Matrix:
        """A view by its name, of shape (rows, `count_features`)."""
        if view not in self._matrices:
            self._matrices[view] = VIEWS[view].build(self.encoder, self)
        return self._matrices[view]


def count_features(encoder: Encoder, view: str) -> int:
    """How many columns the matrix of a view has."""
    return VIEWS[view].count_features(encoder)


def _build_wide(encoder: Encoder, batch: EncodedBatch) -> Matrix:
    single = [category.row_hashes for category in batch.categories.values()]
    buckets = [hash_buckets(name, values) for name, values in batch.numbers.items()]
    crossed = single[:CROSSED]
    pairs = [*combinations(crossed, 2), *product(crossed, buckets[:CROSSED])]
    tokens = [*single, *buckets]
    tokens += [hash_pairs(left, right) for left, right in pairs]
    fields = len(tokens) + len(batch.numbers) + batch.rates.shape[1]
    matrix = _SparseRows(batch.rows, fields)
    for token in tokens:
        matrix.add_token(token, WIDE_BITS)
    for name, values in batch.numbers.items():
        matrix.add_number(1 << WIDE_BITS, encoder.get_column_number(name), values)
    matrix.add_values((1 << WIDE_BITS) + NUMBER_SLOTS, batch.rates)
    return matrix.to_csr(count_features(encoder, "wide"))


def _build_plain(encoder: Encoder, batch: EncodedBatch) -> Matrix:
    # A number that is a code too has one entry, as a value.
    names = [name for name in batch.numbers if name not in batch.categories]
    matrix = _SparseRows(batch.rows, len(batch.categories) + len(names))
    for category in batch.categories.values():
        matrix.add_token(category.row_hashes, TOKEN_BITS)
    for name in names:
        number = encoder.get_column_number(name)
        matrix.add_number(1 << TOKEN_BITS, number, batch.numbers[name])
    return matrix.to_csr(count_features(encoder, "plain"))


def _build_tokens(encoder: Encoder, batch: EncodedBatch) -> Matrix:
    matrix = _SparseRows(batch.rows, len(batch.categories) + len(batch.numbers))
    for category in batch.categories.values():
        matrix.add_token(category.row_hashes, TOKEN_BITS)
    for name, values in batch.numbers.items():
        matrix.add_token(hash_buckets(name, values), TOKEN_BITS)
    return matrix.to_csr(count_features(encoder, "tokens"))


def _build_dense(encoder: Encoder, batch: EncodedBatch) -> Matrix:
    width = count_features(encoder, "dense")
    matrix = np.zeros((batch.rows, width), dtype=np.float32)
    for name, values in batch.numbers.items():
        slot = encoder.get_column_number(name) % DENSE_NUMBERS
        matrix[:, slot] += np.nan_to_num(values)
    end = DENSE_NUMBERS + batch.rates.shape[1]
    matrix[:, DENSE_NUMBERS:end] = batch.rates
    rows = np.arange(batch.rows)
    for name, category in batch.categories.items():
        positions = encoder.find_positions(name, category)
        known = positions >= 0
        first = DENSE_NUMBERS + RATE_SLOTS
        matrix[rows[known], first + positions[known]] = 1.0
    return matrix


def _build_tree(encoder: Encoder, batch: EncodedBatch) -> Matrix:
    """Numbers as they are; a category's codes count its values in order of appearance.

    Column by column as they joined, so that what a tree was grown on stays where it is.
    """
    features: list[Array] = []
    for column in encoder.schema.columns:
        if column.kind == NUMBER:
            features.append(cast("Array", batch.columns[column.name]))
        for name in list_categories(column):
            positions = encoder.find_positions(name, batch.categories[name])
            features.append(positions.astype(np.float64))
    return np.column_stack(features)


def _build_refit(encoder: Encoder, batch: EncodedBatch) -> Matrix:
    """Numbers as they are, dates as numbers, and codes of categories."""
    features: list[Array] = []
    for column in encoder.schema.columns:
        values = batch.columns[column.name]
        if column.kind == NUMBER:
            features.append(cast("Array", values))
        elif column.kind == DATE:
            features += _measure_dates(cast("pd.DatetimeIndex", values))
        for name in list_categories(column):
            positions = encoder.find_positions(name, batch.categories[name])
            features.append(positions.astype(np.float64))
    return np.column_stack(features)


def _measure_dates(dates: pd.DatetimeIndex) -> list[Array]:
    """Days since 1970, day of the year, month, weekday and hour; NaN where missing."""
    days = (dates - pd.Timestamp(0)) / pd.Timedelta(days=1)
    parts = (days, dates.day_of_year, dates.month, dates.day_of_week, dates.hour)
    return [np.asarray(part, dtype=np.float64) for part in parts]


def list_refit_kinds(encoder: Encoder) -> list[int]:
    """What each column of the refit view is: a number, a category, or a code of one."""
    kinds: list[int] = []
    for column in encoder.schema.columns:
        if column.kind == NUMBER:
            kinds.append(PLAIN_NUMBER)
        elif column.kind == DATE:
            kinds += [PLAIN_NUMBER] * DATE_NUMBERS
        kind = CATEGORY
        if column.kind in {NUMBER, DATE}:
            kind = NUMBER_CODE
        kinds += [kind] * len(list_categories(column))
    return kinds


def _count_tree_features(encoder: Encoder) -> int:
    count = 0
    for column in encoder.schema.columns:
        count += len(list_categories(column))
        if column.kind == NUMBER:
            count += 1
    return count


class _SparseRows:
    """A CSR matrix in the making: rows of equally many entries, field by field."""

    def __init__(self, rows: int, fields: int) -> None:
        self._places = np.empty((rows, fields), dtype=np.int32)
        self._weights = np.ones((rows, fields))
        self._filled = 0

    def add_token(self, hashes: Hashes, bits: int) -> None:
        """One field: a one where the lowest bits of the hash say."""
        self._places[:, self._filled] = hashes & np.uint64((1 << bits) - 1)
        self._filled += 1

    def add_number(self, base: int, number: int, values: Array) -> None:
        """One field: the value at its column's slot, or a one beside it where missing."""
        missing = np.isnan(values)
        slot = base + 2 * (number % (NUMBER_SLOTS // 2))
        self._places[:, self._filled] = slot + missing
        self._weights[:, self._filled] = np.where(missing, 1.0, values)
        self._filled += 1

    def add_values(self, base: int, values: Array) -> None:
        """A field for each column of `values`."""
        end = self._filled + values.shape[1]
        self._places[:, self._filled : end] = base + np.arange(values.shape[1])
        self._weights[:, self._filled : end] = values
        self._filled = end

    def to_csr(self, width: int) -> Matrix:
        """Of shape (rows, width)."""
        rows, fields = self._places.shape
        starts = np.arange(0, rows * fields + 1, fields, dtype=np.int32)
        parts = (self._weights.ravel(), self._places.ravel(), starts)
        return scipy.sparse.csr_matrix(parts, shape=(rows, width))


class View(NamedTuple):
    """How a view is built, and how many features it has."""

    build: Callable[[Encoder, EncodedBatch], Matrix]
    count_features: Callable[[Encoder], int]


# By the name that a candidate's `view` gives.
VIEWS = {
    "wide": View(_build_wide, lambda _: (1 << WIDE_BITS) + NUMBER_SLOTS + RATE_SLOTS),
    "plain": View(_build_plain, lambda _: (1 << TOKEN_BITS) + NUMBER_SLOTS),
    "tokens": View(_build_tokens, lambda _: 1 << TOKEN_BITS),
    "dense": View(_build_dense, lambda _: DENSE_NUMBERS + RATE_SLOTS + POSITIONS),
    "tree": View(_build_tree, _count_tree_features),
    "refit": View(_build_refit, lambda encoder: len(list_refit_kinds(encoder))),
}
