"""HTTP as the actions' clients speak it.

Twirp with the runtime token, REST with the job's token, plain blobs.

Sources: actions/toolkit, packages/artifact/src/internal (shared/artifact-twirp-client,
find, download, upload).
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO, Any, TypeVar

from .toolkit import ActionError, info

ARTIFACT_SERVICE = "github.actions.results.api.v1.ArtifactService"
CACHE_SERVICE = "github.actions.results.api.v1.CacheService"
RETRIED = frozenset({429, 500, 502, 503, 504})
# The toolkit waits 3 s, then 1.5 times longer each time, five tries in all; a server on
# this machine needs less.
TRIES = 5
FIRST_WAIT_SECONDS = 0.2
CHUNK_BYTES = 1 << 20
BLOCK_BYTES = 8 << 20
TIMEOUT_SECONDS = 60.0
T = TypeVar("T")


class AnswerError(Exception):
    """The server answered with a status that is no success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    """A response whose body was read."""

    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - whatever the server sent
        """The body as JSON; raises AnswerError where it is none."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise AnswerError(
                self.status, f"the answer is not JSON: {error}"
            ) from error


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The address of a blob comes in a redirect, and must not be given the token."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """Follow none."""


# Straight to the address given: a proxy of the machine's owner has no business with a
# server on this machine.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | IO[bytes] | None = None,
) -> HTTPResponse:
    """Send one request; a status from 400 on raises AnswerError with what the server's body says."""
    sent = urllib.request.Request(
        url, data=body, headers=dict(headers or {}), method=method
    )  # noqa: S310 - see _OPENER
    try:
        response = _OPENER.open(sent, timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        if error.code in {301, 302, 303, 307, 308}:
            return error  # type: ignore[return-value]  # an HTTPError is the response too
        with error:
            raise AnswerError(
                error.code, _said(error.code, error.reason, error.read())
            ) from error
    except (OSError, HTTPException) as error:
        raise AnswerError(
            0, f"Unable to make request: {getattr(error, 'reason', error)}"
        ) from error
    assert isinstance(response, HTTPResponse)  # noqa: S101 - http and https are all that the addresses use
    return response


def retried(
    work: Callable[[], T], *, also: Callable[[AnswerError], bool] | None = None
) -> T:
    """Do it again while the server is in trouble, waiting longer each time.

    Retried are failed connections and the statuses in RETRIED, or those that `also`
    says yes to.
    """
    judge = also or (lambda error: error.status == 0 or error.status in RETRIED)
    wait_seconds = FIRST_WAIT_SECONDS
    for attempt in range(1, TRIES + 1):
        try:
            return work()
        except AnswerError as error:
            if not judge(error):
                raise
            if attempt == TRIES:
                raise AnswerError(
                    error.status,
                    f"Failed to make request after {TRIES} attempts: {error}",
                ) from error
            info(
                f"Attempt {attempt} of {TRIES} failed with error: {error}. Retrying request in {wait_seconds:g} s..."
            )
        time.sleep(wait_seconds)
        wait_seconds *= 1.5
    raise AssertionError("unreachable")  # pragma: no cover


def read(response: HTTPResponse) -> Answer:
    """Read a response to its end."""
    with response:
        return Answer(response.status, response.headers, response.read())


def _said(status: int, reason: str, body: bytes) -> str:
    message = f"Failed request: ({status}) {reason}"
    try:
        answer = json.loads(body)
    except ValueError:
        return message
    detail = (
        (answer.get("msg") or answer.get("message"))
        if isinstance(answer, dict)
        else None
    )
    return f"{message}: {detail}" if detail else message


class Twirp:
    """A service that clients call within their own run, with the runtime token."""

    def __init__(self, service: str, environ: Mapping[str, str]) -> None:
        self._service = service
        self._url = environ.get("ACTIONS_RESULTS_URL", "")
        self._token = environ.get("ACTIONS_RUNTIME_TOKEN", "")
        if not self._token:
            raise ActionError("Unable to get the ACTIONS_RUNTIME_TOKEN env variable")
        if not self._url:
            raise ActionError("Unable to get the ACTIONS_RESULTS_URL env variable")

    def call(self, method: str, message: Mapping[str, object]) -> dict[str, Any]:
        """Call a method; raises ActionError as the clients word it."""
        url = urllib.parse.urljoin(self._url, f"/twirp/{self._service}/{method}")
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self._token}",
        }
        try:
            answer = retried(
                lambda: read(
                    request(
                        "POST", url, headers=headers, body=json.dumps(message).encode()
                    )
                ).json()
            )
        except AnswerError as error:
            fatal = (
                ""
                if error.status == 0 or error.status in RETRIED
                else "Received non-retryable error: "
            )
            raise ActionError(f"Failed to {method}: {fatal}{error}") from error
        return dict(answer)


