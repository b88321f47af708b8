"""A small client that speaks the protocols of the local GitHub word by word."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from generator.github.core.models import NewRun, RunTicket
from generator.github.local_github import LocalGitHub

ARTIFACTS = "/twirp/github.actions.results.api.v1.ArtifactService/"
CACHES = "/twirp/github.actions.results.api.v1.CacheService/"
ALL = {
    "actions": "write",
    "contents": "write",
    "issues": "write",
    "checks": "read",
    "pull-requests": "write",
}


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; redirects are not followed."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON is anything
        return json.loads(self.body)


class _Connections(threading.local):
    """The connection that a thread keeps for its next request to the same server."""

    host = ""
    connection: http.client.HTTPConnection | None = None


_connections = _Connections()


def ask(
    method: str,
    url: str,
    body: bytes | Iterator[bytes] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one request, over a connection that the thread keeps."""
    parts = urlsplit(url)
    target = quote(parts.path, safe="/%:")
    if parts.query:
        target += f"?{parts.query}"
    connection = _connect(parts.netloc)
    try:
        connection.request(method, target, body, dict(headers or {}))
        response = connection.getresponse()
        lower = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, lower, response.read())
    except BaseException:
        hang_up()
        raise


def _connect(host: str) -> http.client.HTTPConnection:
    connection = _connections.connection
    if connection is not None and _connections.host == host:
        return connection
    hang_up()
    connection = http.client.HTTPConnection(host, timeout=60)
    connection.connect()
    if connection.sock is not None:
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _connections.host, _connections.connection = host, connection
    return connection


def hang_up() -> None:
    """Close the connection that is kept for this thread."""
    if _connections.connection is not None:
        _connections.connection.close()
        _connections.connection = None


def block_id(text: str) -> str:
    """A block id as Azure's clients make them."""
    return base64.b64encode(text.encode()).decode()


@dataclass(frozen=True)
class Client:
    """A run's client."""

    local_github: LocalGitHub
    ticket: RunTicket
    ask: Callable[..., Answer] = ask
    hang_up: Callable[[], None] = hang_up

    @property
    def run_id(self) -> int:
        return self.ticket.run.id

    def rest(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> Answer:
        """Call REST; a path without a leading slash is the repository's."""
        if not path.startswith("/"):
            path = f"/repos/local/repository/{path}"
        sent = {"Authorization": f"token {self.ticket.token}"}
        for name, value in headers.items():
            sent[name.replace("_", "-")] = value
        data = None
        if body is not None:
            data = json.dumps(body).encode()
        return ask(method, self.local_github.url + path, data, sent)

    def twirp(self, method: str, service: str = ARTIFACTS, **fields: object) -> Answer:
        """Call one of the services."""
        url = self.local_github.url + service + method
        headers = {
            "Authorization": f"Bearer {self.ticket.runtime_token}",
            "Content-Type": "application/json",
        }
        return ask("POST", url, json.dumps(fields).encode(), headers)

    def put_block(self, url: str, name: str, data: bytes) -> Answer:
        """Put one block."""
        return ask("PUT", f"{url}&comp=block&blockid={quote(block_id(name))}", data)

    def put_blocks(
        self, url: str, blocks: Mapping[str, bytes], order: list[str]
    ) -> Answer:
        """Put blocks as they come in the mapping, then the list of them in `order`."""
        for name, data in blocks.items():
            answer = self.put_block(url, name, data)
            assert answer.status == 201, answer
        ids = "".join(f"<Latest>{block_id(name)}</Latest>" for name in order)
        xml = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{ids}</BlockList>'
        return ask("PUT", f"{url}&comp=blocklist", xml.encode())

    def put_blocks_status(self, url: str, data: bytes) -> int:
        """Try to put one block; gives the status."""
        return self.put_block(url, "0", data).status

    def rerun(self) -> Client:
        """The client of the run's next attempt."""
        ticket = self.local_github.begin_attempt(self.run_id, ALL)
        return Client(self.local_github, ticket)

    def upload(self, name: str, data: bytes, **fields: str) -> int:
        """Upload an artifact; gives its id."""
        created = self.twirp("CreateArtifact", name=name, version=4, **fields)
        assert created.status == 200, created
        url = created.json["signed_upload_url"]
        answer = self.put_blocks(url, {"0": data}, ["0"])
        assert answer.status == 201, answer
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        finalized = self.twirp(
            "FinalizeArtifact", name=name, size=str(len(data)), hash=digest
        )
        assert finalized.status == 200, finalized
        return int(finalized.json["artifact_id"])

    def download(self, artifact_id: int) -> Answer:
        """Fetch an artifact by REST, through its redirect."""
        answer = self.rest("GET", f"actions/artifacts/{artifact_id}/zip")
        if answer.status != 302:
            return answer
        return ask("GET", answer.headers["location"])

    def save_cache(self, key: str, data: bytes, version: str = "v") -> Answer:
        """Save a cache by the second protocol; gives the last answer."""
        created = self.twirp("CreateCacheEntry", CACHES, key=key, version=version)
        if created.status != 200 or not created.json["ok"]:
            return created
        url = created.json["signed_upload_url"]
        answer = ask("PUT", url, data, {"x-ms-blob-type": "BlockBlob"})
        assert answer.status == 201, answer
        entry = {"key": key, "version": version, "size_bytes": str(len(data))}
        return self.twirp("FinalizeCacheEntryUpload", CACHES, **entry)

    def find_cache(
        self, key: str, *restore_keys: str, version: str = "v"
    ) -> tuple[str, bytes] | None:
        """Key and bytes of the cache that matches."""
        entry = {"key": key, "restore_keys": list(restore_keys), "version": version}
        answer = self.twirp("GetCacheEntryDownloadURL", CACHES, **entry).json
        if not answer["ok"]:
            return None
        return answer["matched_key"], ask("GET", answer["signed_download_url"]).body


def begin_run(local_github: LocalGitHub, **changes: Any) -> Client:  # noqa: ANN401 - fields of NewRun
    """Begin a run of the usual workflow, with changes."""
    usual = {
        "workflow_path": ".github/workflows/train.yml",
        "workflow_name": "Incremental training",
        "event": "push",
        "head_branch": "main",
        "head_sha": "a" * 40,
        "permissions": ALL,
    }
    return Client(local_github, local_github.begin_run(NewRun(**(usual | changes))))


Begin = Callable[..., Client]
BeginOn = Callable[..., Client]
