"""Stand-in for actions/upload-artifact.

Sources: its src/, and packages/artifact/src/internal/upload of actions/toolkit.
"""

from __future__ import annotations

import os
import re
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .search import Found, find_files
from .toolkit import (
    ActionError,
    Inputs,
    info,
    run_action,
    set_failed,
    set_output,
    warning,
    workspace,
)
from .web import AnswerError, ArtifactService, put_blob

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
class Wanted:
    """The step's inputs, checked."""

    name: str
    paths: list[str]
    raw_paths: str
    if_none: str
    retention_days: int
    compression_level: int
    overwrite: bool
    hidden: bool
    archive: bool


def main() -> int:
    """Run the step; gives back its exit code."""
    return run_action(upload)


def upload(inputs: Inputs) -> None:
    """Find the files and upload them as one artifact of this run."""
    wanted = _read(inputs)
    found = find_files(wanted.paths, workspace(), hidden=wanted.hidden)
    if not found.files:
        _nothing_found(wanted)
        return
    count = len(found.files)
    info(
        f"With the provided path, there will be {count} file{'' if count == 1 else 's'} uploaded"
    )
    if not wanted.archive and count > 1:
        raise ActionError(
            f"When 'archive' is set to false, only a single file can be uploaded. Found {count} files to upload."
        )
    service = ArtifactService(os.environ)
    if wanted.overwrite:
        _delete_if_there(service, wanted.name)
    name = wanted.name if wanted.archive else Path(found.files[0]).name
    artifact_id, size_bytes, digest = _send(service, name, wanted, found)
    info(
        f"Artifact {name} has been successfully uploaded! Final size is {size_bytes} bytes. "
        f"Artifact ID is {artifact_id}"
    )
    url = (
        f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{os.environ.get('GITHUB_REPOSITORY', '')}"
        f"/actions/runs/{os.environ.get('GITHUB_RUN_ID', '')}/artifacts/{artifact_id}"
    )
    set_output("artifact-id", artifact_id)
    set_output("artifact-digest", digest)
    info(f"Artifact download URL: {url}")
    set_output("artifact-url", url)


def _read(inputs: Inputs) -> Wanted:
    if_none = inputs.text("if-no-files-found")
    if if_none not in {"warn", "error", "ignore"}:
        # Upstream goes on after this: the step fails, and the artifact is there.
        set_failed(
            f"Unrecognized if-no-files-found input. Provided: {if_none}. Available options: warn,error,ignore"
        )
    level = (
        _whole_number(inputs, "compression-level")
        if inputs.text("compression-level")
        else 6
    )
    if not 0 <= level <= 9:  # noqa: PLR2004 - zlib's levels
        raise ActionError("Invalid compression-level. Valid values are 0-9")
    return Wanted(
        name=inputs.text("name"),
        raw_paths=inputs.text("path", required=True),
        paths=inputs.lines("path"),
        if_none=if_none,
        retention_days=_days(inputs.text("retention-days")),
        compression_level=level,
        overwrite=inputs.flag("overwrite"),
        hidden=inputs.flag("include-hidden-files"),
        archive=inputs.flag("archive"),
    )


def _whole_number(inputs: Inputs, name: str) -> int:
    try:
        return int(inputs.text(name))
    except ValueError as error:
        raise ActionError(f"Invalid {name}") from error


def _days(text: str) -> int:
    found = re.match(r"[+-]?\d+", text)
    if text and found is None:
        set_failed("Invalid retention-days")
    return int(found[0]) if found else 0


def _nothing_found(wanted: Wanted) -> None:
    message = f"No files were found with the provided path: {wanted.raw_paths}. No artifacts will be uploaded."
    if wanted.if_none == "error":
        raise ActionError(message)
    if wanted.if_none in {"warn", "ignore"}:
        (warning if wanted.if_none == "warn" else info)(message)


def _delete_if_there(service: ArtifactService, name: str) -> None:
    """Best effort, as upstream has it: whatever is in the way shows when the new one is created."""
    listed = service.call("ListArtifacts", {"name_filter": name}).get("artifacts", [])
    if listed:
        service.call("DeleteArtifact", {"name": name})


