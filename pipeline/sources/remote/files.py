"""Files behind URLs: whatever fsspec opens, read in the pieces that are needed."""

from __future__ import annotations

import io
import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, cast

from ...errors import MissingLibraryError, SourceError
from ...redaction import HTTP_SCHEMES, hide_credentials, scrub_text
from ..cursor import PROBE_BYTES, digest
from ..members import FoundFile, is_table
from .errors import NoRangesError, explain_remote_errors, make_install_hint

MIN_FETCH_BYTES = 8192
"""At least so much is asked for at once: a header, and the probe behind it."""
CACHED_PIECES = 256
"""So many pieces of that size are kept while a run lasts."""

FileSystem = Any
"""An `fsspec.AbstractFileSystem`; fsspec has no types."""
FileInfo = Mapping[str, Any]
"""What fsspec tells of a file: `type` and, where it is known, `size`."""


def find_remote_files(source: str) -> list[FoundFile]:
    """Find the tables that a URL, a glob of URLs or a folder by URL names.

    Raises MissingLibraryError with what to install, and SourceError.
    """
    label = hide_credentials(source)
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415  # may not be installed
    except ImportError as error:
        raise MissingLibraryError(
            f"{label} needs fsspec", hint=make_install_hint(source)
        ) from error
    with explain_remote_errors(label):
        try:
            filesystem, path = url_to_fs(source)
        except ImportError as error:
            raise MissingLibraryError(
                f"{label} needs a library more", hint=make_install_hint(source)
            ) from error
        except ValueError as error:
            raise SourceError(
                f"{label} cannot be read: {scrub_text(str(error))}",
                hint="is its beginning, up to ://, right?",
            ) from error
        # fsspec keeps file systems, and the listings in them, as long as the process.
        filesystem.invalidate_cache()
        sizes = list_sizes(filesystem, path)
        return RemoteFiles(filesystem).make_found_files(sizes)


class RemoteFiles:
    """The files of one file system, as one run reads them."""

    def __init__(self, filesystem: FileSystem) -> None:
        self._filesystem = filesystem
        self._hosts_with_ranges: dict[str, bool] = {}
        self._copies: dict[str, Path] = {}
        self._copy_folder: Path | None = None
        # A run looks at headers, probes and ends more than once.
        self._fetch_cached = lru_cache(CACHED_PIECES)(self._fetch)

    def make_found_files(self, sizes: Mapping[str, int]) -> list[FoundFile]:
        """Describe each file. Raises SourceError where two would have one name."""
        labels = set(map(hide_credentials, sizes))
        if len(labels) < len(sizes):
            first_labels = ", ".join(sorted(labels)[:3])
            raise SourceError(
                f"two files are told apart by their query alone: {first_labels}"
            )
        return [self._make_found_file(name, size) for name, size in sizes.items()]

    def _make_found_file(self, name: str, size: int) -> FoundFile:
        label = hide_credentials(name)
        if self._has_ranges(name, size):
            return FoundFile(label, size, lambda: self._open_ranges(name, size))
        return FoundFile(
            label, size, lambda: self._open_copy(name), lambda: self._make_stamp(name)
        )

    def _has_ranges(self, name: str, size: int) -> bool:
        """Tell whether parts of a file can be asked for.

        Over HTTP each server is tried once, since not every one announces it.
        """
        scheme, separator, rest = name.partition("://")
        if not separator or scheme not in HTTP_SCHEMES or size <= 1:
            return True
        host = rest.split("/", 1)[0]
        if host not in self._hosts_with_ranges:
            self._hosts_with_ranges[host] = self._try_range(name, size)
        return self._hosts_with_ranges[host]

    def _try_range(self, name: str, size: int) -> bool:
        try:
            with self._open_ranges(name, size) as stream:
                # From the second byte on, as a server may send the whole from the first.
                stream.seek(1)
                stream.read(1)
        except NoRangesError:
            return False
        return True

    def _open_ranges(self, name: str, size: int) -> IO[bytes]:
        def fetch(start: int, length: int) -> bytes:
            if length <= MIN_FETCH_BYTES:
                return self._fetch_cached(name, size, start, length)
            return self._fetch(name, size, start, length)

        return cast("IO[bytes]", RangeStream(fetch, size))

    def _fetch(self, name: str, size: int, start: int, length: int) -> bytes:
        # fsspec would fetch ahead, and what is not read must cost nothing.
        options: dict[str, Any] = {"cache_type": "none"}
        if name.startswith(HTTP_SCHEMES):
            # Without it, fsspec asks the server for the size with every opening.
            options["size"] = size
        label = hide_credentials(name)
        with (
            explain_remote_errors(label),
            self._filesystem.open(name, "rb", **options) as stream,
        ):
            stream.seek(start)
            piece = bytes(stream.read(length))
        if len(piece) < length:
            raise SourceError(
                f"{label} got shorter while it was read", hint="run again"
            )
        return piece

    def _make_stamp(self, name: str) -> str:
        """Digest the first bytes of a file that comes only as a whole.

        Its last ones would cost a download of the rest.
        """
        copy = self._copies.get(name)
        with explain_remote_errors(hide_credentials(name)):
            if copy is not None:
                stream = copy.open("rb")
            else:
                # A block size of 0 makes fsspec stream the file instead of seeking.
                stream = self._filesystem.open(name, "rb", block_size=0)
            with stream:
                return "head " + digest(stream.read(PROBE_BYTES))

    def _open_copy(self, name: str) -> IO[bytes]:
        """Open a copy on disk, made once a run: the server gives no parts of the file."""
        if name not in self._copies:
            if self._copy_folder is None:
                self._copy_folder = Path(tempfile.mkdtemp(prefix="pipeline-"))
                # Runs with the last reference to this object, at the latest at exit.
                weakref.finalize(
                    self, shutil.rmtree, self._copy_folder, ignore_errors=True
                )
            copy = self._copy_folder / str(len(self._copies))
            with explain_remote_errors(hide_credentials(name)):
                self._filesystem.get_file(name, str(copy))
            self._copies[name] = copy
        return self._copies[name].open("rb")


