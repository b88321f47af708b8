"""The ASGI application: guards, then the service a path belongs to."""

from __future__ import annotations

import errno
import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from . import fault_injection
from .context import AppContext
from .core.errors import (
    INSUFFICIENT_STORAGE,
    ApiError,
    BlobError,
    StorageFailedError,
    TwirpError,
)
from .core.http import build_json_response, get_origin, parse_json_object, read_body
from .rest.framework import RestApi
from .rest.router import Family, RouteTable
from .services import artifacts as artifact_service
from .services import blobs as blob_endpoint
from .services import cache_v1 as cache_endpoint
from .services import caches as cache_service
from .services.twirp_messages import Caller

log = logging.getLogger("wfgen.github")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

CHECK_AREAS = frozenset({"check-runs", "check-suites", "commits", "statuses"})
ISSUE_AREAS = frozenset(
    {"search", "assignees", "issues", "labels", "milestones", "pulls", "releases"}
)
SETTING_AREAS = frozenset({"", "actions", "collaborators", "topics", "user", "users"})
GIT_AREAS = frozenset(
    {"branches", "commits", "compare", "git", "merges", "rules", "tags"}
)
# Every operation that is asked for in the manner of REST.
ROUTES = RouteTable(
    __package__,
    (
        Family(".rest.actions", frozenset({"actions"})),
        Family(".rest.issues", ISSUE_AREAS),
        # These two before git's, whose `commits/{ref}` would match theirs, too.
        Family(".rest.pulls", frozenset({"pulls", "commits"})),
        Family(".rest.checks", CHECK_AREAS),
        Family(".rest.git", GIT_AREAS),
        Family(".rest.environments", frozenset({"environments", "actions"})),
        Family(".rest.deployments", frozenset({"deployments", "pages"})),
        Family(".rest.settings", SETTING_AREAS),
        Family(".rest.search", frozenset({"search"})),
        Family(".rest.hooks", frozenset({"hooks"})),
        Family(".rest.repository", frozenset({"", "contents", "releases", "user"})),
        Family(".graphql.endpoint", frozenset({"graphql", "api"})),
        Family(".control", frozenset({"_wfgen"})),
    ),
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
# What the system says where a disk is full, read-only, or lets us write no more.
_DISK_ERRORS = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
        errno.EIO,
    }
)
_DISK_MESSAGE = "the disk of the local GitHub is full, or cannot be written to"
_HOST = re.compile(r"[a-z0-9.-]+|\[::1\]", re.ASCII)
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
        # Not `request.url`: it is put together from the Host header, which may be any
        # text, and ends the path at what was sent as %3F or %23.
        path = request.scope["path"]
        try:
            return await self._dispatch(request, path)
        except (ApiError, TwirpError, BlobError) as error:
            return _build_refusal(error)
        # It left while its body was read: nobody waits for an answer.
        except ClientDisconnect:
            return None
        except Exception as error:
            if _is_of_disk(error):
                log.warning("%s %r failed: %s", request.method, path, error)
                return _build_refusal(_make_disk_refusal(path))
            # A mistake of ours; the log has the details, the client gets none.
            log.exception("%s %r failed", request.method, path)
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


def _build_refusal(error: ApiError | TwirpError | BlobError) -> Response:
    if not isinstance(error, BlobError):
        return build_json_response(error.status, error.build_body())
    headers = {"x-ms-error-code": error.code}
    return Response(
        error.build_body(), error.status, headers, media_type="application/xml"
    )


def _is_of_disk(error: Exception) -> bool:
    """Whether it is the disk that failed, not we."""
    if isinstance(error, OSError):
        return error.errno in _DISK_ERRORS
    return isinstance(error, StorageFailedError)


def _make_disk_refusal(path: str) -> ApiError | TwirpError | BlobError:
    """507, in the words of the service that a path belongs to."""
    if path.startswith(BLOBS):
        return BlobError(INSUFFICIENT_STORAGE, "InsufficientStorage", _DISK_MESSAGE)
    if path.startswith(TWIRP):
        return TwirpError(
            "resource_exhausted", _DISK_MESSAGE, status=INSUFFICIENT_STORAGE
        )
    return ApiError(INSUFFICIENT_STORAGE, f"Insufficient Storage: {_DISK_MESSAGE}")


def _check_host(request: Request) -> None:
    """421 for names that are not this machine's.

    A web page could have its own name lead here (DNS rebinding), and so read what we answer.
    """
    name = request.headers.get("host", "").lower()
    before, _, port = name.rpartition(":")
    if port.isdecimal():
        name = before
    is_loopback = name in _LOOPBACK or name.endswith(".localhost")
    if not is_loopback or not _HOST.fullmatch(name):
        raise ApiError(421, "This server answers to loopback names only")
