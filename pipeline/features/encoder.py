"""What is known of the columns, trained as the stream goes.

A batch is encoded by what was known before it, once, for scoring and for training
alike: nothing of a batch leaks into its own score.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from .hashing import hash_column
from .reading.columns import NUMBER
from .standard_scaler import StandardScaler
from .target_encoder import TargetEncoder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from .hashing import Category
    from .reading.columns import ColumnValues
    from .schema import Column, Schema
    from .views import EncodedBatch

    Array = NDArray[np.float64]

# Values that get a column of their own in the dense view, of all columns together.
POSITIONS = 288
# And of one column, so that a first column of ids leaves room for the others.
POSITIONS_A_COLUMN = 128


class Encoder:
    """Scaler, target encoder, and the positions of values, for one schema.

    `value_positions` maps each category's hashes to their positions in the order in
    which they were seen; `column_numbers` counts the columns in the order in which they
    joined. `varying_categories` are those that varied within their first batch.
    """

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.scaler = StandardScaler()
        self.target_encoder = TargetEncoder()
        self.varying_categories: list[str] = []
        self.column_numbers: dict[str, int] = {}
        self.value_positions: dict[str, dict[int, int]] = {}
        self.used_positions = 0

    def add_new_columns(self, columns: Mapping[str, ColumnValues]) -> None:
        """Take in the columns that are new with this batch, before it is encoded.

        Everything else is trained after the batch was scored.
        """
        new: list[Column] = []
        for column in self.schema.columns:
            if column.name not in self.column_numbers:
                new.append(column)
                self.column_numbers[column.name] = len(self.column_numbers)
        for column in new:
            self._fit_scaler(column, columns)
        for column in new:
            for name, category in hash_column(column, columns[column.name]).items():
                # A category that does not vary within a batch says when, not what: it
                # gets no target rates.
                if len(np.unique(category.codes)) > 1:
                    self.varying_categories.append(name)
                self._assign_positions(name, category)

    def partial_fit(
        self,
        columns: Mapping[str, ColumnValues],
        batch: EncodedBatch,
        target: Array | None,
        *,
        is_first: bool,
    ) -> None:
        """Train on a batch.

        `target` is from 0 to 1, or standardized, or None where no rates are kept. Of the
        first batch `add_new_columns` took in everything but the rates.
        """
        if not is_first:
            for column in self.schema.columns:
                self._fit_scaler(column, columns)
            for name, category in batch.categories.items():
                self._assign_positions(name, category)
        if target is not None:
            self.target_encoder.partial_fit(batch.rate_keys, target)

    def standardize_numbers(
        self, columns: Mapping[str, ColumnValues]
    ) -> dict[str, Array]:
        """The numbers, standardized; NaN where missing."""
        standardized = {}
        for column in self.schema.columns:
            if column.kind == NUMBER:
                values = cast("Array", columns[column.name])
                standardized[column.name] = self.scaler.transform(column.name, values)
        return standardized

    def hash_categories(
        self, columns: Mapping[str, ColumnValues]
    ) -> dict[str, Category]:
        """Everything that is one of a set of values."""
        categories: dict[str, Category] = {}
        for column in self.schema.columns:
            categories |= hash_column(column, columns[column.name])
        return categories

    def get_column_number(self, name: str) -> int:
        """The number of a column, of one that joined without any row the next one."""
        return self.column_numbers.get(name, len(self.column_numbers))

    def measure_unseen_share(self, name: str, category: Category) -> float:
        """Share of rows with a value that was not seen before.

        0 where there is no room to remember values: nothing can be said then.
        """
        if self._is_full(self.value_positions.get(name, {})):
            return 0.0
        return float(np.mean(self.find_positions(name, category) < 0))

    def find_positions(self, name: str, category: Category) -> NDArray[np.int64]:
        """The position of each row's value, of shape (rows,); -1 where it has none."""
        known = self.value_positions.get(name, {})
        positions = [known.get(code, -1) for code in category.hashes.tolist()]
        return np.array(positions, dtype=np.int64)[category.codes]

    def _fit_scaler(self, column: Column, columns: Mapping[str, ColumnValues]) -> None:
        if column.kind == NUMBER:
            values = cast("Array", columns[column.name])
            self.scaler.partial_fit(column.name, values)

    def _assign_positions(self, name: str, category: Category) -> None:
        """Give new values a position, as long as there are any."""
        known = self.value_positions.setdefault(name, {})
        for code in category.hashes.tolist():
            if self._is_full(known):
                return
            if code not in known:
                known[code] = self.used_positions
                self.used_positions += 1

    def _is_full(self, known: dict[int, int]) -> bool:
        return len(known) >= POSITIONS_A_COLUMN or self.used_positions >= POSITIONS
