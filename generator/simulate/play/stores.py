"""What lies in the stores of a local GitHub: the files in them, by git's hash of each."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ...github.local_github import LocalGitHub
from ...process import Runner
from .sandbox import Sandbox

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# A member that is larger is known by its name alone.
MAX_MEMBER_BYTES = 1 << 30


def hash_content(data: bytes) -> str:
    """Return what git calls some content."""
    header = f"blob {len(data)}\0".encode()
    return hashlib.sha1(header + data, usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class StoreReader:
    """Reads every blob once; what was deleted or has expired is not there."""

    local_github: LocalGitHub
    sandbox: Sandbox
    runner: Runner
    _hashes: dict[Path, frozenset[str]] = field(default_factory=dict)
    _commits: dict[str, frozenset[str]] = field(default_factory=dict)

    def list_hashes(self) -> frozenset[str]:
        """Return the hashes of all files that some store holds now."""
        found: set[str] = set()
        for path in self._list_blobs():
            if path not in self._hashes:
                self._hashes[path] = read_hashes(path, self.runner)
            found |= self._hashes[path]
        head = self.sandbox.find_head(self.sandbox.remote)
        if head not in self._commits:
            self._commits[head] = self.sandbox.list_blobs()
        return frozenset(found | self._commits[head])

    def _list_blobs(self) -> Iterator[Path]:
        for artifact in self.local_github.list_artifacts():
            if not artifact.expired:
                yield self.local_github.get_artifact_path(artifact.id)
        yield from self.local_github.list_cache_paths()
        yield from self.local_github.list_asset_paths()


def read_hashes(path: Path, runner: Runner) -> frozenset[str]:
    """Return the hashes of the members of an archive, or of a file that is none.

    What cannot be read holds nothing.
    """
    found = set()
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for info in archive.infolist():
                    if not info.is_dir() and info.file_size <= MAX_MEMBER_BYTES:
                        found.add(hash_content(archive.read(info)))
            return frozenset(found)
        for data in _iter_tar(path, runner):
            found.add(hash_content(data))
    except tarfile.ReadError:
        return frozenset({hash_content(path.read_bytes())})
    except (OSError, ValueError, zipfile.BadZipFile, tarfile.TarError):
        return frozenset()
    return frozenset(found)


def _iter_tar(path: Path, runner: Runner) -> Iterator[bytes]:
    with path.open("rb") as file:
        is_zstd = file.read(4) == _ZSTD_MAGIC
    if not is_zstd:
        with tarfile.open(path) as archive:
            yield from _iter_members(archive)
        return
    # Python has no zstd before 3.14; GitHub's own clients call the program, too.
    unpacked = path.with_suffix(".simulate.tar")
    try:
        runner.run(["zstd", "-d", "-q", "-f", "-o", str(unpacked), str(path)])
        with tarfile.open(fileobj=io.BytesIO(unpacked.read_bytes())) as archive:
            yield from _iter_members(archive)
    finally:
        unpacked.unlink(missing_ok=True)


def _iter_members(archive: tarfile.TarFile) -> Iterator[bytes]:
    for member in archive:
        if not member.isfile() or member.size > MAX_MEMBER_BYTES:
            continue
        content = archive.extractfile(member)
        if content is not None:
            yield content.read()
