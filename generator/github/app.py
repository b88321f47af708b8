"""The ASGI application: guards, then the service a path belongs to."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from .context import AppContext
from .core.errors import ApiProblem, BlobProblem, TwirpProblem
from .core.http import json_response, origin_of, read_body
from .fault_injection import strike
from .rest.framework import answer_rest
from .rest.router import json_object
from .services import artifacts as artifact_service
from .services import blobs as blob_endpoint
from .services import cache_v1 as cache_endpoint
from .services import caches as cache_service
from .services.messages import Caller

log = logging.getLogger("wfgen.github")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

SERVICES = {
    artifact_service.SERVICE: artifact_service.METHODS,
    cache_service.SERVICE: cache_service.METHODS,
}
_LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}


class App:
    """Answers every request to one local GitHub."""

    def __init__(self, context: AppContext) -> None:
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        request = Request(scope, receive)
        fault = self._context.faults.meet(scope["method"], scope["path"])
        if fault is not None:
            struck = await strike(fault, request, send)
            if struck is None:
                return
            send = struck
        response = await self._answer(request)
        if response is not None:
            await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response | None:
        """The response to a request; None where the client went away."""
        try:
            return await self._dispatch(request, request.url.path)
        except (ApiProblem, TwirpProblem) as problem:
            return json_response(problem.status, problem.body())
        except BlobProblem as problem:
            headers = {"x-ms-error-code": problem.code}
            return Response(
                problem.body(), problem.status, headers, media_type="application/xml"
            )
        except ClientDisconnect:
            return None
        except Exception:
            log.exception("%s %s failed", request.method, request.url.path)
            return json_response(500, {"message": "Server Error"})

    async def _dispatch(self, request: Request, path: str) -> Response:
        _check_host(request)
        if path.startswith("/_blobs/"):
            return await self._blob(request, path)
        if path.startswith("/twirp/"):
            return await self._twirp(request, path)
        if path.startswith("/_apis/artifactcache/"):
            return await cache_endpoint.answer(
                self._context, request, self._caller(request)
            )
        return await answer_rest(self._context, request, path.removeprefix("/api/v3"))

    async def _blob(self, request: Request, path: str) -> Response:
        parts = path.split("/")
        if len(parts) != 4:  # noqa: PLR2004 - "", "_blobs", kind, name
            raise BlobProblem(
                404, "ResourceNotFound", "The specified resource does not exist."
            )
        return await blob_endpoint.answer(self._context, request, parts[2], parts[3])

    async def _twirp(self, request: Request, path: str) -> Response:
        _, _, service, name = (
            path.split("/") if path.count("/") == 3 else ("", "", "", "")
        )  # noqa: PLR2004
        method = SERVICES.get(service, {}).get(name)
        if method is None or request.method != "POST":
            raise TwirpProblem("bad_route", f"no handler for path {path!r}")
        if not request.headers.get("content-type", "").startswith("application/json"):
            raise TwirpProblem("bad_route", "only the JSON form of Twirp is served")
        caller = self._caller(request)
        try:
            message = json_object(await read_body(request))
        except ApiProblem:
            raise TwirpProblem("malformed", "the request is no JSON object") from None
        return json_response(200, method(self._context, caller, message))

    def _caller(self, request: Request) -> Caller:
        token = request.headers.get("authorization", "").partition(" ")[2]
        claims = self._context.tokens.read_runtime_token(token)
        if claims is None:
            raise TwirpProblem("unauthenticated", "token is invalid")
        run = self._context.runs.get(claims.run_id)
        if run.status == "completed" or run.attempt != claims.attempt:
            raise TwirpProblem("unauthenticated", "token has ended with its run")
        return Caller(claims, run, origin_of(request))


def _check_host(request: Request) -> None:
    """Refuse names that are not this machine's: a web page could have its own name lead here."""
    host = request.headers.get("host", "")
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    if name.lower() not in _LOOPBACK and not name.lower().endswith(".localhost"):
        raise ApiProblem(421, "This server answers to loopback names only")
