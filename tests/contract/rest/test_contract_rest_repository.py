"""The repository, its variables, who is asking, and errors of GraphQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from generator.github.local_github import LocalGitHub
    from tests.contract.clients import Begin, Client


@pytest.fixture
def run(begin: Begin) -> Client:
    return begin()


def test_variables_are_for_the_owner(run: Client, local_github: LocalGitHub) -> None:
    owner = {"Authorization": f"token {local_github.create_owner_token()}"}
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
    owner = {"Authorization": f"token {local_github.create_owner_token()}"}
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
    query = """query($n: Int!) {
        repository(owner: "local", name: "repository") { issue(number: $n) { title } }
    }"""
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