class RangeStream(io.IOBase):
    """A remote file that is fetched in the pieces it is read in, and never ahead."""

    def __init__(self, fetch: Callable[[int, int], bytes], size: int) -> None:
        super().__init__()
        self._fetch = fetch
        self._size = size
        self._position = 0
        self._buffer = b""
        self._buffer_start = 0
        """Where in the file the buffer begins."""

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return where the next byte comes from."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; nothing is fetched before it is read."""
        base = (0, self._position, self._size)[whence]
        self._position = base + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes; fewer only at the end."""
        if size < 0:
            size = self._size - self._position
        content = self._read_buffer(size)
        missing = size - len(content)
        if missing > 0:
            self._buffer_start = self._position + len(content)
            rest = self._size - self._buffer_start
            length = min(max(missing, MIN_FETCH_BYTES), rest)
            self._buffer = b""
            if length > 0:
                self._buffer = self._fetch(self._buffer_start, length)
            content += self._buffer[:missing]
        self._position += len(content)
        return content

    def _read_buffer(self, size: int) -> bytes:
        start = self._position - self._buffer_start
        if not 0 <= start <= len(self._buffer):
            return b""
        return self._buffer[start : start + size]


def list_sizes(filesystem: FileSystem, path: str) -> dict[str, int]:
    """List each table that a path of fsspec's names, with its size in bytes.

    Raises what fsspec raises, and SourceError for a file of unknown length.
    """
    glob_start = _find_glob_start(path)
    if glob_start is not None:
        folder = path[:glob_start].rpartition("/")[0]
        infos = filesystem.glob(path, detail=True)
        tables = _select_tables(infos, lambda name: name.rpartition("/")[2])
    elif _is_folder(filesystem, path):
        folder = path
        infos = filesystem.find(path, detail=True)
        tables = _select_tables(infos, lambda name: name.removeprefix(path))
    else:
        return {path: _get_size(filesystem, path, filesystem.info(path))}
    if not tables:
        # Finding passes over a folder that cannot be listed; listing it raises why.
        filesystem.ls(folder)
    return {name: _get_size(filesystem, name, info) for name, info in tables.items()}


def _find_glob_start(path: str) -> int | None:
    """Find the first sign of a glob; in HTTP a question mark begins the query."""
    signs = "*?["
    if path.startswith(HTTP_SCHEMES):
        signs = "*["
    for index, letter in enumerate(path):
        if letter in signs:
            return index
    return None


def _is_folder(filesystem: FileSystem, path: str) -> bool:
    if path.startswith(HTTP_SCHEMES):
        # Asking the server would fetch the file.
        return path.endswith("/")
    return bool(filesystem.isdir(path))


def _select_tables(
    infos: Mapping[str, FileInfo], get_relative_name: Callable[[str], str]
) -> dict[str, FileInfo]:
    def is_selected(name: str) -> bool:
        return infos[name].get("type") == "file" and is_table(get_relative_name(name))

    return {name: infos[name] for name in infos if is_selected(name)}


def _get_size(filesystem: FileSystem, name: str, info: FileInfo) -> int:
    size = info.get("size")
    if size is None:
        # A page of links has no sizes.
        size = filesystem.info(name).get("size")
    if not isinstance(size, int):
        raise SourceError(
            f"{hide_credentials(name)}: the server does not say how long it is"
        )
    return size
