"""Which files an artifact or a cache holds.

Sources: packages/glob of actions/toolkit, and src/shared/search.ts of
actions/upload-artifact.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .toolkit import ActionError, info

_CHARACTER_SET = re.compile(r"\[(!|\^)?(\]?[^\]]*)\]")
_ALTERNATIVES = re.compile(r"\{([^{}]*,[^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line of `path`: absolute segments, `negate` for a line that starts with `!`."""

    segments: tuple[str, ...]
    negate: bool
    folders_only: bool

    @property
    def search_path(self) -> str:
        """The part before the first wildcard."""
        literal: list[str] = []
        for segment in self.segments:
            if _has_wildcard(segment):
                break
            literal.append(_unescape(segment))
        return "/" + "/".join(literal)

    def matches(self, path: str, *, is_folder: bool) -> bool:
        """Tell whether the pattern names the path, or one of the folders above it.

        A pattern takes everything below a folder that it matches
        (`implicitDescendants`).
        """
        parts = tuple(filter(None, path.split("/")))
        for end in range(len(parts), 0, -1):
            is_path_itself = end == len(parts)
            if is_path_itself and self.folders_only and not is_folder:
                continue
            if _matches_segments(self.segments, parts[:end]):
                return True
        return False


@dataclass(frozen=True, slots=True)
class FoundFiles:
    """The files, and the folder that their names in the artifact count from."""

    files: tuple[str, ...]
    root: str


def find_files(
    lines: list[str], folder: Path, *, hidden: bool, log: Callable[[str], None] = info
) -> FoundFiles:
    """Look for what the lines of `path` name, relative ones below `folder`.

    Raises ActionError for `.` and `..` inside a pattern.
    """
    patterns = [
        parse_pattern(line, folder) for line in lines if not line.startswith("#")
    ]
    search_paths = _list_search_paths(patterns)
    # A dict keeps the order, which a set does not.
    found: dict[str, None] = {}
    for start in search_paths:
        for path in walk_files(start, hidden=hidden):
            if _is_selected(patterns, path):
                found[path] = None
    files = tuple(found)
    _warn_of_case(files, log)
    return FoundFiles(files, _find_root(search_paths, files, log))


def matches_glob(pattern: str, name: str) -> bool:
    """Tell whether a name without slashes is what a glob of minimatch says.

    `{a,b}` means either.
    """
    match = _ALTERNATIVES.search(pattern)
    if match is not None:
        before, after = pattern[: match.start()], pattern[match.end() :]
        choices = match[1].split(",")
        return any(matches_glob(before + choice + after, name) for choice in choices)
    # Without the `dot` option a leading dot is matched by a dot alone.
    if name.startswith(".") and not pattern.startswith("."):
        return False
    return _compile_segment(pattern).fullmatch(name) is not None


def parse_pattern(line: str, folder: Path) -> Pattern:
    """Parse a line of `path`; raises ActionError for `.` and `..` inside it."""
    negate = False
    while line.startswith("!"):
        negate = not negate
        line = line[1:].strip()
    if line == "~" or line.startswith("~/"):
        line = _escape(str(Path.home())) + line[1:]
    elif line == "." or line.startswith("./"):
        line = _escape(str(folder)) + line[1:]
    elif not line.startswith("/"):
        line = f"{_escape(str(folder))}/{line}"
    segments = tuple(filter(None, line.split("/")))
    if "." in segments or ".." in segments:
        raise ActionError(
            f"Invalid pattern '{line}'. Relative pathing '.' and '..' is not allowed."
        )
    return Pattern(segments, negate, folders_only=line.endswith("/"))


def walk_files(
    start: str, *, hidden: bool, parents: tuple[str, ...] = ()
) -> Iterator[str]:
    """Walk over every file from `start` on.

    Links are followed; cycles and broken links are left out.
    """
    # Paths stay texts, since the toolkit compares them as such.
    name = start.rpartition("/")[2]
    if name.startswith(".") and not hidden:
        return
    if not Path(start).is_dir():
        if Path(start).exists():
            yield start
        return
    folder = os.path.realpath(start)
    if folder in parents:
        return
    with os.scandir(start) as entries:
        paths = sorted(entry.path for entry in entries)
    for path in paths:
        yield from walk_files(path, hidden=hidden, parents=(*parents, folder))


