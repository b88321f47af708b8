"""Whole CSV records off a stream of bytes, cut without being parsed."""

from __future__ import annotations

from typing import IO

import numpy as np

BLOCK = 1 << 20
NEWLINE, QUOTE = 10, 34


class RecordCutter:
    """Takes the next records off a binary stream that stands at the start of one.

    A newline between quotes belongs to its record; a doubled quote inside quotes
    changes the parity twice.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._block = b""
        self._at = 0
        """Where in the block the next record starts."""
        self._ends = np.empty(0, dtype=np.int64)
        """Where in the block, from there on, records end."""
        self._inside = False
        """Whether the block leaves a quote open."""

    def take(self, count: int) -> tuple[bytes, int]:
        """Up to `count` records with their newlines, and how many.

        The last may lack its newline at the end.
        """
        parts: list[bytes] = []
        taken = 0
        while taken < count and not self.at_end():
            ends = self._ends[: count - taken]
            taken += len(ends)
            cut = int(ends[-1]) + 1 if taken == count else len(self._block)
            parts.append(self._block[self._at : cut])
            self._at, self._ends = cut, self._ends[len(ends) :]
        content = b"".join(parts)
        unfinished = (
            taken < count
            and bool(content)
            and (self._inside or not content.endswith(b"\n"))
        )
        return content, taken + unfinished

    def at_end(self) -> bool:
        """Whether nothing is left; reads ahead to know."""
        if self._at == len(self._block):
            self._block, self._at = self._stream.read(BLOCK), 0
            self._ends, odd = _record_ends(self._block, inside=self._inside)
            self._inside ^= odd
        return not self._block


def _record_ends(block: bytes, *, inside: bool) -> tuple[np.ndarray, bool]:
    """Where in the block records end, and whether it has an odd number of quotes."""
    cells = np.frombuffer(block, dtype=np.uint8)
    newlines = np.flatnonzero(cells == NEWLINE)
    quotes = (
        np.flatnonzero(cells == QUOTE)
        if inside or b'"' in block
        else np.empty(0, dtype=np.int64)
    )
    if len(quotes) or inside:
        before = np.searchsorted(quotes, newlines)
        newlines = newlines[(before + inside) % 2 == 0]
    return newlines, bool(len(quotes) % 2)
