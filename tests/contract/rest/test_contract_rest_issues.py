"""Issues, their comments and labels by REST."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from generator.github.local_github import LocalGitHub
    from tests.contract.clients import Begin, Client


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
    assert [issue.title for issue in local_github.list_issues()] == ["New"]


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
