"""What git says about the folder a workflow runs in; without git there is an answer too."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import ToolMissingError
from ..process import Runner

NO_SHA = "0" * 40
DEFAULT_BRANCH = "main"
GIT_TIMEOUT_SECONDS = 30
_GITHUB_REMOTE = re.compile(r"github\.com[:/]([^/:\s]+)/([^/\s]+?)(?:\.git)?/?$")


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as its runs see it.

    `message` is the head commit's whole message. `made_up` says that there is no commit
    and the sha is invented. `origin` is the address it is fetched from, "" for none.
    `local_sha` is the commit that is checked out, where `sha` is one that a run pushed
    on top of it; else "".
    """

    root: Path
    name: str
    branch: str
    default_branch: str
    sha: str
    parent_sha: str
    message: str
    made_up: bool
    origin: str = ""
    local_sha: str = ""

    @property
    def address(self) -> str:
        """Where GitHub would have it."""
        return f"https://github.com/{self.name}"

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class _Git:
    """Asks git about a folder; "" is the answer to what it does not know."""

    folder: Path
    runner: Runner

    def ask(self, *arguments: str) -> str:
        argv = ["git", *arguments]
        try:
            completed = self.runner.run(
                argv, cwd=self.folder, timeout_seconds=GIT_TIMEOUT_SECONDS
            )
        except ToolMissingError:
            return ""
        if completed.exit_code:
            return ""
        return completed.stdout.strip()

    def find_top(self) -> str:
        return self.ask("rev-parse", "--show-toplevel")

    def find_commit(self, revision: str) -> str:
        return self.ask("rev-parse", "--verify", "--quiet", revision)

    def find_symbolic_ref(self, name: str) -> str:
        return self.ask("symbolic-ref", "--short", "--quiet", name)

    def list_branches(self) -> list[str]:
        return self.ask(
            "for-each-ref", "--format=%(refname:short)", "refs/heads"
        ).split()


def read_repository(
    root: Path, runner: Runner, *, name: str | None = None
) -> Repository:
    """Ask git about a repository.

    `name` ("owner/name") wins over what the remote says. A folder inside another
    repository is none itself.
    """
    root = root.resolve()
    git = _Git(root, runner)
    is_top = Path(git.find_top() or "/nowhere").resolve() == root
    remote = branch = sha = parent_sha = message = ""
    default_branch = DEFAULT_BRANCH
    if is_top:
        remote = git.ask("remote", "get-url", "origin")
        branch = git.find_symbolic_ref("HEAD")
        default_branch = _find_default_branch(git, branch)
        sha = git.find_commit("HEAD")
    if sha:
        parent_sha = git.find_commit("HEAD^")
        message = git.ask("log", "-1", "--format=%B")
    return Repository(
        root=root,
        name=name or _make_name(remote, root),
        branch=branch or DEFAULT_BRANCH,
        default_branch=default_branch,
        sha=sha or _make_up_sha(root),
        parent_sha=parent_sha or NO_SHA,
        message=message,
        made_up=not sha,
        origin=remote,
    )


def list_changes(
    root: Path, runner: Runner, before: str, after: str
) -> list[str] | None:
    """Return the files that differ between two commits, from the repository's top.

    `before` NO_SHA stands for nothing. None where git cannot tell.
    """
    git = _Git(root.resolve(), runner)
    if not git.find_commit(after):
        return None
    if before == NO_SHA:
        listed = git.ask("ls-tree", "-r", "--name-only", "-z", after)
    elif git.find_commit(before):
        listed = git.ask("diff", "--name-only", "--no-renames", "-z", before, after)
    else:
        return None
    return [name for name in listed.split("\0") if name]


def list_branches(root: Path, runner: Runner) -> list[str]:
    """Return the branches here; none without git."""
    return _Git(root, runner).list_branches()


def find_root(start: Path, runner: Runner) -> Path:
    """Return the top of the git repository around a folder, or the folder itself."""
    top = _Git(start, runner).find_top()
    if top:
        return Path(top)
    return start


def _find_default_branch(git: _Git, branch: str) -> str:
    remote_head = git.find_symbolic_ref("refs/remotes/origin/HEAD")
    if remote_head:
        return remote_head.removeprefix("origin/")
    branches = git.list_branches()
    for name in ("main", "master"):
        if name in branches:
            return name
    return branch or DEFAULT_BRANCH


def _make_up_sha(root: Path) -> str:
    """Return a sha that stays the same for a folder."""
    return hashlib.sha1(str(root).encode(), usedforsecurity=False).hexdigest()


def _make_name(remote: str, root: Path) -> str:
    match = _GITHUB_REMOTE.search(remote)
    if match:
        return f"{match[1]}/{match[2]}"
    folder = re.sub(r"[^A-Za-z0-9._-]+", "-", root.name).strip("-.")
    return f"local/{folder or 'repository'}"
