"""What git says about the folder a workflow runs in; without git there is an answer too."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ..errors import ToolMissingError
from ..process import Runner

Git: TypeAlias = Callable[..., str]

NO_SHA = "0" * 40


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as its runs see it.

    `made_up` says that there is no commit and the sha is invented.
    """

    root: Path
    name: str
    branch: str
    default_branch: str
    sha: str
    parent_sha: str
    message: str
    made_up: bool


def read_repository(
    root: Path, runner: Runner, *, name: str | None = None
) -> Repository:
    """Ask git; `name` ("owner/name") wins over what the remote says."""
    root = root.resolve()

    def git(*arguments: str) -> str:
        try:
            done = runner.run(["git", *arguments], cwd=root, timeout_seconds=30)
        except ToolMissingError:
            return ""
        return done.stdout.strip() if done.exit_code == 0 else ""

    inside = Path(git("rev-parse", "--show-toplevel") or "/nowhere").resolve() == root
    sha = git("rev-parse", "--verify", "--quiet", "HEAD") if inside else ""
    branch = git("symbolic-ref", "--short", "--quiet", "HEAD") if inside else ""
    return Repository(
        root=root,
        name=name or _name(git("remote", "get-url", "origin") if inside else "", root),
        branch=branch or "main",
        default_branch=_default_branch(git, branch) if inside else "main",
        sha=sha or hashlib.sha1(str(root).encode(), usedforsecurity=False).hexdigest(),
        parent_sha=(git("rev-parse", "--verify", "--quiet", "HEAD^") if sha else "")
        or NO_SHA,
        message=git("log", "-1", "--format=%s") if sha else "",
        made_up=not sha,
    )


def branches_of(root: Path, runner: Runner) -> list[str]:
    """The branches here; none without git."""
    try:
        done = runner.run(
            ["git", "for-each-ref", "--format=%(refname:short)", "refs/heads"], cwd=root
        )
    except ToolMissingError:
        return []
    return done.stdout.split() if done.exit_code == 0 else []


def find_root(start: Path, runner: Runner) -> Path:
    """The top of the git repository around a folder, or the folder itself."""
    try:
        done = runner.run(
            ["git", "rev-parse", "--show-toplevel"], cwd=start, timeout_seconds=30
        )
    except ToolMissingError:
        return start
    return (
        Path(done.stdout.strip())
        if done.exit_code == 0 and done.stdout.strip()
        else start
    )


def _default_branch(git: Git, branch: str) -> str:
    remote = git("symbolic-ref", "--short", "--quiet", "refs/remotes/origin/HEAD")
    if remote:
        return remote.removeprefix("origin/")
    heads = git("for-each-ref", "--format=%(refname:short)", "refs/heads").split()
    return next(
        (name for name in ("main", "master") if name in heads), branch or "main"
    )


def _name(remote: str, root: Path) -> str:
    found = re.search(r"github\.com[:/]([^/:\s]+)/([^/\s]+?)(?:\.git)?/?$", remote)
    if found:
        return f"{found[1]}/{found[2]}"
    folder = re.sub(r"[^A-Za-z0-9._-]+", "-", root.name).strip("-.")
    return f"local/{folder or 'repository'}"
