"""GitHub's patterns for branches, tags and paths.

docs.github.com, "Workflow syntax", Filter pattern cheat sheet: `*` stops at a slash,
`**` does not, `?` is none or one and `+` one or more of what stands before it, `[]` is
one of the characters listed, a backslash takes a sign as it is, `!` at the start takes
back what matched before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_RANGE = re.compile("[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9]")
_TOKEN = re.compile(
    r"(?P<folders>\*\*/)|(?P<all>\*\*)|(?P<some>\*)|(?P<quantifier>[?+])"
    r"|(?P<set>\[[^\]/]+\])|\\(?P<literal>.)|(?P<other>.)",
    re.DOTALL,
)


def match_patterns(text: str, patterns: Sequence[str]) -> bool:
    """Whether a name or path passes a filter: the last pattern that matches decides."""
    matches = False
    for pattern in patterns:
        if compile_pattern(pattern.removeprefix("!")).fullmatch(text):
            matches = not pattern.startswith("!")
    return matches


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return a pattern, without its `!`, as a regular expression for the whole of a text."""
    expression = ""
    can_repeat = False
    for match in _TOKEN.finditer(pattern):
        piece = match[0]
        repeats = match.lastgroup == "quantifier" and can_repeat
        if repeats:
            expression += piece
        elif match["folders"]:
            # At the top, too: `**/README.md` is also the one that lies there.
            expression += "(?:.*/)?"
        elif match["all"]:
            expression += ".*"
        elif match["some"]:
            expression += "[^/]*"
        elif match["set"]:
            expression += f"[{_escape_set(piece[1:-1])}]"
        else:
            expression += re.escape(match["literal"] or piece)
        can_repeat = match.lastgroup in {"set", "literal", "other"}
    return re.compile(expression, re.DOTALL)


def _escape_set(signs: str) -> str:
    """Escape a list of characters; ranges are those of letters and digits."""
    expression, place = "", 0
    while place < len(signs):
        part = signs[place : place + 3]
        if _RANGE.fullmatch(part) and part[0] <= part[2]:
            expression += part
            place += 3
        else:
            expression += re.escape(signs[place])
            place += 1
    return expression
