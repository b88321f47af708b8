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
    "pull-requests": "read",
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


_kept = threading.local()


def ask(
    method: str,
    url: str,
    body: bytes | Iterator[bytes] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one request.

    Over a connection that is kept for the thread's next one to the same server.
    """
    parts = urlsplit(url)
    target = quote(parts.path, safe="/%:") + (f"?{parts.query}" if parts.query else "")
    held: tuple[str, http.client.HTTPConnection] | None = getattr(_kept, "held", None)
    if held is None or held[0] != parts.netloc:
        if held is not None:
            held[1].close()
        held = parts.netloc, http.client.HTTPConnection(parts.netloc, timeout=60)
        held[1].connect()
        if held[1].sock is not None:
            held[1].sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _kept.held = held
    try:
        held[1].request(method, target, body, dict(headers or {}))
        response = held[1].getresponse()
        return Answer(
            response.status,
            {k.lower(): v for k, v in response.getheaders()},
            response.read(),
        )
    except BaseException:
        held[1].close()
        _kept.held = None
        raise


def hang_up() -> None:
    """Close the connection that is kept for this thread."""
    if held := getattr(_kept, "held", None):
        held[1].close()
        _kept.held = None


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
        url = self.local_github.url + (
            path if path.startswith("/") else f"/repos/local/repository/{path}"
        )
        given = {"Authorization": f"token {self.ticket.token}"} | {
            k.replace("_", "-"): v for k, v in headers.items()
        }
        return ask(
            method, url, None if body is None else json.dumps(body).encode(), given
        )

    def twirp(self, method: str, service: str = ARTIFACTS, **fields: object) -> Answer:
        """Call one of the services."""
        headers = {
            "Authorization": f"Bearer {self.ticket.runtime_token}",
            "Content-Type": "application/json",
        }
        return ask(
            "POST",
            self.local_github.url + service + method,
            json.dumps(fields).encode(),
            headers,
        )

    def put_blocks(
        self, url: str, blocks: Mapping[str, bytes], order: list[str]
    ) -> Answer:
        """Put blocks as they come in the mapping, then the list of them in `order`."""
        for name, data in blocks.items():
            answer = ask(
                "PUT", f"{url}&comp=block&blockid={quote(block_id(name))}", data
            )
            assert answer.status == 201, answer
        listed = "".join(f"<Latest>{block_id(name)}</Latest>" for name in order)
        xml = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listed}</BlockList>'
        return ask("PUT", f"{url}&comp=blocklist", xml.encode())

    def put_blocks_status(self, url: str, data: bytes) -> int:
        """Try to put one block; gives the status."""
        return ask(
            "PUT", f"{url}&comp=block&blockid={quote(block_id('0'))}", data
        ).status

    def rerun(self) -> Client:
        """The client of the run's next attempt."""
        return Client(
            self.local_github, self.local_github.begin_attempt(self.run_id, ALL)
        )

    def upload(self, name: str, data: bytes, **fields: str) -> int:
        """Upload an artifact; gives its id."""
        created = self.twirp("CreateArtifact", name=name, version=4, **fields)
        assert created.status == 200, created
        assert (
            self.put_blocks(
                created.json["signed_upload_url"], {"0": data}, ["0"]
            ).status
            == 201
        )
        digest = hashlib.sha256(data).hexdigest()
        finished = self.twirp(
            "FinalizeArtifact", name=name, size=str(len(data)), hash=f"sha256:{digest}"
        )
        assert finished.status == 200, finished
        return int(finished.json["artifact_id"])

    def download(self, artifact_id: int) -> Answer:
        """Fetch an artifact by REST, through its redirect."""
        answer = self.rest("GET", f"actions/artifacts/{artifact_id}/zip")
        return (
            ask("GET", answer.headers["location"]) if answer.status == 302 else answer
        )

    def save_cache(self, key: str, data: bytes, version: str = "v") -> Answer:
        """Save a cache by the second protocol; gives the last answer."""
        created = self.twirp("CreateCacheEntry", CACHES, key=key, version=version)
        if created.status != 200 or not created.json["ok"]:
            return created
        assert (
            ask(
                "PUT",
                created.json["signed_upload_url"],
                data,
                {"x-ms-blob-type": "BlockBlob"},
            ).status
            == 201
        )
        return self.twirp(
            "FinalizeCacheEntryUpload",
            CACHES,
            key=key,
            version=version,
            size_bytes=str(len(data)),
        )

    def find_cache(
        self, key: str, *restore_keys: str, version: str = "v"
    ) -> tuple[str, bytes] | None:
        """Key and bytes of the cache that matches."""
        found = self.twirp(
            "GetCacheEntryDownloadURL",
            CACHES,
            key=key,
            restore_keys=list(restore_keys),
            version=version,
        ).json
        return (
            (found["matched_key"], ask("GET", found["signed_download_url"]).body)
            if found["ok"]
            else None
        )


def begin_run(local_github: LocalGitHub, **changes: Any) -> Client:  # noqa: ANN401 - fields of NewRun
    """Begin a run of the usual workflow, changed as said."""
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
