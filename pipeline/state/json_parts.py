"""Parts of a JSON document as Python values of a known type, or a WrongPartError."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

JsonObject = dict[str, Any]


class WrongPartError(ValueError):
    """A part of a JSON document is missing, or of another type or form."""


def get_part(parts: Mapping[str, Any], name: str) -> object:
    """Get a part that may be null, yet must be there."""
    if name not in parts:
        raise WrongPartError(f"{name} is missing")
    return parts[name]


def parse_object(value: object) -> JsonObject:
    """Accept an object."""
    if not isinstance(value, dict):
        raise WrongPartError("a part is no object")
    return value


def parse_optional_object(value: object) -> JsonObject | None:
    """Accept an object or null."""
    return None if value is None else parse_object(value)


def parse_list(value: object) -> list[Any]:
    """Accept a list."""
    if not isinstance(value, list):
        raise WrongPartError("a part is no list")
    return value


def parse_text(value: object, pattern: re.Pattern[str] | None = None) -> str:
    """Accept a string that the pattern matches as a whole."""
    if not isinstance(value, str):
        raise WrongPartError("a part is no text")
    if pattern is not None and not pattern.fullmatch(value):
        raise WrongPartError("a text has another form")
    return value


def parse_optional_text(value: object) -> str | None:
    """Accept a string or null."""
    return None if value is None else parse_text(value)


def parse_texts(
    value: object, pattern: re.Pattern[str] | None = None
) -> tuple[str, ...]:
    """Accept a list of strings that the pattern matches."""
    return tuple(parse_text(text, pattern) for text in parse_list(value))


def parse_text_values(
    value: object, pattern: re.Pattern[str] | None = None
) -> dict[str, str]:
    """Accept an object whose values are strings that the pattern matches."""
    parts = parse_object(value)
    for text in parts.values():
        parse_text(text, pattern)
    return parts


def parse_count(value: object) -> int:
    """Accept a whole number from 0 on; `true` is an int to Python, and none here."""
    if type(value) is not int or value < 0:
        raise WrongPartError("a part is no count")
    return value


def parse_number(value: object) -> float:
    """Accept a whole number or one with a fraction."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise WrongPartError("a part is no number")
    return value
