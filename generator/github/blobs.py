"""Bytes on disk: written aside, made durable, and only then given their name.

`staging/<blob>/` holds what is on its way, `blobs/<xx>/<blob>` what is complete. A blob's name is 32 hex digits
made by us, so no path can come from a client.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

CHUNK_BYTES = 1 << 20
_NAME = re.compile(r"[0-9a-f]{32}")
_PLACE = re.compile(r"[0-9]{20}")


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

    def block_path(self, name: str, block_id: str) -> Path:
        """Where one block of an unfinished blob is kept; any text can be a block id."""
        if not self.is_name(name):
            raise ValueError("not a blob name")
        plain = _PLACE.fullmatch(block_id) is not None
        return self._staging / name / (block_id if plain else hashlib.sha256(block_id.encode()).hexdigest()[:32])

    def open_block(self, name: str, block_id: str) -> Incoming:
        """A block to be written; it counts once it is kept."""
        target = self.block_path(name, block_id)
        target.parent.mkdir(exist_ok=True)
        return Incoming(target)

    def has_block(self, name: str, block_id: str) -> bool:
        """Whether the whole of a block has arrived."""
        return self.block_path(name, block_id).is_file()

    def assemble(self, name: str, block_ids: Iterable[str]) -> Stored:
        """Put blocks together in the order given, and drop the rest.

        The blob can be read under its name from here on. Raises FileNotFoundError where a block is missing.
        """
        parts = [self.block_path(name, block_id) for block_id in block_ids]
        whole = self._staging / name / "whole"
        if len(parts) == 1:
            parts[0].rename(whole)
            stored = _measure(whole)
        else:
            stored = _concatenate(parts, whole)
        target = self.path(name)
        target.parent.mkdir(exist_ok=True)
        whole.replace(target)
        _sync_folder(target.parent)
        shutil.rmtree(self._staging / name, ignore_errors=True)
        return stored

    def assemble_by_place(self, name: str) -> Stored:
        """Put blocks together whose ids are their offsets, as 20 digits; FileNotFoundError where there is a gap."""
        end, places = 0, []
        for path in sorted(self.block_path(name, "").parent.glob("[0-9]*")):
            if _PLACE.fullmatch(path.name) and int(path.name) == end:
                places.append(path.name)
                end += path.stat().st_size
        if not places:
            raise FileNotFoundError(name)
        return self.assemble(name, places)

    def size(self, name: str) -> int | None:
        """How long a complete blob is; None for one that is not complete."""
        path = self.path(name)
        return path.stat().st_size if path.is_file() else None

    def remove(self, name: str) -> None:
        """Forget a blob, finished or not."""
        with contextlib.suppress(FileNotFoundError):
            self.path(name).unlink()
        shutil.rmtree(self._staging / name, ignore_errors=True)

    def used_bytes(self) -> int:
        """What all complete blobs take."""
        return sum(path.stat().st_size for path in self._blobs.glob("*/*"))


class Incoming:
    """A file on its way; a half of one that was cut off never gets the target's name."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._aside = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
        self._file: BinaryIO = self._aside.open("wb", buffering=CHUNK_BYTES)
        self.size_bytes = 0

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._file.write(chunk)
        self.size_bytes += len(chunk)

    def keep(self) -> None:
        """All has come: give the file its name."""
        self._file.close()
        self._aside.replace(self._target)

    def drop(self) -> None:
        """It will not be completed."""
        self._file.close()
        with contextlib.suppress(FileNotFoundError):
            self._aside.unlink()


def _concatenate(parts: list[Path], whole: Path) -> Stored:
    digest, size = hashlib.sha256(), 0
    with whole.open("wb") as out:
        for part in parts:
            with part.open("rb") as source:
                while chunk := source.read(CHUNK_BYTES):
                    out.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
        out.flush()
        os.fsync(out.fileno())
    return Stored(size, digest.hexdigest())


def _measure(path: Path) -> Stored:
    with path.open("rb+") as file:
        digest = hashlib.file_digest(file, "sha256")
        os.fsync(file.fileno())
        return Stored(path.stat().st_size, digest.hexdigest())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
