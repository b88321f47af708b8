"""Blobs on their way.

Their blocks lie in one file, as far as can be in the order that they will be listed in.
"""

from __future__ import annotations

import base64
import os
import re
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

CHUNK_BYTES = 1 << 20
MAX_BLOCKS = 50_000  # as many as Azure takes
_NUMBERED = re.compile(rb"(\d{6})$")


@dataclass(frozen=True, slots=True)
class Region:
    """Where a block lies in the file of its blob."""

    offset: int
    size: int


@dataclass(slots=True)
class Upload:
    """A blob on its way: its file, how far that is taken, and which blocks have come whole.

    Blocks that tell their place are laid where they will belong if all before them are
    as long as the first one to arrive; others are laid behind. `behind` is where those
    begin, and no place beyond it is given by number.
    """

    descriptor: int
    end: int = 0
    stride: int = 0
    behind: int | None = None
    taken: set[int] = field(default_factory=set)
    regions: dict[str, Region] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reserve(self, size: int, place: int | None = None) -> Region:
        """Room for `size` bytes that nobody else writes to."""
        with self.lock:
            if place is not None and size:
                self.stride = self.stride or size
                offset = place * self.stride
                fits = size <= self.stride and (
                    self.behind is None or offset + size <= self.behind
                )
                if fits and place not in self.taken:
                    self.taken.add(place)
                    self.end = max(self.end, offset + self.stride)
                    return Region(offset, size)
            self.behind = self.end if self.behind is None else self.behind
            offset, self.end = self.end, self.end + size
            return Region(offset, size)


def place_of(block_id: str) -> int | None:
    """The number of a block as far as its id tells.

    Azure's clients count in the last digits of what they encode.
    """
    try:
        found = _NUMBERED.search(base64.b64decode(block_id, validate=True))
    except ValueError:
        return None
    return int(found[1]) if found and int(found[1]) < MAX_BLOCKS else None


class Incoming:
    """A block of known size on its way; one that was cut off is not entered."""

    def __init__(self, upload: Upload, block_id: str, region: Region) -> None:
        self._upload = upload
        self._block_id = block_id
        self._region = region
        self._written = 0

    def write(self, chunk: bytes) -> None:
        """Take the next bytes; ValueError for more of them than were announced."""
        if self._written + len(chunk) > self._region.size:
            raise ValueError("more bytes than announced")
        _write_all(self._upload.descriptor, chunk, self._region.offset + self._written)
        self._written += len(chunk)

    def keep(self) -> None:
        """All has come: enter the block. ValueError where bytes are missing."""
        if self._written != self._region.size:
            raise ValueError("fewer bytes than announced")
        self._upload.regions[self._block_id] = self._region

    def drop(self) -> None:
        """It will not be completed; its place stays empty."""


class Spooled:
    """A block of unknown size: kept apart until it is known how much room it takes."""

    def __init__(self, upload: Upload, block_id: str, folder: Path) -> None:
        self._upload = upload
        self._block_id = block_id
        self._spool = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by keep or drop
        self._size = 0

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._spool.write(chunk)
        self._size += len(chunk)

    def keep(self) -> None:
        """All has come: give it its place and enter the block."""
        self._spool.flush()
        region = self._upload.reserve(self._size)
        copy_region(
            self._spool.fileno(),
            Region(0, self._size),
            self._upload.descriptor,
            region.offset,
        )
        self._upload.regions[self._block_id] = region
        self._spool.close()

    def drop(self) -> None:
        """It will not be completed."""
        self._spool.close()


def copy_region(
    source: int, region: Region, target: int, offset: int | None = None
) -> None:
    """Copy a region to the end of another file, or to an offset in it."""
    at = os.lseek(target, 0, os.SEEK_END) if offset is None else offset
    done = 0
    while done < region.size:
        chunk = os.pread(
            source, min(CHUNK_BYTES, region.size - done), region.offset + done
        )
        if not chunk:
            raise OSError("a block is shorter than it was")
        _write_all(target, chunk, at + done)
        done += len(chunk)


def _write_all(descriptor: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        count = os.pwrite(descriptor, view, offset)
        offset, view = offset + count, view[count:]
