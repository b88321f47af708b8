"""Writing a plan: every file, or none."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from ..errors import OutputError, ToolFailedError
from ..process import Runner
from ..rendering.writer import replace_file
from .changes import WRITING, Change, FileAction, read_content


def make_repository(root: Path, branch: str, runner: Runner) -> None:
    """Run `git init`, which commits nothing. Raises ToolFailedError, OutputError."""
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{root} cannot be made: {error.strerror}") from error
    completed = runner.run(
        ["git", "init", "--quiet", "--initial-branch", branch],
        cwd=root,
        timeout_seconds=30,
    )
    if completed.exit_code:
        reason = completed.stderr.strip() or completed.exit_code
        raise ToolFailedError(f"git init failed: {reason}")


def apply_changes(
    root: Path, changes: Sequence[Change], *, made_repository: bool
) -> None:
    """Write every file.

    Where one cannot be written, everything is put back as it was, a repository that was
    made for it is removed, and OutputError raised.
    """
    previous: list[tuple[Path, bytes | None]] = []
    try:
        for change in changes:
            if change.action in WRITING:
                path = root / change.path
                previous.append((path, read_content(path)))
                _write_change(path, change)
    # An interrupt, too, must not leave half of it.
    except BaseException:
        _restore_files(root, previous)
        if made_repository:
            shutil.rmtree(root / ".git", ignore_errors=True)
        raise


def _write_change(path: Path, change: Change) -> None:
    if change.action is not FileAction.REMOVE:
        replace_file(path, change.content)
        return
    try:
        path.unlink()
    except OSError as error:
        raise OutputError(f"{path} cannot be removed: {error.strerror}") from error


def _restore_files(root: Path, previous: Sequence[tuple[Path, bytes | None]]) -> None:
    for path, content in reversed(previous):
        # What cannot be put back must not keep the rest from it.
        with contextlib.suppress(OSError, OutputError):
            if content is None:
                path.unlink(missing_ok=True)
            else:
                replace_file(path, content)
        if content is None:
            _remove_empty_folders(path.parent, root)


def _remove_empty_folders(folder: Path, root: Path) -> None:
    """Remove folders that were made for a file and hold nothing else."""
    while folder != root and folder.is_relative_to(root):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
