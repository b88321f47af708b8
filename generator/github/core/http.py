"""Between HTTP requests and our own records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from .errors import ApiError

if TYPE_CHECKING:
    from starlette.requests import Request

MAX_JSON_BYTES = 32 << 20


def build_json_response(
    status: int, body: object, headers: dict[str, str] | None = None
) -> Response:
    """A JSON answer."""
    payload = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(
        payload, status, headers, media_type="application/json; charset=utf-8"
    )


def parse_json_object(payload: bytes) -> Mapping[str, Any]:
    """The JSON object a client sent; an empty body is an empty object.

    ApiError (400) for anything else.
    """
    if not payload.strip():
        return {}
    try:
        body = json.loads(payload, parse_constant=_refuse_constant)
        # Half of a surrogate pair is JSON, but no text that could be stored or sent.
        json.dumps(body, ensure_ascii=False).encode()
    # The parser calls itself for each level, and Python bounds how often it may.
    except (ValueError, RecursionError):
        raise ApiError(400, "Problems parsing JSON") from None
    if not isinstance(body, dict):
        raise ApiError(400, "Body should be a JSON object")
    return body


def _refuse_constant(name: str) -> object:
    """Refuse NaN and Infinity, which Python's parser takes and JSON has not [RFC 8259, 6]."""
    raise ValueError(f"{name} is no JSON")


async def read_body(request: Request) -> bytes:
    """A whole body that is meant to be small; 413 for one that is not."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_JSON_BYTES:
            raise ApiError(413, "Request body too large")
    return bytes(body)


def get_origin(request: Request) -> str:
    """By which address the client reached us, so that the links it gets lead back the same way."""
    return f"http://{request.headers['host']}"
