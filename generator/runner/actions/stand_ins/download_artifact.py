"""Stand-in for actions/download-artifact.

Sources: its src/download-artifact.ts, and packages/artifact/src/internal of
actions/toolkit.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Any, Protocol, Self

from .search import matches_glob
from .toolkit import (
    ActionError,
    Inputs,
    get_temporary_folder,
    get_workspace,
    info,
    run_action,
    set_output,
    warning,
)
from .unpacking import unpack_artifact
from .web import Answer, AnswerError, ArtifactClient, RestClient, download_blob

ZIP_TYPES = {
    "application/zip",
    "application/x-zip-compressed",
    "application/zip-compressed",
}
NOT_FOUND_ADVICE = (
    "Please ensure that your artifact is not expired and the artifact was uploaded "
    "using a compatible version of toolkit/upload-artifact.\n"
    "        For more information, visit the GitHub Artifacts FAQ: "
    "https://github.com/actions/toolkit/blob/main/packages/artifact/docs/faq.md"
)
MISMATCH_CHOICES = ("ignore", "info", "warn", "error")
PER_PAGE = 100
"""The most that GitHub's REST API gives at once."""
_NO_NAMES = frozenset({"", ".", ".."})
_ENCODED_FILE_NAME = re.compile(r"filename\*\s*=\s*UTF-8''([^;\r\n]*)", re.IGNORECASE)
"""`filename*` of Content-Disposition (RFC 6266)."""
_FILE_NAME = re.compile(
    r"(?<!\*)filename\s*=\s*['\"]?([^;\r\n\"']*)['\"]?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Artifact:
    """An artifact as the client knows it; `digest` is `sha256:` and hex, or empty."""

    id: int
    name: str
    size_bytes: int
    digest: str

    @classmethod
    def from_twirp(cls, item: dict[str, Any]) -> Self:
        """Parse an artifact of the artifact service."""
        return cls(
            int(item["database_id"]),
            str(item["name"]),
            int(item.get("size", 0)),
            str(item.get("digest") or ""),
        )

    @classmethod
    def from_rest(cls, item: dict[str, Any]) -> Self:
        """Parse an artifact of the REST API."""
        return cls(
            int(item["id"]),
            str(item["name"]),
            int(item["size_in_bytes"]),
            str(item.get("digest") or ""),
        )


class ArtifactSource(Protocol):
    """Where artifacts come from."""

    def list_named(self, name: str) -> list[Artifact]:
        """List those of that name."""

    def list_all(self) -> list[Artifact]:
        """List every one of the run."""

    def get_address(self, artifact: Artifact) -> str:
        """Get the address of its bytes, for a plain GET."""


class OwnRun:
    """The run that the step belongs to, over Twirp."""

    def __init__(self, service: ArtifactClient) -> None:
        self._service = service

    def list_named(self, name: str) -> list[Artifact]:
        """List those of that name."""
        return self._list({"name_filter": name})

    def list_all(self) -> list[Artifact]:
        """List every one of the run."""
        return self._list({})

    def get_address(self, artifact: Artifact) -> str:
        """Get the address of its bytes."""
        message = {"name": artifact.name}
        answer = self._service.call("GetSignedArtifactURL", message)
        return str(answer["signed_url"])

    def _list(self, filters: dict[str, object]) -> list[Artifact]:
        answer = self._service.call("ListArtifacts", filters)
        return list(map(Artifact.from_twirp, answer.get("artifacts", [])))


class OtherRun:
    """Any run of any repository that the token may read, over REST."""

    def __init__(self, client: RestClient, repository: str, run_id: int) -> None:
        self._client = client
        self._repository = f"/repos/{repository}"
        self._run = f"{self._repository}/actions/runs/{run_id}/artifacts"

    def list_named(self, name: str) -> list[Artifact]:
        """List those of that name."""
        artifacts, _ = self._parse(self._client.get(self._run, {"name": name}))
        return artifacts

    def list_all(self) -> list[Artifact]:
        """List every one of the run, page by page."""
        artifacts: list[Artifact] = []
        page = 1
        while True:
            query = {"per_page": PER_PAGE, "page": page}
            listed, total = self._parse(self._client.get(self._run, query))
            artifacts += listed
            if not listed or len(artifacts) >= total:
                return artifacts
            page += 1

    def get_address(self, artifact: Artifact) -> str:
        """Get the address of its bytes: the answer is a redirect."""
        path = f"{self._repository}/actions/artifacts/{artifact.id}/zip"
        answer = self._client.get(path)
        if answer.status != HTTPStatus.FOUND:
            raise ActionError(
                f"Unable to download artifact. Unexpected status: {answer.status}"
            )
        location = str(answer.headers.get("Location") or "")
        if not location:
            raise ActionError("Unable to redirect to artifact download url")
        return location

    @staticmethod
    def _parse(answer: Answer) -> tuple[list[Artifact], int]:
        body: dict[str, Any] = answer.parse_json()
        artifacts = list(map(Artifact.from_rest, body["artifacts"]))
        return artifacts, int(body["total_count"])


@dataclass(frozen=True, slots=True)
class DownloadRequest:
    """The step's inputs, checked; an empty `name`, `ids` or `pattern` chooses nothing."""

    name: str
    ids: str
    pattern: str
    target: Path
    merge_multiple: bool
    skip_decompress: bool
    digest_mismatch: str


def main() -> int:
    """Run the step; return its exit code."""
    return run_action(download, "Unable to download artifact(s): ")


def download(inputs: Inputs) -> None:
    """Download what the inputs name."""
    request = read_inputs(inputs)
    try:
        source = _open_source(inputs)
        artifacts = _choose(source, request)
        mismatches = _download_all(source, artifacts, request)
    except AnswerError as error:
        raise ActionError(str(error)) from error
    _report_mismatches(mismatches, request.digest_mismatch)
    info(f"Total of {len(artifacts)} artifact(s) downloaded")
    set_output("download-path", request.target.resolve())
    info("Download artifact has finished successfully")


def read_inputs(inputs: Inputs) -> DownloadRequest:
    """Read and check the inputs. Raises ActionError."""
    mismatch = inputs.get_text("digest-mismatch") or "error"
    if mismatch not in MISMATCH_CHOICES:
        raise ActionError(
            f"Invalid value for 'digest-mismatch': '{mismatch}'. "
            f"Valid options are: {', '.join(MISMATCH_CHOICES)}"
        )
    name, ids = inputs.get_text("name"), inputs.get_text("artifact-ids")
    if name and ids:
        raise ActionError(
            "Inputs 'name' and 'artifact-ids' cannot be used together. "
            "Please specify only one."
        )
    target = get_workspace()
    path = inputs.get_text("path")
    if path:
        target /= Path(path).expanduser()
    return DownloadRequest(
        name=name,
        ids=ids,
        pattern=inputs.get_text("pattern"),
        target=target,
        # A single artifact gets no folder of its own anyway.
        merge_multiple=bool(name) or inputs.get_boolean("merge-multiple"),
        skip_decompress=inputs.get_boolean("skip-decompress"),
        digest_mismatch=mismatch,
    )


def _open_source(inputs: Inputs) -> ArtifactSource:
    """Open the run to download from.

    Another run is asked only with a token: `run-id` alone is ignored, here as upstream.
    """
    token = inputs.get_text("github-token")
    if not token:
        return OwnRun(ArtifactClient(os.environ))
    repository = inputs.get_text("repository")
    owner, _, rest = repository.partition("/")
    name = rest.split("/")[0]
    if not owner or not name:
        raise ActionError(
            f"Invalid repository: '{repository}'. Must be in format owner/repo"
        )
    run_id = re.match(r"\d+", inputs.get_text("run-id"))
    if run_id is None:
        raise ActionError(f"Invalid run-id: '{inputs.get_text('run-id')}'")
    client = RestClient(token, os.environ)
    return OtherRun(client, f"{owner}/{name}", int(run_id[0]))


def _choose(source: ArtifactSource, request: DownloadRequest) -> list[Artifact]:
    if request.name:
        info("Downloading single artifact")
        return [_choose_named(source, request.name)]
    if request.ids:
        info("Downloading artifacts by ID")
        return _choose_by_ids(source, request.ids)
    artifacts = _keep_newest(source.list_all())
    if request.pattern:
        info(f"Filtering artifacts by pattern '{request.pattern}'")
        return [item for item in artifacts if matches_glob(request.pattern, item.name)]
    info(
        "No input name, artifact-ids or pattern filtered specified, downloading all "
        "artifacts"
    )
    if not request.merge_multiple:
        info(
            "An extra directory with the artifact name will be created for each "
            "download"
        )
    return artifacts


def _choose_named(source: ArtifactSource, name: str) -> Artifact:
    artifacts = source.list_named(name)
    if not artifacts:
        raise ActionError(
            f"Artifact not found for name: {name}\n        {NOT_FOUND_ADVICE}"
        )
    return max(artifacts, key=lambda artifact: artifact.id)


def _choose_by_ids(source: ArtifactSource, text: str) -> list[Artifact]:
    ids = _parse_ids(text)
    artifacts: dict[int, Artifact] = {}
    for artifact in _keep_newest(source.list_all()):
        if artifact.id in ids:
            artifacts[artifact.id] = artifact
    if not artifacts:
        raise ActionError("None of the provided artifact IDs were found")
    missing = [str(number) for number in ids if number not in artifacts]
    if missing:
        warning(f"Could not find the following artifact IDs: {', '.join(missing)}")
    return list(artifacts.values())


def _parse_ids(text: str) -> list[int]:
    """Parse the ids as JavaScript's `parseInt` does, from the digits at the start."""
    ids: list[int] = []
    for part in filter(None, map(str.strip, text.split(","))):
        number = re.match(r"\d+", part)
        if number is None:
            raise ActionError(f"Invalid artifact ID: '{part}'. Must be a number.")
        ids.append(int(number[0]))
    if not ids:
        raise ActionError("No valid artifact IDs provided in 'artifact-ids' input")
    return ids


def _keep_newest(artifacts: Iterable[Artifact]) -> list[Artifact]:
    """Keep one artifact of each name, the newest first."""
    # The service counts its ids up.
    newest: dict[str, Artifact] = {}
    for artifact in sorted(artifacts, key=lambda item: item.id, reverse=True):
        newest.setdefault(artifact.name, artifact)
    return list(newest.values())


def _download_all(
    source: ArtifactSource, artifacts: list[Artifact], request: DownloadRequest
) -> list[str]:
    """Download each artifact; return the names of those whose digest is another."""
    if artifacts:
        info("Preparing to download the following artifacts:")
    for artifact in artifacts:
        info(
            f"- {artifact.name} (ID: {artifact.id}, Size: {artifact.size_bytes}, "
            f"Expected Digest: {artifact.digest})"
        )
    has_own_folders = len(artifacts) > 1 and not request.merge_multiple
    mismatches: list[str] = []
    for artifact in artifacts:
        folder = request.target
        if has_own_folders:
            folder /= artifact.name
        digest = _download_one(
            source, artifact, folder, unpack=not request.skip_decompress
        )
        if artifact.digest and artifact.digest != f"sha256:{digest}":
            mismatches.append(artifact.name)
    return mismatches


def _download_one(
    source: ArtifactSource, artifact: Artifact, folder: Path, *, unpack: bool
) -> str:
    """Download and unpack one artifact; return its SHA-256 in hexadecimal digits."""
    address = source.get_address(artifact)
    folder.mkdir(parents=True, exist_ok=True)
    info(f"Redirecting to blob download url: {address.partition('?')[0]}")
    info(f"Starting download of artifact to: {folder.resolve()}")
    with tempfile.TemporaryDirectory(dir=get_temporary_folder()) as temporary:
        blob = Path(temporary, "blob")
        try:
            digest, headers = download_blob(address, blob)
        except AnswerError as error:
            raise ActionError(
                f"Unable to download and extract artifact: {error}"
            ) from error
        info(f"SHA256 digest of downloaded artifact is {digest}")
        if unpack and _is_zip(headers, address):
            unpack_artifact(blob, folder)
        else:
            target = folder / _parse_file_name(headers)
            info(f"Downloading raw file (non-zip) to: {target}")
            if target.is_symlink():
                raise ActionError(
                    f"Unable to download and extract artifact: {target} is a link"
                )
            shutil.copyfile(blob, target)
    info("Artifact download completed successfully.")
    return digest


def _is_zip(headers: Message, address: str) -> bool:
    path = urllib.parse.urlsplit(address).path.lower()
    return headers.get_content_type() in ZIP_TYPES or path.endswith(".zip")


def _parse_file_name(headers: Message) -> str:
    disposition = str(headers.get("Content-Disposition") or "")
    match = _ENCODED_FILE_NAME.search(disposition)
    if match is None:
        match = _FILE_NAME.search(disposition)
    if match is None or not match[1]:
        return "artifact"
    # The last part alone: a path must not lead out of the folder.
    name = PurePosixPath(urllib.parse.unquote(match[1].strip())).name
    if name in _NO_NAMES or "\0" in name:
        return "artifact"
    return name


def _report_mismatches(names: list[str], choice: str) -> None:
    """Report artifacts with another digest, as `digest-mismatch` asks for."""
    for name in names:
        message = (
            f"Artifact '{name}' digest validation failed. "
            "Please verify the integrity of the artifact."
        )
        if choice == "info":
            info(message)
        elif choice == "warn":
            warning(message)
    if names and choice == "error":
        raise ActionError(
            f"Digest validation failed for artifact(s): {', '.join(names)}. "
            "Use 'digest-mismatch: warn' to continue on mismatch."
        )
