"""Odd requests: what no client sends, made from what clients send, by a seed.

Each is a method, a target, headers and a body, sent as bytes over a socket, since client
libraries would mend or refuse much of it.
"""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import quote, urlsplit

REPOSITORY = "/repos/local/repository"
TIMEOUT_SECONDS = 30
DIGITS = "7" * 5000
DEEP = "[" * 30_000
TEXTS = (
    "",
    ".",
    "..",
    "a/../../b",
    "/etc/passwd",
    ".git/config",
    ".GIT/config",
    "git~1",
    "a\x00b",
    "\x1b[31mred",
    "a\r\nX-Injected: yes",
    "\u202eevil",
    "\U0001f600",
    "\uff11\uff12",
    "\xb2",
    "\u212a\u017f",
    "-x",
    "--help",
    "@{u}",
    "HEAD^{commit}",
    ":/x",
    "%",
    "%00",
    "%ff",
    "{0}",
    "*" * 60,
    "'; DROP TABLE runs; --",
    "x" * 300,
    "x" * 5000,
    "a?b#c",
    "null",
    "true",
    "NaN",
    "9999-12-31",
    "0001-01-01T00:00:00+14:00",
    "2026-01-01..9999-12-31",
    ">=9999-12-31",
    "0",
    "-1",
    "1e999",
    "9" * 18,
    "9" * 19,
    DIGITS,
)
VALUES: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    1,
    2**31,
    2**53,
    2**63,
    -(2**63) - 1,
    10**30,
    1.5,
    -0.0,
    1e300,
    [],
    {},
    [None],
    [[]],
    {"": {}},
    {"a": [1, {"b": None}]},
    ["x"] * 50,
)
# What is sent in place of a JSON document; some of it is none.
BODIES = (
    b"",
    b" ",
    b"\x00",
    b"\xff\xfe",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b'{"a": NaN}',
    b'{"a": Infinity}',
    b'{"a": "\\ud800"}',
    b'{"a": "\\u0000"}',
    f'{{"a": {DIGITS}}}'.encode(),
    DEEP.encode(),
    ('{"a":' * 5000).encode(),
    b'{"a": 1, "a": 2}',
    b"\xef\xbb\xbf{}",
)
RANGES = (
    ("Range", f"bytes={DIGITS}-"),
    ("Range", f"bytes=-{DIGITS}"),
    ("Range", f"bytes=0-{DIGITS}"),
    ("Range", "bytes=-0"),
    ("Range", "bytes=5-2"),
    ("Range", "bytes=1-1,3-4"),
    ("Range", "bytes=\xb2-\xb3"),
)
HEADERS: tuple[tuple[str, str], ...] = (
    ("Content-Range", f"bytes {DIGITS}-1/*"),
    ("Content-Range", "bytes 0-\xb2/*"),
    ("Content-Range", "bytes 5-0/*"),
    ("If-None-Match", '"\xff"'),
    ("If-None-Match", "*"),
    ("Accept", "application/octet-stream"),
    ("Accept", "application/vnd.github.raw"),
    ("Authorization", "Bearer \xff\xfe"),
    ("Authorization", "Basic " + "x" * 3000),
    ("Authorization", "token"),
    ("Host", "[::1"),
    ("Host", "x y.localhost"),
    ("Host", "localhost:\xb2"),
    ("Host", "a\xff.localhost"),
    ("Host", "example.com"),
    ("Content-Type", "text/html\xff"),
    ("Content-Type", "application/jsonx"),
    ("Expect", "100-continue"),
    ("X-HTTP-Method-Override", "DELETE"),
)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
QUERIES: tuple[str, ...] = (
    "page",
    "per_page",
    "created",
    "ref",
    "labels",
    "state",
    "q",
    "name",
    "key",
)
QUERIES += (
    "sort",
    "direction",
    "filter",
    "status",
    "branch",
    "creator",
    "keys",
    "version",
)


