"""Requests that no client sends get a clean refusal: no 500, and the server goes on."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from generator.github.app import ROUTES
from generator.github.core.clock import SteerableClock
from generator.github.core.rate_limits import Limits
from tests.contract.clients import ARTIFACTS, CACHES
from tests.contract.odd_requests import Oddities, Templates, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.github.local_github import LocalGitHub
    from tests.contract.clients import BeginOn, Client

QUICK_REQUESTS = 700
MANY_REQUESTS = 20_000
SEED = 20_261_127
QUERIES = (
    'query($n: Int){repository(owner:"local",name:"repository"){issue(number:$n){title}}}',
    "{viewer{login} a:viewer{login} b:viewer{id}}",
    (
        '{repository(owner:"local",name:"repository"){issues(first:100,after:"0"){nodes{'
        "number labels(first:5){nodes{name}} comments(last:3){nodes{body author{login}}}}}}}"
    ),
    '{search(query:"is:open x",type:ISSUE,first:5){issueCount nodes{...on Issue{title}}}}',
    '{node(id:"I_1"){id}}',
    'mutation{createIssue(input:{repositoryId:"R",title:"t",labelIds:["LA_x"]}){issue{id}}}',
    'mutation{addComment(input:{subjectId:"I_1",body:"b"}){commentEdge{node{id}}}}',
    'mutation{closeIssue(input:{issueId:"I_1"}){issue{state}}}',
    "query{...f} fragment f on Query{...g viewer{login}} fragment g on Query{...f}",
    "{" * 900,
    "{" + " ".join(f"a{number}:viewer{{login}}" for number in range(300)) + "}",
)


def read_rest_templates() -> list[tuple[str, str]]:
    """Method and path of every route, with holes for what the path names."""
    templates = []
    for route in ROUTES.load_all():
        path = route.path.replace("{+", "{")
        path = path.replace("/repos/{owner}/{repo}", "/repos/local/repository")
        templates.append((route.method, path))
    return templates


def fill_store(run: Client) -> dict[str, list[object]]:
    """One record of each kind; their ids by the names that paths have for them."""
    release = run.rest("POST", "releases", {"tag_name": "v1"}).json
    upload = release["upload_url"].partition("{")[0] + "?name=a.bin"
    token = {"Authorization": f"token {run.ticket.token}"}
    asset = run.ask("POST", upload, b"asset", token).json
    run.rest("POST", "issues", {"title": "one", "labels": ["x"]})
    comment = run.rest("POST", "issues/1/comments", {"body": "b"}).json
    run.rest("PUT", "contents/a", {"message": "m", "content": "eA=="})
    run.save_cache("pip-1", b"cache")
    job = run.local_github.record_job(run.run_id, "train", "success")
    return {
        "run_id": [run.run_id],
        "attempt": [1],
        "job_id": [job.id],
        "workflow": ["train.yml", 1],
        "artifact_id": [run.upload("state", b"x" * 100)],
        "format": ["zip"],
        "release_id": [release["id"]],
        "asset_id": [asset["id"]],
        "tag": ["v1"],
        "number": [1],
        "comment_id": [comment["id"]],
        "name": ["x"],
        "path": ["a"],
        "branch": ["main"],
        "ref": ["heads/main"],
        "cache_id": [1, 2],
        "endpoint": ["runs"],
        "blob": ["0" * 32, "artifacts"],
    }


@pytest.fixture
def odd(
    open_local_github: Callable[..., LocalGitHub], begin_on: BeginOn
) -> tuple[LocalGitHub, Templates]:
    limits = Limits(calls_an_hour=None, points_a_minute=None)
    local_github = open_local_github("odd", clock=SteerableClock(), limits=limits)
    run, other = begin_on(local_github), begin_on(local_github)
    ids = fill_store(run)
    writable = run.twirp("CreateArtifact", name="open").json["signed_upload_url"]
    readable = run.twirp("GetSignedArtifactURL", name="state").json["signed_url"]
    asset = run.rest(
        "GET",
        f"releases/assets/{ids['asset_id'][0]}",
        Accept="application/octet-stream",
    )
    methods = [
        (ARTIFACTS, "CreateArtifact FinalizeArtifact ListArtifacts"),
        (ARTIFACTS, "GetSignedArtifactURL DeleteArtifact Unknown"),
        (CACHES, "CreateCacheEntry FinalizeCacheEntryUpload GetCacheEntryDownloadURL"),
    ]
    fields = {
        "title": "t",
        "body": "b",
        "state": "open",
        "labels": ["x"],
        "name": "n",
        "value": "v",
        "tag_name": "v2",
        "message": "m",
        "content": "eA==",
        "sha": None,
        "branch": "main",
        "ref": "main",
        "inputs": {},
        "run_id": other.run_id,
        "artifact_id": ids["artifact_id"][0],
        "steps": [{"name": "s", "conclusion": "success"}],
        "permissions": {"actions": "read"},
        "path": "/none",
    }
    templates = Templates(
        host=local_github.url.removeprefix("http://"),
        tokens={
            "run": run.ticket.token,
            "runtime": run.ticket.runtime_token,
            "owner": local_github.create_owner_token(),
        },
        ids=ids,
        addresses=[writable, readable, asset.headers["location"]],
        rest=read_rest_templates(),
        fields=fields,
        services=[base + name for base, names in methods for name in names.split()],
        queries=QUERIES,
    )
    return local_github, templates


def send_odd_requests(
    local_github: LocalGitHub, templates: Templates, seed: int, number: int
) -> Counter[int]:
    """Send them; how often each status came. An answer of 500 or none at all fails."""
    oddities, statuses = Oddities(templates, seed), Counter[int]()
    for _ in range(number):
        request = oddities.make()
        status = send(templates.host, request)
        # The next one is not to meet a fault that this one asked for.
        local_github.faults.clear()
        assert status is not None, request
        assert status < 500, (status, request)
        statuses[status] += 1
    return statuses


def test_odd_requests_are_refused_cleanly(odd: tuple[LocalGitHub, Templates]) -> None:
    statuses = send_odd_requests(*odd, SEED, QUICK_REQUESTS)
    # They reach far: some succeed, and each kind of refusal comes.
    assert {200, 400, 401, 404, 421, 422} <= set(statuses)


@pytest.mark.bench
def test_many_odd_requests_are_refused_cleanly(
    odd: tuple[LocalGitHub, Templates],
) -> None:
    statuses = send_odd_requests(*odd, SEED + 1, MANY_REQUESTS)
    assert statuses.total() == MANY_REQUESTS
