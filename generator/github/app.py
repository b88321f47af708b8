"""The ASGI application: guards, then the service a path belongs to."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from . import control, fault_injection
from .context import AppContext
from .core.errors import ApiError, BlobError, TwirpError
from .core.http import build_json_response, get_origin, parse_json_object, read_body
from .graphql import endpoint as graphql
from .rest import actions, issues, repository
from .rest.framework import RestApi
from .services import artifacts as artifact_service
from .services import blobs as blob_endpoint
from .services import cache_v1 as cache_endpoint
from .services import caches as cache_service
from .services.twirp_messages import Caller

log = logging.getLogger("wfgen.github")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Every operation that is asked for in the manner of REST.
ROUTES = (
    *actions.ROUTES,
    *issues.ROUTES,
    *repository.ROUTES,
    *graphql.ROUTES,
    *control.ROUTES,
)
TWIRP_SERVICES = {
    artifact_service.SERVICE: artifact_service.METHODS,
    cache_service.SERVICE: cache_service.METHODS,
}
BLOBS = "/_blobs/"
TWIRP = "/twirp/"
CACHES_V1 = "/_apis/artifactcache/"
# Where GitHub Enterprise Server has its REST API.
ENTERPRISE_PREFIX = "/api/v3"
_LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}


class App:
    """Answers every request to one local GitHub."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._rest = RestApi(context, ROUTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        request = Request(scope, receive)
        fault = self._context.faults.take(scope["method"], scope["path"])
        if fault is not None:
            faulty_send = await fault_injection.apply(fault, request, send)
            if faulty_send is None:
                return
            send = faulty_send
        response = await self._answer(request)
        if response is not None:
            await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response | None:
        """The response to a request; None where the client went away."""
        try:
            return await self._dispatch(request, request.url.path)
        except (ApiError, TwirpError) as error:
            return build_json_response(error.status, error.build_body())
        except BlobError as error:
            headers = {"x-ms-error-code": error.code}
            return Response(
                error.build_body(), error.status, headers, media_type="application/xml"
            )
        # It left while its body was read: nobody waits for an answer.
        except ClientDisconnect:
            return None
        # A mistake of ours; the log has the details, the client gets none.
        except Exception:
            log.exception("%s %s failed", request.method, request.url.path)
            return build_json_response(500, {"message": "Server Error"})

    async def _dispatch(self, request: Request, path: str) -> Response:
        _check_host(request)
        if path.startswith(BLOBS):
            return await self._answer_blob(request, path.removeprefix(BLOBS))
        if path.startswith(TWIRP):
            return await self._answer_twirp(request, path)
        if path.startswith(CACHES_V1):
            caller = self._authenticate(request)
            return await cache_endpoint.answer(self._context, request, caller)
        return await self._rest.answer(request, path.removeprefix(ENTERPRISE_PREFIX))

    async def _answer_blob(self, request: Request, address: str) -> Response:
        blob_type, slash, name = address.partition("/")
        if not slash or "/" in name:
            message = "The specified resource does not exist."
            raise BlobError(404, "ResourceNotFound", message)
        return await blob_endpoint.answer(self._context, request, blob_type, name)

    async def _answer_twirp(self, request: Request, path: str) -> Response:
        service, _, name = path.removeprefix(TWIRP).partition("/")
        method = TWIRP_SERVICES.get(service, {}).get(name)
        if method is None or request.method != "POST":
            raise TwirpError("bad_route", f"no handler for path {path!r}")
        # Twirp's other form is protobuf, which none of the clients sends.
        if not request.headers.get("content-type", "").startswith("application/json"):
            raise TwirpError("bad_route", "only the JSON form of Twirp is served")
        caller = self._authenticate(request)
        try:
            message = parse_json_object(await read_body(request))
        except ApiError:
            raise TwirpError("malformed", "the request is no JSON object") from None
        return build_json_response(200, method(self._context, caller, message))

    def _authenticate(self, request: Request) -> Caller:
        """Whose runtime token came with a request; it is good while its attempt goes on."""
        token = request.headers.get("authorization", "").partition(" ")[2]
        claims = self._context.tokens.read_runtime_token(token)
        if claims is None:
            raise TwirpError("unauthenticated", "token is invalid")
        run = self._context.runs.get(claims.run_id)
        if run.status == "completed" or run.attempt != claims.attempt:
            raise TwirpError("unauthenticated", "token has ended with its run")
        return Caller(claims, run, get_origin(request))


def _check_host(request: Request) -> None:
    """421 for names that are not this machine's.

    A web page could have its own name lead here (DNS rebinding), and so read what we answer.
    """
    name = request.headers.get("host", "").lower()
    before, _, port = name.rpartition(":")
    if port.isdecimal():
        name = before
    if name not in _LOOPBACK and not name.endswith(".localhost"):
        raise ApiError(421, "This server answers to loopback names only")
