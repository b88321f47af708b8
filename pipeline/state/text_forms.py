"""How the texts of a state document are written, each as a test of a whole text.

Without regular expressions: to compile them takes longer than to read a document.
"""

from __future__ import annotations

POPULATION_PREFIX = "population-"
ID_LENGTH = 16

_HEX_DIGITS = frozenset("0123456789abcdef")
_DIGITS = "0123456789"
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VERSION_CHARACTERS = frozenset(_DIGITS + _LETTERS + ".+!-")
_MOMENT_CHARACTERS = frozenset(_DIGITS + "TZ:-")
_NAME_STARTS = frozenset(_LETTERS + "_")
_MARKS_TO_LETTERS = str.maketrans("_.:+-", "aaaaa")
_SHA256_LENGTH = 64
_LONGEST_VERSION = 64
_LONGEST_MOMENT = 32


def is_id(text: str) -> bool:
    """Whether it is the id of a state: hexadecimal digits of a SHA-256."""
    return len(text) == ID_LENGTH and _HEX_DIGITS.issuperset(text)


def is_sha256(text: str) -> bool:
    """Whether it is a whole SHA-256 in hexadecimal digits."""
    return len(text) == _SHA256_LENGTH and _HEX_DIGITS.issuperset(text)


def is_population(text: str) -> bool:
    """Whether it names a file with everything that is needed to train on."""
    name = text.removesuffix(".pkl")
    key = name.removeprefix(POPULATION_PREFIX)
    return is_id(key) and text == f"{POPULATION_PREFIX}{key}.pkl"


def is_version(text: str) -> bool:
    """Whether it can stand in a command that people paste into a shell."""
    return 0 < len(text) <= _LONGEST_VERSION and _VERSION_CHARACTERS.issuperset(text)


def is_moment(text: str) -> bool:
    """Whether it has the characters of a moment in UTC (ISO 8601)."""
    return 0 < len(text) <= _LONGEST_MOMENT and _MOMENT_CHARACTERS.issuperset(text)


def is_name(text: str) -> bool:
    """Whether it names a candidate or a metric; `::` at a start would command GitHub."""
    if text[:1] not in _NAME_STARTS:
        return False
    return text.translate(_MARKS_TO_LETTERS).isalnum()
