"""Pull requests by GraphQL, asked for and changed as gh does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from generator.github.local_github import LocalGitHub
    from tests.contract.clients import Begin, Client

FILE = {"message": "m", "content": "eAo="}
LIST = """query($states: [PullRequestState!], $head: String) {
  repository(owner: "local", name: "repository") {
    pullRequests(states: $states, headRefName: $head, first: 30) {
      totalCount nodes { id number title state headRefName isCrossRepository }
    }
  }
}"""
VIEW = """query($number: Int!) {
  repository(owner: "local", name: "repository") {
    pullRequest(number: $number) {
      id number state body mergeable additions deletions changedFiles baseRefName
      reviewDecision
      author { login }
      commits(last: 1) { totalCount nodes { commit {
        oid messageHeadline
        statusCheckRollup { state contexts(first: 5) { nodes {
          __typename ... on StatusContext { context state }
          ... on CheckRun { name conclusion }
        } } }
      } } }
      files(first: 10) { nodes { path additions } }
      reviews(first: 5) { nodes { author { login } state body } }
      comments(first: 5) { nodes { body } }
    }
  }
}"""


@pytest.fixture
def run(begin: Begin) -> Client:
    """A run's client, in a repository with a branch `side` that adds a file."""
    run = begin(permissions=dict.fromkeys(SCOPES, "write"))
    first = run.rest("PUT", "contents/a.txt", FILE).json["commit"]["sha"]
    for name in ("side", "other"):
        ref = {"ref": f"refs/heads/{name}", "sha": first}
        assert run.rest("POST", "git/refs", ref).status == 201
        path = f"contents/{name}.txt"
        assert run.rest("PUT", path, FILE | {"branch": name}).status == 201
    return run


SCOPES = ("contents", "issues", "pull-requests", "checks", "statuses")


def query(client: Client, text: str, **variables: object) -> Any:  # noqa: ANN401 - JSON
    answer = client.rest("POST", "/graphql", {"query": text, "variables": variables})
    assert answer.status == 200
    return answer.json


def mutate(client: Client, name: str, **values: object) -> Any:  # noqa: ANN401 - JSON
    kind = name[0].upper() + name[1:]
    text = f"""mutation($input: {kind}Input!) {{
        {name}(input: $input) {{ pullRequest {{ id number state }} }}
    }}"""
    return query(client, text, input=values)


def open_pull(client: Client, **changes: object) -> Any:  # noqa: ANN401 - JSON
    values = {
        "repositoryId": "R_1",
        "title": "Retrain",
        "headRefName": "side",
        "baseRefName": "main",
    }
    return mutate(client, "createPullRequest", **(values | changes))


def test_a_pull_request_is_opened_shown_reviewed_and_merged(
    run: Client, local_github: LocalGitHub
) -> None:
    opened = open_pull(run, body="why")["data"]["createPullRequest"]["pullRequest"]
    assert opened == {"id": "PR_1", "number": 1, "state": "OPEN"}
    listed = query(run, LIST, states=["OPEN"])["data"]["repository"]["pullRequests"]
    assert [one["title"] for one in listed["nodes"]] == ["Retrain"]
    owner = {"Authorization": f"token {local_github.create_owner_token()}"}
    review = {"event": "APPROVE"}
    assert run.rest("POST", "pulls/1/reviews", review, **owner).status == 200
    head = run.rest("GET", "pulls/1").json["head"]["sha"]
    status = {"state": "success", "context": "gate"}
    assert run.rest("POST", f"statuses/{head}", status).status == 201
    shown = query(run, VIEW, number=1)["data"]["repository"]["pullRequest"]
    assert (shown["mergeable"], shown["changedFiles"]) == ("MERGEABLE", 1)
    assert shown["files"]["nodes"] == [{"path": "side.txt", "additions": 1}]
    assert shown["reviewDecision"] == "APPROVED"
    commit = shown["commits"]["nodes"][0]["commit"]
    assert (commit["oid"], commit["messageHeadline"]) == (head, "m")
    assert commit["statusCheckRollup"]["state"] == "SUCCESS"

    merged = mutate(run, "mergePullRequest", pullRequestId="PR_1")
    assert merged["data"]["mergePullRequest"]["pullRequest"]["state"] == "MERGED"
    assert run.rest("GET", "contents/side.txt").status == 200
    listed = query(run, LIST, states=["OPEN"])["data"]["repository"]["pullRequests"]
    assert listed["totalCount"] == 0


