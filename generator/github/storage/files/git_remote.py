"""The repository's git side: a bare repository that runs push to and REST writes to.

Safe for binary files: contents come out by `git unpack-file` and go in by
`git hash-object`, through files, never as text.
"""

from __future__ import annotations

import errno
import os
import re
import signal
import tempfile
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ....errors import LocalGitHubError
from ....process import Completed, Runner
from ...core.errors import StorageFailedError
from ...core.names import has_control_characters

# Who commits where the caller says nothing; git refuses to commit for nobody.
_AUTHOR = {
    "GIT_AUTHOR_NAME": "github-actions[bot]",
    "GIT_AUTHOR_EMAIL": "41898282+github-actions[bot]@users.noreply.github.com",
    "GIT_COMMITTER_NAME": "GitHub",
    "GIT_COMMITTER_EMAIL": "noreply@github.com",
}
GIT_SECONDS = 60
# Linux's PATH_MAX, beyond which git checks out no file.
MAX_PATH_BYTES = 4096
# How the system words it, in the locale that git is run in, that a disk took no more.
_DISK_TEXTS = tuple(
    os.strerror(number)
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)
)
# What git takes for "the ref does not exist", and for "remove" in an index.
_NULL_SHA = "0" * 40
_TREE_FLAGS = ("--long", "-z")
_FORBIDDEN_PARTS = frozenset({"..", ".", ".git"})
# What git takes for a branch or tag, a little stricter [git-check-ref-format].
_REF_NAME = re.compile(
    r"(?![-./])(?!.*(?:\.\.|//|@\{|\.lock(?:/|$)|/\.))[^\x00-\x20\x7f~^:?*\[\\]+(?<![./])"
)


def is_ref_name(name: str) -> bool:
    """Whether a text can be the name of a branch or tag."""
    return _REF_NAME.fullmatch(name) is not None


class StaleShaError(Exception):
    """The file is not what the caller thinks it is: the update would lose another's."""


class FileContent(NamedTuple):
    """A file in a commit."""

    path: str
    sha: str
    data: bytes


class TreeEntry(NamedTuple):
    """A file ("blob") or folder ("tree") of a commit; a folder has no size."""

    type: str
    sha: str
    path: str
    size: int


class FileChange(NamedTuple):
    """A file to be committed to a branch.

    `data` None removes it. `sha` is what the caller believes the file's present SHA is,
    None for "there is no such file".
    """

    branch: str
    path: str
    data: bytes | None
    message: str
    sha: str | None


