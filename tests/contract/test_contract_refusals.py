"""Names, numbers, bodies and queries that GitHub refuses, and what they did here once."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from generator.github.core.clock import SteerableClock
from generator.github.core.models import NameScope
from generator.github.graphql.budget import MAX_QUERY_CHARACTERS
from generator.github.local_github import LocalGitHub
from generator.github.storage.files.uploads import MAX_BLOCKS
from tests.contract.clients import CACHES, block_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.clients import Answer, Begin, BeginOn, Client

ROOT = Path(__file__).parents[2]
DIGITS = "7" * 5000
CONTROLLED = ["\x1b[31mred", "nul\x00", "two\r\nlines", "\x7f", "\x9b31m"]
# No query may keep the server from answering others for longer.
QUERY_SECONDS = 10


@pytest.fixture
def run(begin: Begin) -> Client:
    return begin()


@pytest.fixture
def owner(run: Client) -> Callable[..., Answer]:
    """Call the endpoints that are for the owner."""
    token = run.local_github.create_owner_token()

    def ask(path: str, body: object) -> Answer:
        headers = {"Authorization": f"token {token}"}
        data = json.dumps(body).encode()
        return run.ask("POST", f"{run.local_github.url}{path}", data, headers)

    return ask


@pytest.mark.parametrize("name", [*CONTROLLED, ".", ".."])
def test_names_that_no_artifact_label_or_file_of_a_release_has(
    run: Client, name: str
) -> None:
    created = run.twirp("CreateArtifact", name=name, version=4)
    assert (created.status, created.json["code"]) == (400, "invalid_argument")
    assert run.rest("POST", "labels", {"name": name}).status == 422
    assert run.rest("POST", "issues", {"title": "t", "labels": [name]}).status == 422
    run.rest("POST", "releases", {"tag_name": "v1"})
    token = {"Authorization": f"token {run.ticket.token}"}
    releases = f"{run.local_github.url}/repos/local/repository/releases"
    quoted = "".join(f"%{byte:02x}" for byte in name.encode())
    answer = run.ask("POST", f"{releases}/1/assets?name={quoted}", b"x", token)
    assert answer.status == 422
    run.ask("POST", f"{releases}/1/assets?name=a", b"x", token)
    assert run.rest("PATCH", "releases/assets/1", {"name": name}).status == 422


@pytest.mark.parametrize("name", CONTROLLED)
def test_keys_of_caches_and_fields_of_runs_hold_no_control_characters(
    run: Client, owner: Callable[..., Answer], name: str
) -> None:
    refused = run.twirp("CreateCacheEntry", CACHES, key=name, version="v")
    assert refused.status == 400
    new = {
        "workflow_path": "w.yml",
        "workflow_name": name,
        "event": "push",
        "head_branch": "main",
        "head_sha": "a" * 40,
    }
    assert owner("/_wfgen/runs", new).status == 422
    job = {"run_id": run.run_id, "name": name, "conclusion": "success"}
    assert owner("/_wfgen/jobs", job).status == 422


@pytest.mark.parametrize(
    "mime_type", ["text/html\r\nSet-Cookie: a=b", "\U0001f600", "x"]
)
def test_a_media_type_that_no_header_holds(run: Client, mime_type: str) -> None:
    assert run.twirp("CreateArtifact", name="a", mime_type=mime_type).status == 400


@pytest.mark.parametrize(
    "path", [".git/config", ".GIT/config", "x/.Git/hooks", "a/b", "nul%00", "x" * 5000]
)
def test_paths_that_git_would_not_take(run: Client, path: str) -> None:
    body = {"message": "m", "content": "eA=="}
    assert run.rest("PUT", "contents/a", body).status == 201
    assert run.rest("PUT", f"contents/{path}", body).status == 422
    assert run.rest("GET", f"contents/{path}").status == 404


def test_files_whose_names_mean_something_in_an_address(run: Client) -> None:
    for path in ("a%3Fb", "a%23b", "c%25d"):
        body = {"message": "m", "content": "eA=="}
        assert run.rest("PUT", f"contents/{path}", body).status == 201
        assert run.rest("GET", f"contents/{path}").json["size"] == 1


def test_messages_of_commits(run: Client) -> None:
    body = {"message": "nul\x00", "content": "eA=="}
    assert run.rest("PUT", "contents/a", body).status == 422
    long = {"message": "x" * 200_000, "content": "eA=="}
    assert run.rest("PUT", "contents/a", long).status == 201
    assert run.rest("GET", "contents/a?ref=main%00").status == 404


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (f"bytes={DIGITS}-", 416),
        (f"bytes=0-{DIGITS}", 200),
        (f"bytes=-{DIGITS}", 200),
        ("bytes=-0", 416),
        ("bytes=3-1", 416),
        ("bytes=1-2", 206),
    ],
)
def test_ranges_of_any_length(run: Client, header: str, status: int) -> None:
    run.upload("state", b"0123456789")
    url = run.twirp("GetSignedArtifactURL", name="state").json["signed_url"]
    assert run.ask("GET", url, None, {"Range": header}).status == status


@pytest.mark.parametrize(
    "path",
    [
        f"issues?page={DIGITS}",
        f"issues?per_page={DIGITS}",
        "issues?page=%EF%BC%91",
        "actions/runs?created=9999-12-31",
        "actions/runs?created=%3E%3D9999-12-31",
        "actions/runs?created=0001-01-01T00:00:00%2B14:00",
    ],
)
def test_numbers_and_dates_of_a_query(run: Client, path: str) -> None:
    assert run.rest("GET", path).status == 200


def test_digits_of_other_scripts_are_no_numbers(run: Client) -> None:
    for number in range(31):
        run.rest("POST", "issues", {"title": f"t{number}"})
    assert run.rest("GET", "issues/%EF%BC%91").status == 404
    for number in range(31):
        run.rest("POST", "issues/1/comments", {"body": f"b{number}"})
    assert run.rest("GET", "issues/%EF%BC%91/comments").status == 404
    token = {"Authorization": f"token {run.local_github.create_owner_token()}"}
    variables = f"{run.local_github.url}/repos/local/repository/actions/variables"
    body = json.dumps({"name": "\u017f", "value": "v"}).encode()
    assert run.ask("POST", variables, body, token).status == 422


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"title": NaN}',
        b'{"title": "t", "a": ' + DIGITS.encode() + b"}",
        b'{"title": "\\ud800"}',
        b"\xff",
    ],
)
def test_bodies_that_are_no_json(run: Client, body: bytes) -> None:
    url = f"{run.local_github.url}/repos/local/repository/issues"
    token = {"Authorization": f"token {run.ticket.token}"}
    assert run.ask("POST", url, body, token).status == 400


@pytest.mark.parametrize("cache_id", [DIGITS, "9" * 30, "%EF%BC%91", "%B2"])
def test_ids_of_caches(run: Client, cache_id: str) -> None:
    url = f"{run.local_github.url}/_apis/artifactcache/caches/{cache_id}"
    token = {"Authorization": f"Bearer {run.ticket.runtime_token}"}
    assert run.ask("POST", url, b'{"size": 1}', token).status == 404
    headers = token | {"Content-Range": f"bytes {DIGITS}-1/*"}
    assert run.ask("PATCH", url, b"x", headers).status == 404


@pytest.mark.parametrize("host", ["[::1", "x y.localhost", "a\xff.localhost"])
def test_hosts_that_are_none(run: Client, host: str) -> None:
    headers = {"Host": host, "Authorization": f"token {run.ticket.token}"}
    assert run.ask("GET", f"{run.local_github.url}/user", None, headers).status == 421


def test_a_tag_has_one_release(run: Client) -> None:
    for tag in ("v1", "v2"):
        run.rest("POST", "releases", {"tag_name": tag})
    assert run.rest("PATCH", "releases/2", {"tag_name": "v1"}).status == 422
    assert run.rest("PATCH", "releases/2", {"tag_name": "../x"}).status == 422
    assert run.rest("PATCH", "releases/2", {"tag_name": ""}).status == 422
    assert run.rest("PATCH", "releases/2", {"tag_name": "v3"}).status == 200


def test_a_block_list_is_no_longer_than_azures(run: Client) -> None:
    url = run.twirp("CreateArtifact", name="a").json["signed_upload_url"]
    run.put_block(url, "0", b"x" * 1000)
    listed = f"<Latest>{block_id('0')}</Latest>".encode() * (MAX_BLOCKS + 1)
    assert run.ask("PUT", f"{url}&comp=blocklist", listed).status == 400
    huge = {"Content-Length": str(10**15)}
    assert run.ask("PUT", f"{url}&comp=block&blockid=MA==", b"", huge).status == 413


@pytest.mark.parametrize(
    "fault",
    [
        {"path": 5},
        {"path": "/x", "status": 99},
        {"path": "/x", "status": "500"},
        {"path": "/x", "delay_seconds": 1e300},
        {"path": "/x", "times": True},
        {"path": "/x", "truncate_after": -1},
        {"path": "/x", "method": None},
    ],
)
def test_a_fault_that_every_request_would_meet_is_refused(
    run: Client, owner: Callable[..., Answer], fault: dict[str, object]
) -> None:
    assert owner("/_wfgen/faults", fault).status == 422
    assert run.rest("GET", "/rate_limit").status == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("clock", {"advance_seconds": 1e300}),
        ("clock", {"advance_seconds": "1"}),
        ("clock", {"set": "0001-01-01T00:00:00Z"}),
        ("clock", {"set": "9999-12-31T00:00:00Z"}),
        ("artifacts/expire", {"artifact_id": 1, "days": 1e300}),
        ("artifacts/expire", {"artifact_id": 1, "days": 1e6}),
        ("jobs", {"name": "j", "conclusion": "success", "steps": [[]]}),
        ("runs", {"event": ["push"]}),
        ("runs/finish", {"run_id": DIGITS, "conclusion": "success"}),
    ],
)
def test_what_the_owner_cannot_mean(
    run: Client, owner: Callable[..., Answer], path: str, body: dict[str, object]
) -> None:
    known = {"run_id": run.run_id}
    if path == "runs":
        known = {}
    assert owner(f"/_wfgen/{path}", known | body).status == 422
    assert run.rest("GET", "actions/runs").status == 200


@pytest.mark.parametrize("seconds", [-1, 1e300, 1e12])
def test_a_step_that_took_for_ever_spoils_no_record(
    run: Client, owner: Callable[..., Answer], seconds: float
) -> None:
    step = {"name": "s", "conclusion": "success", "duration_seconds": seconds}
    job = {"run_id": run.run_id, "name": "j", "conclusion": "success", "steps": [step]}
    assert owner("/_wfgen/jobs", job).status == 422
    assert run.rest("GET", f"actions/runs/{run.run_id}/jobs").status == 200


def repeat_aliases(selection: str) -> str:
    """A query that asks for the same under as many names as fit."""
    parts: list[str] = []
    length = 0
    while length < MAX_QUERY_CHARACTERS - 300:
        parts.append(f"a{len(parts)}:{selection}")
        length += len(parts[-1]) + 1
    return " ".join(parts)


ISSUES = (
    "issues(first:100){nodes{number labels(first:100){nodes{name}} comments(first:9)"
)
ISSUES += "{nodes{body}}}}"
REPOSITORY = '{repository(owner:"local",name:"repository"){%s}}'


SEARCH = 'search(query:"a",type:ISSUE,first:100){issueCount}'


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(REPOSITORY % repeat_aliases(ISSUES), id="pages"),
        pytest.param(
            REPOSITORY % repeat_aliases("issues(first:1){nodes{number}}"),
            id="lists",
            marks=pytest.mark.bench,
        ),
        pytest.param(
            f"{{{repeat_aliases(SEARCH)}}}", id="searches", marks=pytest.mark.bench
        ),
        pytest.param(
            REPOSITORY % f"issues(first:100){{nodes{{{repeat_aliases('title')}}}}}",
            id="aliases",
            marks=pytest.mark.bench,
        ),
        pytest.param("x" * (MAX_QUERY_CHARACTERS + 1), id="long"),
    ],
)
def test_a_query_costs_bounded_time(run: Client, query: str) -> None:
    issues = run.local_github._context.issues
    with run.local_github._context.database.transaction():
        for number in range(100):
            issues.open(f"t{number}", "b", "a", ["x"])
    began = time.monotonic()
    answer = run.rest("POST", "/graphql", {"query": query})
    assert time.monotonic() - began < QUERY_SECONDS
    assert answer.status == 200
    (error,) = answer.json["errors"]
    assert error["type"] == "RESOURCE_LIMITS_EXCEEDED"
    assert run.rest("POST", "/graphql", {"query": "{viewer{login}}"}).json["data"]


def test_a_query_that_is_too_deep_is_refused(run: Client) -> None:
    # By the parser of newer versions of graphql-core; older ones run out of stack.
    query = {"query": "{viewer" * 5000 + "}" * 5000}
    answer = run.rest("POST", "/graphql", query)
    assert answer.status == 200
    assert "deep" in answer.json["errors"][0]["message"]


@pytest.mark.parametrize("size", ["first:101", "last:101", "first:-1"])
def test_a_page_of_a_connection_has_at_most_a_hundred_records(
    run: Client, size: str
) -> None:
    run.rest("POST", "issues", {"title": "t"})
    query = REPOSITORY % f"issue(number:1){{comments({size}){{totalCount}}}}"
    answer = run.rest("POST", "/graphql", {"query": query}).json
    assert answer["errors"][0]["message"]


def test_names_of_artifacts_are_unique_within_an_attempt_or_a_run(
    open_local_github: Callable[..., LocalGitHub], begin_on: BeginOn
) -> None:
    for scope, status in ((NameScope.ATTEMPT, 200), (NameScope.RUN, 409)):
        local_github = open_local_github(scope.value, artifact_names=scope)
        first = begin_on(local_github)
        first.upload("state", b"first")
        local_github.finish_run(first.run_id, "success")
        again = first.rerun()
        assert again.twirp("CreateArtifact", name="state").status == status
        # Deleted first, as `overwrite: true` does, the name is free under both.
        again.twirp("DeleteArtifact", name="state")
        assert again.twirp("CreateArtifact", name="other").status == 200
    again.upload("state", b"second")
    assert begin_on(local_github).twirp("CreateArtifact", name="state").status == 200


BEGIN_AND_WAIT = """
import sys, time
from pathlib import Path
from generator.github.core.models import NewRun
from generator.github.local_github import LocalGitHub

