"""HTTP of the cache service's first version, `_apis/artifactcache`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import Response

from ..context import AppContext
from ..core.errors import ApiError
from ..core.http import build_json_response, parse_json_object, read_body
from ..core.names import MAX_ID_DIGITS, parse_digits
from . import caches as cache_service
from .blobs import receive
from .twirp_messages import Caller

if TYPE_CHECKING:
    from starlette.requests import Request


_PREFIX = "/_apis/artifactcache/"


async def answer(context: AppContext, request: Request, caller: Caller) -> Response:
    """Answer a request of the v1 protocol."""
    query = dict(request.query_params)
    match (request.method, *request.scope["path"].removeprefix(_PREFIX).split("/")):
        case ("GET", "cache"):
            body = cache_service.find_v1(context, caller, query)
            if body is None:
                return Response(status_code=204)
            return build_json_response(200, body)
        case ("GET", "caches"):
            return build_json_response(
                200, cache_service.list_v1(context, caller, query)
            )
        case ("POST", "caches"):
            message = parse_json_object(await read_body(request))
            body = cache_service.reserve_v1(context, caller, message)
            return build_json_response(201, body)
        case ("PATCH", "caches", cache_id):
            content_range = request.headers.get("content-range", "")
            blob, block_id = cache_service.locate_v1_chunk(
                context, caller, _read_id(cache_id), content_range
            )
            await receive(context, request, blob, block_id)
            return Response(status_code=204)
        case ("POST", "caches", cache_id):
            message = parse_json_object(await read_body(request))
            # Putting a cache of gigabytes together must not stop other requests.
            await asyncio.to_thread(
                cache_service.commit_v1, context, caller, _read_id(cache_id), message
            )
            return Response(status_code=204)
    raise ApiError(404, "Not Found")


def _read_id(text: str) -> int:
    cache_id = parse_digits(text, MAX_ID_DIGITS)
    if cache_id is None:
        raise ApiError(404, "Not Found")
    return cache_id
