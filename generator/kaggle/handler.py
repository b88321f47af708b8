"""The HTTP of a local Kaggle: calls to the API, and the storage that it sends to.

Calls and fields are those of kagglesdk 0.1; the storage answers as Google's does, with
an ETag, ranges and `x-goog-hash`. Faults are rules of the local GitHub's kind.
"""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlsplit

from ..github.core.faults import Fault
from .service import Answer, KaggleService

LONGEST_BODY = 1 << 30
FORWARD_SECONDS = 60
PARTIAL, RANGE_ERROR = 206, 416
OWN_HOSTS = (None, "localhost", "127.0.0.1")
_HOP_HEADERS = {"connection", "proxy-connection", "transfer-encoding", "host"}


class Call(NamedTuple):
    """One request as it came in."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class KaggleHandler(http.server.BaseHTTPRequestHandler):
    """Reads a request, asks the service, and lets it go wrong where a rule says so."""

    service: ClassVar[KaggleService]
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing: addresses hold signatures."""

    def do_POST(self) -> None:
        """Answer a call to the API."""
        self._serve("POST")

    def do_GET(self) -> None:
        """Answer the storage's part."""
        self._serve("GET")

    def do_PUT(self) -> None:
        """Take an upload."""
        self._serve("PUT")

    def _serve(self, method: str) -> None:
        address = urlsplit(self.path)
        path = address.path
        length = int(self.headers.get("Content-Length", 0) or 0)
        body = self.rfile.read(min(length, LONGEST_BODY))
        # As a proxy, the server is asked for a whole address, of any host.
        if address.hostname not in OWN_HOSTS:
            self._send(forward(method, self.path, dict(self.headers.items()), body))
            return
        headers = dict(self.headers.items())
        self.service.calls.append(Call(path, headers, body))
        self.service.on_call(path)
        fault = self.service.faults.take(method, path)
        if fault is not None and fault.delay_seconds:
            time.sleep(fault.delay_seconds)
        if fault is not None and fault.cut:
            self.close_connection = True
            return
        if fault is not None and fault.status is not None:
            self._send(_make_error(path, fault))
            return
        answer = self.service.answer(method, path, headers, body)
        self._send(answer, fault)

    def _send(self, answer: Answer, fault: Fault | None = None) -> None:
        status, content = answer.status, answer.content
        headers = dict(answer.headers)
        # Faults of a body are for files: an answer of the API is too short for them.
        cut = len(content)
        if answer.is_file:
            status, content, headers = self._take_range(answer)
            cut = len(content)
            if fault is not None and fault.truncate_after is not None:
                cut = fault.truncate_after
            if fault is not None and fault.corrupt:
                content = flip_bit(content)
        try:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[:cut])
        except (BrokenPipeError, ConnectionResetError):
            # The client gave up waiting.
            self.close_connection = True
        if cut < len(content):
            self.close_connection = True

    def _take_range(self, answer: Answer) -> tuple[int, bytes, dict[str, str]]:
        content = answer.content
        md5 = hashlib.md5(content, usedforsecurity=False).digest()
        tag = f'"{md5.hex()}"'
        headers = {
            **answer.headers,
            "Accept-Ranges": "bytes",
            "ETag": tag,
            "x-goog-hash": f"md5={base64.b64encode(md5).decode()}",
        }
        wanted = self.headers.get("Range", "")
        if not wanted or self.headers.get("If-Range", tag) != tag:
            return 200, content, headers
        first = int(wanted.removeprefix("bytes=").partition("-")[0])
        if first >= len(content):
            return RANGE_ERROR, b"", headers
        return PARTIAL, content[first:], headers


def forward(
    method: str, address: str, headers: Mapping[str, str], body: bytes
) -> Answer:
    """Fetch what another host has, for a step that takes us for its proxy."""
    sent = dict(headers)
    for name in headers:
        if name.lower() in _HOP_HEADERS:
            del sent[name]
    if not address.startswith("http://"):
        return Answer(502, b"a proxy for http alone")
    request = urllib.request.Request(  # noqa: S310  # http alone
        address, body or None, sent, method=method
    )
    try:
        with urllib.request.urlopen(  # noqa: S310  # as above
            request, timeout=FORWARD_SECONDS
        ) as response:
            status, content = response.status, response.read()
            media_type = response.headers.get("Content-Type", "")
    except urllib.error.HTTPError as error:
        status, content, media_type = error.code, error.read(), ""
    except OSError:
        return Answer(502, b"no answer from that host")
    return Answer(status, content, {"Content-Type": media_type})


def flip_bit(content: bytes) -> bytes:
    """Return the bytes with one bit in their middle flipped."""
    middle = len(content) // 2
    changed = bytearray(content)
    changed[middle] ^= 1
    return bytes(changed)


def _make_error(path: str, fault: Fault) -> Answer:
    """Make the answer of a rule: in the API's JSON, or the XML of the storage."""
    status = fault.status or 500
    headers = {}
    if fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    if fault.message.startswith("<"):
        headers["Content-Type"] = "text/html"
        return Answer(status, fault.message.encode(), headers)
    if path.startswith("/storage"):
        headers["Content-Type"] = "application/xml"
        text = "<?xml version='1.0'?><Error><Code>ExpiredToken</Code></Error>"
        return Answer(status, text.encode(), headers)
    content: dict[str, Any] = {"code": status, "message": fault.message or "no"}
    headers["Content-Type"] = "application/json"
    return Answer(status, json.dumps(content).encode(), headers)
