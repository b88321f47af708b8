"""Unpacking what others packed: artifacts (zip) and caches (tar).

Every member is checked before the first one is written. Where a member goes is worked
out with the links that are on the disk already, so that none is written through them.
"""

from __future__ import annotations

import lzma
import os
import re
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from .toolkit import ActionError

BROKEN_ARCHIVE_ERRORS = (
    OSError,
    EOFError,
    # Of names, sizes and times that are none; OverflowError is of times beyond time_t.
    ValueError,
    OverflowError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    # An encrypted member, or one packed in a way that zipfile does not know.
    RuntimeError,
)
# "" and "." are no names; a backslash and a drive letter mean something elsewhere.
_UNSAFE_PARTS = frozenset({"", ".", ".."})
_UNSAFE_TEXT = re.compile(r"[\\\0]|(^|/)[A-Za-z]:")
_ZIP_FILE_TYPES = (0, stat.S_IFREG, stat.S_IFDIR)


def unpack_artifact(archive: Path, folder: Path) -> None:
    """Unpack a zip archive into a folder.

    Raises ActionError for a broken one, and for a member that is no file or folder in
    `folder`, or that is there twice.
    """
    try:
        with zipfile.ZipFile(archive) as zip_file:
            members = zip_file.infolist()
            targets = _find_zip_targets(members, folder)
            for member, target in zip(members, targets, strict=True):
                if member.is_dir():
                    target.mkdir(parents=True, exist_ok=True)
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                with zip_file.open(member) as content, target.open("wb") as file:
                    shutil.copyfileobj(content, file)
    except BROKEN_ARCHIVE_ERRORS as error:
        raise ActionError(
            f"Unable to download and extract artifact: {error}"
        ) from error


def _find_zip_targets(members: Iterable[zipfile.ZipInfo], folder: Path) -> list[Path]:
    """Return where the members go. Raises ValueError for one that goes nowhere."""
    root = Path(os.path.realpath(folder))
    targets: dict[Path, zipfile.ZipInfo] = {}
    for member in members:
        name = member.filename
        parts = name.removesuffix("/").split("/")
        if not _UNSAFE_PARTS.isdisjoint(parts) or _UNSAFE_TEXT.search(name):
            raise ValueError(f"unsafe path {name!r}")
        # The upper half holds the mode of the file on Unix, if anything.
        if stat.S_IFMT(member.external_attr >> 16) not in _ZIP_FILE_TYPES:
            raise ValueError(f"unsafe member {name!r}, a link or a device")
        target = Path(os.path.realpath(root.joinpath(*parts)))
        if root not in target.parents:
            raise ValueError(f"unsafe path {name!r}, which a link leads out of {root}")
        if target in targets:
            raise ValueError(f"unsafe path {name!r}, which is there twice")
        targets[target] = member
    for target, member in targets.items():
        for parent in target.parents:
            if parent in targets and not targets[parent].is_dir():
                raise ValueError(f"unsafe path {member.filename!r}, which is in a file")
    return list(targets)


def unpack_cache(archive: Path, workspace: Path, roots: Sequence[Path]) -> None:
    """Put everything of a tar archive back where it was, seen from the workspace.

    Raises tarfile.TarError for a member that does not lie in one of the `roots`, for one
    that would be written through a link, and for a device.
    """
    with tarfile.open(archive, "r:gz") as tar:
        targets = _CacheTargets(workspace, roots)
        for member in tar.getmembers():
            targets.add(member)
        targets.check_links()

        def place(member: tarfile.TarInfo, _: str) -> tarfile.TarInfo:
            target = targets.paths[member]
            if not member.isdir():
                # As tar does it: what is there, a link maybe, is not written through.
                target.unlink(missing_ok=True)
            linkname = member.linkname
            if member.islnk():
                linkname = str(targets.locate(linkname))
            return member.replace(name=str(target), linkname=linkname, deep=False)

        tar.extractall(workspace, filter=place)  # noqa: S202  # every member was checked


class _CacheTargets:
    """Where the members of a cache go; `add` takes them in their order."""

    def __init__(self, workspace: Path, roots: Sequence[Path]) -> None:
        self.paths: dict[tarfile.TarInfo, Path] = {}
        self._workspace = workspace
        self._roots = [Path(os.path.realpath(root)) for root in roots]
        self._members: dict[Path, tarfile.TarInfo] = {}
        self._links: dict[str, tarfile.TarInfo] = {}

    def locate(self, name: str) -> Path:
        """Return where a name of the archive is, whatever links are there."""
        if "\0" in name:
            raise tarfile.TarError(f"{name!r} is no name for a file")
        return Path(os.path.normpath(self._workspace / name))

    def add(self, member: tarfile.TarInfo) -> None:
        """Check a member by itself. Raises tarfile.TarError."""
        path = self.locate(member.name)
        if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
            raise tarfile.TarError(f"{member.name!r} is a device")
        # A link in the archive may lead anywhere, as those of a virtual environment do:
        # nothing is written through it.
        target = Path(os.path.realpath(path.parent)) / path.name
        if member.isdir():
            target = Path(os.path.realpath(path))
        places = target.parents
        if member.isdir():
            places = (target, *places)
        if not any(root in places for root in self._roots):
            raise tarfile.TarError(
                f"{member.name!r} lies outside of the workspace and of HOME"
            )
        earlier = self._members.setdefault(path, member)
        if (earlier.type, earlier.linkname) != (member.type, member.linkname):
            raise tarfile.TarError(f"{member.name!r} is there twice, and not the same")
        if member.islnk():
            linked = self._members.get(self.locate(member.linkname))
            if linked is None or not linked.isreg():
                raise tarfile.TarError(
                    f"{member.name!r} is a link to {member.linkname!r}, "
                    "which is no file of the archive"
                )
        if member.issym():
            # Without case, as on the disks of macOS.
            self._links[str(path).casefold()] = member
        self.paths[member] = target

    def check_links(self) -> None:
        """Check that no member lies behind a link. Raises tarfile.TarError."""
        for path, member in self._members.items():
            for place in (path, *path.parents):
                link = self._links.get(str(place).casefold())
                if link and (place != path or not member.issym()):
                    raise tarfile.TarError(
                        f"{member.name!r} goes through the link {link.name!r}"
                    )
