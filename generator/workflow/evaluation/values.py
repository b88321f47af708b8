"""Values of expressions: their truth, their texts and numbers, and when two are equal.

docs.github.com, "Evaluate expressions in workflows": numbers are floats, texts compare
without case, values of different types compare as numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_OCTAL = re.compile(r"0o[0-7]+")
# As .NET writes a double ("G15").
_DIGITS = 15


def is_true(value: object) -> bool:
    """Whether a value counts as true; lists and objects always do."""
    if value is None or value == "" or value is False:
        return False
    if isinstance(value, int | float):
        return value != 0 and not math.isnan(value)
    return True


def is_primitive(value: object) -> bool:
    """Whether a value is no list and no object."""
    return value is None or isinstance(value, bool | int | float | str)


def to_number(value: object) -> float:
    """Return a value as a number, NaN where it is none."""
    if value is None:
        return 0.0
    if isinstance(value, bool | int | float):
        return float(value)
    if isinstance(value, str):
        return _parse_number(value.strip())
    return math.nan


def _parse_number(text: str) -> float:
    if not text:
        return 0.0
    if _NUMBER.fullmatch(text):
        return float(text)
    if _HEXADECIMAL.fullmatch(text) or _OCTAL.fullmatch(text):
        return float(int(text, 0))
    infinities = {"Infinity": math.inf, "+Infinity": math.inf, "-Infinity": -math.inf}
    return infinities.get(text, math.nan)


def to_text(value: object) -> str:
    """Return a value as it stands in a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return format_number(float(value))
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "Object"
    return "Array"


def format_number(number: float) -> str:
    """Return a number as GitHub writes it."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "0"
    text = f"{number:.{_DIGITS}g}"
    if "e" not in text:
        return text
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa}E{exponent[0]}{exponent[1:].lstrip('0').zfill(2)}"


def are_equal(left: object, right: object) -> bool:
    """Whether two values are equal; lists and objects equal themselves alone."""
    if not is_primitive(left) or not is_primitive(right):
        return left is right
    if isinstance(left, str) and isinstance(right, str):
        return left.upper() == right.upper()
    if left is None and right is None:
        return True
    return to_number(left) == to_number(right)


def compare(left: object, right: object) -> int | None:
    """Return -1, 0 or 1 as left is less, equal or more; None where that cannot be told."""
    if isinstance(left, str) and isinstance(right, str):
        first, second = left.upper(), right.upper()
        return (first > second) - (first < second)
    if not is_primitive(left) or not is_primitive(right):
        return None
    a, b = to_number(left), to_number(right)
    if math.isnan(a) or math.isnan(b):
        return None
    return (a > b) - (a < b)


def get_item(holder: object, key: object) -> object:
    """Return what a list or an object has under a key, None where it has nothing."""
    if isinstance(holder, Mapping):
        wanted = to_text(key).upper() if is_primitive(key) else None
        for name, value in holder.items():
            if str(name).upper() == wanted:
                return value
        return None
    if isinstance(holder, Sequence) and not isinstance(holder, str):
        index = to_number(key)
        if math.isnan(index) or index < 0 or index >= len(holder):
            return None
        return holder[math.floor(index)]
    return None
