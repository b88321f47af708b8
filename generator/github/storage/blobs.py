"""Bytes on disk: written aside, made durable, and only then given their name.

`staging/<blob>/` holds what is on its way, `blobs/<xx>/<blob>` what is complete. A
blob's name is 32 hex digits made by us, so no path can come from a client. Blocks of a
blob lie in one file, for the clients in use already in the order of the block list, so
that nothing has to be written twice.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .uploads import (
    CHUNK_BYTES,
    Incoming,
    Region,
    Spooled,
    Upload,
    copy_region,
    place_of,
)

LEFTOVER_SECONDS = 24 * 3600
REMEMBERED_COMMITS = 256
_NAME = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Stored:
    """A complete blob: its size and the SHA-256 of its bytes, in hex."""

    size_bytes: int
    sha256: str


class BlobStore:
    """Blobs below one folder; several servers may share it, as names never repeat."""

    def __init__(self, root: Path) -> None:
        self._staging = root / "staging"
        self._blobs = root / "blobs"
        self._uploads: dict[str, Upload] = {}
        self._commits: OrderedDict[str, tuple[tuple[str, ...], Stored]] = OrderedDict()
        self._lock = threading.Lock()
        for folder in (self._staging, self._blobs):
            folder.mkdir(parents=True, exist_ok=True)

    @staticmethod
    def new_name() -> str:
        """A name that no blob had or will have."""
        return secrets.token_hex(16)

    @staticmethod
    def is_name(name: str) -> bool:
        """Whether a text has the form of our names."""
        return _NAME.fullmatch(name) is not None

    def path(self, name: str) -> Path:
        """Where a complete blob is; ValueError for a text that is no name of ours."""
        if not self.is_name(name):
            raise ValueError("not a blob name")
        return self._blobs / name[:2] / name

    def open_block(
        self, name: str, block_id: str, size: int | None
    ) -> Incoming | Spooled:
        """A block to be written, of a size in bytes or of an unknown one.

        It counts once it is kept.
        """
        upload = self._upload(name)
        if size is None:
            return Spooled(upload, block_id, self._staging)
        return Incoming(upload, block_id, upload.reserve(size, place_of(block_id)))

    def _upload(self, name: str) -> Upload:
        with self._lock:
            if name not in self._uploads:
                aside = self._staging / self.path(name).name
                aside.mkdir(exist_ok=True)
                flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
                self._uploads[name] = Upload(os.open(aside / "data", flags, 0o600))
            return self._uploads[name]

    def assemble(self, name: str, block_ids: Sequence[str]) -> Stored:
        """Put blocks together in the order given, and drop the rest.

        The blob can be read under its name from here on. Raises FileNotFoundError where
        a block is missing. A client that lost the answer may ask again for the same.
        """
        asked, before = tuple(block_ids), self._commits.get(name)
        if before is not None and before[0] == asked and name not in self._uploads:
            return before[1]
        upload = self._upload(name)
        try:
            regions = [upload.regions[block_id] for block_id in asked]
        except KeyError:
            raise FileNotFoundError(name) from None
        size = sum(region.size for region in regions)
        with self._in_order(upload, regions, self._staging / name) as (
            descriptor,
            source,
        ):
            stored = _make_durable(descriptor, size)
            target = self.path(name)
            target.parent.mkdir(exist_ok=True)
            source.replace(target)
        _sync_folder(target.parent)
        self._forget(name)
        self._commits[name] = asked, stored
        while len(self._commits) > REMEMBERED_COMMITS:
            self._commits.popitem(last=False)
        return stored

    @contextlib.contextmanager
    def _in_order(
        self, upload: Upload, regions: Sequence[Region], folder: Path
    ) -> Iterator[tuple[int, Path]]:
        """The file with the regions in order.

        The one they lie in, cut to size, or where that is not so a copy.
        """
        end = 0
        for region in regions:
            if region.offset != end:
                break
            end += region.size
        else:
            os.ftruncate(upload.descriptor, end)
            yield upload.descriptor, folder / "data"
            return
        copy = folder / "whole"
        descriptor = os.open(
            copy, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600
        )
        try:
            for region in regions:
                copy_region(upload.descriptor, region, descriptor)
            yield descriptor, copy
        finally:
            os.close(descriptor)

    def assemble_by_place(self, name: str) -> Stored:
        """Put blocks together whose ids are their offsets (20 digits).

        FileNotFoundError where the first is missing.
        """
        regions, end = self._upload(name).regions, 0
        places: list[str] = []
        while (place := f"{end:020d}") in regions and (
            regions[place].size or not places
        ):
            places.append(place)
            end += regions[place].size
        if not places:
            raise FileNotFoundError(name)
        return self.assemble(name, places)

    def size(self, name: str) -> int | None:
        """How long a complete blob is; None for one that is not complete."""
        path = self.path(name)
        return path.stat().st_size if path.is_file() else None

    def remove(self, name: str) -> None:
        """Forget a blob, finished or not."""
        self._commits.pop(name, None)
        self._forget(name)
        with contextlib.suppress(FileNotFoundError):
            self.path(name).unlink()

    def _forget(self, name: str) -> None:
        with self._lock:
            upload = self._uploads.pop(name, None)
        if upload is not None:
            os.close(upload.descriptor)
        shutil.rmtree(self._staging / self.path(name).name, ignore_errors=True)

    def sweep(self, known: Callable[[], set[str]]) -> None:
        """Once a day remove what is in nobody's use.

        Old uploads of killed servers, old blobs not `known` any more.
        """
        old, marker = time.time() - LEFTOVER_SECONDS, self._staging.parent / "swept"
        if marker.exists() and marker.stat().st_mtime > old:
            return
        for folder in self._staging.iterdir():
            if folder.stat().st_mtime < old:
                shutil.rmtree(folder, ignore_errors=True)
        unused = [
            path for path in self._blobs.glob("*/*") if path.stat().st_mtime < old
        ]
        names = known() if unused else set()
        for path in unused:
            if path.name not in names:
                path.unlink(missing_ok=True)
        marker.touch()

    def close(self) -> None:
        """Let go of the files of uploads that were never completed."""
        for name in list(self._uploads):
            self._forget(name)


def _make_durable(descriptor: int, size: int) -> Stored:
    """Hash a file and bring it to the disk, both at once.

    The one waits for the processor, the other for the disk.
    """

    def digest() -> str:
        total, offset = hashlib.sha256(), 0
        while chunk := os.pread(descriptor, CHUNK_BYTES, offset):
            total.update(chunk)
            offset += len(chunk)
        return total.hexdigest()

    with ThreadPoolExecutor(1) as pool:
        hashing = pool.submit(digest)
        os.fsync(descriptor)
        return Stored(size, hashing.result())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
