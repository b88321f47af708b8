"""Rendered files against the tree: write them atomically, or say how the tree differs.

A file is written only where nothing of anybody's is lost: it is missing, or wfgen wrote
it and nobody has edited it since (the header holds a hash of what stands below it).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ..errors import OutputError
from .render import SCRIPTS, WORKFLOWS, Rendered, is_ours, is_untouched, template_of

KEEP = "# wfgen: keep"


class State(StrEnum):
    """How a file of the tree stands to what would be rendered."""

    SAME = "unchanged"
    MISSING = "missing"
    STALE = "out of date"
    EDITED = "edited by hand"
    FOREIGN = "not written by wfgen"
    ORPHAN = "no longer rendered"


# Overwriting these would lose somebody's work.
PRECIOUS = frozenset({State.EDITED, State.FOREIGN})


@dataclass(frozen=True, slots=True)
class Drift:
    """One file: how it stands, what is there and what would be (empty where there is none)."""

    path: str
    state: State
    there: str
    wanted: str

    def diff(self) -> str:
        """The unified diff from what is there to what would be."""
        from difflib import unified_diff  # noqa: PLC0415 - seldom asked for

        old, new = (
            self.there.splitlines(keepends=True),
            self.wanted.splitlines(keepends=True),
        )
        lines = unified_diff(
            old, new, f"{self.path} (there)", f"{self.path} (rendered)"
        )
        return "".join(
            line if line.endswith("\n") else line + "\n\\ No newline at end of file\n"
            for line in lines
        )


def compare(root: Path, files: Iterable[Rendered]) -> tuple[Drift, ...]:
    """How each file stands. Raises OutputError where one cannot be read."""
    return tuple(_compare(root, file) for file in files)


def _compare(root: Path, file: Rendered) -> Drift:
    there = _read(root / file.path)
    if there is None:
        return Drift(file.path, State.MISSING, "", file.text)
    if there == file.text:
        state = State.SAME
    elif is_untouched(there):
        state = State.STALE
    else:
        state = State.EDITED if is_ours(there) else State.FOREIGN
    return Drift(file.path, state, there, file.text)


def orphans(root: Path, files: Sequence[Rendered]) -> tuple[Drift, ...]:
    """Files that wfgen wrote once and would not write now; those that say `# wfgen.

    Keep` are spared.
    """
    wanted = {file.path for file in files}
    found = []
    for folder in (WORKFLOWS, SCRIPTS):
        for path in sorted((root / folder).glob("*.*")):
            name = path.relative_to(root).as_posix()
            text = _read(path) if name not in wanted and path.is_file() else None
            if text is not None and is_ours(text) and KEEP not in text:
                found.append(Drift(name, State.ORPHAN, text, ""))
    return tuple(found)


def pages(root: Path) -> dict[str, str]:
    """Path -> template of the Markdown pages that wfgen wrote, where documentation usually lies."""
    found = {}
    for folder in ("", "docs/", ".github/"):
        for path in sorted((root / folder).glob("*.md")):
            template = template_of(_head(path))
            if template.endswith(".md.j2"):
                found[folder + path.name] = template
    return found


def _head(path: Path) -> str:
    """Where a header would stand; "" of what cannot be read: most Markdown is none of ours."""
    try:
        with path.open("rb") as file:
            return file.read(300).decode("utf-8", "replace")
    except OSError:
        return ""


def write(
    root: Path, drifts: Sequence[Drift], *, force: bool = False
) -> tuple[Drift, ...]:
    """Write what is missing or out of date, all or nothing before the first write.

    Gives back what was written.

    Raises OutputError where a file holds somebody's work (unless `force`), or cannot be
    written.
    """
    precious = [drift for drift in drifts if drift.state in PRECIOUS]
    if precious and not force:
        raise OutputError(
            "nothing was written: "
            + ", ".join(f"{drift.path} is {drift.state}" for drift in precious),
            hint="`wfgen render --diff` shows the difference; `--force` overwrites",
        )
    changed = tuple(drift for drift in drifts if drift.state is not State.SAME)
    for drift in changed:
        replace(root / drift.path, drift.wanted)
    return changed


def remove(root: Path, drifts: Iterable[Drift]) -> None:
    """Remove orphans. Raises OutputError where one cannot be, or was edited by hand."""
    for drift in drifts:
        if not is_untouched(drift.there):
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


def replace(path: Path, content: str | bytes) -> None:
    """Write a file beside its place, sync it, move it there.

    A reader sees the old or the new one, never a half.

    Raises OutputError; nothing is left behind then.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            aside.unlink()
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
        return "\N{REPLACEMENT CHARACTER}"
    except OSError as error:
        raise OutputError(f"{path} cannot be read: {error.strerror}") from error
