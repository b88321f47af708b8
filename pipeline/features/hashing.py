"""Values as 64-bit hashes: what a row holds in one field, and pairs of fields."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .columns import DATE, NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from .schema import Column

    Hashes = NDArray[np.uint64]

BUCKETS_A_DEVIATION = 2


@dataclass(frozen=True)
class Category:
    """One of a set of values a row.

    `codes` of shape (rows,) index `hashes`, whose last stands for a missing value.
    """

    codes: NDArray[np.intp]
    hashes: Hashes

    def rows(self) -> Hashes:
        """A hash a row."""
        return self.hashes[self.codes]


def hashed(column: Column, values: Any) -> dict[str, Category]:  # noqa: ANN401  # numbers, dates or categories
    """What a column holds as one of a set of values, by the names that `named` gives."""
    names = named(column)
    if column.kind == NUMBER:
        return {name: _numbered(name, values) for name in names}
    if column.kind == DATE:
        parts = (values.month, values.day_of_week, values.hour)
        return {
            name: _numbered(name, np.asarray(part, dtype=float))
            for name, part in zip(names, parts, strict=True)
        }
    return {column.name: _category(column.name, values.codes, values.categories)}


def named(column: Column) -> list[str]:
    """The categories of a column: none of a plain number, three of a date."""
    if column.kind == DATE:
        return [f"{column.name}.{part}" for part in ("month", "weekday", "hour")]
    return [column.name] if column.kind != NUMBER or column.code else []


def _numbered(name: str, values: NDArray[np.float64]) -> Category:
    """Numbers as categories.

    Not by pd.Categorical, which takes five times as long to make the same codes.
    """
    codes, known = pd.factorize(values, sort=True)
    return _category(name, codes, known.tolist())


def _category(
    name: str, codes: NDArray[np.signedinteger[Any]], values: Iterable[object]
) -> Category:
    """64 bits for each distinct "name=value", by crc32; missing is a value of its own."""
    texts = [*(f"{name}={value}" for value in values), name]
    hashes = spread(
        np.array([zlib.crc32(text.encode()) for text in texts], dtype=np.uint64)
    )
    return Category(np.asarray(codes, dtype=np.intp), hashes)


def bucketed(name: str, values: NDArray[np.float64]) -> Hashes:
    """Which half of a standard deviation a number lies in, hashed."""
    bucket = np.where(np.isnan(values), -64.0, np.floor(values * BUCKETS_A_DEVIATION))
    salt = np.uint64(zlib.crc32(name.encode()) << 8)
    return spread(salt + (bucket + 128).astype(np.uint64))


def pair(one: Hashes, other: Hashes) -> Hashes:
    """A hash of two hashes, their order counting."""
    return spread(one * np.uint64(0x9E3779B97F4A7C15) + other)


def spread(values: Hashes) -> Hashes:
    """Let every bit depend on every other (the finaliser of splitmix64, Steele.

    Lea and Flood 2014).
    """
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
