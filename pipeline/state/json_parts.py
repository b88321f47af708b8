"""Parts of a JSON document as Python values of a known type, or a WrongPartError."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

JsonObject = dict[str, Any]
Form = Callable[[str], bool]
"""Whether a text is written as its part has to be."""


# Beyond any count of ours; a larger integer overflows where it is used.
LARGEST_INTEGER = 1 << 63
# Ours are nine deep; Python reads deeper documents than it can write.
MOST_LEVELS = 20
_INFINITY = float("inf")


class WrongPartError(ValueError):
    """A part of a JSON document is missing, or of another type or form."""


def load_json(content: bytes) -> object:
    """Read JSON whose numbers are finite, nested as deep as ours at most.

    Raises ValueError or RecursionError. Python alone would take NaN, write it nowhere,
    and so fail at every commit to come.
    """
    document: object = json.loads(
        content,
        parse_constant=_parse_float,
        parse_float=_parse_float,
    )
    _check_levels(document, MOST_LEVELS)
    return document


def _parse_float(text: str) -> float:
    number = float(text)
    # Not a number is below nothing either. `math` is a library of its own to load.
    if not abs(number) < _INFINITY:
        raise WrongPartError(f"{text:.20} is no number of JSON")
    return number


def _check_levels(value: object, levels: int) -> None:
    if not isinstance(value, dict | list):
        return
    if not levels:
        raise WrongPartError(f"it is nested more than {MOST_LEVELS} levels deep")
    for part in value.values() if isinstance(value, dict) else value:
        _check_levels(part, levels - 1)


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


def parse_text(value: object, form: Form | None = None) -> str:
    """Accept a string of characters that has this form.

    A lone surrogate, which JSON can spell, is no character: it cannot be written.
    """
    if not isinstance(value, str):
        raise WrongPartError("a part is no text")
    if not value.isascii() and _has_half_character(value):
        raise WrongPartError("a text holds half a character")
    if form is not None and not form(value):
        raise WrongPartError("a text has another form")
    return value


def parse_optional_text(value: object, form: Form | None = None) -> str | None:
    """Accept a string of this form, or null."""
    return None if value is None else parse_text(value, form)


def parse_texts(value: object, form: Form | None = None) -> tuple[str, ...]:
    """Accept a list of strings of this form."""
    return tuple(parse_text(text, form) for text in parse_list(value))


def parse_text_values(value: object, form: Form | None = None) -> dict[str, str]:
    """Accept an object whose values are strings of this form."""
    parts = parse_object(value)
    for name, text in parts.items():
        parse_text(name)
        parse_text(text, form)
    return parts


def parse_count(value: object) -> int:
    """Accept a whole number from 0 on; `true` is an int to Python, and none here."""
    if type(value) is not int or not 0 <= value < LARGEST_INTEGER:
        raise WrongPartError("a part is no count")
    return value


def parse_number(value: object) -> float:
    """Accept a whole number or one with a fraction."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise WrongPartError("a part is no number")
    if isinstance(value, int) and abs(value) >= LARGEST_INTEGER:
        raise WrongPartError("a number is too large")
    return value


def _has_half_character(text: str) -> bool:
    """Whether a text has halves of surrogate pairs that stand for nothing.

    Those that stand for a byte of a file name (PEP 383) are sound.
    """
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return True
    return False
