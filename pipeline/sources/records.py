"""Whole CSV records off a stream of bytes, cut without being parsed."""

from __future__ import annotations

from typing import IO

import numpy as np

BLOCK = 1 << 20
NEWLINE, QUOTE = 10, 34


class RecordCutter:
    """Takes the next records off a binary stream that stands at the start of one.

    A newline between quotes belongs to its record; a doubled quote inside quotes changes the parity twice.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._rest = b""
        self._ended = False

    def take(self, count: int) -> tuple[bytes, int]:
        """Up to `count` records with their newlines, and how many; the last may lack its newline at the end."""
        parts: list[bytes] = []
        taken, inside = 0, False
        while taken < count:
            block = self._rest or self._read()
            self._rest = b""
            if not block:
                break
            ends, odd = _record_ends(block, inside=inside)
            if taken + len(ends) >= count:
                cut = int(ends[count - taken - 1]) + 1
                parts.append(block[:cut])
                self._rest = block[cut:]
                taken = count
            else:
                parts.append(block)
                taken += len(ends)
                inside ^= odd
        content = b"".join(parts)
        unfinished = taken < count and bool(content) and (inside or not content.endswith(b"\n"))
        return content, taken + unfinished

    def at_end(self) -> bool:
        """Whether nothing is left; reads ahead to know."""
        if not self._rest:
            self._rest = self._read()
        return not self._rest

    def _read(self) -> bytes:
        if self._ended:
            return b""
        block = self._stream.read(BLOCK)
        self._ended = not block
        return block


def _record_ends(block: bytes, *, inside: bool) -> tuple[np.ndarray, bool]:
    """Where in the block records end, and whether the block leaves a quote open (or closes the one it came in)."""
    cells = np.frombuffer(block, dtype=np.uint8)
    newlines = np.flatnonzero(cells == NEWLINE)
    quotes = np.flatnonzero(cells == QUOTE) if inside or b'"' in block else np.empty(0, dtype=np.int64)
    if len(quotes) or inside:
        before = np.searchsorted(quotes, newlines)
        newlines = newlines[(before + inside) % 2 == 0]
    return newlines, bool(len(quotes) % 2)