def test_what_is_not_there_is_an_error(run: Client) -> None:
    answer = query(run, VIEW, number=7)
    assert answer["errors"][0]["type"] == "NOT_FOUND"
    message = "Could not resolve to a PullRequest with the number of 7."
    assert answer["errors"][0]["message"] == message
    foreign = query(run, '{ repository(owner: "a", name: "b") { id } }')
    assert foreign["data"] == {"repository": None}
    message = "Could not resolve to a Repository with the name 'a/b'."
    assert foreign["errors"][0]["message"] == message
    node = query(run, '{ node(id: "X_1") { id } }')
    assert "Could not resolve to a node" in node["errors"][0]["message"]


def test_refusals_are_those_of_rest(run: Client, begin: Begin) -> None:
    assert open_pull(run)["data"]["createPullRequest"] is not None
    again = open_pull(run)["errors"][0]["message"]
    assert again == "A pull request already exists for local:side."
    reader = begin(permissions={"contents": "write", "pull-requests": "read"})
    refused = open_pull(reader, headRefName="other")["errors"][0]["message"]
    assert refused == "Resource not accessible by integration"
    cannot_push = begin(permissions={"contents": "read", "pull-requests": "write"})
    refused = mutate(cannot_push, "mergePullRequest", pullRequestId="PR_1")
    message = refused["errors"][0]["message"]
    assert message == "Resource not accessible by integration"


def test_closed_and_reopened_and_edited(run: Client) -> None:
    open_pull(run)
    closed = mutate(run, "closePullRequest", pullRequestId="PR_1")
    assert closed["data"]["closePullRequest"]["pullRequest"]["state"] == "CLOSED"
    reopened = mutate(run, "reopenPullRequest", pullRequestId="PR_1")
    assert reopened["data"]["reopenPullRequest"]["pullRequest"]["state"] == "OPEN"
    mutate(run, "updatePullRequest", pullRequestId="PR_1", title="Retrain it")
    assert run.rest("GET", "pulls/1").json["title"] == "Retrain it"


def test_a_search_finds_pull_requests_and_tells_them_from_issues(run: Client) -> None:
    open_pull(run)
    run.rest("POST", "issues", {"title": "Retrain, too"})
    text = """query($q: String!) { search(query: $q, type: ISSUE, first: 5) {
        issueCount nodes { __typename ... on PullRequest { number headRefName }
        ... on Issue { number } } } }"""
    found = query(run, text, q="is:pr retrain")["data"]["search"]
    assert found["nodes"] == [
        {"__typename": "PullRequest", "number": 1, "headRefName": "side"}
    ]
    found = query(run, text, q="is:issue retrain")["data"]["search"]
    assert found["nodes"] == [{"__typename": "Issue", "number": 2}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{ viewer { login shoeSize } }", "Field 'shoeSize' doesn't exist on type"),
        ("{ viewer(a: 1) { login } }", "Field 'viewer' doesn't accept argument 'a'"),
        ('{ repository(owner: 1, name: "b") { id } }', "String cannot represent"),
        ("{ viewer { ...f } }", "Unknown fragment 'f'"),
        ("{ viewer }", "must have a selection"),
        ("query($x: Shoe) { viewer { login } }", "Unknown type 'Shoe'"),
    ],
)
def test_a_query_is_validated(begin: Begin, text: str, message: str) -> None:
    answer = query(begin(), text)
    assert message in answer["errors"][0]["message"]
    assert "data" not in answer


def test_gh_goes_on_without_fields_that_it_does_not_get(begin: Begin) -> None:
    body = {"query": "{ viewer { login shoeSize } }"}
    answer = begin().rest("POST", "/graphql", body, User_Agent="GitHub CLI 2.80.0")
    assert answer.json == {"data": {"viewer": {"login": "github-actions[bot]"}}}
