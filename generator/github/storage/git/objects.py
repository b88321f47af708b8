"""Blobs, trees, tags and refs [git-cat-file, git-mktree, git-mktag, git-update-ref]."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ....errors import LocalGitHubError
from ..files.git_remote import GitRemote
from .commits import Signature

_NULL_SHA = "0" * 40
_OBJECT_NAME = re.compile(r"[0-9a-f]{4,64}")
_PREFIXES = ("refs/heads/", "refs/tags/")


class Node(NamedTuple):
    """An entry of a tree; a folder or submodule has no size."""

    mode: str
    type: str
    sha: str
    path: str
    size: int | None


class Tag(NamedTuple):
    """An annotated tag."""

    sha: str
    name: str
    target: str
    target_type: str
    tagger: str
    email: str
    message: str


class Ref(NamedTuple):
    """A ref and what it leads to."""

    name: str
    sha: str
    type: str


def read_type(git: GitRemote, sha: str) -> str | None:
    """`commit`, `tree`, `blob` or `tag`; None where there is no such object."""
    if not _is_object_name(sha):
        return None
    result = git.ask("cat-file", "-t", sha)
    if result.exit_code:
        return None
    return result.stdout.strip()


def read_blob(git: GitRemote, sha: str) -> bytes | None:
    """The bytes of a blob; None where there is none."""
    if read_type(git, sha) != "blob":
        return None
    unpacked = git.folder / git.demand("unpack-file", sha)
    try:
        return unpacked.read_bytes()
    finally:
        unpacked.unlink()


def write_blob(git: GitRemote, data: bytes) -> str:
    """Store bytes; gives their SHA."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return git.demand("hash-object", "-w", "--no-filters", file.name)


def read_tree(git: GitRemote, ref: str, *, is_recursive: bool) -> list[Node] | None:
    """What a tree holds, or the tree of a commit; None where there is none."""
    tree = find_tree(git, ref)
    if tree is None:
        return None
    flags = ["--long", "-z"]
    if is_recursive:
        flags += ["-r", "-t"]
    lines = git.ask("ls-tree", *flags, tree).stdout.split("\0")
    return list(map(_parse_node, filter(None, lines)))


def find_tree(git: GitRemote, ref: str) -> str | None:
    """The SHA of the tree that a commit or tree's name leads to; None where it leads nowhere."""
    if ref.startswith("-") or "\0" in ref:
        return None
    address = f"{ref}^{{tree}}"
    result = git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", address)
    if result.exit_code:
        return None
    return result.stdout.strip()


def write_tree(git: GitRemote, base: str | None, changes: Sequence[Node]) -> str:
    """A tree as `base` with changes; a node with SHA "" takes its path out.

    ValueError for a path or SHA that git does not take.
    """
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        if base:
            git.demand("read-tree", base, **index)
        lines = []
        for change in changes:
            mode, sha = change.mode, change.sha
            if not sha:
                mode, sha = "0", _NULL_SHA
            if change.type == "tree" and change.sha:
                prefix = f"--prefix={change.path}/"
                git.demand("read-tree", prefix, change.sha, **index)
                continue
            lines.append(f"{mode} {sha}\t{change.path}\0")
        text = "".join(lines)
        result = git.ask("update-index", "-z", "--index-info", text=text, **index)
        if result.exit_code:
            raise ValueError(result.stderr.strip())
        return git.demand("write-tree", **index)


def write_tag(git: GitRemote, tag: Tag, tagger: Signature) -> str:
    """Store an annotated tag, to which no ref leads yet; ValueError where it cannot be."""
    seconds = int(tagger.at.timestamp())
    header = (
        f"object {tag.target}\ntype {tag.target_type}\ntag {tag.name}\n"
        f"tagger {tagger.name} <{tagger.email}> {seconds} +0000\n\n"
    )
    result = git.ask("mktag", text=f"{header}{tag.message}\n")
    if result.exit_code:
        raise ValueError(result.stderr.strip())
    return result.stdout.strip()


def read_tag(git: GitRemote, sha: str) -> tuple[Tag, int] | None:
    """An annotated tag, and when it was made (seconds since 1970); None for none."""
    if read_type(git, sha) != "tag":
        return None
    header, _, message = git.ask("cat-file", "tag", sha).stdout.partition("\n\n")
    fields: Mapping[str, str] = dict(
        line.split(" ", 1) for line in header.splitlines() if " " in line
    )
    person, _, stamp = fields["tagger"].rpartition("> ")
    name, _, email = person.partition(" <")
    tag = Tag(
        git.demand("rev-parse", sha),
        fields["tag"],
        fields["object"],
        fields["type"],
        name,
        email,
        message.strip("\n"),
    )
    return tag, int(stamp.split()[0])


def list_refs(git: GitRemote, prefix: str) -> list[Ref]:
    """The refs whose full name begins so, by name."""
    shape = "--format=%(objectname) %(objecttype) %(refname)"
    refs = []
    for line in git.ask("for-each-ref", shape).stdout.splitlines():
        sha, object_type, name = line.split(" ", 2)
        if name.startswith(prefix):
            refs.append(Ref(name, sha, object_type))
    return refs


def find_ref(git: GitRemote, name: str) -> Ref | None:
    """The ref of exactly that full name; None where there is none."""
    for ref in list_refs(git, name):
        if ref.name == name:
            return ref
    return None


def set_ref(git: GitRemote, name: str, sha: str, previous: str | None) -> bool:
    """Let a ref lead elsewhere than `previous` (None: it is new); whether that was done."""
    if not name.startswith((*_PREFIXES, "refs/pull/")):
        return False
    result = git.ask("update-ref", name, sha, previous or _NULL_SHA)
    return result.exit_code == 0


def is_ancestor(git: GitRemote, older: str, newer: str) -> bool:
    """Whether a commit is among those that led to another."""
    return git.ask("merge-base", "--is-ancestor", older, newer).exit_code == 0


def merge_trees(git: GitRemote, base: str, head: str) -> str | None:
    """The tree of a merge of two commits; None where they conflict."""
    result = git.ask("merge-tree", "--write-tree", base, head)
    if result.exit_code == 0:
        return result.stdout.split()[0]
    if result.exit_code == 1:
        return None
    raise LocalGitHubError(f"git merge-tree failed: {result.stderr.strip()}")


def _parse_node(line: str) -> Node:
    columns, _, path = line.partition("\t")
    mode, object_type, sha, size = columns.split()
    if size == "-":
        return Node(mode, object_type, sha, path, None)
    return Node(mode, object_type, sha, path, int(size))


def _is_object_name(sha: str) -> bool:
    return _OBJECT_NAME.fullmatch(sha) is not None
