"""Uploads: the blocks of a blob in one file, if possible in their final order.

Protocol: Put Block of Azure Blob REST [learn.microsoft.com/rest/api/storageservices].
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

CHUNK_BYTES = 1 << 20
# Azure takes no more blocks a blob; a larger number in an id is no place.
MAX_BLOCKS = 50_000
_TRAILING_NUMBER = re.compile(rb"(\d{6})$")


class Region(NamedTuple):
    """Where a block lies in the file of its blob."""

    offset: int
    size: int


class UploadClosedError(Exception):
    """The blob has been put together or given up meanwhile, and takes no more bytes."""


@dataclass(slots=True)
class Upload:
    """An upload: its file, how far that is taken, and which blocks are complete.

    A block with a number is laid where it will belong if all before it are as long as
    the first one to arrive (`stride`); others go to the end. `unnumbered_from` is where
    those begin; no block is placed by its number from there on.
    """

    descriptor: int
    end: int = 0
    stride: int = 0
    unnumbered_from: int | None = None
    numbers: set[int] = field(default_factory=set)
    regions: dict[str, Region] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    holders: int = 0
    is_sealed: bool = False
    is_dropped: bool = False

    def hold(self) -> None:
        """Keep the file open until `release`, whoever drops it."""
        with self.lock:
            self.holders += 1

    def release(self) -> None:
        """Give up what `hold` took."""
        with self.lock:
            self.holders -= 1
            self._close_unheld()

    def drop(self) -> None:
        """Close the file as soon as nobody holds it any more; what is written is lost."""
        with self.lock:
            self.is_sealed = self.is_dropped = True
            self._close_unheld()

    def _close_unheld(self) -> None:
        # A descriptor closed under a writer could by then be that of another file.
        if self.is_dropped and not self.holders and self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def seal(self) -> None:
        """Let nothing more be written, as the blob is being put together."""
        with self.lock:
            self.is_sealed = True

    def write(self, data: bytes, offset: int) -> None:
        """Write to the file; raises UploadClosedError where that is over."""
        with self.lock:
            if self.is_sealed:
                raise UploadClosedError
            _write_all(self.descriptor, data, offset)

    def reserve(self, size: int, number: int | None = None) -> Region:
        """Room for `size` bytes that nobody else writes to."""
        with self.lock:
            region = None
            if number is not None and size:
                region = self._reserve_by_number(size, number)
            if region is None:
                region = self._reserve_at_end(size)
            return region

    def _reserve_by_number(self, size: int, number: int) -> Region | None:
        """The place that a number stands for; None where it is taken or too small."""
        if not self.stride:
            self.stride = size
        offset = number * self.stride
        if number in self.numbers or size > self.stride:
            return None
        if self.unnumbered_from is not None and offset + size > self.unnumbered_from:
            return None
        # Blocks of different numbers never overlap, as all are at most `stride` long.
        self.numbers.add(number)
        self.end = max(self.end, offset + self.stride)
        return Region(offset, size)

    def _reserve_at_end(self, size: int) -> Region:
        if self.unnumbered_from is None:
            self.unnumbered_from = self.end
        region = Region(self.end, size)
        self.end += size
        return region


def parse_block_number(block_id: str) -> int | None:
    """The number in a block's id; None for an id that holds none."""
    # Azure's clients count blocks in the last digits of what they encode
    # [Azure/azure-sdk-for-js, generateBlockID].
    try:
        match = _TRAILING_NUMBER.search(base64.b64decode(block_id, validate=True))
    except ValueError:
        return None
    if match is None:
        return None
    number = int(match[1])
    if number >= MAX_BLOCKS:
        return None
    return number


class IncomingBlock:
    """A block of known size that is being received."""

    def __init__(self, upload: Upload, block_id: str, region: Region) -> None:
        """The upload has to be held; `keep` and `drop` release it."""
        self._upload = upload
        self._block_id = block_id
        self._region = region
        self._written = 0

    def write(self, chunk: bytes) -> None:
        """Take the next bytes; ValueError for more of them than were announced."""
        if self._written + len(chunk) > self._region.size:
            raise ValueError("more bytes than announced")
        self._upload.write(chunk, self._region.offset + self._written)
        self._written += len(chunk)

    def keep(self) -> None:
        """Make the block part of the upload; ValueError where bytes are missing."""
        if self._written != self._region.size:
            raise ValueError("fewer bytes than announced")
        self._upload.regions[self._block_id] = self._region
        self._upload.release()

    def drop(self) -> None:
        """Give the block up; its place in the file stays empty."""
        self._upload.release()


class SpooledBlock:
    """A block of unknown size, in a temporary file until it is known how large it is."""

    def __init__(self, upload: Upload, block_id: str, folder: Path) -> None:
        """The upload has to be held; `keep` and `drop` release it."""
        self._upload = upload
        self._block_id = block_id
        self._spool = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by keep or drop
        self._size = 0

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._spool.write(chunk)
        self._size += len(chunk)

    def keep(self) -> None:
        """Copy the block into the upload and make it part of it."""
        self._spool.flush()
        region = self._upload.reserve(self._size)
        with self._upload.lock:
            if self._upload.is_sealed:
                raise UploadClosedError
            copy_region(
                self._spool.fileno(),
                Region(0, self._size),
                self._upload.descriptor,
                region.offset,
            )
        self._upload.regions[self._block_id] = region
        self._spool.close()
        self._upload.release()

    def drop(self) -> None:
        """Give the block up."""
        # Closing writes what is still in the buffer, which a full disk does not take.
        with contextlib.suppress(OSError):
            self._spool.close()
        self._upload.release()


def copy_region(
    source: int, region: Region, target: int, offset: int | None = None
) -> None:
    """Copy a region to the end of another file, or to an offset in it."""
    if offset is None:
        offset = os.lseek(target, 0, os.SEEK_END)
    copied = 0
    while copied < region.size:
        length = min(CHUNK_BYTES, region.size - copied)
        chunk = os.pread(source, length, region.offset + copied)
        if not chunk:
            raise OSError("a block is shorter than it was")
        _write_all(target, chunk, offset + copied)
        copied += len(chunk)


def _write_all(descriptor: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        # The system may write less than it was given, on a disk that fills up.
        count = os.pwrite(descriptor, view, offset)
        offset, view = offset + count, view[count:]
