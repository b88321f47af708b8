"""Stand-in for actions/upload-artifact.

Sources: its src/, and packages/artifact/src/internal/upload of actions/toolkit.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .search import FoundFiles, find_files
from .toolkit import (
    ActionError,
    Inputs,
    get_repository_url,
    get_temporary_folder,
    get_workspace,
    info,
    run_action,
    set_failed,
    set_output,
    warning,
)
from .web import AnswerError, ArtifactClient, upload_blob

COMPRESSION_LEVELS = range(10)
DEFAULT_COMPRESSION_LEVEL = 6
ARTIFACT_VERSION = 7
"""What the client of actions/toolkit sends as `version`."""
COPY_BYTES = 1 << 20
# What file systems of Windows do not take: the artifact may be unpacked there.
BAD_IN_PATHS = {
    '"': ' Double quote "',
    ":": " Colon :",
    "<": " Less than <",
    ">": " Greater than >",
    "|": " Vertical bar |",
    "*": " Asterisk *",
    "?": " Question mark ?",
    "\r": " Carriage return \\r",
    "\n": " Line feed \\n",
}
BAD_IN_NAMES = {**BAD_IN_PATHS, "\\": " Backslash \\", "/": " Forward slash /"}
# The common ones of the client's own list; anything else is application/octet-stream.
MIME_TYPES = {
    ".csv": "text/csv",
    ".gif": "image/gif",
    ".gz": "application/gzip",
    ".html": "text/html",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".log": "text/plain",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".tar": "application/x-tar",
    ".txt": "text/plain",
    ".xml": "application/xml",
    ".yaml": "application/x-yaml",
    ".yml": "application/x-yaml",
    ".zip": "application/zip",
}


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """The step's inputs, checked."""

    name: str
    paths: list[str]
    path_text: str
    if_no_files_found: str
    retention_days: int
    compression_level: int
    overwrite: bool
    include_hidden_files: bool
    archive: bool


def main() -> int:
    """Run the step; return its exit code."""
    return run_action(upload)


def upload(inputs: Inputs) -> None:
    """Find the files and upload them as one artifact of this run."""
    request = read_inputs(inputs)
    found = find_files(
        request.paths, get_workspace(), hidden=request.include_hidden_files
    )
    if not found.files:
        _report_no_files(request)
        return
    count = len(found.files)
    noun = "file" if count == 1 else "files"
    info(f"With the provided path, there will be {count} {noun} uploaded")
    name = request.name
    if not request.archive:
        if count > 1:
            raise ActionError(
                "When 'archive' is set to false, only a single file can be uploaded. "
                f"Found {count} files to upload."
            )
        name = Path(found.files[0]).name
    service = ArtifactClient(os.environ)
    if request.overwrite:
        _delete_existing(service, request.name)
    artifact_id, size_bytes, digest = _send(service, name, request, found)
    info(
        f"Artifact {name} has been successfully uploaded! Final size is {size_bytes} "
        f"bytes. Artifact ID is {artifact_id}"
    )
    url = _make_artifact_url(artifact_id)
    set_output("artifact-id", artifact_id)
    set_output("artifact-digest", digest)
    info(f"Artifact download URL: {url}")
    set_output("artifact-url", url)


def read_inputs(inputs: Inputs) -> UploadRequest:
    """Read and check the inputs. Raises ActionError where upstream stops."""
    if_no_files_found = inputs.get_text("if-no-files-found")
    if if_no_files_found not in {"warn", "error", "ignore"}:
        # Upstream goes on after this: the step fails, and the artifact is there.
        set_failed(
            "Unrecognized if-no-files-found input. Provided: "
            f"{if_no_files_found}. Available options: warn,error,ignore"
        )
    compression_level = _read_compression_level(inputs)
    return UploadRequest(
        name=inputs.get_text("name"),
        path_text=inputs.get_text("path", required=True),
        paths=inputs.get_lines("path"),
        if_no_files_found=if_no_files_found,
        retention_days=_parse_days(inputs.get_text("retention-days")),
        compression_level=compression_level,
        overwrite=inputs.get_boolean("overwrite"),
        include_hidden_files=inputs.get_boolean("include-hidden-files"),
        archive=inputs.get_boolean("archive"),
    )


def _read_compression_level(inputs: Inputs) -> int:
    text = inputs.get_text("compression-level")
    if not text:
        return DEFAULT_COMPRESSION_LEVEL
    try:
        level = int(text)
    except ValueError as error:
        raise ActionError("Invalid compression-level") from error
    if level not in COMPRESSION_LEVELS:
        raise ActionError("Invalid compression-level. Valid values are 0-9")
    return level


def _parse_days(text: str) -> int:
    """Parse the days as JavaScript's `parseInt` does, from the digits at the start."""
    match = re.match(r"[+-]?\d+", text)
    if match is not None:
        return int(match[0])
    if text:
        set_failed("Invalid retention-days")
    return 0


def _report_no_files(request: UploadRequest) -> None:
    message = (
        f"No files were found with the provided path: {request.path_text}. "
        "No artifacts will be uploaded."
    )
    if request.if_no_files_found == "error":
        raise ActionError(message)
    if request.if_no_files_found == "warn":
        warning(message)
    elif request.if_no_files_found == "ignore":
        info(message)


