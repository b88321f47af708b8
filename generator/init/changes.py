"""What settling in does to one file, as data: planned first, written all at once later."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ..errors import OutputError


class FileAction(StrEnum):
    """What happens to a file; the value is the word for it in the report."""

    WRITE = "wrote"
    APPEND = "appended"
    REMOVE = "removed"
    SAME = "unchanged"
    KEEP = "kept"


# Those that change the tree.
WRITING = frozenset({FileAction.WRITE, FileAction.APPEND, FileAction.REMOVE})


@dataclass(frozen=True, slots=True)
class Change:
    """One file: what happens to it and what it holds then.

    `path` is below the root, `note` for the reader.
    """

    path: str
    action: FileAction
    content: bytes = b""
    note: str = ""


def read_content(path: Path) -> bytes | None:
    """Return what a file holds, None where there is none; raises OutputError."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise OutputError(f"{path} cannot be read: {error.strerror}") from error
