"""Names that clients choose, and what no name may hold."""

from __future__ import annotations

import re

# C0 and C1 control characters and DEL, NUL and ESC among them: a terminal obeys some of
# them, a header ends at others, and SQLite's length() stops at NUL.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# What fits an integer of SQLite: a longer number can be no record's id.
MAX_ID_DIGITS = 18
# Whoever makes a file or folder of a name would make none, or one above.
_RELATIVE = frozenset({".", ".."})
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(?:;[\x20-\x7e]*)?", re.ASCII)


def has_control_characters(text: str) -> bool:
    """Whether a text holds a control character."""
    return _CONTROL.search(text) is not None


def is_name(text: str) -> bool:
    """Whether a text can name something: not empty, without controls, not `.` or `..`."""
    return bool(text) and text not in _RELATIVE and not has_control_characters(text)


def is_media_type(text: str) -> bool:
    """Whether a text can stand in a Content-Type header [RFC 9110, 8.3.1]."""
    return _MEDIA_TYPE.fullmatch(text) is not None


def parse_digits(text: str, most_digits: int) -> int | None:
    """The number that ASCII digits write, if there are no more of them than `most_digits`.

    None for anything else: Python reads digits of every script, and refuses very many.
    """
    if not text.isascii() or not text.isdecimal() or len(text) > most_digits:
        return None
    return int(text)