class ArtifactService(Twirp):
    """The artifact service, which wants the ids of the run and the job in every message."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__(ARTIFACT_SERVICE, environ)
        run_backend_id, job_backend_id = backend_ids(environ["ACTIONS_RUNTIME_TOKEN"])
        self._ids = {
            "workflow_run_backend_id": run_backend_id,
            "workflow_job_run_backend_id": job_backend_id,
        }

    def call(self, method: str, message: Mapping[str, object]) -> dict[str, Any]:
        """Call a method for this run and job; raises ActionError as the client words it."""
        return super().call(method, {**self._ids, **message})


def backend_ids(runtime_token: str) -> tuple[str, str]:
    """The ids of the run and the job, from the `scp` claim of the runtime token."""
    invalid = ActionError(
        "Failed to get backend IDs: The provided JWT token is invalid and/or missing claims"
    )
    try:
        payload = runtime_token.split(".")[1]
        claims = json.loads(
            base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        )
        found = re.search(
            r"(?:^| )Actions\.Results:([^: ]+):([^: ]+)(?: |$)", claims["scp"]
        )
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise invalid from error
    if found is None:
        raise invalid
    return found[1], found[2]


class Rest:
    """GitHub's REST API with one token."""

    def __init__(self, token: str, environ: Mapping[str, str]) -> None:
        self._base = environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
        self._headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "User-Agent": "@actions/artifact",
        }

    def get(self, path: str, query: Mapping[str, object] | None = None) -> Answer:
        """GET a path below the API's address; a redirect is an answer like any other."""
        url = f"{self._base}{path}" + (
            f"?{urllib.parse.urlencode(query)}" if query else ""
        )
        # Not retried by the client: 400, 401, 403, 404, 422 (plugin-retry's doNotRetry).
        return retried(
            lambda: read(request("GET", url, headers=self._headers)),
            also=lambda error: error.status not in {400, 401, 403, 404, 410, 422},
        )


def put_blob(url: str, path: Path, content_type: str) -> tuple[int, str]:
    """Upload a file to Azure Blob storage, in blocks; gives its bytes and its SHA-256 in hex."""
    digest = hashlib.sha256()
    size_bytes = 0
    block_ids: list[str] = []
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
            size_bytes += len(block)
            block_id = base64.b64encode(f"block-{len(block_ids):08d}".encode()).decode()
            block_ids.append(block_id)
            _put(url, {"comp": "block", "blockid": block_id}, block, {})
            info(f"Uploaded bytes {size_bytes}")
    entries = "".join(f"<Latest>{block_id}</Latest>" for block_id in block_ids)
    block_list = (
        f'<?xml version="1.0" encoding="utf-8"?><BlockList>{entries}</BlockList>'
    )
    _put(
        url,
        {"comp": "blocklist"},
        block_list.encode(),
        {"x-ms-blob-content-type": content_type},
    )
    return size_bytes, digest.hexdigest()


def _put(
    url: str, query: Mapping[str, str], body: bytes, headers: Mapping[str, str]
) -> None:
    whole = f"{url}{'&' if urllib.parse.urlsplit(url).query else '?'}{urllib.parse.urlencode(query)}"
    sent = {
        "x-ms-version": "2024-11-04",
        "Content-Type": "application/octet-stream",
        **headers,
    }
    retried(lambda: read(request("PUT", whole, headers=sent, body=body)))


def get_blob(url: str, target: Path) -> tuple[str, Message]:
    """Download an address without any token into a file; gives the SHA-256 in hex and the headers."""

    def once() -> tuple[str, Message]:
        digest = hashlib.sha256()
        response = request("GET", url, headers={"User-Agent": "@actions/artifact"})
        with response, target.open("wb") as file:
            try:
                while chunk := response.read(CHUNK_BYTES):
                    digest.update(chunk)
                    file.write(chunk)
            except (OSError, HTTPException) as error:
                raise AnswerError(0, f"the connection was lost: {error}") from error
            expected = response.headers.get("Content-Length")
        if expected is not None and target.stat().st_size != int(expected):
            raise AnswerError(0, "the connection was lost before the end")
        return digest.hexdigest(), response.headers

    return retried(once, also=lambda _: True)
