"""The storage behind signed addresses, as far as clients use Azure's.

Protocol: Azure Blob REST - Put Block, Put Block List, Put Blob, Get Blob, Get Blob
Properties [learn.microsoft.com/rest/api/storageservices]. Blocks carry ids and may come
in any order and in parallel; the block list fixes the order.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from ..context import AppContext
from ..core.errors import BlobProblem
from ..storage.blobs import Stored
from ..storage.uploads import CHUNK_BYTES

if TYPE_CHECKING:
    from starlette.requests import Request

_WHOLE = ""  # the block id of a blob put in one piece
_MAX_LIST_BYTES = 8 << 20
_LISTED = re.compile(rb"<(Latest|Uncommitted|Committed)>([^<]*)</\1>")
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


async def answer(
    context: AppContext, request: Request, kind: str, blob: str
) -> Response:
    """Answer a request for a signed address."""
    query = dict(request.query_params)
    if not context.blobs.is_name(blob) or not context.check_address(kind, blob, query):
        raise BlobProblem(
            403, "AuthenticationFailed", "Server failed to authenticate the request."
        )
    if request.method in ("GET", "HEAD") and query["sp"] == "r":
        return _read(context, request, kind, blob)
    if request.method == "PUT" and query["sp"] == "w":
        return await _write(context, request, kind, blob)
    raise BlobProblem(
        405,
        "UnsupportedHttpVerb",
        "The resource doesn't support the specified HTTP verb.",
    )


async def _write(
    context: AppContext, request: Request, kind: str, blob: str
) -> Response:
    if not context.accepts_bytes(kind, blob):
        raise BlobProblem(
            409, "BlobImmutableDueToPolicy", "This blob can no longer be written."
        )
    part = request.query_params.get("comp")
    if part == "blocklist":
        stored = await _commit(context, blob, await _small_body(request))
        context.took_bytes(kind, blob, stored)
    elif part == "block":
        await receive(context, request, blob, request.query_params.get("blockid", ""))
    elif part is None:
        await receive(context, request, blob, _WHOLE)
        stored = await asyncio.to_thread(context.blobs.assemble, blob, [_WHOLE])
        context.took_bytes(kind, blob, stored)
    else:
        raise BlobProblem(
            400,
            "InvalidQueryParameterValue",
            "comp has a value that is not served here.",
        )
    return Response(
        status_code=201, headers={"ETag": f'"{blob}"', "x-ms-version": "2024-11-04"}
    )


async def _commit(context: AppContext, blob: str, listing: bytes) -> Stored:
    block_ids = [
        found[1].decode("ascii", "replace") for found in _LISTED.findall(listing)
    ]
    if not block_ids:
        # An empty list is how an empty file is put.
        context.blobs.open_block(blob, _WHOLE, 0).keep()
        block_ids = [_WHOLE]
    try:
        return await asyncio.to_thread(context.blobs.assemble, blob, block_ids)
    except FileNotFoundError:
        raise BlobProblem(
            400, "InvalidBlockList", "The specified block list is invalid."
        ) from None


async def receive(
    context: AppContext, request: Request, blob: str, block_id: str
) -> None:
    """Write a request's body as one block of a blob; one that breaks off leaves nothing."""
    announced = request.headers.get("content-length", "")
    incoming = context.blobs.open_block(
        blob, block_id, int(announced) if announced.isdecimal() else None
    )
    try:
        async for chunk in request.stream():
            incoming.write(chunk)
        incoming.keep()
    except BaseException:
        incoming.drop()
        raise


async def _small_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_LIST_BYTES:
            raise BlobProblem(413, "RequestBodyTooLarge", "The block list is too long.")
    return bytes(body)


def _read(context: AppContext, request: Request, kind: str, blob: str) -> Response:
    readable = context.readable(kind, blob)
    path = context.blobs.path(blob)
    if readable is None or not path.is_file():
        raise BlobProblem(404, "BlobNotFound", "The specified blob does not exist.")
    size = path.stat().st_size
    start, stop = _span(request.headers.get("range", ""), size)
    headers = {
        "Content-Type": readable.mime_type,
        "Content-Length": str(stop - start),
        "Content-Disposition": _disposition(readable.file_name),
        "Accept-Ranges": "bytes",
        "ETag": f'"{blob}"',
        "x-ms-blob-type": "BlockBlob",
    }
    partial = stop - start < size
    if partial:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    if request.method == "HEAD":
        return Response(headers=headers)

    async def body() -> AsyncIterator[bytes]:
        with path.open("rb") as file:
            file.seek(start)
            left = stop - start
            while left and (chunk := file.read(min(CHUNK_BYTES, left))):
                left -= len(chunk)
                yield chunk
        run_id = int(request.query_params["run"])
        if run_id and readable.artifact_id is not None:
            context.artifacts.note_download(run_id, readable.artifact_id)

    return StreamingResponse(
        body(), status_code=206 if partial else 200, headers=headers
    )


def _span(text: str, size: int) -> tuple[int, int]:
    """First byte and the one after the last, of a Range header with a single range."""
    found = _RANGE.fullmatch(text)
    if found is None or found.group(0) == "bytes=-":
        return 0, size
    first, last = found.groups()
    if not first:
        return max(0, size - int(last)), size
    start, stop = int(first), min(int(last) + 1 if last else size, size)
    if start >= stop:
        raise BlobProblem(
            416,
            "InvalidRange",
            "The range specified is invalid for the current size of the resource.",
        )
    return start, stop


def _disposition(name: str) -> str:
    plain = (
        name.encode("ascii", "replace").decode().replace('"', "_").replace("\\", "_")
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
