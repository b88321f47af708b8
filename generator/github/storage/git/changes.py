"""What two commits differ in, file by file [git-diff]."""

from __future__ import annotations

from typing import NamedTuple

from ..files.git_remote import GitRemote

# What git compares the first commit of a repository with [gitrevisions].
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_STATUSES = {
    "A": "added",
    "C": "copied",
    "D": "removed",
    "M": "modified",
    "R": "renamed",
    "T": "changed",
}
# A renamed or copied file has two paths, which come behind its line.
_TWO_PATHS = ("R", "C")
_HEADER = "diff --git "


class FileChange(NamedTuple):
    """A file that differs; `patch` is "" for one that holds no text."""

    path: str
    status: str
    sha: str
    additions: int
    deletions: int
    previous_path: str
    patch: str


def list_changes(git: GitRemote, base: str, head: str) -> list[FileChange]:
    """The files in which `head` differs from `base` (a commit or tree), by path."""
    span = ["-M", "--no-ext-diff", "--no-color", base, head, "--"]
    listing = git.ask("diff", "--raw", "--numstat", "-z", "--no-abbrev", *span).stdout
    entries = [part for part in listing.split("\0") if part]
    lines = _take_raw_lines(entries)
    counts = _take_counts(entries, lines)
    patches = _split_patches(git.ask("diff", *span).stdout)
    # All three listings have the files in one order.
    changes = []
    for number, (columns, paths) in enumerate(lines):
        _, _, old_sha, new_sha, letters = columns.split()
        additions, deletions = counts[number]
        change = FileChange(
            path=paths[-1],
            status=_STATUSES.get(letters[0], "changed"),
            # Of a file that is gone, the one it had.
            sha=old_sha if letters[0] == "D" else new_sha,
            additions=additions,
            deletions=deletions,
            previous_path="".join(paths[:-1]),
            patch="",
        )
        if number < len(patches):
            change = change._replace(patch=patches[number])
        changes.append(change)
    return changes


def _take_raw_lines(entries: list[str]) -> list[tuple[str, list[str]]]:
    """Take the `--raw` part off the entries: columns and paths of each file."""
    lines = []
    while entries and entries[0].startswith(":"):
        columns = entries.pop(0)
        paths = [entries.pop(0)]
        if columns.split()[4].startswith(_TWO_PATHS):
            paths.append(entries.pop(0))
        lines.append((columns, paths))
    return lines


def _take_counts(
    entries: list[str], lines: list[tuple[str, list[str]]]
) -> list[tuple[int, int]]:
    """Lines added and removed in each file, from the `--numstat` part."""
    counts = []
    for _, paths in lines:
        added, removed, _ = entries.pop(0).split("\t")
        if len(paths) > 1:
            # Their own entries follow.
            del entries[:2]
        if added == "-":
            added, removed = "0", "0"
        counts.append((int(added), int(removed)))
    return counts


def _split_patches(text: str) -> list[str]:
    """The hunks of each file of a diff."""
    patches = []
    for part in f"\n{text}".split(f"\n{_HEADER}")[1:]:
        _, at, hunks = part.partition("\n@@ ")
        patches.append(f"{at}{hunks}".strip("\n"))
    return patches