def _make_artifact_url(artifact_id: int) -> str:
    repository = get_repository_url(os.environ.get("GITHUB_REPOSITORY", ""))
    run_id = os.environ.get("GITHUB_RUN_ID", "")
    return f"{repository}/actions/runs/{run_id}/artifacts/{artifact_id}"


def _delete_existing(service: ArtifactClient, name: str) -> None:
    """Delete an artifact of that name.

    Best effort, as upstream has it: whatever is in the way shows when the new one is
    created.
    """
    answer = service.call("ListArtifacts", {"name_filter": name})
    if answer.get("artifacts"):
        service.call("DeleteArtifact", {"name": name})


def _send(
    service: ArtifactClient, name: str, request: UploadRequest, found: FoundFiles
) -> tuple[int, int, str]:
    """Create, upload and finalize an artifact.

    Returns its id, its size in bytes and its SHA-256 in hexadecimal digits.
    """
    _check_name(name)
    file_name = name
    if request.archive:
        file_name = f"{name}.zip"
    suffix = Path(file_name).suffix.lower()
    mime_type = MIME_TYPES.get(suffix, "application/octet-stream")
    with tempfile.TemporaryDirectory(dir=get_temporary_folder()) as folder:
        source = Path(found.files[0])
        if request.archive:
            source = Path(folder, "artifact.zip")
            _pack(found, source, request.compression_level)
        url = _create(service, name, mime_type, request.retention_days)
        info(f"Uploading artifact: {file_name}")
        try:
            size_bytes, digest = upload_blob(url, source, mime_type)
        except AnswerError as error:
            raise ActionError(str(error)) from error
    info(f"SHA256 digest of uploaded artifact is {digest}")
    return _finalize(service, name, size_bytes, digest), size_bytes, digest


def _create(
    service: ArtifactClient, name: str, mime_type: str, retention_days: int
) -> str:
    """Create an artifact; return the address to upload it to."""
    message: dict[str, object] = {
        "name": name,
        "mime_type": mime_type,
        "version": ARTIFACT_VERSION,
    }
    expires_at = compute_expiration(retention_days, os.environ)
    if expires_at is not None:
        message["expires_at"] = expires_at
    answer = service.call("CreateArtifact", message)
    if not answer.get("ok"):
        raise ActionError("CreateArtifact: response from backend was not ok")
    return str(answer["signed_upload_url"])


def _finalize(service: ArtifactClient, name: str, size_bytes: int, digest: str) -> int:
    info("Finalizing artifact upload")
    # A StringValue is a bare string in protobuf's JSON form, an int64 a string of digits.
    message = {"name": name, "size": str(size_bytes), "hash": f"sha256:{digest}"}
    answer = service.call("FinalizeArtifact", message)
    if not answer.get("ok"):
        raise ActionError("FinalizeArtifact: response from backend was not ok")
    artifact_id = int(answer["artifact_id"])
    info(f"Artifact {name} successfully finalized. Artifact ID {artifact_id}")
    return artifact_id


def compute_expiration(days: int, environ: Mapping[str, str]) -> str | None:
    """Return when the artifact expires (RFC 3339), by this machine's clock.

    None is the repository's default. More than GITHUB_RETENTION_DAYS is cut down to it,
    with a warning.
    """
    if not days:
        return None
    longest = environ.get("GITHUB_RETENTION_DAYS", "")
    if longest.isdigit() and 0 < int(longest) < days:
        warning(
            "Retention days cannot be greater than the maximum allowed retention set "
            f"within the repository. Using {longest} instead."
        )
        days = int(longest)
    moment = datetime.now(UTC) + timedelta(days=days)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _check_name(name: str) -> None:
    if not name:
        raise ActionError("Provided artifact name input during validation is empty")
    _check_characters(name, BAD_IN_NAMES, f"The artifact name is not valid: {name}")


def _check_characters(text: str, bad: Mapping[str, str], message: str) -> None:
    for char, description in bad.items():
        if char in text:
            raise ActionError(
                f"{message}. Contains the following character: {description}\n\n"
                f"Invalid characters include: {','.join(bad.values())}"
            )


def _pack(found: FoundFiles, target: Path, level: int) -> None:
    root = found.root.rstrip("/")
    # Level 0 is to be as fast as copying.
    compression = zipfile.ZIP_DEFLATED
    if level == 0:
        compression = zipfile.ZIP_STORED
    with zipfile.ZipFile(
        target, "w", zipfile.ZIP_DEFLATED, compresslevel=level
    ) as archive:
        for file in found.files:
            name = file.removeprefix(root).lstrip("/")
            _check_characters(
                name,
                BAD_IN_PATHS,
                f"The path for one of the files in artifact is not valid: /{name}",
            )
            # Links are followed: what is stored is what they lead to. Zip knows no time
            # before 1980, which is moved there instead of refused.
            entry = zipfile.ZipInfo.from_file(
                os.path.realpath(file), name, strict_timestamps=False
            )
            entry.compress_type = compression
            with Path(file).open("rb") as source, archive.open(entry, "w") as member:
                shutil.copyfileobj(source, member, COPY_BYTES)
