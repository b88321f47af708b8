"""Issues, labels, releases, contents, variables and the repository by REST."""

from __future__ import annotations

import base64
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from generator.github.local_github import LocalGitHub

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.contract.conftest import Begin, BeginOn, Client


@pytest.fixture
def run(begin: Begin) -> Client:
    return begin()


def test_an_issue_is_opened_commented_closed_and_found(
    run: Client, local_github: LocalGitHub
) -> None:
    opened = run.rest(
        "POST",
        "issues",
        {
            "title": "Training failed",
            "body": "run 7",
            "labels": ["training", {"name": "bug"}],
        },
    )
    assert opened.status == 201
    number = opened.json["number"]
    assert opened.json["user"]["login"] == "github-actions[bot]"
    assert (
        run.rest("POST", f"issues/{number}/comments", {"body": "again"}).json["body"]
        == "again"
    )
    listed = run.rest("GET", "issues?labels=training,BUG&state=open").json
    assert [(issue["number"], issue["comments"]) for issue in listed] == [(number, 1)]
    closed = run.rest(
        "PATCH", f"issues/{number}", {"state": "closed", "state_reason": "completed"}
    ).json
    assert (closed["state"], closed["state_reason"], closed["closed_at"] is None) == (
        "closed",
        "completed",
        False,
    )
    assert run.rest("GET", "issues").json == []
    assert (
        run.rest("PATCH", f"issues/{number}", {"state": "open", "title": "New"}).json[
            "closed_at"
        ]
        is None
    )
    assert run.rest("GET", "search/issues?q=new+label:bug+is:open").status == 404
    assert (
        run.rest("GET", "/search/issues?q=new+label:bug+is:open").json["total_count"]
        == 1
    )
    assert run.rest("GET", "/search/issues?q=is:pr").json["total_count"] == 0
    assert run.rest("GET", "/search/issues?q=%22open").json["total_count"] == 0
    assert run.rest("GET", "/search/issues?q=author:nobody").json["total_count"] == 0
    assert [issue.title for issue in local_github.issues()] == ["New"]


def test_issues_can_be_listed_by_creator_and_in_either_order(run: Client) -> None:
    for title in ("a", "b"):
        run.rest("POST", "issues", {"title": title})
    assert [
        issue["title"]
        for issue in run.rest("GET", "issues?direction=asc&per_page=1").json
    ] == ["a"]
    assert run.rest("GET", "issues?creator=somebody").json == []


def test_comments_can_be_changed_and_deleted(run: Client) -> None:
    run.rest("POST", "issues", {"title": "x"})
    comment = run.rest("POST", "issues/1/comments", {"body": "old"}).json
    path = f"issues/comments/{comment['id']}"
    assert run.rest("PATCH", path, {"body": "new"}).json["body"] == "new"
    assert run.rest("GET", path).json["body"] == "new"
    assert [one["body"] for one in run.rest("GET", "issues/1/comments").json] == ["new"]
    assert run.rest("DELETE", path).status == 204
    assert run.rest("GET", path).status == 404
    assert run.rest("GET", "issues/2/comments").status == 404


def test_labels(run: Client) -> None:
    assert (
        run.rest("POST", "labels", {"name": "training", "color": "#ff0000"}).json[
            "color"
        ]
        == "ff0000"
    )
    assert (
        run.rest("POST", "labels", {"name": "Training"}).json["errors"][0]["code"]
        == "already_exists"
    )
    run.rest("POST", "issues", {"title": "x"})
    added = run.rest("POST", "issues/1/labels", {"labels": ["training", "new"]}).json
    assert {label["name"] for label in added} == {"training", "new"}
    assert run.rest("DELETE", "issues/1/labels/new").json[0]["name"] == "training"
    assert run.rest("DELETE", "issues/1/labels/new").status == 404
    assert run.rest("GET", "labels/training").json["color"] == "ff0000"
    assert run.rest("GET", "labels/none").status == 404
    assert len(run.rest("GET", "labels").json) == 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": ""},
        {"title": 1},
        {"title": "x", "labels": "bug"},
        {"title": "x", "labels": [1]},
    ],
)
def test_an_issue_that_github_would_not_take(
    run: Client, body: dict[str, object]
) -> None:
    assert run.rest("POST", "issues", body).status == 422


