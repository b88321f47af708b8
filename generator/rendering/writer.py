"""Rendered files against the tree: write them atomically, or say how the tree differs.

A file is written only where nothing of anybody's is lost: it is missing, or wfgen wrote
it and nobody has edited it since (the header holds a hash of what stands below it).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from ..errors import OutputError
from .header import Rendered, get_template, is_ours, is_untouched
from .render import SCRIPTS, WORKFLOWS

KEEP = "# wfgen: keep"
# Where documentation usually lies.
_PAGE_FOLDERS = ("", "docs/", ".github/")
# More than the two lines of a header.
_HEAD_BYTES = 300
# Stands for a text that is not UTF-8: nothing that is rendered, nothing of wfgen's.
_NOT_TEXT = "\N{REPLACEMENT CHARACTER}"


class State(StrEnum):
    """How a file of the tree compares to what would be rendered."""

    SAME = "unchanged"
    MISSING = "missing"
    STALE = "out of date"
    EDITED = "edited by hand"
    FOREIGN = "not written by wfgen"
    ORPHAN = "no longer rendered"


# Overwriting these would lose somebody's work.
PRECIOUS = frozenset({State.EDITED, State.FOREIGN})


class Drift(NamedTuple):
    """One file: its state, its text and the rendered one (empty where there is none)."""

    path: str
    state: State
    current: str
    rendered: str

    def diff(self) -> str:
        """Return the unified diff from what is there to what would be."""
        from difflib import unified_diff  # noqa: PLC0415 - seldom asked for

        lines = unified_diff(
            self.current.splitlines(keepends=True),
            self.rendered.splitlines(keepends=True),
            f"{self.path} (there)",
            f"{self.path} (rendered)",
        )
        text = ""
        for line in lines:
            text += line
            if not line.endswith("\n"):
                text += "\n\\ No newline at end of file\n"
        return text


def compare(root: Path, files: Iterable[Rendered]) -> tuple[Drift, ...]:
    """Compare each file with the tree. Raises OutputError where one cannot be read."""
    drifts = []
    for file in files:
        current = _read(root / file.path)
        state = _judge(current, file.text)
        drifts.append(Drift(file.path, state, current or "", file.text))
    return tuple(drifts)


def _judge(current: str | None, rendered: str) -> State:
    if current is None:
        return State.MISSING
    if current == rendered:
        return State.SAME
    if is_untouched(current):
        return State.STALE
    if is_ours(current):
        return State.EDITED
    return State.FOREIGN


def find_orphans(root: Path, files: Sequence[Rendered]) -> tuple[Drift, ...]:
    """Find files that wfgen wrote once and would not write now.

    Those that say `# wfgen: keep` are spared.
    """
    rendered = {file.path for file in files}
    orphans = []
    for folder in (WORKFLOWS, SCRIPTS):
        for path in sorted((root / folder).glob("*.*")):
            name = path.relative_to(root).as_posix()
            if name in rendered or not path.is_file():
                continue
            text = _read(path)
            if text is not None and is_ours(text) and KEEP not in text:
                orphans.append(Drift(name, State.ORPHAN, text, ""))
    return tuple(orphans)


def find_pages(root: Path) -> dict[str, str]:
    """Find the Markdown pages that wfgen wrote: path -> template."""
    pages = {}
    for folder in _PAGE_FOLDERS:
        for path in sorted((root / folder).glob("*.md")):
            template = get_template(_read_head(path))
            if template.endswith(".md.j2"):
                pages[folder + path.name] = template
    return pages


def _read_head(path: Path) -> str:
    """Read where a header would stand; "" of what cannot be read: it is none of ours."""
    try:
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def write(
    root: Path, drifts: Sequence[Drift], *, force: bool = False
) -> tuple[Drift, ...]:
    """Write what is missing or out of date, and return it.

    Raises OutputError where a file cannot be written, and before the first write where
    one holds somebody's work (unless `force`).
    """
    precious = [drift for drift in drifts if drift.state in PRECIOUS]
    if precious and not force:
        names = ", ".join(f"{drift.path} is {drift.state}" for drift in precious)
        raise OutputError(
            f"nothing was written: {names}",
            hint="`wfgen render --diff` shows the difference; `--force` overwrites",
        )
    changed = tuple(drift for drift in drifts if drift.state is not State.SAME)
    for drift in changed:
        replace_file(root / drift.path, drift.rendered)
    return changed


def remove(root: Path, drifts: Iterable[Drift]) -> None:
    """Remove orphans. Raises OutputError where one cannot be, or was edited by hand."""
    for drift in drifts:
        # Its edits are somebody's work, as with files that are still rendered.
        if not is_untouched(drift.current):
            raise OutputError(
                f"{drift.path} is no longer rendered but was edited by hand",
                hint="remove it yourself",
            )
        try:
            (root / drift.path).unlink()
        except OSError as error:
            raise OutputError(
                f"{drift.path} cannot be removed: {error.strerror}"
            ) from error


def replace_file(path: Path, content: str | bytes) -> None:
    """Write a file beside its place, sync it, move it there.

    A reader sees the old or the new one, never a half. Raises OutputError; nothing is
    left behind then.
    """
    if isinstance(content, str):
        content = content.encode()
    # In the same folder: a move is atomic only within one file system.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            # Or a crash after the move could leave an empty file in its place.
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}",
            hint="check the folder's owner and rights",
        ) from error


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        return _NOT_TEXT
    except OSError as error:
        raise OutputError(f"{path} cannot be read: {error.strerror}") from error
