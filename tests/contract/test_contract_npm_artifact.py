"""The official artifact clients of three generations, unmodified."""

from __future__ import annotations

import hashlib
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from generator.github.core.clock import SteerableClock
    from generator.github.local_github import LocalGitHub
    from tests.contract.clients import Begin, Client
    from tests.contract.programs import Node

GENERATIONS = ["artifact-2", "artifact-4", "artifact-6"]
pytestmark = pytest.mark.timeout(280)


def upload(name: str, root: Path, *files: str, **options: object) -> dict[str, Any]:
    paths = [str(root / file) for file in files]
    return {
        "do": "uploadArtifact",
        "args": [name, paths, str(root), {"retentionDays": 7, **options}],
    }


def find_by(source: Client, reader: Client) -> dict[str, object]:
    return {
        "workflowRunId": source.run_id,
        "repositoryOwner": "local",
        "repositoryName": "repository",
        "token": reader.ticket.token,
    }


@pytest.fixture
def files(tmp_path: Path) -> Path:
    root = tmp_path / "files"
    (root / "папка").mkdir(parents=True)
    (root / ".hidden").write_bytes(b"h")
    (root / "one").write_bytes(b"1")
    (root / "папка" / "данные ✓.bin").write_bytes(os.urandom(20_000_000))
    return root


ALL_FILES = (".hidden", "one", "папка/данные ✓.bin")


