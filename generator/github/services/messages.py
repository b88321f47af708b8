"""What the services share: who is calling, and reading the JSON form of protobuf messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..core.errors import TwirpProblem
from ..core.models import Run
from ..core.tokens import RuntimeClaims

Message = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose runtime token came with the request, and by which address the server was reached."""

    claims: RuntimeClaims
    run: Run
    origin: str


def text(message: Message, *keys: str) -> str:
    """A field as text, whichever of its two JSON spellings was sent; "" where it is absent."""
    value = _first(message, keys, "")
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise TwirpProblem("malformed", f"{keys[0]} is not text")
    return str(value)


def texts(message: Message, *keys: str) -> list[str]:
    """A repeated field of texts; empty where it is absent."""
    value = _first(message, keys, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TwirpProblem("malformed", f"{keys[0]} is not a list of texts")
    return value


def _first(message: Message, keys: tuple[str, ...], default: object) -> object:
    return next((message[key] for key in keys if message.get(key) is not None), default)
