"""Where a run keeps its things: below `.wfgen` in the repository, and gone when it ends."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...errors import OutputError
from .orphans import end_processes
from .virtualenvs import HeldLock, is_held

_UNFIT = re.compile(r"[^\w@%+=:,./~#$-]")
_ELSEWHERE = "wfgen-run-"


@dataclass(frozen=True, slots=True)
class RunFolders:
    """The folders of one run.

    `base` is removed with all that is in it, whatever secrets it came to hold.

    `died` are the ids of earlier runs that were killed and whose folders have just been
    removed.
    """

    base: Path
    lock: Path
    died: tuple[int, ...] = ()

    def belong_to(self, run_id: int) -> None:
        """Note whose they are, for the run that may have to tidy up after this one."""
        self.lock.write_text(str(run_id), encoding="utf-8")

    @property
    def home(self) -> Path:
        """HOME of the steps."""
        return self.base / "home"

    @property
    def act(self) -> Path:
        """Act's workspaces."""
        return self.base / "act"

    @property
    def programs(self) -> Path:
        """Links to programs, first on PATH."""
        return self.base / "bin"

    @property
    def actions(self) -> Path:
        """Stand-in actions."""
        return self.base / "actions"


def prepare_state(folder: Path) -> Path:
    """Make `.wfgen`, which keeps itself out of git and out of act's copy of the repository.

    Raises OutputError where it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        marker = folder / ".gitignore"
        if not marker.exists():
            marker.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror}") from error
    return folder


@contextlib.contextmanager
def run_folders(state: Path) -> Iterator[RunFolders]:
    """Folders for one run, removed at its end; those of runs that were killed are removed first."""
    runs = state / "runs"
    died = sweep(runs)
    name = uuid.uuid4().hex[:12]
    lock = HeldLock(runs / f"{name}.lock")
    folders = RunFolders(_base(runs, name), lock.path, died)
    base = folders.base
    try:
        for folder in (
            folders.home,
            folders.act,
            folders.programs,
            folders.actions,
            base / "files",
        ):
            folder.mkdir(parents=True)
        base.chmod(0o700)
        yield folders
    finally:
        end_processes(folders.home)
        _remove(base)
        lock.path.unlink(missing_ok=True)
        lock.release()


def _base(runs: Path, name: str) -> Path:
    """A run's own folder: beside its lock, or in the system's temporary folder.

    act takes the command line of a step apart like a shell and quotes nothing, so no
    blank and no quote may stand in the path of its workspaces and scripts.
    """
    beside = runs / name
    if _UNFIT.search(str(beside)) is None:
        return beside
    return Path(tempfile.gettempdir()).resolve() / f"{_ELSEWHERE}{name}"


def sweep(runs: Path) -> tuple[int, ...]:
    """Remove what runs left behind that ended without a chance to.

    Gives their ids, as far as they had one.
    """
    died = []
    for lock in runs.glob("*.lock"):
        if not is_held(lock):
            dead = RunFolders(_base(runs, lock.stem), lock)
            end_processes(dead.home)
            _remove(dead.base)
            with contextlib.suppress(FileNotFoundError, ValueError):
                died.append(int(lock.read_text(encoding="utf-8")))
            lock.unlink(missing_ok=True)
    return tuple(died)


def _remove(folder: Path) -> None:
    # A step may have taken its own right to write away (as Go's module cache does):
    # give it back, then try again.
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        for path in [folder, *folder.rglob("*")]:
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o700)
        shutil.rmtree(folder, ignore_errors=True)
