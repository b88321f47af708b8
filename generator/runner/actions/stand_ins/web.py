"""HTTP as the actions' clients speak it.

Twirp with the runtime token, REST with the job's token, blobs without any. Sources:
packages/artifact/src/internal of actions/toolkit (shared/artifact-twirp-client, find,
download, upload).
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
from typing import IO, Any, TypeVar, cast

from .toolkit import ActionError, info

ARTIFACT_SERVICE = "github.actions.results.api.v1.ArtifactService"
CACHE_SERVICE = "github.actions.results.api.v1.CacheService"
NO_ANSWER = 0
"""The status of an AnswerError where no answer came."""
RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})
FINAL_REST_STATUSES = frozenset({400, 401, 403, 404, 410, 422})
"""What the REST client does not retry (`doNotRetry` of plugin-retry)."""
REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
# The toolkit waits 3 s, then 1.5 times longer each time, five tries in all; a server on
# this machine needs less.
TRIES = 5
FIRST_WAIT_SECONDS = 0.2
WAIT_FACTOR = 1.5
CHUNK_BYTES = 1 << 20
BLOCK_BYTES = 8 << 20
TIMEOUT_SECONDS = 60.0
USER_AGENT = "@actions/artifact"
BLOB_API_VERSION = "2024-11-04"
"""Of Azure's Put Block and Put Block List, which blobs are uploaded with."""

T = TypeVar("T")
Json = Any
"""Whatever a server sent."""


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

    def parse_json(self) -> Json:
        """Parse the body; raises AnswerError where it is no JSON."""
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


def send_request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | IO[bytes] | None = None,
) -> HTTPResponse:
    """Send one request, and return the response or a redirect.

    A status from 400 on raises AnswerError with what the server's body says.
    """
    request = urllib.request.Request(  # noqa: S310  # http and https are all that is used
        url, data=body, headers=dict(headers or {}), method=method
    )
    try:
        response: HTTPResponse = _OPENER.open(request, timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        if error.code in REDIRECT_STATUSES:
            return cast("HTTPResponse", error)
        with error:
            message = _describe_failure(error.code, error.reason, error.read())
            raise AnswerError(error.code, message) from error
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise AnswerError(NO_ANSWER, f"Unable to make request: {reason}") from error
    return response


def is_server_in_trouble(error: AnswerError) -> bool:
    """Tell whether no answer came, or one that may be another the next time."""
    return error.status == NO_ANSWER or error.status in RETRIED_STATUSES


def retry(
    work: Callable[[], T],
    *,
    is_retried: Callable[[AnswerError], bool] = is_server_in_trouble,
) -> T:
    """Do it again while the error is one to retry, waiting longer each time.

    Raises the last AnswerError.
    """
    wait_seconds = FIRST_WAIT_SECONDS
    attempt = 1
    while True:
        try:
            return work()
        except AnswerError as error:
            if not is_retried(error):
                raise
            if attempt == TRIES:
                raise AnswerError(
                    error.status,
                    f"Failed to make request after {TRIES} attempts: {error}",
                ) from error
            info(
                f"Attempt {attempt} of {TRIES} failed with error: {error}. "
                f"Retrying request in {wait_seconds:g} s..."
            )
        time.sleep(wait_seconds)
        wait_seconds *= WAIT_FACTOR
        attempt += 1


def read_answer(response: HTTPResponse) -> Answer:
    """Read a response to its end."""
    with response:
        return Answer(response.status, response.headers, response.read())


def _describe_failure(status: int, reason: str, body: bytes) -> str:
    message = f"Failed request: ({status}) {reason}"
    try:
        answer = json.loads(body)
    except ValueError:
        return message
    if isinstance(answer, dict):
        # Twirp calls it `msg`, REST `message`.
        detail = answer.get("msg") or answer.get("message")
        if detail:
            return f"{message}: {detail}"
    return message


class TwirpClient:
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
        body = json.dumps(message).encode()
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self._token}",
        }

        def post() -> Json:
            response = send_request("POST", url, headers=headers, body=body)
            return read_answer(response).parse_json()

        try:
            return dict(retry(post))
        except AnswerError as error:
            prefix = "Received non-retryable error: "
            if is_server_in_trouble(error):
                prefix = ""
            raise ActionError(f"Failed to {method}: {prefix}{error}") from error


