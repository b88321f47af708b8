"""Files that are either the old one or the new one, whenever the power goes."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from .errors import StateWriteError

# What ends the name of a file that is still being written.
PART = ".part"


def write_atomically(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write a temporary file in the same folder, fsync, replace, fsync the folder.

    Without the fsyncs where not `durable`. Raises StateWriteError; `path` is then as
    before. (click's `open_file(atomic=True)` replaces the good file by a half-written
    one when the writer raises.)
    """
    with explain_os_errors(path):
        make_folders(path.parent, durable=durable)
        temporary = path.with_name(path.name + PART)
        try:
            with temporary.open("wb") as sink:
                sink.write(content)
                sink.flush()
                if durable:
                    os.fsync(sink.fileno())
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        # A rename is durable only once its folder is (fsync(2)).
        if durable:
            sync_folder(path.parent)


def make_folders(folder: Path, *, durable: bool = True) -> None:
    """Make a folder and those above it, each name durable before the next is made."""
    missing = []
    while not folder.is_dir() and folder != folder.parent:
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        if durable:
            sync_folder(path.parent)


def remove_path(path: Path) -> None:
    """Remove a file, a link, or a folder that lies where a file belongs.

    Raises StateWriteError.
    """
    with explain_os_errors(path):
        if path.is_dir() and not path.is_symlink():
            # Seldom there, and it brings every compressor of the standard library.
            import shutil  # noqa: PLC0415 - see above

            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def explain_os_errors(path: Path) -> Iterator[None]:
    """Turn an OSError into a StateWriteError that names the file and the reason."""
    try:
        yield
    except OSError as error:
        raise StateWriteError(
            f"{path} cannot be written: {error.strerror or error}"
        ) from error


def sha256(content: bytes) -> str:
    """Return the SHA-256 of some bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