def contents(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("package", GENERATIONS)
def test_what_one_run_uploads_another_downloads(  # noqa: PLR0913, PLR0917 - fixtures
    local_github: LocalGitHub,
    begin: Begin,
    node: Node,
    files: Path,
    tmp_path: Path,
    package: str,
) -> None:
    source, reader = begin(), begin()
    sent, twice, listed, got = node.drive(
        source,
        package,
        [
            upload("Модель", files, *ALL_FILES, compressionLevel=0),
            upload("Модель", files, "one"),
            {"do": "listArtifacts"},
            {"do": "getArtifact", "args": ["Модель"]},
        ],
    )
    (artifact,) = local_github.list_artifacts()
    assert (sent["value"]["id"], sent["value"]["size"]) == (
        artifact.id,
        artifact.size_bytes,
    )
    assert (
        "(409) Conflict: an artifact with this name already exists on the workflow run"
        in twice["error"]
    )
    assert [body["id"] for body in listed["value"]["artifacts"]] == [artifact.id]
    assert got["value"]["artifact"]["id"] == artifact.id
    assert round((artifact.expires_at - artifact.created_at) / timedelta(days=1)) == 7

    by, target = find_by(source, reader), tmp_path / "target"
    elsewhere = node.drive(
        reader,
        package,
        [
            {"do": "getArtifact", "args": ["Модель", {"findBy": by}]},
            {"do": "listArtifacts", "args": [{"findBy": by}]},
            {
                "do": "downloadArtifact",
                "args": [
                    artifact.id,
                    {
                        "findBy": by,
                        "path": str(target),
                        "expectedHash": artifact.digest,
                    },
                ],
            },
            {"do": "getArtifact", "args": ["Модель"]},
        ],
    )
    assert elsewhere[0]["value"]["artifact"]["size"] == artifact.size_bytes
    assert [body["name"] for body in elsewhere[1]["value"]["artifacts"]] == ["Модель"]
    assert elsewhere[2]["value"]["digestMismatch"] is False
    assert elsewhere[3]["name"] == "ArtifactNotFoundError"
    assert contents(target) == contents(files)
    assert [artifact.id for artifact in local_github.list_downloads(reader.run_id)] == [
        artifact.id
    ]


@pytest.mark.parametrize("package", GENERATIONS)
def test_expired_missing_forbidden_and_deleted(  # noqa: PLR0913, PLR0917 - fixtures
    local_github: LocalGitHub,
    begin: Begin,
    node: Node,
    files: Path,
    tmp_path: Path,
    package: str,
) -> None:
    source, reader, stranger = begin(), begin(), begin(permissions={"contents": "read"})
    old, young = source.upload("old", b"x"), source.upload("young", b"x")
    local_github.expire_artifact(old)
    by, target = find_by(source, reader), {"path": str(tmp_path / "target")}
    results = node.drive(
        source,
        package,
        [
            {"do": "downloadArtifact", "args": [old, {"findBy": by, **target}]},
            {"do": "downloadArtifact", "args": [old, target]},
            {"do": "downloadArtifact", "args": [99, {"findBy": by, **target}]},
            {"do": "getArtifact", "args": ["none", {"findBy": by}]},
            {
                "do": "getArtifact",
                "args": ["young", {"findBy": find_by(source, stranger)}],
            },
            {"do": "deleteArtifact", "args": ["young"]},
            upload("young", files, "one"),
            {"do": "deleteArtifact", "args": ["young", {"findBy": by}]},
            {"do": "getArtifact", "args": ["young"]},
        ],
    )
    assert results[0]["status"] == 410
    assert "Artifact has expired" in results[0]["error"]
    assert results[1]["name"] == "ArtifactNotFoundError"
    assert results[2]["status"] == 404
    assert results[3]["name"] == "ArtifactNotFoundError"
    assert (results[4]["status"], results[4]["body"]["message"]) == (
        403,
        "Resource not accessible by integration",
    )
    assert results[5]["value"]["id"] == young
    assert results[6]["value"]["id"] == results[7]["value"]["id"]
    assert results[8]["name"] == "ArtifactNotFoundError"


def test_forty_artifacts_and_more_than_one_page_of_them(
    begin: Begin, node: Node, files: Path
) -> None:
    source, reader = begin(), begin()
    calls = [upload(f"a{number:02d}", files, "one") for number in range(40)]
    results = node.drive(source, "artifact-6", [*calls, {"do": "listArtifacts"}])
    assert len(results[-1]["value"]["artifacts"]) == 40
    for number in range(40, 103):
        source.upload(f"a{number}", b"x")
    listed = node.drive(
        reader,
        "artifact-6",
        [{"do": "listArtifacts", "args": [{"findBy": find_by(source, reader)}]}],
    )
    assert (
        len({artifact["name"] for artifact in listed[0]["value"]["artifacts"]}) == 103
    )


def test_a_single_file_without_archive(
    local_github: LocalGitHub, begin: Begin, node: Node, files: Path, tmp_path: Path
) -> None:
    source, reader, target = begin(), begin(), tmp_path / "target"
    (files / "отчёт.json").write_text('{"auc": 0.7}')
    node.drive(
        source, "artifact-6", [upload("ignored", files, "отчёт.json", skipArchive=True)]
    )
    (artifact,) = local_github.list_artifacts()
    assert (artifact.name, artifact.mime_type) == ("отчёт.json", "application/json")
    options = {
        "findBy": find_by(source, reader),
        "path": str(target),
        "expectedHash": artifact.digest,
    }
    (result,) = node.drive(
        reader,
        "artifact-6",
        [{"do": "downloadArtifact", "args": [artifact.id, options]}],
    )
    assert result["value"]["digestMismatch"] is False
    assert (target / "отчёт.json").read_text() == '{"auc": 0.7}'


def test_300_megabytes_there_and_back(
    local_github: LocalGitHub, begin: Begin, node: Node, tmp_path: Path
) -> None:
    source, reader, target = begin(), begin(), tmp_path / "target"
    root = tmp_path / "big"
    root.mkdir()
    with (root / "weights").open("wb") as file:
        for _ in range(300):
            file.write(os.urandom(1_000_000))
    node.drive(
        source, "artifact-6", [upload("big", root, "weights", compressionLevel=0)]
    )
    (artifact,) = local_github.list_artifacts()
    assert artifact.size_bytes > 300_000_000
    options = {
        "findBy": find_by(source, reader),
        "path": str(target),
        "expectedHash": artifact.digest,
    }
    (result,) = node.drive(
        reader,
        "artifact-6",
        [{"do": "downloadArtifact", "args": [artifact.id, options]}],
    )
    assert result["value"]["digestMismatch"] is False
    assert contents(target) == contents(root)


def test_nothing_is_left_to_download_after_ninety_days(
    clock: SteerableClock, begin: Begin, node: Node, files: Path, tmp_path: Path
) -> None:
    source, reader = begin(), begin()
    (sent,) = node.drive(
        source, "artifact-6", [upload("kept", files, "one", retentionDays=400)]
    )
    options = {"findBy": find_by(source, reader), "path": str(tmp_path / "target")}
    call = {"do": "downloadArtifact", "args": [sent["value"]["id"], options]}
    clock.advance(timedelta(days=89))
    assert "value" in node.drive(reader, "artifact-6", [call])[0]
    clock.advance(timedelta(days=1))
    assert node.drive(reader, "artifact-6", [call])[0]["status"] == 410
