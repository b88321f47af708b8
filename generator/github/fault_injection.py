"""Carrying out faults on a response that is under way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from .core.faults import Fault

if TYPE_CHECKING:
    from starlette.requests import Request

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class ConnectionCutError(Exception):
    """Ends a response half way on purpose; the server's answer to it is to drop the connection."""


async def strike(fault: Fault, request: Request, send: Send) -> Send | None:
    """Let a fault act on a request.

    Gives back None where the fault has answered, else the `send` that the real answer
    has to go through.
    """
    await asyncio.sleep(fault.delay_seconds)
    if fault.cut:
        _abort(request)
        return None
    if fault.status is not None:
        await _refuse(fault, request, send)
        return None
    if fault.corrupt or fault.truncate_after is not None:
        return _Spoiled(fault, request, send)
    return send


async def _refuse(fault: Fault, request: Request, send: Send) -> None:
    headers = (
        {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    )
    message = fault.message or "Fault injected"
    body = json.dumps({"message": message, "msg": message, "status": str(fault.status)})
    response = Response(
        body, fault.status or 500, headers, media_type="application/json"
    )
    await response(request.scope, request.receive, send)


def _abort(request: Request) -> None:
    request.scope["wfgen.transport"].abort()


class _Spoiled:
    """Passes a response on with a body that is cut short or has one bit flipped."""

    def __init__(self, fault: Fault, request: Request, send: Send) -> None:
        self._fault = fault
        self._request = request
        self._send = send
        self._sent = 0

    async def __call__(self, event: MutableMapping[str, Any]) -> None:
        body: bytes = event.get("body", b"")
        if (
            event["type"] == "http.response.body"
            and self._fault.corrupt
            and body
            and self._sent == 0
        ):
            body = bytes([body[0] ^ 1]) + body[1:]
        limit = self._fault.truncate_after
        if (
            event["type"] == "http.response.body"
            and limit is not None
            and self._sent + len(body) > limit
        ):
            await self._send(
                {**event, "body": body[: limit - self._sent], "more_body": True}
            )
            # What was sent has to leave before the connection goes.
            await asyncio.sleep(0.05)
            _abort(self._request)
            raise ConnectionCutError
        self._sent += len(body)
        await self._send({**event, "body": body} if "body" in event else event)