class GitRemote:
    """A bare repository, made when it is first needed."""

    def __init__(
        self, folder: Path, default_branch: str, runner: Runner, path_variable: str
    ) -> None:
        """`path_variable` is the PATH that git is found by.

        Nothing else of the environment reaches it.
        """
        self.folder = folder
        self._default_branch = default_branch
        self._runner = runner
        self._environment = {
            "PATH": path_variable,
            "HOME": str(folder.parent),
            # With HOME above: no hooks, signing or templates of the user's own git.
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            # A path that a client sends is a name, never a pattern.
            "GIT_LITERAL_PATHSPECS": "1",
            "LC_ALL": "C.UTF-8",
        } | _AUTHOR

    def exists(self) -> bool:
        """Whether anybody has needed the repository yet."""
        return (self.folder / "HEAD").is_file()

    def ensure(self) -> Path:
        """The repository's folder, which a push can be sent to."""
        if not self.exists():
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            branch = f"--initial-branch={self._default_branch}"
            self.demand("init", "--quiet", "--bare", branch, ".")
        return self.folder

    def build_environment(self, *addresses: str) -> dict[str, str]:
        """Variables that make any git send what is meant for `addresses` here.

        [git-config, GIT_CONFIG_COUNT and url.<base>.insteadOf]
        """
        base = f"file://{self.ensure()}"
        settings = {"GIT_CONFIG_COUNT": str(len(addresses))}
        for number, address in enumerate(addresses):
            settings[f"GIT_CONFIG_KEY_{number}"] = f"url.{base}.insteadOf"
            settings[f"GIT_CONFIG_VALUE_{number}"] = address
        return settings

    def resolve(self, ref: str) -> str | None:
        """The commit a branch, tag or SHA names; None where it names none."""
        # `rev-parse` of older gits takes it for an option in spite of the next flag.
        if ref.startswith("-") or _is_beyond_arguments(ref):
            return None
        result = self.ask(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"
        )
        if result.exit_code:
            return None
        return result.stdout.strip()

    def list_branches(self) -> dict[str, str]:
        """Every branch and its commit."""
        result = self.ask(
            "for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads/"
        )
        branches = {}
        for line in result.stdout.splitlines():
            name, _, commit = line.rpartition(" ")
            branches[name] = commit
        return branches

    def list_entries(self, commit: str, path: str) -> list[TreeEntry]:
        """What is at a path of a commit: what a folder holds, or one file."""
        if _is_beyond_arguments(path):
            return []
        listing = ""
        if path:
            listing = self.ask("ls-tree", *_TREE_FLAGS, commit, "--", f"{path}/").stdout
        if not listing:
            # The root of the commit, or a path that is no folder.
            paths = [path] if path else []
            listing = self.ask("ls-tree", *_TREE_FLAGS, commit, "--", *paths).stdout
        lines = listing.split("\0")
        return [_parse_tree_line(line) for line in lines if line]

    def read(self, commit: str, path: str) -> FileContent | None:
        """A file of a commit; None where there is no such file."""
        for entry in self.list_entries(commit, path):
            if entry.type == "blob" and entry.path == path:
                return FileContent(path, entry.sha, self._read_blob(entry.sha))
        return None

    def _read_blob(self, sha: str) -> bytes:
        # `unpack-file` writes the blob, byte for byte, to a file of its own making in
        # the folder and prints its name.
        unpacked = self.folder / self.demand("unpack-file", sha)
        try:
            return unpacked.read_bytes()
        finally:
            unpacked.unlink()

    def write(self, change: FileChange) -> tuple[str, str]:
        """Commit a file to a branch; returns the commit and the file's SHA ("" if removed).

        Raises StaleShaError where the file is not the one that the caller believes it
        is, ValueError for a path that git would not take.
        """
        _check_path(change.path)
        if "\0" in change.message:
            raise ValueError("a commit's message holds no NUL")
        parent = self.resolve(f"refs/heads/{change.branch}")
        if self._find_sha(parent, change.path) != change.sha:
            raise StaleShaError(change.path)
        with tempfile.TemporaryDirectory() as folder:
            blob, tree = self._write_tree(Path(folder), parent, change)
        # The first commit of a branch has no parent.
        parents = ["-p", parent] if parent else []
        # By standard input, as an argument holds no more than 128 KiB.
        message = f"{change.message}\n"
        commit = self.demand("commit-tree", tree, *parents, text=message)
        # The old value makes two writers at once safe: the second one's ref has moved.
        ref = f"refs/heads/{change.branch}"
        if self.ask("update-ref", ref, commit, parent or _NULL_SHA).exit_code:
            raise StaleShaError(change.path)
        return commit, blob

    def _find_sha(self, commit: str | None, path: str) -> str | None:
        """The SHA of a file of a commit; None where there is no such file or commit."""
        if commit is None:
            return None
        content = self.read(commit, path)
        if content is None:
            return None
        return content.sha

    def _write_tree(
        self, folder: Path, parent: str | None, change: FileChange
    ) -> tuple[str, str]:
        """Write the file and the tree with it in its place; returns both SHAs."""
        index = {"GIT_INDEX_FILE": str(folder / "index")}
        if parent:
            self.demand("read-tree", parent, **index)
        if change.data is None:
            blob = ""
            removal = f"0 {_NULL_SHA}\t{change.path}\0"
            self._update_index("-z", "--index-info", text=removal, **index)
        else:
            source = folder / "data"
            source.write_bytes(change.data)
            blob = self.demand("hash-object", "-w", "--no-filters", str(source))
            entry = f"100644,{blob},{change.path}"
            self._update_index("--add", "--cacheinfo", entry, **index)
        return blob, self.demand("write-tree", **index)

    def delete_ref(self, ref: str) -> bool:
        """Delete a branch or tag, named in full; whether there was one."""
        if not ref.startswith(("refs/heads/", "refs/tags/")):
            return False
        if self.resolve(ref) is None:
            return False
        return self.ask("update-ref", "-d", ref).exit_code == 0

    def ask(
        self, *arguments: str, text: str | None = None, **environment: str
    ) -> Completed:
        """How a git command ended in the repository, which is made where it is missing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if arguments[0] != "init":
            self.ensure()
        return self._runner.run(
            ["git", *arguments],
            cwd=self.folder,
            env=self._environment | environment,
            input_text=text,
            timeout_seconds=GIT_SECONDS,
        )

    def demand(
        self, *arguments: str, text: str | None = None, **environment: str
    ) -> str:
        """What a git command prints; LocalGitHubError for one that fails."""
        result = self.ask(*arguments, text=text, **environment)
        if result.exit_code:
            raise _describe_failure(arguments[0], result)
        return result.stdout.strip()

    def _update_index(
        self, *arguments: str, text: str | None = None, **environment: str
    ) -> None:
        """Enter a file into an index; ValueError for a path that git does not take.

        Git knows more of those than we do: `.GIT/config`, or a file below a file.
        """
        result = self.ask("update-index", *arguments, text=text, **environment)
        if not result.exit_code:
            return
        failure = _describe_failure("update-index", result)
        if isinstance(failure, StorageFailedError):
            raise failure
        raise ValueError(failure.message)


def _describe_failure(command: str, result: Completed) -> LocalGitHubError:
    """What to raise for a git command that failed."""
    message = f"git {command} failed: {result.stderr.strip()}"
    is_too_large = result.exit_code == -signal.SIGXFSZ
    if is_too_large or any(text in result.stderr for text in _DISK_TEXTS):
        return StorageFailedError(message)
    return LocalGitHubError(message)


def _is_beyond_arguments(text: str) -> bool:
    """Whether a text cannot be the argument of a program, and so names nothing in git."""
    return "\0" in text or len(text.encode()) > MAX_PATH_BYTES


def _parse_tree_line(line: str) -> TreeEntry:
    """A line of `git ls-tree --long`: mode, type, SHA and size, a tab, the path."""
    columns, _, path = line.partition("\t")
    _, object_type, sha, size = columns.split()
    if size == "-":
        return TreeEntry(object_type, sha, path, 0)
    return TreeEntry(object_type, sha, path, int(size))


def _check_path(path: str) -> None:
    """ValueError for a path that git would not take, or would take for another one."""
    if has_control_characters(path) or _is_beyond_arguments(path):
        raise ValueError(path)
    pure = PurePosixPath(path)
    if pure.is_absolute() or str(pure) != path:
        raise ValueError(path)
    if not _FORBIDDEN_PARTS.isdisjoint(pure.parts):
        raise ValueError(path)
