"""A copy of a repository for a simulation: nothing is written into the user's own.

The bare repository of the local GitHub holds its history, with one commit that puts
the probes in. Each run that is going on has a clone of its own, at the commit that its
event was about.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import ToolFailedError
from ...process import Runner
from ...runner.repository import Repository

_IDENTITY = (
    "-c",
    "user.name=wfgen simulate",
    "-c",
    "user.email=simulate@localhost",
    "-c",
    "commit.gpgsign=false",
    "-c",
    "core.hooksPath=/dev/null",
)
# Never looked for in the user's repository.
_SKIPPED = frozenset({".git", ".wfgen"})


@dataclass(slots=True)
class Sandbox:
    """The repository of a simulation, and the clones of it that are free."""

    folder: Path
    remote: Path
    repository: Repository
    runner: Runner
    _free: list[Path] = field(default_factory=list)
    _made: int = 0

    @property
    def branch(self) -> str:
        """The default branch."""
        return self.repository.default_branch

    def take_clone(self) -> Path:
        """Return a clone at the newest commit of the default branch."""
        if self._free:
            clone = self._free.pop()
        else:
            self._made += 1
            clone = self.folder / "clones" / str(self._made)
            clone.parent.mkdir(parents=True, exist_ok=True)
            self.git(self.folder, "clone", "--quiet", str(self.remote), str(clone))
            address = f"https://github.com/{self.repository.name}"
            self.git(clone, "remote", "set-url", "origin", address)
        # Asking git for less: most nights nobody has committed anything.
        if self.find_head(clone) != self.find_head(self.remote):
            wanted = f"+refs/heads/{self.branch}:refs/remotes/origin/{self.branch}"
            self.git(clone, "fetch", "--quiet", str(self.remote), wanted)
            self.git(clone, "reset", "--quiet", "--hard", f"origin/{self.branch}")
        return clone

    def give_back(self, clone: Path) -> None:
        """Let another run have a clone."""
        self._free.append(clone)

    def find_head(self, repository: Path) -> str:
        """Return the commit of the default branch."""
        return self.git(repository, "rev-parse", f"refs/heads/{self.branch}")

    def list_blobs(self) -> frozenset[str]:
        """Return the hashes of all files at the tips of all branches."""
        refs = "--format=%(objectname)"
        found: set[str] = set()
        tips = self.git(self.remote, "for-each-ref", refs, "refs/heads/").split()
        for tip in dict.fromkeys(tips):
            listing = self.git(self.remote, "ls-tree", "-r", tip)
            for line in listing.splitlines():
                found.add(line.split(maxsplit=3)[2])
        return frozenset(found)

    def commit_file(self, name: str, text: str, message: str) -> str:
        """Commit a file to the default branch, as a person would; return the commit."""
        clone = self.take_clone()
        (clone / name).write_text(text, encoding="utf-8")
        self.git(clone, "add", "--force", name)
        self.git(clone, *_IDENTITY, "commit", "--quiet", "--message", message)
        self.git(clone, "push", "--quiet", str(self.remote), f"HEAD:{self.branch}")
        self.give_back(clone)
        return self.find_head(self.remote)

    def git(self, folder: Path, *arguments: str) -> str:
        """Return what a git command prints; raises ToolFailedError."""
        completed = self.runner.run(["git", *arguments], cwd=folder)
        if completed.exit_code:
            reason = completed.stderr.strip()
            raise ToolFailedError(f"git {arguments[0]} failed: {reason}")
        return completed.stdout.strip()


def make_sandbox(
    folder: Path, remote: Path, repository: Repository, runner: Runner
) -> Sandbox:
    """Copy a repository into the bare one, as its folder is now."""
    sandbox = Sandbox(folder, remote, repository, runner)
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    if repository.made_up:
        work.mkdir(parents=True)
        branch = f"--initial-branch={sandbox.branch}"
        sandbox.git(work, "init", "--quiet", branch)
        _copy_folder(repository.root, work)
    else:
        # No hard links: what a run does to objects must not reach the user's own.
        source = str(repository.root)
        sandbox.git(folder, "clone", "--quiet", "--no-hardlinks", source, str(work))
        sandbox.git(work, "checkout", "--quiet", "-B", sandbox.branch)
        _copy_changes(sandbox, work)
    return sandbox


def publish(sandbox: Sandbox, files: Sequence[Path]) -> None:
    """Commit what was written below `work`, and push it as the default branch.

    `files` are named besides what git does not ignore.
    """
    work = sandbox.folder / "work"
    sandbox.git(work, "add", "--all")
    for file in files:
        sandbox.git(work, "add", "--force", str(file))
    message = "Put the probes of the simulation in"
    commit = ("commit", "--quiet", "--allow-empty", "--message", message)
    sandbox.git(work, *_IDENTITY, *commit)
    target = f"+HEAD:refs/heads/{sandbox.branch}"
    sandbox.git(work, "push", "--quiet", str(sandbox.remote), target)
    shutil.rmtree(work)


def _copy_folder(root: Path, target: Path) -> None:
    for path in root.iterdir():
        if path.name in _SKIPPED:
            continue
        if path.is_dir():
            shutil.copytree(path, target / path.name, symlinks=True)
        else:
            shutil.copy2(path, target / path.name, follow_symlinks=False)


def _copy_changes(sandbox: Sandbox, work: Path) -> None:
    """Bring in what is changed in the user's folder and not committed."""
    root = sandbox.repository.root
    options = ("--porcelain=v1", "-z", "--no-renames", "--untracked-files=all")
    completed = sandbox.runner.run(["git", "status", *options], cwd=root)
    for entry in completed.stdout.split("\0"):
        name = entry[3:]
        if not name or Path(name).parts[0] in _SKIPPED:
            continue
        source, target = root / name, work / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
        elif not source.exists():
            target.unlink(missing_ok=True)
