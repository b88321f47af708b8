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
from ...locks import HeldLock, is_held
from .orphans import kill_orphans

# Anything else act would take apart: see _choose_base.
_UNSAFE_CHARACTER = re.compile(r"[^\w@%+=:,./~#$-]")
_TEMPORARY_PREFIX = "wfgen-run-"


@dataclass(frozen=True, slots=True)
class RunFolders:
    """The folders of one run.

    `base` is removed with all that is in it, whatever secrets it came to hold.
    `dead_run_ids` are the ids of earlier runs that were killed and whose folders have
    just been removed.
    """

    base: Path
    lock: Path
    dead_run_ids: tuple[int, ...] = ()

    def record_owner(self, run_id: int) -> None:
        """Note whose they are, for the run that may have to clean up after this one."""
        self.lock.write_text(str(run_id), encoding="utf-8")

    @property
    def home(self) -> Path:
        """HOME of the steps."""
        return self.base / "home"

    @property
    def act(self) -> Path:
        """The workspaces of act."""
        return self.base / "act"

    @property
    def programs(self) -> Path:
        """Links to programs, first on PATH."""
        return self.base / "bin"

    @property
    def actions(self) -> Path:
        """Stand-in actions."""
        return self.base / "actions"

    @property
    def files(self) -> Path:
        """The files that act is told of: secrets, variables, the event."""
        return self.base / "files"


def prepare_state(folder: Path) -> Path:
    """Make `.wfgen`, which keeps itself out of git and out of act's copy of the repository.

    Raises OutputError where it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ignore_file = folder / ".gitignore"
        if not ignore_file.exists():
            ignore_file.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written: {error.strerror}",
            hint=f"give this user the right to write in {folder.parent}, "
            "or work in a copy of it",
        ) from error
    return folder


@contextlib.contextmanager
def make_run_folders(state: Path) -> Iterator[RunFolders]:
    """Make the folders of a run, and remove them at its end.

    Those of runs that were killed are removed first.
    """
    runs = state / "runs"
    dead_run_ids = sweep(runs)
    name = uuid.uuid4().hex[:12]
    lock = HeldLock(runs / f"{name}.lock")
    folders = RunFolders(_choose_base(runs, name), lock.path, dead_run_ids)
    try:
        for folder in (
            folders.home,
            folders.act,
            folders.programs,
            folders.actions,
            folders.files,
        ):
            folder.mkdir(parents=True)
        folders.base.chmod(0o700)
        yield folders
    finally:
        # Processes first: one that still writes would make files anew.
        kill_orphans(folders.home)
        _remove(folders.base)
        lock.path.unlink(missing_ok=True)
        lock.release()


def sweep(runs: Path) -> tuple[int, ...]:
    """Remove what runs left behind that ended without a chance to.

    Return their ids, as far as they had one.
    """
    run_ids = []
    for lock in runs.glob("*.lock"):
        if is_held(lock):
            continue
        folders = RunFolders(_choose_base(runs, lock.stem), lock)
        kill_orphans(folders.home)
        _remove(folders.base)
        # A run that was killed before it had its number left the file empty.
        with contextlib.suppress(FileNotFoundError, ValueError):
            run_ids.append(int(lock.read_text(encoding="utf-8")))
        lock.unlink(missing_ok=True)
    return tuple(run_ids)


def _choose_base(runs: Path, name: str) -> Path:
    """Return a run's own folder: beside its lock, or in the system's temporary folder.

    act takes the command line of a step apart like a shell and quotes nothing, so no
    blank and no quote may stand in the path of its workspaces and scripts.
    """
    beside = runs / name
    if _UNSAFE_CHARACTER.search(str(beside)) is None:
        return beside
    # TMPDIR may have blanks too; the run's folder is new, and for this user alone.
    for parent in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108
        place = Path(parent).resolve() / f"{_TEMPORARY_PREFIX}{name}"
        if _UNSAFE_CHARACTER.search(str(place)) is None:
            return place
    return beside


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        return
    # A step may have taken its own right to write away (as Go's module cache does):
    # give it back, then try again.
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