with LocalGitHub.open(Path(sys.argv[1])) as local_github:
    new = NewRun("w.yml", "W", "push", "main", "a" * 40, {})
    print(local_github.begin_run(new).run.id, flush=True)
    time.sleep(60)
"""


def test_runs_of_a_killed_server_are_closed_by_the_next_and_those_of_a_living_one_not(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-c", BEGIN_AND_WAIT, str(tmp_path)]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as dead,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, cwd=ROOT
        ) as living,
    ):
        assert dead.stdout is not None
        assert living.stdout is not None
        ids = [int(pipe.readline()) for pipe in (dead.stdout, living.stdout)]
        dead.kill()
        dead.wait()
        with LocalGitHub.open(tmp_path) as local_github:
            conclusions = {run.id: run.conclusion for run in local_github.list_runs()}
        living.kill()
    assert conclusions == {ids[0]: "cancelled", ids[1]: None}
    with LocalGitHub.open(tmp_path) as local_github:
        assert {run.conclusion for run in local_github.list_runs()} == {"cancelled"}
    assert list((tmp_path / "servers").iterdir()) == []


def test_a_clock_that_leads_out_of_time_is_refused() -> None:
    clock = SteerableClock()
    for text in ("1969-12-31T23:59:59+00:00", "9000-01-02T00:00:00+00:00"):
        with pytest.raises(ValueError, match="1970"):
            SteerableClock(type(clock.now()).fromisoformat(text))