class OddRequest(NamedTuple):
    """A request as it is put on the wire."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def encode(self) -> bytes:
        """The bytes of it; the connection ends with the answer."""
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        lines += [f"Content-Length: {len(self.body)}", "Connection: close", "", ""]
        return "\r\n".join(lines).encode("latin-1") + self.body


@dataclass(frozen=True)
class Templates:
    """What clients of a server send: targets with holes, fields with usual values."""

    host: str
    tokens: Mapping[str, str]
    ids: Mapping[str, Sequence[object]]
    addresses: Sequence[str]
    rest: Sequence[tuple[str, str]]
    fields: Mapping[str, object]
    services: Sequence[str]
    queries: Sequence[str] = field(default_factory=tuple)


class Oddities:
    """Makes odd requests, always the same ones of a seed."""

    def __init__(self, templates: Templates, seed: int) -> None:
        self._templates = templates
        self._random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._makers: tuple[Callable[[], OddRequest], ...] = (
            self._make_rest,
            self._make_rest,
            self._make_twirp,
            self._make_blob,
            self._make_cache_v1,
            self._make_graphql,
            self._make_control,
        )

    def make(self) -> OddRequest:
        """The next request."""
        return self._random.choice(self._makers)()

    def _chance(self, one_in: int) -> bool:
        return self._random.randrange(one_in) == 0

    def _text(self) -> str:
        text = self._random.choice(TEXTS)
        if self._chance(6):
            text += self._random.choice(TEXTS)[:200]
        return text

    def _value(self) -> object:
        if self._chance(2):
            return self._text()
        return self._random.choice(VALUES)

    def _headers(self, authorization: str) -> tuple[tuple[str, str], ...]:
        headers = {
            "Host": self._templates.host,
            "Authorization": authorization,
            "Content-Type": "application/json",
        }
        if self._chance(4):
            name, value = self._random.choice(HEADERS)
            headers[name] = value
        if self._chance(40):
            del headers[self._random.choice(sorted(headers))]
        return tuple(headers.items())

    def _fill(self, path: str) -> str:
        """A path with its holes filled: by what is there, or by what never is."""
        parts = []
        for part in path.split("/"):
            filling = part
            if part.startswith("{"):
                filling = quote(str(self._choose_id(part.strip("{+}"))), safe="")
            elif self._chance(30):
                filling = quote(self._text(), safe="")
            parts.append(filling)
        return "/".join(parts)

    def _choose_id(self, name: str) -> object:
        known = self._templates.ids.get(name, ())
        if known and not self._chance(3):
            return self._random.choice(known)
        return self._text()

    def _query(self) -> str:
        if self._chance(2):
            return ""
        pairs = []
        for _ in range(self._random.randint(1, 3)):
            name, value = self._random.choice(QUERIES), self._text()
            pairs.append(
                f"{name}={quote(value, safe=self._random.choice(['', '/:.']))}"
            )
        return "?" + "&".join(pairs)

    def _fields(self, names: Sequence[str]) -> bytes:
        if self._chance(8):
            return self._random.choice(BODIES)
        fields = {}
        for name in names:
            if self._chance(5):
                continue
            fields[name] = self._templates.fields.get(name, "x")
            if self._chance(3):
                fields[name] = self._value()
        if self._chance(10):
            fields[self._text()] = self._value()
        return json.dumps(fields).encode()

    def _make_rest(self) -> OddRequest:
        method, path = self._random.choice(self._templates.rest)
        if self._chance(12) or method == "*":
            method = self._random.choice(METHODS)
        names = self._random.sample(sorted(self._templates.fields), 6)
        who = self._random.choice(["run", "owner"])
        headers = self._headers(f"token {self._templates.tokens[who]}")
        target = self._fill(path) + self._query()
        return OddRequest(method, target, headers, self._fields(names))

    def _make_twirp(self) -> OddRequest:
        service = self._random.choice(self._templates.services)
        names = ["name", "key", "version", "size", "hash", "mime_type", "expires_at"]
        names += ["restore_keys", "size_bytes", "name_filter", "id_filter"]
        headers = self._headers(f"Bearer {self._templates.tokens['runtime']}")
        body = self._fields(self._random.sample(names, 5))
        return OddRequest("POST", service, headers, body)

    def _make_blob(self) -> OddRequest:
        parts = urlsplit(self._random.choice(self._templates.addresses))
        target = f"{parts.path}?{parts.query}"
        if self._chance(6):
            target = target.replace("sig=", f"sig={quote(self._text())}")
        if self._chance(8):
            target = f"{self._fill('/_blobs/{blob}/{blob}')}?{parts.query}"
        if self._chance(3):
            target += f"&comp={self._random.choice(['block', 'blocklist', 'x'])}"
            target += f"&blockid={quote(self._text())}"
        body = self._random.choice(BODIES)
        if self._chance(2):
            body = b"<BlockList>" + b"<Latest>MA==</Latest>" * self._random.randrange(9)
        method = self._random.choice(["GET", "GET", "PUT", "PUT", *METHODS])
        headers = self._headers("none")
        if self._chance(3):
            headers += (self._random.choice(RANGES),)
        return OddRequest(method, target, headers, body)

    def _make_cache_v1(self) -> OddRequest:
        path = self._random.choice(
            ["cache", "caches", "caches/{cache_id}", "{cache_id}"]
        )
        method = self._random.choice(["GET", "POST", "PATCH", *METHODS])
        headers = self._headers(f"Bearer {self._templates.tokens['runtime']}")
        target = self._fill(f"/_apis/artifactcache/{path}") + self._query()
        body = self._fields(["key", "version", "size"])
        return OddRequest(method, target, headers, body)

    def _make_graphql(self) -> OddRequest:
        query = self._random.choice(self._templates.queries)
        if self._chance(3):
            start = self._random.randrange(len(query))
            query = query[:start] + self._text() + query[start + 3 :]
        body: bytes = json.dumps({"query": query, "variables": self._value()}).encode()
        if self._chance(10):
            body = self._fields(["query", "variables", "operationName"])
        headers = self._headers(f"bearer {self._templates.tokens['owner']}")
        return OddRequest("POST", "/graphql", headers, body)

    def _make_control(self) -> OddRequest:
        endpoints = {
            "runs": ["workflow_path", "workflow_name", "event", "head_branch"],
            "runs/finish": ["run_id", "conclusion"],
            "jobs": ["run_id", "name", "conclusion", "steps"],
            "workflows": ["file", "state"],
            "clock": ["set", "advance_seconds"],
            "artifacts/expire": ["artifact_id", "days"],
            # None of these comes true for the path that is named, so no request meets it.
            "faults": ["path", "status", "times", "delay_seconds", "retry_after"],
        }
        endpoint = self._random.choice(sorted(endpoints))
        names = endpoints[endpoint]
        if endpoint == "runs":
            names = [*names, "head_sha", "permissions", "ref", "base_branch"]
        headers = self._headers(f"token {self._templates.tokens['owner']}")
        body = self._fields(names)
        return OddRequest("POST", f"/_wfgen/{endpoint}", headers, body)


def send(host: str, request: OddRequest) -> int | None:
    """The status of the answer; None where the connection ends without one."""
    address, _, port = host.rpartition(":")
    with socket.create_connection((address, int(port)), TIMEOUT_SECONDS) as connection:
        try:
            connection.sendall(request.encode())
            answer = connection.recv(64)
        # A body that was not wanted is not read to its end.
        except (BrokenPipeError, ConnectionResetError):
            return None
    if not answer.startswith(b"HTTP/1.1 "):
        return None
    return int(answer[9:12])
