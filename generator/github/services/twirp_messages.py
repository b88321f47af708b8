"""Twirp: who calls a method, and reading the JSON form of protobuf messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..core.errors import TwirpError
from ..core.models import Run
from ..core.tokens import RuntimeClaims

Message = Mapping[str, object]


class Caller(NamedTuple):
    """Whose runtime token came with a request, and by which address the server was reached."""

    claims: RuntimeClaims
    run: Run
    origin: str


def read_text(message: Message, *names: str) -> str:
    """A field as text, whichever of its spellings was sent; "" where it is absent.

    protobuf's JSON form allows `mime_type` and `mimeType` alike, and writes 64-bit
    integers as text.
    """
    value = _read_field(message, names)
    if value is None:
        return ""
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise TwirpError("malformed", f"{names[0]} is not text")
    return str(value)


def read_texts(message: Message, *names: str) -> list[str]:
    """A repeated field of texts; empty where it is absent."""
    value = _read_field(message, names)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TwirpError("malformed", f"{names[0]} is not a list of texts")
    return value


def _read_field(message: Message, names: tuple[str, ...]) -> object | None:
    for name in names:
        if message.get(name) is not None:
            return message[name]
    return None
