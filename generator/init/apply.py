"""Writing a plan: every file, or none."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from ..errors import OutputError, ToolFailedError
from ..process import Runner
from ..rendering.writer import replace
from .plan import Act, Change

WRITING = frozenset({Act.WRITE, Act.APPEND, Act.REMOVE})


def make_repository(root: Path, branch: str, runner: Runner) -> None:
    """`git init`, which commits nothing. Raises ToolFailedError, OutputError."""
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{root} cannot be made: {error.strerror}") from error
    done = runner.run(
        ["git", "init", "--quiet", "--initial-branch", branch],
        cwd=root,
        timeout_seconds=30,
    )
    if done.exit_code:
        raise ToolFailedError(
            f"git init failed: {done.stderr.strip() or done.exit_code}"
        )


def apply_changes(
    root: Path, changes: Sequence[Change], *, made_repository: bool
) -> None:
    """Write every file; where one cannot be, put everything back as it was and raise OutputError."""
    before: list[tuple[Path, bytes | None]] = []
    try:
        for change in changes:
            if change.act in WRITING:
                path = root / change.path
                before.append((path, _read(path)))
                _write(path, change)
    except BaseException:
        _put_back(root, before)
        if made_repository:
            shutil.rmtree(root / ".git", ignore_errors=True)
        raise


def _write(path: Path, change: Change) -> None:
    if change.act is not Act.REMOVE:
        replace(path, change.content)
        return
    try:
        path.unlink()
    except OSError as error:
        raise OutputError(f"{path} cannot be removed: {error.strerror}") from error


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise OutputError(f"{path} cannot be read: {error.strerror}") from error


def _put_back(root: Path, before: Sequence[tuple[Path, bytes | None]]) -> None:
    for path, content in reversed(before):
        with contextlib.suppress(OSError, OutputError):
            if content is None:
                path.unlink(missing_ok=True)
            else:
                replace(path, content)
        if content is None:
            _remove_empty(path.parent, root)


def _remove_empty(folder: Path, root: Path) -> None:
    """Remove folders that were made for a file and hold nothing else."""
    while folder != root and folder.is_relative_to(root):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
