"""The repository's git side.

A bare repository on disk that runs push to, and files read and written in it by REST.

Binary-safe on purpose: contents come out by `unpack-file` and go in by `hash-object`,
through files.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ...errors import LocalGitHubError
from ...process import Completed, Runner

# Who commits where the caller says nothing; git refuses to commit for nobody.
_AUTHOR = {
    "GIT_AUTHOR_NAME": "github-actions[bot]",
    "GIT_AUTHOR_EMAIL": "41898282+github-actions[bot]@users.noreply.github.com",
    "GIT_COMMITTER_NAME": "GitHub",
    "GIT_COMMITTER_EMAIL": "noreply@github.com",
}
GIT_SECONDS = 60


# What git takes for a branch or tag, a little stricter [git-check-ref-format].
_REF_NAME = re.compile(
    r"(?![-./])(?!.*(?:\.\.|//|@\{|\.lock(?:/|$)|/\.))[^\x00-\x20\x7f~^:?*\[\\]+(?<![./])"
)


def is_ref_name(name: str) -> bool:
    """Whether a text can be the name of a branch or tag."""
    return _REF_NAME.fullmatch(name) is not None


class StaleShaError(Exception):
    """The file is not what the caller thinks it is: the update would lose another's."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A file in a commit."""

    path: str
    sha: str
    data: bytes


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
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_LITERAL_PATHSPECS": "1",
            "LC_ALL": "C.UTF-8",
        } | _AUTHOR

    def ensure(self) -> Path:
        """The repository's folder, which a push can be sent to."""
        if not (self.folder / "HEAD").is_file():
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            self._check(
                self._git(
                    "init",
                    "--quiet",
                    "--bare",
                    f"--initial-branch={self._default_branch}",
                    ".",
                )
            )
        return self.folder

    def environment(self, *addresses: str) -> dict[str, str]:
        """What makes any git send what is meant for `addresses` here.

        Settings through the environment.
        """
        base = f"file://{self.ensure()}"
        settings = {"GIT_CONFIG_COUNT": str(len(addresses))}
        for number, address in enumerate(addresses):
            settings[f"GIT_CONFIG_KEY_{number}"] = f"url.{base}.insteadOf"
            settings[f"GIT_CONFIG_VALUE_{number}"] = address
        return settings

    def resolve(self, ref: str) -> str | None:
        """The commit a branch, tag or SHA names; None where it names none."""
        if ref.startswith("-"):
            return None
        found = self._git(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"
        )
        return found.stdout.strip() if found.exit_code == 0 else None

    def branches(self) -> dict[str, str]:
        """Every branch and its commit."""
        found = self._git(
            "for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads/"
        )
        pairs = [line.rpartition(" ") for line in found.stdout.splitlines()]
        return {name: commit for name, _, commit in pairs}

    def entries(self, commit: str, path: str) -> list[tuple[str, str, str, int]]:
        """Type (blob or tree), SHA, path and size of what is at a path.

        One file, or what a folder holds.
        """
        prefix = [f"{path}/"] if path else []
        within = self._git("ls-tree", "--long", "-z", commit, "--", *prefix).stdout
        listed = within or (
            self._git("ls-tree", "--long", "-z", commit, "--", path).stdout
            if path
            else ""
        )
        found = []
        for line in filter(None, listed.split("\0")):
            facts, _, name = line.partition("\t")
            _, kind, sha, size = facts.split()
            found.append((kind, sha, name, 0 if size == "-" else int(size)))
        return found

    def read(self, commit: str, path: str) -> Blob | None:
        """A file of a commit; None where there is no such file."""
        found = [
            entry
            for entry in self.entries(commit, path)
            if entry[0] == "blob" and entry[2] == path
        ]
        if not found:
            return None
        # It writes the blob, byte for byte, to a file of its own making in the folder
        # and prints the name.
        unpacked = self.folder / self._check(self._git("unpack-file", found[0][1]))
        try:
            return Blob(path, found[0][1], unpacked.read_bytes())
        finally:
            unpacked.unlink()

    def write(
        self, branch: str, path: str, data: bytes | None, message: str, sha: str | None
    ) -> tuple[str, str]:
        """Commit a file (None: its removal) to a branch; gives the commit and the file's SHA.

        Raises StaleShaError unless `sha` is the file's present one (None: there is
        none), ValueError for a path that git would not take.
        """
        pure = PurePosixPath(path)
        if (
            pure.is_absolute()
            or any(part in ("..", ".", ".git") for part in pure.parts)
            or str(pure) != path
        ):
            raise ValueError(path)
        parent = self.resolve(f"refs/heads/{branch}")
        present = self.read(parent, path) if parent else None
        if (present.sha if present else None) != sha:
            raise StaleShaError(path)
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            if parent:
                self._check(self._git("read-tree", parent, **index))
            if data is None:
                blob = ""
                self._check(
                    self._git(
                        "update-index",
                        "-z",
                        "--index-info",
                        text=f"0 {'0' * 40}\t{path}\0",
                        **index,
                    )
                )
            else:
                source = Path(folder) / "data"
                source.write_bytes(data)
                blob = self._check(
                    self._git("hash-object", "-w", "--no-filters", str(source))
                )
                self._check(
                    self._git(
                        "update-index",
                        "--add",
                        "--cacheinfo",
                        f"100644,{blob},{path}",
                        **index,
                    )
                )
            tree = self._check(self._git("write-tree", **index))
        parents = ["-p", parent] if parent else []
        commit = self._check(self._git("commit-tree", tree, *parents, "-m", message))
        # The old value makes two writers at once safe: the second one's ref has moved.
        if self._git(
            "update-ref", f"refs/heads/{branch}", commit, parent or "0" * 40
        ).exit_code:
            raise StaleShaError(path)
        return commit, blob

    def delete_ref(self, ref: str) -> bool:
        """Delete a branch or tag, named in full; whether there was one."""
        if (
            not ref.startswith(("refs/heads/", "refs/tags/"))
            or self.resolve(ref) is None
        ):
            return False
        return self._git("update-ref", "-d", ref).exit_code == 0

    def _git(
        self, *arguments: str, text: str | None = None, **environment: str
    ) -> Completed:
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

    def _check(self, done: Completed) -> str:
        if done.exit_code:
            raise LocalGitHubError(f"git {done.argv[1]} failed: {done.stderr.strip()}")
        return done.stdout.strip()