def _send(
    service: ArtifactService, name: str, wanted: Wanted, found: Found
) -> tuple[int, int, str]:
    """Create, put and finalize; gives the artifact's id, its bytes and its SHA-256 in hex."""
    _check_name(name)
    file_name = f"{name}.zip" if wanted.archive else name
    mime_type = MIME_TYPES.get(
        Path(file_name).suffix.lower(), "application/octet-stream"
    )
    with tempfile.TemporaryDirectory(dir=os.environ.get("RUNNER_TEMP")) as folder:
        if wanted.archive:
            source = Path(folder, "artifact.zip")
            _zip(found, source, wanted.compression_level)
        else:
            source = Path(found.files[0])
        request: dict[str, object] = {
            "name": name,
            "mime_type": mime_type,
            "version": 7,
        }
        expires_at = expiration(wanted.retention_days, os.environ)
        if expires_at:
            request["expires_at"] = expires_at
        created = service.call("CreateArtifact", request)
        if not created.get("ok"):
            raise ActionError("CreateArtifact: response from backend was not ok")
        info(f"Uploading artifact: {file_name}")
        try:
            size_bytes, digest = put_blob(
                str(created["signed_upload_url"]), source, mime_type
            )
        except AnswerError as error:
            raise ActionError(str(error)) from error
    info(f"SHA256 digest of uploaded artifact is {digest}")
    return _finalize(service, name, size_bytes, digest), size_bytes, digest


def _finalize(service: ArtifactService, name: str, size_bytes: int, digest: str) -> int:
    info("Finalizing artifact upload")
    # A StringValue is a bare string in protobuf's JSON form, an int64 a string of digits.
    finalized = service.call(
        "FinalizeArtifact",
        {"name": name, "size": str(size_bytes), "hash": f"sha256:{digest}"},
    )
    if not finalized.get("ok"):
        raise ActionError("FinalizeArtifact: response from backend was not ok")
    artifact_id = int(finalized["artifact_id"])
    info(f"Artifact {name} successfully finalized. Artifact ID {artifact_id}")
    return artifact_id


def expiration(days: int, environ: Mapping[str, str]) -> str | None:
    """When the artifact ends, RFC 3339, counted by this machine's clock.

    None is the repository's default.

    More than GITHUB_RETENTION_DAYS is cut down to it, with a warning.
    """
    if not days:
        return None
    longest = environ.get("GITHUB_RETENTION_DAYS", "")
    if longest.isdigit() and 0 < int(longest) < days:
        warning(
            "Retention days cannot be greater than the maximum allowed retention set within the repository. "
            f"Using {longest} instead."
        )
        days = int(longest)
    return (
        (datetime.now(UTC) + timedelta(days=days))
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )


def _check_name(name: str) -> None:
    if not name:
        raise ActionError("Provided artifact name input during validation is empty")
    _check(name, BAD_IN_NAMES, f"The artifact name is not valid: {name}")


def _check(text: str, bad: Mapping[str, str], what: str) -> None:
    for char, description in bad.items():
        if char in text:
            raise ActionError(
                f"{what}. Contains the following character: {description}\n\n"
                f"Invalid characters include: {','.join(bad.values())}"
            )


def _zip(found: Found, target: Path, level: int) -> None:
    root = found.root.rstrip("/")
    with zipfile.ZipFile(
        target, "w", zipfile.ZIP_DEFLATED, compresslevel=level
    ) as archive:
        for file in found.files:
            name = file.removeprefix(root).lstrip("/")
            _check(
                name,
                BAD_IN_PATHS,
                f"The path for one of the files in artifact is not valid: /{name}",
            )
            # Links are followed: what is stored is what they lead to.
            entry = zipfile.ZipInfo.from_file(
                os.path.realpath(file), name, strict_timestamps=False
            )
            entry.compress_type = zipfile.ZIP_DEFLATED if level else zipfile.ZIP_STORED
            with Path(file).open("rb") as source, archive.open(entry, "w") as member:
                while chunk := source.read(1 << 20):
                    member.write(chunk)
