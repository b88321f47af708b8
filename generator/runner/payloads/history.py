"""What git knows of the commits that an event is about."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from ...errors import ToolMissingError
from ...process import Runner
from ..repository import GIT_TIMEOUT_SECONDS, NO_SHA

# What git compares the first commit of a repository with [gitrevisions].
_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
# Tree, author and committer with their addresses, when it was committed.
_FORMAT = "%T%n%an%n%ae%n%cn%n%ce%n%cI"
_FIELDS = 6
# GitHub's own time zone for a commit that nobody has made.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC).isoformat()


class Person(NamedTuple):
    """Who wrote or committed something."""

    name: str
    email: str


class History(NamedTuple):
    """A commit, and what it and those before it change since `base_sha`.

    `committed_at` is in RFC 3339. `additions` and `deletions` count lines.
    """

    tree: str
    author: Person
    committer: Person
    committed_at: str
    base_sha: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    additions: int = 0
    deletions: int = 0
    commits: int = 1

    @property
    def changed_files(self) -> int:
        """How many files are not as they were."""
        return len(self.added) + len(self.removed) + len(self.modified)


def make_history(sha: str, parent_sha: str, actor: str) -> History:
    """What is said of a commit that git does not know: its author is who acts."""
    person = Person(actor, f"{actor}@users.noreply.github.com")
    return History(sha, person, person, _NEVER, parent_sha)


def read_history(
    folder: Path, runner: Runner, sha: str, parent_sha: str, *, base: str = ""
) -> History | None:
    """What git says of a commit; None where it knows no such commit.

    Compared with the tip of the branch `base`, of a pull request, unless that is the
    commit itself; else with its parent.
    """
    described = _ask(folder, runner, "log", "-1", f"--format={_FORMAT}", sha, "--")
    lines = described.split("\n")
    if len(lines) < _FIELDS:
        return None
    base_sha = _find_base(folder, runner, sha, base) or parent_sha
    history = History(
        tree=lines[0],
        author=Person(lines[1], lines[2]),
        committer=Person(lines[3], lines[4]),
        committed_at=lines[5],
        base_sha=base_sha,
    )
    if base:
        count = _ask(folder, runner, "rev-list", "--count", f"{base_sha}..{sha}", "--")
        # From where the branches parted: what the base got since then does not count.
        start = _ask(folder, runner, "merge-base", base_sha, sha).strip() or base_sha
        history = history._replace(commits=int(count or 1))
    else:
        start = base_sha
    if start == NO_SHA:
        start = _EMPTY_TREE
    return _count_changes(folder, runner, history, start, sha)


def _find_base(folder: Path, runner: Runner, sha: str, base: str) -> str:
    """The tip of a pull request's base, if it is another commit than its head."""
    if not base:
        return ""
    for name in (f"refs/heads/{base}", f"refs/remotes/origin/{base}"):
        tip = _ask(folder, runner, "rev-parse", "--verify", "--quiet", name).strip()
        if tip and tip != sha:
            return tip
    return ""


def _count_changes(
    folder: Path, runner: Runner, history: History, start: str, sha: str
) -> History:
    """The history with files and lines."""
    flags = ["--raw", "--numstat", "-z", "--no-renames"]
    listed = _ask(folder, runner, "diff", *flags, start, sha, "--").split("\0")
    files: dict[str, list[str]] = {"A": [], "D": [], "M": []}
    additions = deletions = 0
    parts = iter(listed)
    for part in parts:
        # First a line and a path for each file, then a line with the counts of each.
        if part.startswith(":"):
            files.get(part.rpartition(" ")[2], files["M"]).append(next(parts))
            continue
        added, _, rest = part.partition("\t")
        # Of a binary file git counts no lines.
        if added.isdecimal():
            additions += int(added)
            deletions += int(rest.partition("\t")[0])
    return history._replace(
        added=tuple(files["A"]),
        removed=tuple(files["D"]),
        modified=tuple(files["M"]),
        additions=additions,
        deletions=deletions,
    )


def _ask(folder: Path, runner: Runner, *arguments: str) -> str:
    """What git answers; "" where it does not know, or is not there."""
    try:
        completed = runner.run(
            ["git", *arguments], cwd=folder, timeout_seconds=GIT_TIMEOUT_SECONDS
        )
    except ToolMissingError:
        return ""
    if completed.exit_code:
        return ""
    return completed.stdout