class ArtifactClient(TwirpClient):
    """The artifact service, which wants the ids of the run and the job in every message."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__(ARTIFACT_SERVICE, environ)
        run_id, job_id = parse_backend_ids(environ["ACTIONS_RUNTIME_TOKEN"])
        self._ids = {
            "workflow_run_backend_id": run_id,
            "workflow_job_run_backend_id": job_id,
        }

    def call(self, method: str, message: Mapping[str, object]) -> dict[str, Any]:
        """Call a method for this run and job; raises ActionError as the client words it."""
        return super().call(method, {**self._ids, **message})


def parse_backend_ids(runtime_token: str) -> tuple[str, str]:
    """Parse the ids of the run and the job in the `scp` claim of the runtime token."""
    invalid = ActionError(
        "Failed to get backend IDs: The provided JWT token is invalid and/or missing "
        "claims"
    )
    try:
        payload = runtime_token.split(".")[1]
        # Base64 in a JWT has no padding (RFC 7515), which Python insists on.
        padding = "=" * (-len(payload) % 4)
        claims = json.loads(base64.urlsafe_b64decode(payload + padding))
        match = re.search(
            r"(?:^| )Actions\.Results:([^: ]+):([^: ]+)(?: |$)", claims["scp"]
        )
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise invalid from error
    if match is None:
        raise invalid
    return match[1], match[2]


class RestClient:
    """GitHub's REST API with one token."""

    def __init__(self, token: str, environ: Mapping[str, str]) -> None:
        self._base = environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
        self._headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "User-Agent": USER_AGENT,
        }

    def get(self, path: str, query: Mapping[str, object] | None = None) -> Answer:
        """GET a path below the API's address; a redirect is an answer like any other."""
        url = f"{self._base}{path}"
        if query:
            url += f"?{urllib.parse.urlencode(query)}"
        return retry(
            lambda: read_answer(send_request("GET", url, headers=self._headers)),
            is_retried=lambda error: error.status not in FINAL_REST_STATUSES,
        )


def upload_blob(url: str, path: Path, content_type: str) -> tuple[int, str]:
    """Upload a file to Azure Blob storage, in blocks.

    Returns its size in bytes and its SHA-256 in hexadecimal digits.
    """
    digest = hashlib.sha256()
    size_bytes = 0
    block_ids: list[str] = []
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
            size_bytes += len(block)
            # Azure wants all ids of a blob's blocks to be of one length.
            block_id = base64.b64encode(f"block-{len(block_ids):08d}".encode()).decode()
            block_ids.append(block_id)
            _put(url, {"comp": "block", "blockid": block_id}, block, {})
            info(f"Uploaded bytes {size_bytes}")
    entries = "".join(f"<Latest>{block_id}</Latest>" for block_id in block_ids)
    declaration = '<?xml version="1.0" encoding="utf-8"?>'
    block_list = f"{declaration}<BlockList>{entries}</BlockList>".encode()
    headers = {"x-ms-blob-content-type": content_type}
    _put(url, {"comp": "blocklist"}, block_list, headers)
    return size_bytes, digest.hexdigest()


def _put(
    url: str, query: Mapping[str, str], body: bytes, headers: Mapping[str, str]
) -> None:
    # The address is signed in its query.
    separator = "?"
    if urllib.parse.urlsplit(url).query:
        separator = "&"
    address = f"{url}{separator}{urllib.parse.urlencode(query)}"
    headers = {
        "x-ms-version": BLOB_API_VERSION,
        "Content-Type": "application/octet-stream",
        **headers,
    }
    retry(lambda: read_answer(send_request("PUT", address, headers=headers, body=body)))


def download_blob(url: str, target: Path) -> tuple[str, Message]:
    """Download an address, without any token, into a file.

    Returns the SHA-256 in hexadecimal digits, and the headers.
    """
    # The client retries whatever goes wrong with a blob.
    return retry(lambda: _download_once(url, target), is_retried=lambda _: True)


def _download_once(url: str, target: Path) -> tuple[str, Message]:
    digest = hashlib.sha256()
    response = send_request("GET", url, headers={"User-Agent": USER_AGENT})
    # Opened anew, so that what an earlier try left is overwritten.
    with response, target.open("wb") as file:
        try:
            while chunk := response.read(CHUNK_BYTES):
                digest.update(chunk)
                file.write(chunk)
        except (OSError, HTTPException) as error:
            raise AnswerError(NO_ANSWER, f"the connection was lost: {error}") from error
        expected = response.headers.get("Content-Length")
    if expected is not None and target.stat().st_size != int(expected):
        raise AnswerError(NO_ANSWER, "the connection was lost before the end")
    return digest.hexdigest(), response.headers
