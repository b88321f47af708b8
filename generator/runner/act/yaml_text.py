"""Values as text that act's YAML reader takes for what they are."""

from __future__ import annotations

import json
import re

# Beyond the basic plane JSON writes two escapes, which YAML knows nothing of; a
# backslash that is escaped itself begins no escape.
_ESCAPES = re.compile(
    r"\\\\|\\u(?P<high>d[89ab][0-9a-f]{2})\\u(?P<low>d[c-f][0-9a-f]{2})"
)


def dump_yaml(value: object) -> str:
    """Return a value as YAML in ASCII: JSON, but for characters beyond the basic plane.

    YAML 1.2.2, 5.7 has an escape of eight digits for these.
    """
    return _ESCAPES.sub(_escape, json.dumps(value))


def _escape(match: re.Match[str]) -> str:
    if match["high"] is None:
        return match[0]
    pair = (int(match["high"], 16), int(match["low"], 16))
    # The Unicode Standard, 3.8, D91: UTF-16.
    character = 0x10000 + ((pair[0] - 0xD800) << 10) + (pair[1] - 0xDC00)
    return f"\\U{character:08X}"
