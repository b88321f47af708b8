"""The blob storage behind signed addresses: what clients use of Azure's.

Protocol: Azure Blob REST - Put Block, Put Block List, Put Blob, Get Blob, Get Blob
Properties [learn.microsoft.com/rest/api/storageservices]. Blocks have ids and may come
in any order and in parallel; the block list fixes the order.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from ..context import AppContext, ReadableBlob
from ..core.errors import BlobError, StorageFailedError
from ..core.names import is_media_type, parse_digits
from ..storage.files.blobs import StoredBlob
from ..storage.files.uploads import CHUNK_BYTES, MAX_BLOCKS, UploadClosedError

if TYPE_CHECKING:
    from starlette.requests import Request

# The block id of a blob put in one piece; a client's own ids are never empty.
_SINGLE_BLOCK = ""
# 50,000 blocks, the most there can be, with ids of 64 bytes and their tags.
_MAX_LIST_BYTES = 8 << 20
_LISTED = re.compile(rb"<(Latest|Uncommitted|Committed)>([^<]*)</\1>")
_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)")
# More digits than a file of any disk has bytes.
_MAX_OFFSET_DIGITS = 18
# Azure's most for Put Blob, 5,000 MiB; a block may have 4,000.
MAX_BODY_BYTES = 5000 << 20
# What would end the quoted name, or the header.
_UNQUOTABLE = re.compile(r'["\\\x00-\x1f\x7f]')
_VERSION = "2024-11-04"


async def answer(
    context: AppContext, request: Request, container: str, blob: str
) -> Response:
    """Answer a request for a signed address."""
    query = dict(request.query_params)
    if not context.blobs.is_name(blob) or not context.check_address(
        container, blob, query
    ):
        raise BlobError(
            403, "AuthenticationFailed", "Server failed to authenticate the request."
        )
    if request.method in ("GET", "HEAD") and query["sp"] == "r":
        return _read(context, request, container, blob)
    if request.method == "PUT" and query["sp"] == "w":
        return await _write(context, request, container, blob)
    raise BlobError(
        405,
        "UnsupportedHttpVerb",
        "The resource doesn't support the specified HTTP verb.",
    )


async def _write(
    context: AppContext, request: Request, container: str, blob: str
) -> Response:
    """Put Block, Put Block List or Put Blob, told apart by `comp`."""
    if not context.accepts_bytes(container, blob):
        raise _refuse_write()
    part = request.query_params.get("comp")
    if part == "block":
        await receive(context, request, blob, request.query_params.get("blockid", ""))
    elif part == "blocklist":
        block_ids = _parse_block_list(await _read_block_list(request))
        stored = await _commit(context, blob, block_ids)
        _complete_upload(context, container, blob, stored)
    elif part is None:
        await receive(context, request, blob, _SINGLE_BLOCK)
        stored = await _commit(context, blob, [_SINGLE_BLOCK])
        _complete_upload(context, container, blob, stored)
    else:
        raise BlobError(
            400,
            "InvalidQueryParameterValue",
            "comp has a value that is not served here.",
        )
    headers = {"ETag": f'"{blob}"', "x-ms-version": _VERSION}
    return Response(status_code=201, headers=headers)


def _complete_upload(
    context: AppContext, container: str, blob: str, stored: StoredBlob
) -> None:
    """Note that all bytes have come; where that cannot be noted, they go."""
    try:
        context.complete_upload(container, blob, stored)
    except StorageFailedError:
        context.blobs.remove(blob)
        raise


async def _commit(context: AppContext, blob: str, block_ids: list[str]) -> StoredBlob:
    if not block_ids:
        # An empty list is how an empty file is put.
        context.blobs.open_block(blob, _SINGLE_BLOCK, 0).keep()
        block_ids = [_SINGLE_BLOCK]
    try:
        return await asyncio.to_thread(context.blobs.assemble, blob, block_ids)
    except FileNotFoundError:
        raise BlobError(
            400, "InvalidBlockList", "The specified block list is invalid."
        ) from None


def _parse_block_list(listing: bytes) -> list[str]:
    """The block ids of a block list, in order; it is XML of one shape only."""
    block_ids = [
        block_id.decode("ascii", "replace") for _, block_id in _LISTED.findall(listing)
    ]
    if len(block_ids) > MAX_BLOCKS:
        raise BlobError(400, "BlockListTooLong", "The block list is too long.")
    return block_ids


async def receive(
    context: AppContext, request: Request, blob: str, block_id: str
) -> None:
    """Write a request's body as one block of a blob.

    One that breaks off leaves nothing; where the disk takes no more, the whole upload is
    given up with the bytes that it has.
    """
    try:
        block = context.blobs.open_block(blob, block_id, _read_length(request))
        try:
            async for chunk in request.stream():
                block.write(chunk)
            block.keep()
        except BaseException:
            block.drop()
            raise
    except OSError:
        context.blobs.drop_upload(blob)
        raise
    except UploadClosedError:
        raise _refuse_write() from None
    except ValueError as error:
        raise BlobError(400, "InvalidInput", f"The body has {error}.") from None


def _read_length(request: Request) -> int | None:
    """The Content-Length of a body; None where it is sent in chunks of no known number."""
    header = request.headers.get("content-length")
    if header is None:
        return None
    length = parse_digits(header, _MAX_OFFSET_DIGITS)
    if length is None or length > MAX_BODY_BYTES:
        raise BlobError(413, "RequestBodyTooLarge", "The request body is too large.")
    return length


def _refuse_write() -> BlobError:
    return BlobError(
        409, "BlobImmutableDueToPolicy", "This blob can no longer be written."
    )


async def _read_block_list(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_LIST_BYTES:
            raise BlobError(413, "RequestBodyTooLarge", "The block list is too long.")
    return bytes(body)


def _read(context: AppContext, request: Request, container: str, blob: str) -> Response:
    """Get Blob or Get Blob Properties, of all bytes or of one range."""
    readable = context.find_readable(container, blob)
    path = context.blobs.get_path(blob)
    if readable is None or not path.is_file():
        raise BlobError(404, "BlobNotFound", "The specified blob does not exist.")
    size = path.stat().st_size
    start, stop = _parse_range(request.headers.get("range", ""), size)
    headers = {
        "Content-Type": _choose_content_type(readable.mime_type),
        "Content-Length": str(stop - start),
        "Content-Disposition": _format_disposition(readable.file_name),
        "Accept-Ranges": "bytes",
        "ETag": f'"{blob}"',
        "x-ms-blob-type": "BlockBlob",
    }
    status = 200
    if stop - start < size:
        status = 206
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    if request.method == "HEAD":
        # Get Blob Properties knows no partial answer.
        return Response(headers=headers)
    reader_id = int(request.query_params["run"])
    body = _send_file(context, path, range(start, stop), readable, reader_id)
    return StreamingResponse(body, status_code=status, headers=headers)


async def _send_file(
    context: AppContext,
    path: Path,
    span: range,
    readable: ReadableBlob,
    reader_id: int,
) -> AsyncIterator[bytes]:
    """The bytes of a span; then note that the run `reader_id` fetched the artifact."""
    with path.open("rb") as file:
        file.seek(span.start)
        remaining = len(span)
        while remaining and (chunk := file.read(min(CHUNK_BYTES, remaining))):
            remaining -= len(chunk)
            yield chunk
    # Only here has the client taken all of it: a download that broke off is none.
    if reader_id and readable.artifact_id is not None:
        # The client has its bytes, whatever the disk says of our note.
        with contextlib.suppress(StorageFailedError):
            context.artifacts.record_download(reader_id, readable.artifact_id)


def _parse_range(header: str, size: int) -> tuple[int, int]:
    """First byte and the one after the last, of a Range header with a single range.

    All bytes where there is no such header [RFC 9110, 14.2: others may be ignored].
    """
    match = _RANGE.fullmatch(header)
    if match is None or header == "bytes=-":
        return 0, size
    first, last = (_read_offset(digits) for digits in match.groups())
    if first is None:
        # "bytes=-N" are the last N.
        start, stop = max(0, size - (last or 0)), size
    else:
        start, stop = first, size
        if last is not None:
            stop = min(last + 1, size)
    if start >= stop:
        raise BlobError(
            416,
            "InvalidRange",
            "The range specified is invalid for the current size of the resource.",
        )
    return start, stop


def _read_offset(digits: str) -> int | None:
    """An offset of a range; one of very many digits is beyond the end of any file."""
    if not digits:
        return None
    return parse_digits(digits[:_MAX_OFFSET_DIGITS], _MAX_OFFSET_DIGITS)


def _choose_content_type(mime_type: str) -> str:
    """A Content-Type as it was given, or that of any bytes where no header can hold it."""
    if is_media_type(mime_type):
        return mime_type
    return "application/octet-stream"


def _format_disposition(name: str) -> str:
    """A Content-Disposition that names a file in ASCII and in UTF-8 [RFC 6266]."""
    ascii_name = name.encode("ascii", "replace").decode()
    ascii_name = _UNQUOTABLE.sub("_", ascii_name)
    utf8_name = quote(name, safe="")
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{utf8_name}"
