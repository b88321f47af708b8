"""Values as 64-bit hashes: what a row holds in one field, and pairs of fields."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from .reading.columns import DATE, NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from .reading.columns import ColumnValues
    from .schema import Column

    Array = NDArray[np.float64]
    Hashes = NDArray[np.uint64]

BUCKETS_A_DEVIATION = 2
# Makes the numbers of buckets positive; standardized numbers lie from -8 to 8.
BUCKET_OFFSET = 128
MISSING_BUCKET = -64.0
DATE_PARTS = ("month", "weekday", "hour")


@dataclass(frozen=True)
class Category:
    """One of a set of values a row.

    `codes` of shape (rows,) index `hashes`, whose last stands for a missing value: the
    code of one is -1.
    """

    codes: NDArray[np.intp]
    hashes: Hashes

    @property
    def row_hashes(self) -> Hashes:
        """The hash of each row's value, of shape (rows,)."""
        return self.hashes[self.codes]


def hash_column(column: Column, values: ColumnValues) -> dict[str, Category]:
    """A column as one of a set of values, by the names of `list_categories`."""
    names = list_categories(column)
    if column.kind == DATE:
        dates = cast("pd.DatetimeIndex", values)
        parts = (dates.month, dates.day_of_week, dates.hour)
        categories = {}
        for name, part in zip(names, parts, strict=True):
            categories[name] = _hash_numbers(name, np.asarray(part, dtype=float))
        return categories
    if column.kind == NUMBER:
        numbers = cast("Array", values)
        return {name: _hash_numbers(name, numbers) for name in names}
    labels = cast("pd.Categorical[Any]", values)
    return {column.name: _hash_labels(column.name, labels.codes, labels.categories)}


def list_categories(column: Column) -> list[str]:
    """The categories made of a column: none of a plain number, three of a date."""
    if column.kind == DATE:
        return [f"{column.name}.{part}" for part in DATE_PARTS]
    if column.kind == NUMBER and not column.is_code:
        return []
    return [column.name]


def _hash_numbers(name: str, values: Array) -> Category:
    # Not pd.Categorical, which takes five times as long to make the same codes.
    codes, known = pd.factorize(values, sort=True)
    return _hash_labels(name, codes, known.tolist())


def _hash_labels(
    name: str, codes: NDArray[np.signedinteger[Any]], values: Iterable[object]
) -> Category:
    """64 bits for each distinct "name=value"; missing is a value of its own.

    By CRC-32, which every version of Python computes alike, unlike hash().
    """
    checksums = [zlib.crc32(f"{name}={value}".encode()) for value in values]
    checksums.append(zlib.crc32(name.encode()))
    hashes = mix_bits(np.array(checksums, dtype=np.uint64))
    return Category(np.asarray(codes, dtype=np.intp), hashes)


def hash_buckets(name: str, values: Array) -> Hashes:
    """Which half of a standard deviation each standardized number lies in."""
    buckets = np.floor(values * BUCKETS_A_DEVIATION)
    buckets = np.where(np.isnan(values), MISSING_BUCKET, buckets)
    salt = np.uint64(zlib.crc32(name.encode()) << 8)
    return mix_bits(salt + (buckets + BUCKET_OFFSET).astype(np.uint64))


def hash_pairs(left: Hashes, right: Hashes) -> Hashes:
    """A hash of the two hashes of each row; their order counts."""
    return mix_bits(left * np.uint64(0x9E3779B97F4A7C15) + right)


def mix_bits(values: Hashes) -> Hashes:
    """Let every bit depend on every other.

    The finalizer of SplitMix64 (Steele, Lea and Flood 2014).
    """
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
