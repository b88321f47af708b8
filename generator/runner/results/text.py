"""Texts that fit a terminal: durations, sizes, lines and tables."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence

from ..models import Conclusion

WIDTH = 80
SECONDS_PER_MINUTE = 60
MARKS = {
    Conclusion.SUCCESS: "\u2713",
    Conclusion.FAILURE: "\u2717",
    Conclusion.SKIPPED: "-",
    Conclusion.CANCELLED: "!",
}
ASCII_MARKS = {
    Conclusion.SUCCESS: "ok",
    Conclusion.FAILURE: "XX",
    Conclusion.SKIPPED: "--",
    Conclusion.CANCELLED: "!!",
}
# SI units, as GitHub shows sizes of artifacts.
_UNIT_STEP = 1000
_UNITS = ("B", "kB", "MB", "GB")
# From here on a size has its three digits without a decimal.
_THREE_DIGITS = 100
_COMMIT = re.compile(r"@([0-9a-f]{7})[0-9a-f]{33}")


def choose_marks(encoding: str | None) -> Mapping[Conclusion, str]:
    """Return tick marks that a terminal of this encoding can show."""
    try:
        "\u2713\u2717".encode(encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return ASCII_MARKS
    return MARKS


def shorten_commits(name: str) -> str:
    """Return a step's name with commit hashes cut to seven digits."""
    return _COMMIT.sub(r"@\1", name)


def fit_line(text: str, width: int) -> str:
    """Return the text on one line, cut to a width in characters."""
    line = " ".join(text.split())
    if len(line) <= width:
        return line
    return f"{line[: max(width - 3, 0)]}..."


def wrap_message(text: str) -> list[str]:
    """Return a message below its step, in lines of the terminal's width.

    A path or address is never broken.
    """
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent="    ",
        subsequent_indent="      ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def format_seconds(seconds: float) -> str:
    """Return a duration as a person says it."""
    if seconds < SECONDS_PER_MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), SECONDS_PER_MINUTE)
    return f"{minutes} min {rest} s"


def format_size(size_bytes: int) -> str:
    """Return a size with three digits at most, below 1,000 GB."""
    size = float(size_bytes)
    rank = 0
    while size >= _UNIT_STEP and rank < len(_UNITS) - 1:
        size /= _UNIT_STEP
        rank += 1
    if rank == 0 or size >= _THREE_DIGITS:
        return f"{size:.0f} {_UNITS[rank]}"
    return f"{size:.1f} {_UNITS[rank]}"


def format_table(
    rows: Sequence[Sequence[str]], *, right: tuple[int, ...] = ()
) -> list[str]:
    """Return columns two spaces apart, as wide as their widest cell.

    Those in `right` are flush right.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [_format_row(row, widths, right) for row in rows]


def _format_row(
    row: Iterable[str], widths: Sequence[int], right: tuple[int, ...]
) -> str:
    cells = []
    for column, cell in enumerate(row):
        if column in right:
            cells.append(cell.rjust(widths[column]))
        else:
            cells.append(cell.ljust(widths[column]))
    return "  ".join(cells).rstrip()
