"""Files behind URLs.

Whatever fsspec opens, read by ranges; failures in words, without the secrets of an
address.
"""

from __future__ import annotations

import io
import shutil
import tempfile
import weakref
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, cast

from ..errors import MissingLibraryError, SourceError
from ..redaction import HTTP, hide_credentials, scrub_text
from .cursor import PROBE_BYTES, digest
from .members import FoundFile, is_table
from .remote_errors import NoRangesError, explained, install

LEAST_FETCH = 8192
"""So many bytes at least are asked for at once: a header and the probe behind it."""
KEPT = 256
"""So many pieces of that size are kept while a run lasts."""


def find_remote_files(source: str) -> list[FoundFile]:
    """The tables that a URL, a glob of URLs or a folder by URL names.

    Raises MissingLibraryError with what to install, or SourceError.
    """
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415  # only where a URL is read
    except ImportError as error:
        raise MissingLibraryError(
            f"{hide_credentials(source)} needs fsspec", hint=install(source)
        ) from error
    with explained(hide_credentials(source)):
        try:
            system, path = url_to_fs(source)
        except ImportError as error:
            raise MissingLibraryError(
                f"{hide_credentials(source)} needs a library more", hint=install(source)
            ) from error
        except ValueError as error:
            raise SourceError(
                f"{hide_credentials(source)} cannot be read: {scrub_text(str(error))}",
                hint="is its beginning, up to ://, right?",
            ) from error
        system.invalidate_cache()
        sizes = _sizes(system, path)
        return Remote(system).files(sizes)


class Remote:
    """The files of one filesystem, as one run sees them."""

    def __init__(self, system: Any) -> None:  # noqa: ANN401  # fsspec has no types
        self._system = system
        self._ranged: dict[str, bool] = {}
        self._copies: dict[str, Path] = {}
        self._folder: Path | None = None
        # A run looks at headers, probes and ends more than once.
        self._small = lru_cache(KEPT)(self._piece)

    def files(self, sizes: dict[str, int]) -> list[FoundFile]:
        """What there is to know of each. Raises SourceError where two would have one name."""
        shown = {hide_credentials(name) for name in sizes}
        if len(shown) < len(sizes):
            raise SourceError(
                f"two files are told apart by their query alone: {', '.join(sorted(shown)[:3])}"
            )
        return [self._found(name, size) for name, size in sizes.items()]

    def _found(self, name: str, size: int) -> FoundFile:
        if self._has_ranges(name, size):
            return FoundFile(
                hide_credentials(name), size, lambda: self._opened(name, size)
            )
        return FoundFile(
            hide_credentials(name),
            size,
            lambda: self._copied(name),
            lambda: self._head(name),
        )

    def _has_ranges(self, name: str, size: int) -> bool:
        """Whether parts can be asked for.

        Over HTTP each server is tried once, as not every one says so.
        """
        scheme, sign, rest = name.partition("://")
        if not sign or scheme not in HTTP or size < 2:  # noqa: PLR2004  # a second byte is asked for
            return True
        host = rest.split("/", 1)[0]
        if host not in self._ranged:
            try:
                with self._opened(name, size) as stream:
                    stream.seek(1)
                    stream.read(1)
                self._ranged[host] = True
            except NoRangesError:
                self._ranged[host] = False
        return self._ranged[host]

    def _opened(self, name: str, size: int) -> IO[bytes]:
        def fetch(start: int, length: int) -> bytes:
            return (self._small if length <= LEAST_FETCH else self._piece)(
                name, size, start, length
            )

        return cast("IO[bytes]", Ranges(fetch, size))

    def _piece(self, name: str, size: int, start: int, length: int) -> bytes:
        known = {"size": size} if name.startswith(HTTP) else {}
        with (
            explained(hide_credentials(name)),
            self._system.open(name, "rb", cache_type="none", **known) as stream,
        ):
            stream.seek(start)
            piece = bytes(stream.read(length))
        if len(piece) < length:
            raise SourceError(
                f"{hide_credentials(name)} got shorter while it was read",
                hint="run again",
            )
        return piece

    def _head(self, name: str) -> str:
        """The stamp of a file that comes only as a whole.

        Of its first bytes alone, without the rest.
        """
        with explained(hide_credentials(name)):
            copy = self._copies.get(name)
            with (
                copy.open("rb")
                if copy
                else self._system.open(name, "rb", block_size=0) as stream
            ):
                return "head " + digest(stream.read(PROBE_BYTES))

    def _copied(self, name: str) -> IO[bytes]:
        """A copy on disk, made once a run: the server gives no parts of it."""
        if name not in self._copies:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="pipeline-"))
                weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
            copy = self._folder / str(len(self._copies))
            with explained(hide_credentials(name)):
                self._system.get_file(name, str(copy))
            self._copies[name] = copy
        return self._copies[name].open("rb")


class Ranges(io.IOBase):
    """A remote file that is fetched in the pieces it is read in, and never ahead."""

    def __init__(self, fetch: Callable[[int, int], bytes], size: int) -> None:
        super().__init__()
        self._fetch = fetch
        self._held = b""
        self._start = 0
        """Where in the file the held bytes begin."""
        self._at = 0
        self._size = size

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Costs nothing until something is read."""
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Up to so many bytes; fewer at the end alone."""
        wanted = self._size - self._at if size < 0 else size
        first = self._at - self._start
        have = (
            self._held[first : first + wanted] if 0 <= first <= len(self._held) else b""
        )
        if len(have) < wanted:
            self._start = self._at + len(have)
            missing = min(
                max(wanted - len(have), LEAST_FETCH), self._size - self._start
            )
            self._held = self._fetch(self._start, missing) if missing > 0 else b""
            have += self._held[: wanted - len(have)]
        self._at += len(have)
        return have


def _sizes(system: Any, path: str) -> dict[str, int]:  # noqa: ANN401  # fsspec has no types
    """Each table with its size.

    Raises what fsspec raises, and SourceError for a file of unknown length.
    """
    over_http = path.startswith(HTTP)
    sign = next(
        (
            at
            for at, letter in enumerate(path)
            if letter in ("*[" if over_http else "*?[")
        ),
        None,
    )
    folder = path if sign is None else path[:sign].rpartition("/")[0]
    if sign is not None:
        infos = system.glob(path, detail=True)
    # Over HTTP to look whether it is a folder would be to fetch it.
    elif path.endswith("/") if over_http else system.isdir(path):
        infos = system.find(path, detail=True)
    else:
        return {path: _size(system, path, system.info(path))}
    tables = {
        name: info
        for name, info in infos.items()
        if info.get("type") == "file"
        and is_table(
            name.rpartition("/")[2] if sign is not None else name.removeprefix(path)
        )
    }
    if not tables:
        # Listing passes over what cannot be listed: this says why.
        system.ls(folder)
    return {name: _size(system, name, info) for name, info in tables.items()}


def _size(system: Any, name: str, info: dict[str, Any]) -> int:  # noqa: ANN401  # fsspec has no types
    size = (
        info["size"] if info.get("size") is not None else system.info(name).get("size")
    )
    if not isinstance(size, int):
        raise SourceError(
            f"{hide_credentials(name)}: the server does not say how long it is"
        )
    return size