def test_a_state_that_there_is_not(run: Client) -> None:
    run.rest("POST", "issues", {"title": "x"})
    assert run.rest("PATCH", "issues/1", {"state": "lost"}).status == 422
    assert run.rest("PATCH", "issues/1", {"state_reason": "tired"}).status == 422
    assert run.rest("PATCH", "issues/9", {"state": "closed"}).status == 404


def upload_asset(
    run: Client, release: dict[str, str], name: str, data: bytes
) -> tuple[int, dict[str, object]]:
    url = release["upload_url"].partition("{")[0] + f"?name={name}"
    headers = {
        "Authorization": f"token {run.ticket.token}",
        "Content-Type": "application/x-joblib",
    }
    answer = run.ask("POST", url, data, headers)
    return answer.status, answer.json


def test_a_release_keeps_assets(run: Client) -> None:
    release = run.rest(
        "POST",
        "releases",
        {"tag_name": "state/main", "name": "State", "prerelease": True},
    ).json
    data = os.urandom(200_000)
    status, asset = upload_asset(run, release, "model.pkl", data)
    assert (status, asset["size"], asset["content_type"]) == (
        201,
        200_000,
        "application/x-joblib",
    )
    assert upload_asset(run, release, "model.pkl", b"x")[0] == 422
    assert upload_asset(run, release, "", b"x")[0] == 400
    path = f"releases/assets/{asset['id']}"
    redirect = run.rest("GET", path, Accept="application/octet-stream")
    assert redirect.status == 302
    assert run.ask("GET", redirect.headers["location"]).body == data
    assert run.rest("GET", path).json["digest"] == asset["digest"]
    assert run.rest("PATCH", path, {"name": "old.pkl"}).json["name"] == "old.pkl"
    upload_asset(run, release, "model.pkl", b"newer")
    assert run.rest("PATCH", path, {"name": "model.pkl"}).status == 422
    assert [
        one["name"] for one in run.rest("GET", f"releases/{release['id']}/assets").json
    ] == ["old.pkl", "model.pkl"]
    assert run.rest("DELETE", path).status == 204
    assert run.ask("GET", redirect.headers["location"]).status == 404
    by_tag = run.rest("GET", "releases/tags/state/main").json
    assert [one["name"] for one in by_tag["assets"]] == ["model.pkl"]
    assert run.rest("DELETE", f"releases/{release['id']}").status == 204
    assert run.rest("GET", f"releases/{release['id']}").status == 404


def test_drafts_and_the_latest_release(run: Client, begin: Begin) -> None:
    reader = begin(permissions={"contents": "read"})
    assert run.rest("GET", "releases/latest").status == 404
    for tag, fields in (
        ("v1", {}),
        ("v2", {"draft": True}),
        ("v3", {"prerelease": True}),
    ):
        run.rest("POST", "releases", {"tag_name": tag, **fields})
    assert run.rest("GET", "releases/latest").json["tag_name"] == "v1"
    assert [release["tag_name"] for release in run.rest("GET", "releases").json] == [
        "v3",
        "v2",
        "v1",
    ]
    assert [release["tag_name"] for release in reader.rest("GET", "releases").json] == [
        "v3",
        "v1",
    ]
    assert reader.rest("GET", "releases/tags/v2").status == 404
    published = run.rest("PATCH", "releases/2", {"draft": False}).json
    assert published["published_at"] is not None
    assert (
        run.rest("POST", "releases", {"tag_name": "v1"}).json["errors"][0]["code"]
        == "already_exists"
    )
    assert run.rest("POST", "releases", {}).status == 422
    assert reader.rest("POST", "releases", {"tag_name": "v4"}).status == 403


def test_an_upload_of_an_asset_needs_the_right_to_write(
    run: Client, begin: Begin
) -> None:
    release = run.rest("POST", "releases", {"tag_name": "v1"}).json
    assert (
        upload_asset(begin(permissions={"contents": "read"}), release, "x", b"x")[0]
        == 403
    )


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
    } | local_github.git_environment(address)
    name = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]

    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", *arguments], cwd=work, env=env, check=True, capture_output=True
        )  # noqa: S607 - from PATH

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
        == f"file://{local_github.git_folder()}"
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


@pytest.mark.parametrize(
    "tag", ["../x", "-x", "a b", "a..b", "a.lock", "x/", "a\x7f", "a//b"]
)
def test_tags_that_git_would_not_take(run: Client, tag: str) -> None:
    assert run.rest("POST", "releases", {"tag_name": tag}).status == 422