def _list_search_paths(patterns: list[Pattern]) -> list[str]:
    """List where to search, without duplicates and what lies below another."""
    paths: dict[str, None] = {}
    for pattern in patterns:
        if not pattern.negate:
            paths[pattern.search_path] = None
    return [path for path in paths if not _is_below_any(path, paths)]


def _is_below_any(path: str, others: dict[str, None]) -> bool:
    folders = [other.rstrip("/") + "/" for other in others if other != path]
    return path.startswith(tuple(folders))


def _is_selected(patterns: list[Pattern], path: str) -> bool:
    """Tell whether a file is selected; the last pattern that matches decides."""
    is_selected = False
    for pattern in patterns:
        changes = is_selected == pattern.negate
        if changes and pattern.matches(path, is_folder=False):
            is_selected = not pattern.negate
    return is_selected


def _warn_of_case(files: tuple[str, ...], log: Callable[[str], None]) -> None:
    lower_paths: set[str] = set()
    for path in files:
        if path.lower() in lower_paths:
            log(
                f"Uploads are case insensitive: {path} was detected that it will be "
                "overwritten by another file with the same path"
            )
        lower_paths.add(path.lower())


def _find_root(
    search_paths: list[str], files: tuple[str, ...], log: Callable[[str], None]
) -> str:
    if len(search_paths) > 1:
        log(
            "Multiple search paths detected. Calculating the least common ancestor of "
            "all paths"
        )
        root = os.path.commonpath(search_paths)
        log(
            f"The least common ancestor is {root}. This will be the root directory of "
            "the artifact"
        )
        return root
    if not search_paths:
        return "/"
    (search_path,) = search_paths
    if files == (search_path,):
        return search_path.rpartition("/")[0] or "/"
    return search_path


def _matches_segments(pattern: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    if not pattern:
        return not parts
    first, rest = pattern[0], pattern[1:]
    # `**` takes any number of folders, none too.
    if first == "**":
        counts = range(len(parts) + 1)
        return any(_matches_segments(rest, parts[count:]) for count in counts)
    if not parts or _compile_segment(first).fullmatch(parts[0]) is None:
        return False
    return _matches_segments(rest, parts[1:])


@cache
def _compile_segment(segment: str) -> re.Pattern[str]:
    """Compile one segment of a glob.

    `*`, `?`, `[sets]` and backslash escapes; no braces, no extended globs.
    """
    expressions: list[str] = []
    index = 0
    while index < len(segment):
        expression, index = _translate_next(segment, index)
        expressions.append(expression)
    return re.compile("".join(expressions), re.DOTALL)


def _translate_next(segment: str, index: int) -> tuple[str, int]:
    """Return a regular expression for what is at the index, and the index behind it."""
    char, following = segment[index], segment[index + 1 : index + 2]
    if char == "*":
        return "[^/]*", index + 1
    if char == "?":
        return "[^/]", index + 1
    # A backslash at the end of a segment stands for itself.
    if char == "\\" and following:
        return re.escape(following), index + 2
    match = _CHARACTER_SET.match(segment, index)
    if match is None:
        return re.escape(char), index + 1
    # Inside a set of a glob, neither of them escapes anything.
    members = match[2].replace("\\", "\\\\").replace("[", "\\[")
    if match[1]:
        members = "^" + members
    return f"[{members}]", match.end()


def _has_wildcard(segment: str) -> bool:
    # An escaped character, and a set of one, stand for themselves.
    rest = re.sub(r"\\.|\[[^\]\\]\]", "", segment)
    return "*" in rest or "?" in rest or _CHARACTER_SET.search(rest) is not None


def _unescape(segment: str) -> str:
    return re.sub(r"\\(.)|\[([^\]\\])\]", _get_escaped_character, segment)


def _get_escaped_character(match: re.Match[str]) -> str:
    return match[1] or match[2]


def _escape(path: str) -> str:
    """Escape a path, since a folder's own name is never a pattern."""
    escaped = path.replace("\\", "\\\\").replace("[", "[[]")
    return re.sub(r"([*?])", r"[\1]", escaped)
