"""Releases and their assets by REST."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from generator.github.local_github import LocalGitHub

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.contract.clients import Begin, BeginOn, Client


@pytest.fixture
def run(begin: Begin) -> Client:
    return begin()


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


@pytest.mark.parametrize(
    "tag", ["../x", "-x", "a b", "a..b", "a.lock", "x/", "a\x7f", "a//b"]
)
def test_tags_that_git_would_not_take(run: Client, tag: str) -> None:
    assert run.rest("POST", "releases", {"tag_name": tag}).status == 422


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
