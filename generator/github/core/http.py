"""Between HTTP requests and our own records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.responses import Response

from .errors import ApiProblem

if TYPE_CHECKING:
    from starlette.requests import Request

MAX_JSON_BYTES = 32 << 20


def json_response(
    status: int, body: object, headers: dict[str, str] | None = None
) -> Response:
    """A JSON answer."""
    payload = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(
        payload, status, headers, media_type="application/json; charset=utf-8"
    )


async def read_body(request: Request) -> bytes:
    """A whole body that is meant to be small; 413 for one that is not."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_JSON_BYTES:
            raise ApiProblem(413, "Request body too large")
    return bytes(body)


def origin_of(request: Request) -> str:
    """By which address the client reached us, so that the links it gets lead back the same way."""
    return f"http://{request.headers['host']}"
