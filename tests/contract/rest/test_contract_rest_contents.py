"""Files, branches and refs of the git repository, by REST and by git."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from generator.github.local_github import LocalGitHub
    from tests.contract.clients import Begin, Client


@pytest.fixture
def run(begin: Begin) -> Client:
    return begin()


def test_files_are_committed_and_read_byte_for_byte(run: Client) -> None:
    data = bytes(range(256)) * 3 + b"\r\n"
    body = {
        "message": "keep state",
        "content": base64.b64encode(data).decode(),
        "branch": "state",
    }
    made = run.rest("PUT", "contents/runtime/данные.bin", body)
    assert made.status == 201
    sha = made.json["content"]["sha"]
    found = run.rest("GET", "contents/runtime/данные.bin?ref=state").json
    assert base64.b64decode(found["content"]) == data
    assert (found["sha"], found["size"], found["type"]) == (sha, len(data), "file")
    raw = run.rest(
        "GET",
        "contents/runtime/данные.bin?ref=state",
        Accept="application/vnd.github.raw",
    )
    assert raw.body == data
    assert run.rest("PUT", "contents/runtime/данные.bin", body).status == 409
    changed = run.rest(
        "PUT", "contents/runtime/данные.bin", body | {"sha": sha, "content": "bmV3"}
    )
    assert changed.status == 200
    listed = run.rest("GET", "contents/runtime?ref=state").json
    assert [(entry["type"], entry["path"]) for entry in listed] == [
        ("file", "runtime/данные.bin")
    ]
    assert run.rest("GET", "contents?ref=state").json[0]["type"] == "dir"
    assert run.rest("GET", "contents/none?ref=state").status == 404
    assert run.rest("GET", "contents/runtime").status == 404
    removal = {
        "message": "drop",
        "branch": "state",
        "sha": changed.json["content"]["sha"],
    }
    assert run.rest("DELETE", "contents/runtime/данные.bin", removal).status == 200
    assert run.rest("GET", "contents/runtime?ref=state").status == 404
    assert [branch["name"] for branch in run.rest("GET", "branches").json] == ["state"]
    head = run.rest("GET", "branches/state").json["commit"]["sha"]
    assert run.rest("GET", "git/ref/heads/state").json["object"]["sha"] == head
    assert run.rest("DELETE", "git/refs/heads/state").status == 204
    assert run.rest("DELETE", "git/refs/heads/state").status == 422
    assert run.rest("GET", "branches/state").status == 404
    assert run.rest("GET", "git/ref/heads/state").status == 404


@pytest.mark.parametrize("path", ["../x", "a/../../x", ".git/config", "a//b", "./a"])
def test_no_file_is_written_outside_the_tree(run: Client, path: str) -> None:
    assert (
        run.rest("PUT", f"contents/{path}", {"message": "m", "content": "eA=="}).status
        == 422
    )


@pytest.mark.parametrize(
    "body", [{"content": "eA=="}, {"message": "m", "content": "x"}]
)
def test_a_file_that_github_would_not_take(
    run: Client, body: dict[str, object]
) -> None:
    assert run.rest("PUT", "contents/a", body).status == 422
    assert run.rest("DELETE", "contents/a", {"message": "m"}).status == 422


@pytest.mark.parametrize("ref", ["--all", "main:x", "no", "HEAD~1000", "-x"])
def test_refs_that_name_no_commit(run: Client, ref: str) -> None:
    run.rest("PUT", "contents/a", {"message": "m", "content": "eA=="})
    assert run.rest("GET", f"contents/a?ref={ref}").status == 404


def test_a_run_can_push_to_the_repository(
    run: Client, local_github: LocalGitHub, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    address = "https://github.com/local/repository"
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
    } | local_github.build_git_environment(address)
    name = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]

    program = shutil.which("git") or "git"

    def git(*arguments: str) -> None:
        subprocess.run(
            [program, *arguments], cwd=work, env=env, check=True, capture_output=True
        )

    work.mkdir()
    git("init", "-q", "-b", "state")
    (work / "model.pkl").write_bytes(b"\0binary")
    git("add", "model.pkl")
    git(*name, "commit", "-q", "-m", "state")
    git("push", "-q", address, "state")
    assert (
        base64.b64decode(
            run.rest("GET", "contents/model.pkl?ref=state").json["content"]
        )
        == b"\0binary"
    )
    git("clone", "-q", "-b", "state", address, str(tmp_path / "clone"))
    assert (tmp_path / "clone" / "model.pkl").read_bytes() == b"\0binary"
    assert (
        run.rest("GET", "/repos/local/repository").json["clone_url"]
        == f"file://{local_github.get_git_folder()}"
    )


def test_files_go_to_branches_that_there_are(run: Client) -> None:
    body = {"message": "m", "content": "eA=="}
    assert run.rest("PUT", "contents/a", body | {"branch": "--x"}).status == 404
    assert run.rest("PUT", "contents/a", body).status == 201
    assert (
        run.rest("PUT", "contents/b", body | {"branch": "none"}).json["message"]
        == "Branch none not found"
    )
    assert run.rest("PUT", "contents/b", body | {"content": "!!"}).status == 422
    assert run.rest("PUT", "contents/b", body | {"content": "e\nA==\n"}).status == 201
