"""Applying faults to a response that is being sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from .core.faults import Fault

if TYPE_CHECKING:
    from starlette.requests import Request

Event = MutableMapping[str, Any]
Send = Callable[[Event], Awaitable[None]]

# How long bytes that were written may take to leave before the connection is dropped.
FLUSH_SECONDS = 0.05


class ConnectionCutError(Exception):
    """Ends a response half way on purpose; the server drops the connection for it."""


async def apply(fault: Fault, request: Request, send: Send) -> Send | None:
    """Let a fault act on a request.

    Returns None where that has answered it, else the `send` for the real answer.
    """
    await asyncio.sleep(fault.delay_seconds)
    if fault.cut:
        _drop_connection(request)
        return None
    if fault.status is not None:
        await _refuse(fault, request, send)
        return None
    if fault.corrupt or fault.truncate_after is not None:
        return _DamagingSend(fault, request, send)
    return send


async def _refuse(fault: Fault, request: Request, send: Send) -> None:
    headers = {}
    if fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    message = fault.message or "Fault injected"
    # REST clients read `message`, Twirp clients `msg`.
    body = json.dumps({"message": message, "msg": message, "status": str(fault.status)})
    response = Response(
        body, fault.status or 500, headers, media_type="application/json"
    )
    await response(request.scope, request.receive, send)


def _drop_connection(request: Request) -> None:
    # The transport is put into the scope by the server's own protocol class.
    request.scope["wfgen.transport"].abort()


class _DamagingSend:
    """Passes a response on with a body that is cut short or has one bit flipped."""

    def __init__(self, fault: Fault, request: Request, send: Send) -> None:
        self._fault = fault
        self._request = request
        self._send = send
        self._sent = 0

    async def __call__(self, event: Event) -> None:
        if event["type"] != "http.response.body":
            await self._send(event)
            return
        body = self._corrupt(event.get("body", b""))
        await self._stop_at_limit(event, body)
        self._sent += len(body)
        await self._send({**event, "body": body})

    def _corrupt(self, body: bytes) -> bytes:
        """The body with a bit of its first byte flipped, where that is asked for."""
        if not self._fault.corrupt or not body or self._sent:
            return body
        return bytes([body[0] ^ 1]) + body[1:]

    async def _stop_at_limit(self, event: Event, body: bytes) -> None:
        """Send what is within the limit, and then drop the connection."""
        limit = self._fault.truncate_after
        if limit is None or self._sent + len(body) <= limit:
            return
        part = body[: limit - self._sent]
        await self._send({**event, "body": part, "more_body": True})
        await asyncio.sleep(FLUSH_SECONDS)
        _drop_connection(self._request)
        raise ConnectionCutError
