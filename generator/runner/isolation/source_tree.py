"""What the jobs of a run start from: the tip of the branch, with the working folder on top.

Runs push to the local GitHub, never to the repository they were started in. So the
branch there may be ahead, by what earlier runs committed. On GitHub the next run starts
from that commit; so it does here, and what is changed but not committed lies over it, as
it does where no run has pushed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ...errors import LocalGitHubError, WorkflowProblemError
from ...process import Runner
from ..repository import NO_SHA, Repository

_SECONDS = 300
_LOCAL_REF = "refs/wfgen/local"
_IDENTITY = ("-c", "user.name=wfgen", "-c", "user.email=wfgen@localhost")


class _Git:
    """Git in one folder."""

    def __init__(self, folder: Path, runner: Runner) -> None:
        self.folder = folder
        self._runner = runner

    def ask(self, *arguments: str) -> tuple[int, str]:
        """Return exit code and output."""
        done = self._runner.run(
            ["git", *arguments], cwd=self.folder, timeout_seconds=_SECONDS
        )
        return done.exit_code, done.stdout

    def demand(self, *arguments: str) -> str:
        """Return the output; raises LocalGitHubError."""
        done = self._runner.run(
            ["git", *arguments], cwd=self.folder, timeout_seconds=_SECONDS
        )
        if done.exit_code:
            reason = done.stderr.strip().splitlines()[-1:] or [str(done.exit_code)]
            raise LocalGitHubError(f"git {arguments[0]} failed: {reason[0]}")
        return done.stdout.strip()

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether a commit is in the history of another."""
        return self.ask("merge-base", "--is-ancestor", older, newer)[0] == 0


def follow_branch(
    repository: Repository, remote: Path, runner: Runner, *, may_push: bool
) -> Repository:
    """Return the repository as the local GitHub has it: at the tip of its branch.

    `remote` is the bare repository that runs push to, made where it is missing. Commits
    that only the user has are put there first, as their push would, if the run
    `may_push`; where both sides have some they are merged. Raises WorkflowProblemError
    where that conflicts.
    """
    ref = f"refs/heads/{repository.branch}"
    if repository.made_up:
        return repository
    git = _Git(remote, runner)
    code, tip = git.ask("rev-parse", "--verify", "--quiet", ref)
    tip = tip.strip()
    # Who cannot push and finds nothing pushed has no use for a copy of all commits.
    if tip == repository.sha or (code and not may_push):
        return repository
    own = repository.sha
    git.demand("fetch", "--quiet", str(repository.root), f"+HEAD:{_LOCAL_REF}")
    if code:
        git.demand("update-ref", ref, own)
        return repository
    if git.is_ancestor(tip, own):
        git.demand("update-ref", ref, own, tip)
        return repository
    if not git.is_ancestor(own, tip):
        tip = _merge(git, repository, ref, tip)
    message = git.demand("log", "-1", "--format=%B", tip)
    code, parent = git.ask("rev-parse", "--verify", "--quiet", f"{tip}^")
    if code:
        parent = NO_SHA
    return replace(
        repository,
        sha=tip,
        parent_sha=parent.strip(),
        message=message,
        local_sha=repository.sha,
    )


def _merge(git: _Git, repository: Repository, ref: str, tip: str) -> str:
    """Merge the user's commits into those of runs; return the merge."""
    own = repository.sha
    code, tree = git.ask("merge-tree", "--write-tree", tip, own)
    if code:
        raise WorkflowProblemError(
            f"{repository.branch} of the local GitHub has commits of runs that conflict "
            "with yours",
            hint=f"git pull --rebase {git.folder} {repository.branch}",
        )
    message = f"Merge local commits into {repository.branch}"
    merge = git.demand(
        *_IDENTITY,
        *("commit-tree", tree.split()[0], "-p", tip, "-p", own, "-m", message),
    )
    git.demand("update-ref", ref, merge, tip)
    return merge


def make_source(
    repository: Repository, remote: Path, folder: Path, runner: Runner
) -> Path:
    """Return the folder that jobs copy: the repository's own, where no run has pushed.

    Else a clone at the tip, with what is changed in the working folder on top.
    """
    if not repository.local_sha:
        return repository.root
    _Git(remote, runner).demand(
        *("clone", "--quiet", "--branch", repository.branch),
        *(str(remote), str(folder)),
    )
    clone = _Git(folder, runner)
    clone.demand("checkout", "--quiet", "-B", repository.branch, repository.sha)
    clone.demand("remote", "set-url", "origin", repository.address)
    for name in _iter_changed(repository, runner):
        source, target = repository.root / name, folder / name
        if source.is_dir() and not source.is_symlink():
            continue
        if target.is_symlink() or target.is_file():
            target.unlink()
        if source.is_symlink() or source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    return folder


def _iter_changed(repository: Repository, runner: Runner) -> Iterator[str]:
    """Yield what differs from the commit that is checked out, without what is ignored."""
    status = _Git(repository.root, runner).demand(
        *("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all"),
    )
    for entry in status.split("\0"):
        # Two letters and a blank before the name; the first may have been stripped.
        name = entry[3:] if entry[2:3] == " " else entry[2:]
        if name:
            yield name
