"""In which encoding a CSV file is that is not in UTF-8; a guess, which is said."""

from __future__ import annotations

import codecs
import re
from typing import IO

from ..errors import MissingLibraryError, SourceError
from .cursor import ENCODINGS

SAMPLE_BYTES = 1 << 20
# So many of the letters beyond ASCII may be broken in a file that is in UTF-8.
MOST_BROKEN_SHARE = 0.1
# For the library, which is slow: the lines with such letters in them.
LEAST_LETTERS = 1 << 16
# Letters of Western languages in cp1252, and its signs that stand in texts.
_WESTERN_CODES = (
    "a0a3a7abb0b2bbc0c1c4c5c6c7c9cdd1d3d6d8dadcdfe0e1e2e3e4e5e6e7e8e9"
    "eaebecedeeeff1f2f3f4f5f6f8f9fafbfc969791929394848580"
)
WESTERN = frozenset(bytes.fromhex(_WESTERN_CODES).decode("cp1252"))
BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
MOST_IN_A_ROW = 1.5
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def detect_encoding(stream: IO[bytes], name: str) -> str:
    """Return the encoding of a stream that stands at its start, "" for UTF-8.

    The stream is left somewhere. Raises SourceError where lines cannot be told.
    """
    sample = stream.read(SAMPLE_BYTES)
    if sample.startswith(UTF_16_MARKS) or b"\0" in sample:
        raise SourceError(
            f"{name} is in UTF-16, or is no text at all",
            hint="save it as CSV in UTF-8",
        )
    return guess_encoding(sample)


def guess_encoding(sample: bytes) -> str:
    """Return the encoding of some bytes, "" for UTF-8 or where nothing can be told.

    Raises MissingLibraryError without charset-normalizer.
    """
    if _is_utf_8(sample):
        return ""
    lines = b""
    for line in sample.splitlines(keepends=True):
        if not line.isascii():
            lines += line
        if len(lines) > LEAST_LETTERS:
            break
    if _is_western(lines):
        return "cp1252"
    try:
        import charset_normalizer  # noqa: PLC0415  # slow, and seldom wanted
    except ImportError as error:
        raise MissingLibraryError(
            "what is not in UTF-8 needs charset-normalizer, or the setting `encoding`",
            hint="pip install charset-normalizer",
        ) from error
    best = charset_normalizer.from_bytes(lines, cp_isolation=sorted(ENCODINGS)).best()
    found = "cp1252" if best is None else best.encoding
    # Those who write it mean the one that holds quotes and the euro besides.
    found = {"latin_1": "cp1252", "iso8859_1": "cp1252"}.get(found, found)
    return found if found in ENCODINGS else "cp1252"


def _is_western(lines: bytes) -> bool:
    """Whether they are in Latin-1 beyond doubt: the library needs whole sentences.

    Letters with accents are those of Western languages, and stand mostly alone.
    """
    text = lines.decode("cp1252", errors="replace")
    runs = BEYOND_ASCII.findall(text)
    letters = sum(map(len, runs))
    return set("".join(runs)) <= WESTERN and letters <= MOST_IN_A_ROW * len(runs)


def _is_utf_8(sample: bytes) -> bool:
    """Whether the letters beyond ASCII are, but for a few, in UTF-8."""
    try:
        # A sample may end within a letter.
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        text = sample.decode("utf-8", errors="replace")
        broken = text.count("\ufffd")
        letters = sum(not character.isascii() for character in text)
        return broken <= MOST_BROKEN_SHARE * letters
    return True
