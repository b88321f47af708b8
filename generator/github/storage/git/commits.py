"""Commits: read, listed, compared, made [git-log, git-rev-list, git-commit-tree]."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from ..files.git_remote import GitRemote

# Hash, tree and parents, who wrote it and who committed it, and last what may hold lines.
_FORMAT = "%H%n%T%n%P%n%an%n%ae%n%aI%n%cn%n%ce%n%cI%n%B"
_FIELDS = 10
_SHA = re.compile(r"[0-9a-f]{40}")
ALL_COMMITS = 1_000_000


class Signature(NamedTuple):
    """Who wrote or committed something, and when."""

    name: str
    email: str
    at: datetime


class Commit(NamedTuple):
    """A commit."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str


class Distance(NamedTuple):
    """How two commits lie: what the second has and the first not, and the reverse."""

    ahead: int
    behind: int


class Range(NamedTuple):
    """Commits to list: those that `head` leads to and `base` ("" for none) does not."""

    head: str
    base: str = ""
    path: str = ""
    since: str = ""
    until: str = ""
    author: str = ""


def read_commit(git: GitRemote, ref: str) -> Commit | None:
    """The commit that a branch, tag or SHA names; None where it names none."""
    sha = git.resolve(ref)
    if sha is None:
        return None
    return list_commits(git, Range(sha), 0, 1)[0]


def read_commits(git: GitRemote, shas: Sequence[str]) -> dict[str, Commit]:
    """Those commits of a list that the repository has, by SHA."""
    if not git.exists():
        return {}
    whole = list(filter(_SHA.fullmatch, dict.fromkeys(shas)))
    if not whole:
        return {}
    flags = ["--no-walk=unsorted", "--ignore-missing", "-z", f"--format={_FORMAT}"]
    commits = {}
    for text in git.ask("log", *flags, *whole, "--").stdout.split("\0"):
        if text:
            commit = _parse_commit(text)
            commits[commit.sha] = commit
    return commits


def list_commits(
    git: GitRemote, selection: Range, offset: int = 0, limit: int = ALL_COMMITS
) -> list[Commit]:
    """A page of commits, newest first."""
    window = [f"--skip={offset}", f"--max-count={limit}"]
    result = git.ask("log", "-z", f"--format={_FORMAT}", *window, *_select(selection))
    return list(map(_parse_commit, filter(None, result.stdout.split("\0"))))


def count_commits(git: GitRemote, selection: Range) -> int:
    """How many commits there are."""
    result = git.ask("rev-list", "--count", *_select(selection))
    return int(result.stdout.strip() or 0)


def _select(selection: Range) -> list[str]:
    """The arguments of git that select the commits."""
    arguments = []
    if selection.since:
        arguments.append(f"--since={selection.since}")
    if selection.until:
        arguments.append(f"--until={selection.until}")
    if selection.author:
        arguments += ["--fixed-strings", f"--author={selection.author}"]
    arguments.append(selection.head)
    if selection.base:
        arguments.append(f"^{selection.base}")
    arguments.append("--")
    if selection.path:
        arguments.append(selection.path)
    return arguments


def measure_distance(git: GitRemote, base: str, head: str) -> Distance:
    """How far two commits are from each other."""
    span = f"{base}...{head}"
    result = git.ask("rev-list", "--left-right", "--count", span, "--")
    behind, ahead = (result.stdout.split() or ["0", "0"])[:2]
    return Distance(int(ahead), int(behind))


def find_merge_base(git: GitRemote, base: str, head: str) -> str | None:
    """The newest commit that both descend from; None where there is none."""
    return git.ask("merge-base", base, head).stdout.strip() or None


def make_commit(
    git: GitRemote,
    message: str,
    tree: str,
    parents: Sequence[str],
    author: Signature | None = None,
) -> str:
    """Make a commit that no ref leads to yet; gives its SHA.

    LocalGitHubError for a tree or parent that there is not.
    """
    arguments = [tree]
    for parent in parents:
        arguments += ["-p", parent]
    variables = {}
    if author is not None:
        variables["GIT_AUTHOR_NAME"] = author.name
        variables["GIT_AUTHOR_EMAIL"] = author.email
        variables["GIT_AUTHOR_DATE"] = author.at.isoformat()
    return git.demand("commit-tree", *arguments, text=f"{message}\n", **variables)


def _parse_commit(text: str) -> Commit:
    fields = text.split("\n", _FIELDS - 1)
    author = Signature(fields[3], fields[4], datetime.fromisoformat(fields[5]))
    committer = Signature(fields[6], fields[7], datetime.fromisoformat(fields[8]))
    message = fields[9].strip("\n")
    parents = tuple(fields[2].split())
    return Commit(fields[0], fields[1], parents, author, committer, message)
