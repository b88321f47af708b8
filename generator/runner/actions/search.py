"""Which files an artifact holds (actions/toolkit, packages/glob.

Actions/upload-artifact, src/shared/search.ts).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .toolkit import ActionError, info


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
            literal.append(_unescaped(segment))
        return "/" + "/".join(literal)

    def matches(self, path: str, *, is_folder: bool) -> bool:
        """Whether the path, or one of the folders above it, is what the pattern names.

        A pattern takes everything below a folder that it matches
        (`implicitDescendants`).
        """
        parts = tuple(part for part in path.split("/") if part)
        for end in range(len(parts), 0, -1):
            whole = end == len(parts)
            if whole and self.folders_only and not is_folder:
                continue
            if _matches_segments(self.segments, parts[:end]):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Found:
    """The files, and the folder that their names in the artifact count from."""

    files: tuple[str, ...]
    root: str


def find_files(
    lines: list[str], folder: Path, *, hidden: bool, say: Callable[[str], None] = info
) -> Found:
    """Look for what the lines of `path` name, relative ones below `folder`.

    Raises ActionError for `.` and `..` inside a pattern.
    """
    patterns = [
        parse_pattern(line, folder) for line in lines if not line.startswith("#")
    ]
    search_paths = _search_paths(
        [pattern.search_path for pattern in patterns if not pattern.negate]
    )
    files: dict[str, None] = {}
    for start in search_paths:
        for path in walk(start, hidden=hidden):
            if _chosen(patterns, path):
                files[path] = None
    _warn_of_case(list(files), say)
    return Found(tuple(files), _root(search_paths, list(files), say))


def glob_matches(pattern: str, name: str) -> bool:
    """Whether a name without slashes is what a glob says (minimatch, where `{a,b}` means either)."""
    found = re.search(r"\{([^{}]*,[^{}]*)\}", pattern)
    if found:
        return any(
            glob_matches(
                pattern[: found.start()] + choice + pattern[found.end() :], name
            )
            for choice in found[1].split(",")
        )
    # Without the `dot` option a leading dot is matched by a dot alone.
    return not (name.startswith(".") and not pattern.startswith(".")) and bool(
        _regex(pattern).fullmatch(name)
    )


def _root(search_paths: list[str], files: list[str], say: Callable[[str], None]) -> str:
    if len(search_paths) > 1:
        say(
            "Multiple search paths detected. Calculating the least common ancestor of all paths"
        )
        root = os.path.commonpath(search_paths)
        say(
            f"The least common ancestor is {root}. This will be the root directory of the artifact"
        )
        return root
    if not search_paths:
        return "/"
    if len(files) == 1 and files[0] == search_paths[0]:
        return os.path.dirname(files[0])  # noqa: PTH120 - text, as the toolkit compares it
    return search_paths[0]


def parse_pattern(line: str, folder: Path) -> Pattern:
    """Read a line of `path`; raises ActionError for `.` and `..` inside it."""
    negate = False
    while line.startswith("!"):
        negate, line = not negate, line[1:].strip()
    if line == "~" or line.startswith("~/"):
        line = _escaped(str(Path.home())) + line[1:]
    elif line == "." or line.startswith("./"):
        line = _escaped(str(folder)) + line[1:]
    elif not line.startswith("/"):
        line = f"{_escaped(str(folder))}/{line}"
    segments = tuple(segment for segment in line.split("/") if segment)
    if any(segment in {".", ".."} for segment in segments):
        raise ActionError(
            f"Invalid pattern '{line}'. Relative pathing '.' and '..' is not allowed."
        )
    return Pattern(segments, negate, folders_only=line.endswith("/"))


def _search_paths(paths: list[str]) -> list[str]:
    """Without duplicates and without those below another."""
    unique = list(dict.fromkeys(paths))
    return [
        path
        for path in unique
        if not any(other != path and _is_below(path, other) for other in unique)
    ]


def _is_below(path: str, other: str) -> bool:
    return path.startswith(other.rstrip("/") + "/")


def walk(start: str, *, hidden: bool, seen: tuple[str, ...] = ()) -> list[str]:
    """Every file from `start` on, links followed, cycles and broken links left out."""
    if not hidden and os.path.basename(start).startswith("."):  # noqa: PTH119 - text, as the toolkit compares it
        return []
    path = Path(start)
    if not path.is_dir():
        return [start] if path.exists() else []
    real = os.path.realpath(start)
    if real in seen:
        return []
    return [
        found
        for name in sorted(os.listdir(start))  # noqa: PTH208 - names are what is joined
        for found in walk(os.path.join(start, name), hidden=hidden, seen=(*seen, real))  # noqa: PTH118
    ]


def _chosen(patterns: list[Pattern], path: str) -> bool:
    """The last pattern that matches decides."""
    chosen = False
    for pattern in patterns:
        if chosen == pattern.negate and pattern.matches(path, is_folder=False):
            chosen = not pattern.negate
    return chosen


def _warn_of_case(files: list[str], say: Callable[[str], None]) -> None:
    seen: set[str] = set()
    for path in files:
        if path.lower() in seen:
            say(
                f"Uploads are case insensitive: {path} was detected that it will be overwritten by another file "
                "with the same path"
            )
        seen.add(path.lower())


def _matches_segments(pattern: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(
            _matches_segments(pattern[1:], parts[skip:])
            for skip in range(len(parts) + 1)
        )
    return (
        bool(parts)
        and bool(_regex(pattern[0]).fullmatch(parts[0]))
        and _matches_segments(pattern[1:], parts[1:])
    )


_SET = re.compile(r"\[(!|\^)?(\]?[^\]]*)\]")


@cache
def _regex(segment: str) -> re.Pattern[str]:
    """One segment of a glob.

    `*`, `?`, `[sets]` and backslash escapes; no braces, no extended globs.
    """
    out: list[str] = []
    at = 0
    while at < len(segment):
        char = segment[at]
        found = _SET.match(segment, at) if char == "[" else None
        if char == "\\" and at + 1 < len(segment):
            at += 1
            out.append(re.escape(segment[at]))
        elif found is not None:
            inside = found[2].replace("\\", "\\\\").replace("[", "\\[")
            out.append(f"[{'^' if found[1] else ''}{inside}]")
            at = found.end() - 1
        else:
            out.append({"*": "[^/]*", "?": "[^/]"}.get(char) or re.escape(char))
        at += 1
    return re.compile("".join(out), re.DOTALL)


def _has_wildcard(segment: str) -> bool:
    plain = re.sub(r"\\.|\[[^\]\\]\]", "", segment)
    return "*" in plain or "?" in plain or _SET.search(plain) is not None


def _unescaped(segment: str) -> str:
    return re.sub(r"\\(.)|\[([^\]\\])\]", lambda found: found[1] or found[2], segment)


def _escaped(path: str) -> str:
    """A folder's own name is never a pattern."""
    return re.sub(r"([*?])", r"[\1]", path.replace("\\", "\\\\").replace("[", "[[]"))