def test_half_a_surrogate_pair_is_refused(run: Client) -> None:
    headers = {"Authorization": f"token {run.ticket.token}"}
    url = f"{run.local_github.url}/repos/local/repository/issues"
    assert (
        run.ask("POST", url, b'{"title": "\\ud800"}', headers).json["message"]
        == "Problems parsing JSON"
    )
    assert (
        run.ask("POST", url, b'{"title": "\\ud83d\\ude00"}', headers).json["title"]
        == "\U0001f600"
    )


def test_variables_are_for_the_owner(run: Client, local_github: LocalGitHub) -> None:
    owner = {"Authorization": f"token {local_github.owner_token()}"}
    path = "actions/variables"
    assert run.rest("GET", path).status == 403
    assert (
        run.rest(
            "POST", path, {"name": "training_iterations", "value": "3"}, **owner
        ).status
        == 201
    )
    assert (
        run.rest(
            "POST", path, {"name": "TRAINING_ITERATIONS", "value": "3"}, **owner
        ).status
        == 409
    )
    assert (
        run.rest("POST", path, {"name": "GITHUB_X", "value": "3"}, **owner).status
        == 422
    )
    assert (
        run.rest("POST", path, {"name": "BIG", "value": "x" * 50_000}, **owner).status
        == 422
    )
    assert (
        run.rest("PATCH", f"{path}/TRAINING_ITERATIONS", {"value": "5"}, **owner).status
        == 204
    )
    listed = run.rest("GET", path, **owner).json["variables"]
    assert [(one["name"], one["value"]) for one in listed] == [
        ("TRAINING_ITERATIONS", "5")
    ]
    assert run.rest("GET", f"{path}/training_iterations", **owner).json["value"] == "5"
    assert run.rest("DELETE", f"{path}/TRAINING_ITERATIONS", **owner).status == 204
    assert run.rest("GET", f"{path}/TRAINING_ITERATIONS", **owner).status == 404


def test_the_repository_and_the_user(run: Client, local_github: LocalGitHub) -> None:
    body = run.rest("GET", "/repos/local/repository").json
    assert (body["default_branch"], body["private"], body["permissions"]["admin"]) == (
        "main",
        True,
        False,
    )
    assert run.rest("GET", "/user").status == 403
    owner = {"Authorization": f"token {local_github.owner_token()}"}
    assert run.rest("GET", "/user", **owner).json["login"] == "local"
    assert (
        run.rest("GET", "/repos/local/repository", **owner).json["permissions"]["admin"]
        is True
    )
    assert "rate_limit_url" in run.rest("GET", "/").json


def test_graphql_answers_errors_as_graphql_does(run: Client, begin: Begin) -> None:
    assert (
        "Syntax Error"
        in run.rest("POST", "/graphql", {"query": "{"}).json["errors"][0]["message"]
    )
    query = 'query($n: Int!) { repository(owner: "local", name: "repository") { issue(number: $n) { title } } }'
    missing = run.rest("POST", "/graphql", {"query": query, "variables": {"n": 4}}).json
    assert "Could not resolve" in missing["errors"][0]["message"]
    mutation = 'mutation { closeIssue(input: {issueId: "I_1"}) { issue { id } } }'
    refused = (
        begin(permissions={"issues": "read"})
        .rest("POST", "/graphql", {"query": mutation})
        .json
    )
    assert refused["errors"][0]["message"] == "Resource not accessible by integration"
    other = '{ repository(owner: "a", name: "b") { id } viewer { login } node(id: "X_1") { id } }'
    answer = run.rest("POST", "/graphql", {"query": other}).json
    assert answer["data"] == {
        "repository": None,
        "viewer": {"login": "github-actions[bot]"},
        "node": None,
    }


def test_everything_outlives_the_server(
    open_local_github: Callable[..., LocalGitHub], begin_on: BeginOn, tmp_path: Path
) -> None:
    with LocalGitHub.open(tmp_path / "lasting") as first:
        run = begin_on(first)
        run.rest("POST", "issues", {"title": "kept", "labels": ["a"]})
        release = run.rest("POST", "releases", {"tag_name": "v1"}).json
        upload_asset(run, release, "model", b"data")
    again = begin_on(open_local_github("lasting"))
    assert again.rest("GET", "issues/1").json["labels"][0]["name"] == "a"
    assert again.rest("GET", "releases/tags/v1").json["assets"][0]["size"] == 4
