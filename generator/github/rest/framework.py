"""From an HTTP request to a REST handler and back: who calls, how often, what has changed."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from ..context import AppContext
from ..core.errors import ApiError
from ..core.http import build_json_response, get_origin, parse_json_object, read_body
from ..core.rate_limits import RateLimitStatus
from ..core.tokens import Grant
from .authentication import authenticate, authorize
from .calls import Body, Call, Reply
from .media_types import add_forms
from .router import Match, Route, RouteTable, UploadHandler

if TYPE_CHECKING:
    from starlette.requests import Request

# Of the API. Answers fit both, having the keys of either.
VERSIONS = ("2022-11-28", "2026-03-10")
_VERSION_HEADER = "x-github-api-version"
_LIMITS_PAGE = "using-the-rest-api/rate-limits-for-the-rest-api"
_PRIMARY_LIMIT = "API rate limit exceeded for installation."
_SECONDARY_LIMIT = (
    "You have exceeded a secondary rate limit. "
    "Please wait a few minutes before you try again."
)
# GitHub Enterprise Server takes uploads below this path, github.com at a host of its own.
_UPLOADS_PREFIX = "/api/uploads"


class RestApi:
    """Answers REST requests by a table of routes."""

    def __init__(self, context: AppContext, routes: RouteTable) -> None:
        self._context = context
        self._routes = routes

    async def answer(self, request: Request, path: str) -> Response:
        """Answer a request, refusals included, with the headers all of GitHub's answers have."""
        headers = {
            "X-GitHub-Media-Type": "github.v3; format=json",
            # Clients quote it when they report a failure.
            "X-GitHub-Request-Id": secrets.token_hex(12).upper(),
        }
        path = path.removeprefix(_UPLOADS_PREFIX)
        try:
            headers["X-GitHub-Api-Version-Selected"] = _select_version(request)
            grant = authenticate(
                self._context, request.headers.get("authorization", "")
            )
            match = self._routes.find(request.method, path)
            # A call for an operation that there is not counts like any other.
            if match is None or match.route.is_metered:
                status = self._count_call(request)
                headers |= status.build_headers()
                _refuse_excess(status)
            if match is None:
                raise _unknown_operation(request.method, path)
            authorize(self._context, match, grant)
            reply = await self._perform(request, match, grant)
        except ApiError as error:
            return build_json_response(error.status, error.build_body(), headers)
        return _make_response(
            request, match.route, reply, headers | dict(reply.headers)
        )

    def _count_call(self, request: Request) -> RateLimitStatus:
        return self._context.meter.count(request.method, self._context.clock.now())

    async def _perform(self, request: Request, match: Match, grant: Grant) -> Reply:
        route = match.route
        # An upload is read by its handler, which writes it to disk as it comes.
        fields: Mapping[str, Any] = {}
        if not isinstance(route.handler, UploadHandler):
            fields = parse_json_object(await read_body(request))
        call = Call(
            method=request.method,
            url_path=request.scope["path"],
            path=match.path,
            query=dict(request.query_params),
            body=Body(fields, route.docs),
            grant=grant,
            origin=get_origin(request),
            docs=route.docs,
            accept=request.headers.get("accept", ""),
            agent=request.headers.get("user-agent", ""),
        )
        if isinstance(route.handler, UploadHandler):
            return await route.handler.receive(self._context, call, request)
        reply = route.handler(self._context, call)
        if isinstance(reply, Reply):
            return reply
        return await reply


def _select_version(request: Request) -> str:
    """The version that a request asks for; 400 for one that there is not."""
    version = request.headers.get(_VERSION_HEADER, VERSIONS[0])
    if version not in VERSIONS:
        known = ", ".join(VERSIONS)
        message = f"{version} is not a supported version: {known}"
        raise ApiError(400, message, docs="about-the-rest-api/api-versions")
    return version


def _unknown_operation(method: str, path: str) -> ApiError:
    message = f"the local GitHub does not serve {method} {path}"
    return ApiError(404, f"Not Found ({message})")


def _make_response(
    request: Request, route: Route, reply: Reply, headers: dict[str, str]
) -> Response:
    if reply.raw is not None:
        return Response(reply.raw, reply.status, headers)
    if reply.body is None:
        return Response(status_code=reply.status, headers=headers)
    body = add_forms(reply.body, request.headers.get("accept", ""))
    response = build_json_response(reply.status, body, headers)
    if not route.has_etag:
        return response
    # Unlike on GitHub, a call that ends as 304 has been counted by now.
    etag = make_etag(bytes(response.body))
    known = request.headers.get("if-none-match", "")
    if request.method == "GET" and _is_among(etag, known):
        return Response(status_code=304, headers=headers | {"ETag": etag})
    response.headers["ETag"] = etag
    return response


def _is_among(etag: str, known: str) -> bool:
    """Whether a tag is in a list of them, weakly compared [RFC 9110, 13.1.2]."""
    # Ours hold no comma.
    tags = [tag.strip().removeprefix("W/") for tag in known.split(",")]
    return "*" in tags or etag.removeprefix("W/") in tags


def make_etag(payload: bytes) -> str:
    """A weak ETag over a body, as GitHub gives its JSON answers."""
    return f'W/"{hashlib.sha256(payload).hexdigest()}"'


def _refuse_excess(status: RateLimitStatus) -> None:
    """403 beyond a limit, the first of the two statuses GitHub documents for it."""
    if status.exceeded == "primary":
        raise ApiError(403, _PRIMARY_LIMIT, docs=_LIMITS_PAGE)
    if status.exceeded == "secondary":
        raise ApiError(403, _SECONDARY_LIMIT, docs=_LIMITS_PAGE)
