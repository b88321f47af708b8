"""Stand-in for actions/download-artifact.

Sources: its src/download-artifact.ts, and packages/artifact/src/internal of
actions/toolkit.
"""

from __future__ import annotations

import os
import re
import tempfile
import urllib.parse
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from .search import glob_matches
from .toolkit import (
    ActionError,
    Inputs,
    info,
    run_action,
    set_output,
    warning,
    workspace,
)
from .web import Answer, AnswerError, ArtifactService, Rest, get_blob

ZIP_TYPES = {
    "application/zip",
    "application/x-zip-compressed",
    "application/zip-compressed",
}
NOT_FOUND_ADVICE = (
    "Please ensure that your artifact is not expired and the artifact was uploaded using a compatible version of "
    "toolkit/upload-artifact.\n        For more information, visit the GitHub Artifacts FAQ: "
    "https://github.com/actions/toolkit/blob/main/packages/artifact/docs/faq.md"
)
PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Remote:
    """An artifact as the client knows it; `digest` is `sha256:` and hex, or empty."""

    id: int
    name: str
    size_bytes: int
    digest: str


class Source(Protocol):
    """Where artifacts come from."""

    def named(self, name: str) -> list[Remote]:
        """Those of that name."""
        ...

    def all(self) -> list[Remote]:
        """Every one of the run."""
        ...

    def address(self, artifact: Remote) -> str:
        """Where its bytes are, for a plain GET."""
        ...


class ThisRun:
    """The run that the step belongs to, over Twirp."""

    def __init__(self, service: ArtifactService) -> None:
        self._service = service

    def named(self, name: str) -> list[Remote]:
        """Those of that name."""
        return self._listed({"name_filter": name})

    def all(self) -> list[Remote]:
        """Every one of the run."""
        return self._listed({})

    def address(self, artifact: Remote) -> str:
        """Where its bytes are."""
        return str(
            self._service.call("GetSignedArtifactURL", {"name": artifact.name})[
                "signed_url"
            ]
        )

    def _listed(self, filters: dict[str, object]) -> list[Remote]:
        answer = self._service.call("ListArtifacts", filters)
        return [
            Remote(
                int(item["database_id"]),
                str(item["name"]),
                int(item.get("size", 0)),
                str(item.get("digest") or ""),
            )
            for item in answer.get("artifacts", [])
        ]


class OtherRun:
    """Any run of any repository that the token may read, over REST."""

    def __init__(self, rest: Rest, repository: str, run_id: int) -> None:
        self._rest = rest
        self._repository = f"/repos/{repository}"
        self._run = f"{self._repository}/actions/runs/{run_id}/artifacts"

    def named(self, name: str) -> list[Remote]:
        """Those of that name."""
        return self._read(self._rest.get(self._run, {"name": name}))[0]

    def all(self) -> list[Remote]:
        """Every one of the run, page by page."""
        found: list[Remote] = []
        page = 1
        while True:
            listed, total = self._read(
                self._rest.get(self._run, {"per_page": PER_PAGE, "page": page})
            )
            found += listed
            if not listed or len(found) >= total:
                return found
            page += 1

    def address(self, artifact: Remote) -> str:
        """Where its bytes are: the answer is a redirect."""
        answer = self._rest.get(
            f"{self._repository}/actions/artifacts/{artifact.id}/zip"
        )
        location = str(answer.headers.get("Location") or "")
        if answer.status != 302:  # noqa: PLR2004 - Found
            raise ActionError(
                f"Unable to download artifact. Unexpected status: {answer.status}"
            )
        if not location:
            raise ActionError("Unable to redirect to artifact download url")
        return location

    @staticmethod
    def _read(answer: Answer) -> tuple[list[Remote], int]:
        body: dict[str, Any] = answer.json()
        listed = [
            Remote(
                int(item["id"]),
                str(item["name"]),
                int(item["size_in_bytes"]),
                str(item.get("digest") or ""),
            )
            for item in body["artifacts"]
        ]
        return listed, int(body["total_count"])


def main() -> int:
    """Run the step; gives back its exit code."""
    return run_action(download, "Unable to download artifact(s): ")


def download(inputs: Inputs) -> None:
    """Download what the inputs name."""
    mismatch = inputs.text("digest-mismatch") or "error"
    if mismatch not in {"ignore", "info", "warn", "error"}:
        raise ActionError(
            f"Invalid value for 'digest-mismatch': '{mismatch}'. Valid options are: ignore, info, warn, error"
        )
    name, ids = inputs.text("name"), inputs.text("artifact-ids")
    if name and ids:
        raise ActionError(
            "Inputs 'name' and 'artifact-ids' cannot be used together. Please specify only one."
        )
    given = inputs.text("path")
    target = workspace() / (Path(given).expanduser() if given else "")
    together = bool(name) or inputs.flag("merge-multiple")
    raw = inputs.flag("skip-decompress")
    try:
        source = _source(inputs)
        chosen = _choose(source, name, ids, inputs)
        if chosen:
            info("Preparing to download the following artifacts:")
        for item in chosen:
            info(
                f"- {item.name} (ID: {item.id}, Size: {item.size_bytes}, Expected Digest: {item.digest})"
            )
        bad = [
            item.name
            for item in chosen
            if not _fetch(
                source,
                item,
                target if together or len(chosen) == 1 else target / item.name,
                raw=raw,
            )
        ]
    except AnswerError as error:
        raise ActionError(str(error)) from error
    _report_mismatches(bad, mismatch)
    info(f"Total of {len(chosen)} artifact(s) downloaded")
    set_output("download-path", target.resolve())
    info("Download artifact has finished successfully")


