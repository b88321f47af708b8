"""From an HTTP request to a REST handler and back: who calls, how often, what has not changed."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from starlette.responses import Response

from generator.github import rest_artifacts, rest_caches, rest_runs
from generator.github.http import json_response, origin_of, read_body
from generator.github.limits import Standing
from generator.github.problems import ApiProblem
from generator.github.rest import Call, authenticate, authorize, etag_of, find_route, json_object
from generator.github.site import Site

if TYPE_CHECKING:
    from starlette.requests import Request

ROUTES = (*rest_runs.ROUTES, *rest_artifacts.ROUTES, *rest_caches.ROUTES)
_LIMITS_PAGE = "using-the-rest-api/rate-limits-for-the-rest-api"


async def answer_rest(site: Site, request: Request, path: str) -> Response:
    """Answer a REST request, refusals included, with the headers all of GitHub's answers have."""
    headers = {"X-GitHub-Media-Type": "github.v3; format=json", "X-GitHub-Request-Id": secrets.token_hex(12).upper()}
    try:
        grant = authenticate(site, request.headers.get("authorization", ""))
        if path == "/rate_limit":
            return json_response(200, _limits_body(site.meter.look(site.clock.now())), headers)
        standing = site.meter.count(request.method, site.clock.now())
        headers |= standing.headers()
        _refuse_excess(standing)
        chosen, parts = find_route(ROUTES, request.method, path)
        authorize(site, chosen, parts, grant)
        call = Call(
            method=request.method,
            url_path=request.url.path,
            path=parts,
            query=dict(request.query_params),
            body=json_object(await read_body(request)),
            grant=grant,
            origin=origin_of(request),
            docs=chosen.docs,
        )
        reply = chosen.handler(site, call)
    except ApiProblem as problem:
        return json_response(problem.status, problem.body(), headers)
    headers |= reply.headers
    if reply.body is None:
        return Response(status_code=reply.status, headers=headers)
    response = json_response(reply.status, reply.body, headers)
    response.headers["ETag"] = tag = etag_of(bytes(response.body))
    if request.method == "GET" and request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers | {"ETag": tag})
    return response


def _refuse_excess(standing: Standing) -> None:
    if standing.over == "primary":
        raise ApiProblem(403, "API rate limit exceeded for installation.", docs=_LIMITS_PAGE)
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
