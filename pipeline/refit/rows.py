"""Rows that are kept to train on again: the newest, and a sample of older ones."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np

from ..features.hashing import mix_bits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Single = NDArray[np.float32]

Header: TypeAlias = Any  # JSON of whatever form until it was looked at
# The newest of the rows are all kept; of older ones as many more are drawn.
NEWEST_SHARE = 0.5
# Values kept at most, of all rows and columns together: 24 MB in memory.
MOST_VALUES = 6_000_000
LEAST_ROWS, MOST_KEPT = 200, 1_000_000
# Fast, and within a tenth of what higher levels reach on such rows.
COMPRESSION = 1
# Of a header; it names shapes alone.
MOST_HEADER_BYTES = 1 << 20


class KeptRows:
    """Encoded rows (the refit view) and their standardized targets, in stream order.

    `numbers` say which row of the stream each is, of shape (rows,). Which of the older
    rows stay is drawn by a hash of that number: the same rows whatever the runs were.
    """

    def __init__(self, most_rows: int, seed: int) -> None:
        self.most_rows = most_rows
        self.seed = seed
        self.matrix: Single = np.zeros((0, 0), dtype=np.float32)
        self.target: Single = np.zeros(0, dtype=np.float32)
        self.numbers = np.zeros(0, dtype=np.int64)
        self.kinds = np.zeros(0, dtype=np.int8)

    def __len__(self) -> int:
        return len(self.target)

    def add(self, matrix: Array, target: Array, first: int, kinds: list[int]) -> None:
        """Take in a batch whose first row is number `first` of the stream."""
        self.kinds = np.array(kinds, dtype=np.int8)
        widened = np.full((len(self), matrix.shape[1]), np.nan, dtype=np.float32)
        widened[:, : self.matrix.shape[1]] = self.matrix
        with np.errstate(over="ignore"):
            rows = matrix.astype(np.float32)
        self.matrix = np.concatenate([widened, rows])
        self.target = np.concatenate([self.target, target.astype(np.float32)])
        numbers = np.arange(first, first + len(target))
        self.numbers = np.concatenate([self.numbers, numbers])
        self._drop_rows()

    def select(self, most_rows: int) -> tuple[Single, Array]:
        """Matrix and target of at most so many rows: newest and sampled older ones."""
        chosen = self._choose(most_rows)
        return self.matrix[chosen], self.target[chosen].astype(np.float64)

    def select_newest(self, rows: int) -> tuple[Single, Array]:
        """Matrix and target of the newest rows alone."""
        return self.matrix[-rows:], self.target[-rows:].astype(np.float64)

    def _drop_rows(self) -> None:
        room = MOST_VALUES // max(self.matrix.shape[1], 1)
        most = min(self.most_rows, max(LEAST_ROWS, room))
        if len(self) <= most:
            return
        chosen = self._choose(most)
        self.matrix = self.matrix[chosen]
        self.target = self.target[chosen]
        self.numbers = self.numbers[chosen]

    def _choose(self, most: int) -> NDArray[np.int64]:
        """Places of at most so many rows, in order."""
        if len(self) <= most:
            return np.arange(len(self))
        newest = max(1, int(most * NEWEST_SHARE))
        older = len(self) - newest
        salt = np.uint64(self.seed) << np.uint64(32)
        ranks = mix_bits(self.numbers[:older].astype(np.uint64) ^ salt)
        drawn = np.argpartition(ranks, most - newest)[: most - newest]
        return np.concatenate([np.sort(drawn), np.arange(older, len(self))])

    def pack(self) -> bytes:
        """All of it as compressed bytes."""
        header = {
            "most_rows": self.most_rows,
            "seed": self.seed,
            "shape": list(self.matrix.shape),
            "kinds": self.kinds.tolist(),
        }
        # Column by column: what is alike lies together.
        body = self.matrix.T.tobytes() + self.target.tobytes() + self.numbers.tobytes()
        return json.dumps(header).encode() + b"\n" + zlib.compress(body, COMPRESSION)

    @classmethod
    def unpack(cls, content: bytes) -> Self:
        """The rows again. Raises ValueError where they are none of ours."""
        try:
            return cls._unpack(content)
        except (KeyError, TypeError, OverflowError, zlib.error) as error:
            raise ValueError("the kept rows are not in the form we write") from error

    @classmethod
    def _unpack(cls, content: bytes) -> Self:
        head, _, body = content.partition(b"\n")
        if len(head) > MOST_HEADER_BYTES:
            raise ValueError("the kept rows have no header")
        header: Header = json.loads(head)
        rows, columns = _read_shape(header)
        kept = cls(int(header["most_rows"]), int(header["seed"]))
        length = rows * (4 * columns + 4 + 8)
        raw = zlib.decompressobj().decompress(body, length + 1)
        kinds = np.array(header["kinds"]).astype(np.int8)
        if len(raw) != length or kinds.shape != (columns,):
            raise ValueError("the kept rows are not as many as they say")
        matrix = np.frombuffer(raw, np.float32, rows * columns)
        kept.matrix = np.ascontiguousarray(matrix.reshape(columns, rows).T)
        rest = raw[4 * rows * columns :]
        kept.target = np.frombuffer(rest, np.float32, rows).copy()
        kept.numbers = np.frombuffer(rest, np.int64, rows, 4 * rows).copy()
        kept.kinds = kinds
        is_seed = 0 <= kept.seed < 1 << 32
        if not np.isfinite(kept.target).all() or not is_seed:
            raise ValueError("the kept rows have targets that are no numbers")
        return kept


def _read_shape(header: Header) -> tuple[int, int]:
    """The shape in a header, within bounds. Raises ValueError."""
    rows, columns = map(int, header["shape"])
    most = int(header["most_rows"])
    is_possible = 0 <= rows <= most and columns >= 0
    if not is_possible or rows * columns > MOST_VALUES + LEAST_ROWS * columns:
        raise ValueError("the kept rows are more than can be kept")
    return rows, columns