def _source(inputs: Inputs) -> Source:
    """Another run is asked only with a token: `run-id` alone is ignored, here as upstream."""
    token = inputs.text("github-token")
    if not token:
        return ThisRun(ArtifactService(os.environ))
    repository = inputs.text("repository")
    owner, _, rest = repository.partition("/")
    if not owner or not rest.split("/")[0]:
        raise ActionError(
            f"Invalid repository: '{repository}'. Must be in format owner/repo"
        )
    run_id = re.match(r"\d+", inputs.text("run-id"))
    if run_id is None:
        raise ActionError(f"Invalid run-id: '{inputs.text('run-id')}'")
    return OtherRun(
        Rest(token, os.environ), f"{owner}/{rest.split('/')[0]}", int(run_id[0])
    )


def _choose(source: Source, name: str, ids: str, inputs: Inputs) -> list[Remote]:
    if name:
        info("Downloading single artifact")
        found = source.named(name)
        if not found:
            raise ActionError(
                f"Artifact not found for name: {name}\n        {NOT_FOUND_ADVICE}"
            )
        return [max(found, key=lambda item: item.id)]
    if ids:
        info("Downloading artifacts by ID")
        return _by_ids(source, ids)
    listed = _newest(source.all())
    pattern = inputs.text("pattern")
    if pattern:
        info(f"Filtering artifacts by pattern '{pattern}'")
        return [item for item in listed if glob_matches(pattern, item.name)]
    info(
        "No input name, artifact-ids or pattern filtered specified, downloading all artifacts"
    )
    if not inputs.flag("merge-multiple"):
        info(
            "An extra directory with the artifact name will be created for each download"
        )
    return listed


def _by_ids(source: Source, ids: str) -> list[Remote]:
    texts = [text.strip() for text in ids.split(",") if text.strip()]
    if not texts:
        raise ActionError("No valid artifact IDs provided in 'artifact-ids' input")
    wanted: list[int] = []
    for text in texts:
        if not (number := re.match(r"\d+", text)):
            raise ActionError(f"Invalid artifact ID: '{text}'. Must be a number.")
        wanted.append(int(number[0]))
    found = [item for item in _newest(source.all()) if item.id in wanted]
    if not found:
        raise ActionError("None of the provided artifact IDs were found")
    missing = [
        str(number) for number in wanted if number not in {item.id for item in found}
    ]
    if missing:
        warning(f"Could not find the following artifact IDs: {', '.join(missing)}")
    return found


def _newest(listed: list[Remote]) -> list[Remote]:
    """One of each name, the newest first."""
    newest: dict[str, Remote] = {}
    for item in sorted(listed, key=lambda item: -item.id):
        newest.setdefault(item.name, item)
    return list(newest.values())


def _fetch(source: Source, item: Remote, folder: Path, *, raw: bool) -> bool:
    """Download and unpack one artifact; says whether its digest is the expected one."""
    address = source.address(item)
    folder.mkdir(parents=True, exist_ok=True)
    info(f"Redirecting to blob download url: {address.partition('?')[0]}")
    info(f"Starting download of artifact to: {folder.resolve()}")
    with tempfile.TemporaryDirectory(dir=os.environ.get("RUNNER_TEMP")) as aside:
        blob = Path(aside, "blob")
        try:
            digest, headers = get_blob(address, blob)
        except AnswerError as error:
            raise ActionError(
                f"Unable to download and extract artifact: {error}"
            ) from error
        info(f"SHA256 digest of downloaded artifact is {digest}")
        if _is_zip(headers, address) and not raw:
            _unpack(blob, folder)
        else:
            target = folder / _file_name(headers)
            info(f"Downloading raw file (non-zip) to: {target}")
            target.write_bytes(blob.read_bytes())
    info("Artifact download completed successfully.")
    return not item.digest or item.digest == f"sha256:{digest}"


def _is_zip(headers: Message, address: str) -> bool:
    path = urllib.parse.urlsplit(address).path.lower()
    return headers.get_content_type() in ZIP_TYPES or path.endswith(".zip")


def _file_name(headers: Message) -> str:
    disposition = str(headers.get("Content-Disposition") or "")
    found = re.search(
        r"filename\*\s*=\s*UTF-8''([^;\r\n]*)", disposition, re.IGNORECASE
    ) or re.search(
        r"(?<!\*)filename\s*=\s*['\"]?([^;\r\n\"']*)['\"]?", disposition, re.IGNORECASE
    )
    return (
        PurePosixPath(urllib.parse.unquote(found[1].strip())).name
        if found and found[1]
        else "artifact"
    )


def _unpack(blob: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(blob) as archive:
            for member in archive.infolist():
                if (
                    PurePosixPath(member.filename).is_absolute()
                    or ".." in PurePosixPath(member.filename).parts
                ):
                    raise ActionError(
                        f"Unable to download and extract artifact: unsafe path {member.filename!r}"
                    )
            archive.extractall(folder)
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise ActionError(
            f"Unable to download and extract artifact: {error}"
        ) from error


def _say_nothing(_: str) -> None:
    """`ignore`, and `error` until the end."""


def _report_mismatches(names: list[str], behaviour: str) -> None:
    say: Callable[[str], None] = {"info": info, "warn": warning}.get(
        behaviour, _say_nothing
    )
    for name in names:
        say(
            f"Artifact '{name}' digest validation failed. Please verify the integrity of the artifact."
        )
    if names and behaviour == "error":
        raise ActionError(
            f"Digest validation failed for artifact(s): {', '.join(names)}. "
            "Use 'digest-mismatch: warn' to continue on mismatch."
        )
