"""HTTP of the cache service's first version, `_apis/artifactcache`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import Response

from ..context import AppContext
from ..core.errors import ApiProblem
from ..core.http import json_response, parse_json_object, read_body
from . import caches as cache_service
from .blobs import receive
from .messages import Caller

if TYPE_CHECKING:
    from starlette.requests import Request


async def answer(context: AppContext, request: Request, caller: Caller) -> Response:
    """Answer a request of the v1 protocol."""
    asked = (
        request.method,
        *request.url.path.removeprefix("/_apis/artifactcache/").split("/"),
    )
    query = dict(request.query_params)
    match asked:
        case ("GET", "cache"):
            found = cache_service.v1_find(context, caller, query)
            return (
                Response(status_code=204)
                if found is None
                else json_response(200, found)
            )
        case ("GET", "caches"):
            return json_response(200, cache_service.v1_list(context, caller, query))
        case ("POST", "caches"):
            message = parse_json_object(await read_body(request))
            return json_response(
                201, cache_service.v1_reserve(context, caller, message)
            )
        case ("PATCH", "caches", cache_id) if cache_id.isdecimal():
            content_range = request.headers.get("content-range", "")
            await receive(
                context,
                request,
                *cache_service.v1_block(context, caller, int(cache_id), content_range),
            )
            return Response(status_code=204)
        case ("POST", "caches", cache_id) if cache_id.isdecimal():
            message = parse_json_object(await read_body(request))
            await asyncio.to_thread(
                cache_service.v1_commit, context, caller, int(cache_id), message
            )
            return Response(status_code=204)
    raise ApiProblem(404, "Not Found")
