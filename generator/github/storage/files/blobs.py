"""Bytes on disk: written to a temporary file, made durable, and only then named.

`staging/<blob>/` holds uploads, `blobs/<xx>/<blob>` complete blobs. A blob's name is 32
hex digits made by us, so no path can come from a client. Blocks of a blob lie in one
file, for the clients in use already in the order of the block list, so that nothing has
to be written twice.
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
from pathlib import Path
from typing import NamedTuple

from .uploads import (
    CHUNK_BYTES,
    IncomingBlock,
    Region,
    SpooledBlock,
    Upload,
    copy_region,
    parse_block_number,
)

# No upload takes a day: what is older was left by a server that was killed.
LEFTOVER_SECONDS = 24 * 3600
# Clients repeat a request within seconds or minutes, so a few are enough.
REMEMBERED_COMMITS = 256
_NAME = re.compile(r"[0-9a-f]{32}")
# O_CLOEXEC: git and act, which are started meanwhile, inherit no upload.
_CREATE_FLAGS = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
_OWNER_ONLY = 0o600


class StoredBlob(NamedTuple):
    """A complete blob: its size and the SHA-256 of its bytes, in hex."""

    size_bytes: int
    sha256: str


class BlobStore:
    """Blobs below one folder; several servers may share it, as names never repeat."""

    def __init__(self, root: Path) -> None:
        self._staging = root / "staging"
        self._blobs = root / "blobs"
        self._sweep_marker = root / "swept"
        self._uploads: dict[str, Upload] = {}
        self._commits = _CommitMemory()
        self._lock = threading.Lock()
        for folder in (self._staging, self._blobs):
            folder.mkdir(parents=True, exist_ok=True)

    @staticmethod
    def make_name() -> str:
        """A name that no blob had or will have."""
        return secrets.token_hex(16)

    @staticmethod
    def is_name(name: str) -> bool:
        """Whether a text has the form of our names."""
        return _NAME.fullmatch(name) is not None

    def get_path(self, name: str) -> Path:
        """Where a complete blob is; ValueError for a text that is no name of ours."""
        if not self.is_name(name):
            raise ValueError("not a blob name")
        return self._blobs / name[:2] / name

    def open_block(
        self, name: str, block_id: str, size: int | None
    ) -> IncomingBlock | SpooledBlock:
        """A block to be written, of a size in bytes or (None) of an unknown one.

        It is part of the blob once its `keep` is called.
        """
        upload = self._hold_upload(name)
        try:
            if size is None:
                return SpooledBlock(upload, block_id, self._staging)
            region = upload.reserve(size, parse_block_number(block_id))
            return IncomingBlock(upload, block_id, region)
        except BaseException:
            upload.release()
            raise

    def _hold_upload(self, name: str) -> Upload:
        """The upload of a blob, held: whoever asks for it has to release it."""
        with self._lock:
            # Blocks of one blob come in parallel; whichever is first makes its file.
            if name not in self._uploads:
                folder = self._staging / self.get_path(name).name
                folder.mkdir(exist_ok=True)
                descriptor = os.open(folder / "data", _CREATE_FLAGS, _OWNER_ONLY)
                self._uploads[name] = Upload(descriptor)
            upload = self._uploads[name]
            upload.hold()
            return upload

    def assemble(self, name: str, block_ids: Sequence[str]) -> StoredBlob:
        """Put blocks together in the order given, and drop the rest.

        The blob can be read under its name from here on. Raises FileNotFoundError where
        a block is missing. A client that lost the answer may ask again for the same.
        Where the disk does not take it (OSError), its bytes are given up.
        """
        committed = self._commits.recall(name, block_ids)
        if committed is not None and name not in self._uploads:
            return committed
        upload = self._hold_upload(name)
        try:
            regions = [upload.regions[block_id] for block_id in block_ids]
            upload.seal()
            stored = self._commit(name, upload, regions)
        except KeyError:
            raise FileNotFoundError(name) from None
        except OSError:
            self.drop_upload(name)
            raise
        finally:
            upload.release()
        self.drop_upload(name)
        self._commits.remember(name, block_ids, stored)
        return stored

    def _commit(
        self, name: str, upload: Upload, regions: Sequence[Region]
    ) -> StoredBlob:
        """Write regions in order, make them durable, and give them the blob's name."""
        size = sum(region.size for region in regions)
        target = self.get_path(name)
        folder = self._staging / name
        with _arrange(upload, regions, folder) as (descriptor, source):
            stored = _make_durable(descriptor, size)
            target.parent.mkdir(exist_ok=True)
            # One rename: whoever reads finds the whole blob under its name or none.
            source.replace(target)
        try:
            _sync_folder(target.parent)
        except OSError:
            target.unlink(missing_ok=True)
            raise
        return stored

    def assemble_by_offset(self, name: str) -> StoredBlob:
        """Put blocks together whose ids are their offsets in bytes (20 digits).

        FileNotFoundError where the first is missing.
        """
        upload = self._hold_upload(name)
        regions = upload.regions
        upload.release()
        block_ids: list[str] = []
        end = 0
        region = regions.get(format_offset(end))
        # An empty block ends the blob: its end is its own offset, for ever.
        while region is not None and (region.size or not block_ids):
            block_ids.append(format_offset(end))
            end += region.size
            region = regions.get(format_offset(end))
        if not block_ids:
            raise FileNotFoundError(name)
        return self.assemble(name, block_ids)

    def get_size(self, name: str) -> int | None:
        """Bytes of a complete blob; None for one that is not complete."""
        path = self.get_path(name)
        if not path.is_file():
            return None
        return path.stat().st_size

    def remove(self, name: str) -> None:
        """Delete a blob, complete or not."""
        self._commits.forget(name)
        self.drop_upload(name)
        with contextlib.suppress(FileNotFoundError):
            self.get_path(name).unlink()

    def drop_upload(self, name: str) -> None:
        """Give up what has come of a blob that is not complete."""
        with self._lock:
            upload = self._uploads.pop(name, None)
        if upload is not None:
            upload.drop()
        shutil.rmtree(self._staging / self.get_path(name).name, ignore_errors=True)

    def sweep(self, list_needed: Callable[[], set[str]]) -> None:
        """Once a day remove uploads of killed servers, and old blobs that are not needed."""
        before = time.time() - LEFTOVER_SECONDS
        marker = self._sweep_marker
        if marker.exists() and marker.stat().st_mtime > before:
            return
        for folder in self._staging.iterdir():
            if folder.stat().st_mtime < before:
                shutil.rmtree(folder, ignore_errors=True)
        self._sweep_blobs(before, list_needed)
        marker.touch()

    def _sweep_blobs(self, before: float, list_needed: Callable[[], set[str]]) -> None:
        old = [
            path for path in self._blobs.glob("*/*") if path.stat().st_mtime < before
        ]
        if not old:
            return
        needed = list_needed()
        for path in old:
            if path.name not in needed:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close and drop uploads that were never completed."""
        for name in list(self._uploads):
            self.drop_upload(name)


class _CommitMemory:
    """The last blobs put together, and of which blocks."""

    def __init__(self) -> None:
        self._commits: OrderedDict[str, tuple[tuple[str, ...], StoredBlob]] = (
            OrderedDict()
        )

    def recall(self, name: str, block_ids: Sequence[str]) -> StoredBlob | None:
        """The blob as it was put together of just these blocks."""
        committed_ids, stored = self._commits.get(name, (None, None))
        if committed_ids != tuple(block_ids):
            return None
        return stored

    def remember(self, name: str, block_ids: Sequence[str], stored: StoredBlob) -> None:
        """Remember a blob; the oldest beyond REMEMBERED_COMMITS are forgotten."""
        self._commits[name] = tuple(block_ids), stored
        while len(self._commits) > REMEMBERED_COMMITS:
            self._commits.popitem(last=False)

    def forget(self, name: str) -> None:
        """Forget a blob that is deleted."""
        self._commits.pop(name, None)


def format_offset(offset: int) -> str:
    """The block id of an offset: as many digits as 64 bits need, so that ids sort."""
    return f"{offset:020d}"


@contextlib.contextmanager
def _arrange(
    upload: Upload, regions: Sequence[Region], folder: Path
) -> Iterator[tuple[int, Path]]:
    """A descriptor and path of a file with the regions in order.

    It is the one that they lie in, cut to size, or a copy where they lie otherwise.
    """
    if _are_adjacent(regions):
        os.ftruncate(upload.descriptor, sum(region.size for region in regions))
        yield upload.descriptor, folder / "data"
        return
    copy = folder / "whole"
    descriptor = os.open(copy, _CREATE_FLAGS, _OWNER_ONLY)
    try:
        for region in regions:
            copy_region(upload.descriptor, region, descriptor)
        yield descriptor, copy
    finally:
        os.close(descriptor)


def _are_adjacent(regions: Sequence[Region]) -> bool:
    """Whether regions follow each other from the file's first byte on."""
    end = 0
    for region in regions:
        if region.offset != end:
            return False
        end += region.size
    return True


def _make_durable(descriptor: int, size: int) -> StoredBlob:
    """Hash a file and bring it to the disk."""
    # Both at once: one waits for the processor, the other for the disk.
    with ThreadPoolExecutor(1) as pool:
        hashing = pool.submit(_compute_sha256, descriptor)
        os.fsync(descriptor)
        return StoredBlob(size, hashing.result())


def _compute_sha256(descriptor: int) -> str:
    digest = hashlib.sha256()
    offset = 0
    while chunk := os.pread(descriptor, CHUNK_BYTES, offset):
        digest.update(chunk)
        offset += len(chunk)
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    # A rename is durable only once the folder that holds the name is on the disk too.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
