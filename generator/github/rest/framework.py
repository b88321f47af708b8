"""From an HTTP request to a REST handler and back: who calls, how often, what has not changed."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

from starlette.responses import Response

from ..context import AppContext
from ..control import answer_control
from ..core.errors import ApiProblem, invalid
from ..core.http import json_response, origin_of, read_body
from ..core.rate_limits import Standing
from ..core.tokens import Grant
from ..graphql.resolvers import answer_graphql
from ..services.blobs import receive
from ..storage.releases import AssetTakenError
from .actions import artifacts as rest_artifacts
from .actions import caches as rest_caches
from .actions import dispatch as rest_launch
from .actions import runs as rest_runs
from .actions import workflows as rest_workflows
from .issues import issues as rest_issues
from .issues import labels as rest_labels
from .repository import contents as rest_contents
from .repository import releases as rest_releases
from .repository import repository as rest_repository
from .router import (
    Call,
    Reply,
    authenticate,
    authorize,
    etag_of,
    find_route,
    json_object,
    table,
)

if TYPE_CHECKING:
    from starlette.requests import Request

ROUTES = (
    *rest_runs.ROUTES,
    *rest_workflows.ROUTES,
    *rest_launch.ROUTES,
    *rest_artifacts.ROUTES,
    *rest_caches.ROUTES,
    *rest_issues.ROUTES,
    *rest_labels.ROUTES,
    *rest_releases.ROUTES,
    *rest_contents.ROUTES,
    *rest_repository.ROUTES,
)
# The one operation whose body is bytes, not JSON.
_UPLOADS = table(
    "releases/assets",
    {
        "POST ~/releases/{release_id}/assets": (
            lambda *_: Reply(),
            "contents:write",
            "upload-a-release-asset",
        )
    },
)
_LIMITS_PAGE = "using-the-rest-api/rate-limits-for-the-rest-api"


async def answer_rest(context: AppContext, request: Request, path: str) -> Response:
    """Answer a REST request, refusals included, with the headers all of GitHub's answers have."""
    headers = {
        "X-GitHub-Media-Type": "github.v3; format=json",
        "X-GitHub-Request-Id": secrets.token_hex(12).upper(),
    }
    try:
        grant = authenticate(context, request.headers.get("authorization", ""))
        if path.startswith("/_wfgen/"):
            body = json_object(await read_body(request))
            asked = (request.method, path.removeprefix("/_wfgen/"))
            return json_response(
                *answer_control(context, grant, origin_of(request), asked, body),
                headers,
            )
        if path == "/rate_limit":
            return json_response(
                200, _limits_body(context.meter.look(context.clock.now())), headers
            )
        standing = context.meter.count(request.method, context.clock.now())
        headers |= standing.headers()
        _refuse_excess(standing)
        if path in ("/graphql", "/api/graphql"):
            query = json_object(await read_body(request))
            return json_response(
                200, answer_graphql(context, grant, origin_of(request), query), headers
            )
        reply = await _perform(context, request, path, grant)
    except ApiProblem as problem:
        return json_response(problem.status, problem.body(), headers)
    return _response(request, reply, headers | dict(reply.headers))


async def _perform(
    context: AppContext, request: Request, path: str, grant: Grant
) -> Reply:
    uploads = request.method == "POST" and path.endswith("/assets")
    chosen, parts = find_route(
        _UPLOADS if uploads else ROUTES,
        request.method,
        path.removeprefix("/api/uploads"),
    )
    authorize(context, chosen, parts, grant)
    call = Call(
        method=request.method,
        url_path=request.url.path,
        path=parts,
        query=dict(request.query_params),
        body={} if uploads else json_object(await read_body(request)),
        grant=grant,
        origin=origin_of(request),
        docs=chosen.docs,
        accept=request.headers.get("accept", ""),
    )
    return (
        await _attach(context, request, call)
        if uploads
        else chosen.handler(context, call)
    )


async def _attach(context: AppContext, request: Request, call: Call) -> Reply:
    """Take the bytes of a release's asset."""
    new = rest_releases.check_upload(
        context, call, request.headers.get("content-type", "application/octet-stream")
    )
    blob = context.blobs.new_name()
    await receive(context, request, blob, "")
    stored = await asyncio.to_thread(context.blobs.assemble, blob, [""])
    try:
        asset = context.releases.attach(new, blob, stored, call.grant.login)
    except AssetTakenError:
        raise invalid("Validation Failed", docs=call.docs) from None
    return Reply(
        201,
        rest_releases.asset_body(
            context, asset, context.releases.get(new.release_id), call.origin
        ),
    )


def _response(request: Request, reply: Reply, headers: dict[str, str]) -> Response:
    if reply.raw is not None:
        return Response(reply.raw, reply.status, headers)
    if reply.body is None:
        return Response(status_code=reply.status, headers=headers)
    response = json_response(reply.status, reply.body, headers)
    response.headers["ETag"] = tag = etag_of(bytes(response.body))
    if request.method == "GET" and request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers | {"ETag": tag})
    return response


def _refuse_excess(standing: Standing) -> None:
    if standing.over == "primary":
        raise ApiProblem(
            403, "API rate limit exceeded for installation.", docs=_LIMITS_PAGE
        )
    if standing.over == "secondary":
        message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        raise ApiProblem(403, message, docs=_LIMITS_PAGE)


def _limits_body(standing: Standing) -> dict[str, object]:
    core = {
        "limit": standing.limit,
        "used": standing.used,
        "remaining": max(0, standing.limit - standing.used),
        "reset": int(standing.reset.timestamp()),
    }
    return {"resources": {"core": core}, "rate": core}
