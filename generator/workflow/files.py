"""Where a repository begins: GitHub reads workflows at its top alone."""

from __future__ import annotations

from pathlib import Path


def repository_root(folder: Path) -> Path:
    """The top of the git repository around a folder.

    The folder itself, as it was given, where none is above it.
    """
    here = folder.absolute()
    for above in (here, *here.parents):
        # A worktree and a submodule have a file of that name.
        if (above / ".git").exists():
            return folder if above == here else above
    return folder
