"""REST in general: runs, workflows and jobs; tokens, limits, pages, guards."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from generator.github.core.models import Step
from generator.github.core.rate_limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.github.core.clock import SteerableClock
    from generator.github.local_github import LocalGitHub
    from tests.contract.clients import Begin, BeginOn

OTHER = ".github/workflows/other.yml"
LIST_ARTIFACTS = "/twirp/github.actions.results.api.v1.ArtifactService/ListArtifacts"


def test_runs_are_numbered_per_workflow_and_their_ids_grow(begin: Begin) -> None:
    runs = [
        begin().ticket.run,
        begin(workflow_path=OTHER).ticket.run,
        begin().ticket.run,
    ]
    assert [run.number for run in runs] == [1, 1, 2]
    assert runs[0].id > 2**32
    assert runs[0].id < runs[1].id < runs[2].id


def test_one_run_by_rest(begin: Begin) -> None:
    run = begin(event="schedule")
    body = run.rest("GET", f"actions/runs/{run.run_id}").json
    assert body["path"] == ".github/workflows/train.yml"
    assert (body["event"], body["head_branch"], body["run_attempt"]) == (
        "schedule",
        "main",
        1,
    )
    assert (body["status"], body["conclusion"]) == ("in_progress", None)
    assert body["repository"]["id"] == body["head_repository"]["id"]
    assert body["repository"]["full_name"] == "local/repository"


def test_runs_can_be_filtered(
    local_github: LocalGitHub, clock: SteerableClock, begin: Begin
) -> None:
    clock.set(datetime(2026, 3, 1, 12, tzinfo=UTC))
    first = begin()
    local_github.finish_run(first.run_id, "success")
    clock.set(datetime(2026, 3, 5, 12, tzinfo=UTC))
    second = begin(event="schedule", head_branch="dev", head_sha="b" * 40)
    third = begin(workflow_path=OTHER, workflow_name="Other")

    def found(path: str) -> list[int]:
        return [run["id"] for run in third.rest("GET", path).json["workflow_runs"]]

    ids = first.run_id, second.run_id, third.run_id
    assert found("actions/runs") == [ids[2], ids[1], ids[0]]
    assert found("actions/workflows/train.yml/runs") == [ids[1], ids[0]]
    assert found("actions/runs?event=schedule") == [ids[1]]
    assert found("actions/runs?branch=dev") == [ids[1]]
    assert found(f"actions/runs?head_sha={'b' * 40}") == [ids[1]]
    assert found("actions/runs?status=success") == [ids[0]]
    assert found("actions/runs?status=in_progress&branch=main") == [ids[2]]
    assert found("actions/runs?created=2026-03-01") == [ids[0]]
    assert found("actions/runs?created=%3E%3D2026-03-05") == [ids[2], ids[1]]
    assert found("actions/runs?created=%3C2026-03-05") == [ids[0]]
    assert found("actions/runs?created=%3E2026-03-01") == [ids[2], ids[1]]
    assert found("actions/runs?created=%3C%3D2026-03-01T12:00:00Z") == [ids[0]]
    assert found("actions/runs?created=2026-02-01..2026-03-04") == [ids[0]]
    assert found("actions/runs?created=*..2026-03-04") == [ids[0]]
    assert found("actions/runs?created=2026-03-04..*") == [ids[2], ids[1]]
    assert found("actions/runs?created=yesterday") == []
    assert third.rest("GET", "actions/workflows/none.yml/runs").status == 404


def test_jobs_belong_to_an_attempt(local_github: LocalGitHub, begin: Begin) -> None:
    run = begin()
    local_github.record_job(
        run.run_id, "train", "failure", [Step("Train", "failure", 2.5)]
    )
    local_github.finish_run(run.run_id, "failure")
    again = run.rerun()
    job = local_github.record_job(
        run.run_id, "train", "success", [Step("Train", "success", 2.0)]
    )

    def conclusions(path: str) -> list[str]:
        return [
            job["conclusion"]
            for job in again.rest("GET", f"actions/runs/{run.run_id}{path}").json[
                "jobs"
            ]
        ]

    assert conclusions("/jobs") == ["success"]
    assert conclusions("/jobs?filter=all") == ["failure", "success"]
    assert conclusions("/attempts/1/jobs") == ["failure"]
    body = again.rest("GET", f"actions/jobs/{job.id}").json
    assert (body["name"], body["run_attempt"], body["steps"][0]["number"]) == (
        "train",
        2,
        1,
    )
    assert again.rest("GET", "actions/jobs/1").status == 404
    assert again.rest("GET", f"actions/runs/{run.run_id}").json["run_attempt"] == 2
    first = again.rest("GET", f"actions/runs/{run.run_id}/attempts/1").json
    assert (first["run_attempt"], first["status"], first["conclusion"]) == (
        1,
        "completed",
        "failure",
    )
    assert again.rest("GET", f"actions/runs/{run.run_id}/attempts/3").status == 404
    assert again.rest("GET", f"actions/runs/{run.run_id}/logs").status == 410


def test_only_a_finished_run_can_be_run_again(
    local_github: LocalGitHub, begin: Begin
) -> None:
    run = begin()
    with pytest.raises(KeyError):
        local_github.begin_attempt(run.run_id, {})
    with pytest.raises(KeyError):
        local_github.finish_run(1, "success")


@pytest.mark.parametrize(
    ("authorization", "path", "status", "message"),
    [
        ("", "actions/runs", 404, "Not Found"),
        ("token wrong", "actions/runs", 401, "Bad credentials"),
        ("Basic x", "actions/runs", 401, "Bad credentials"),
        ("GOOD", "actions/runs", 200, ""),
        ("GOOD", "actions/runs/1", 404, "Not Found"),
        ("GOOD", "actions/runs/x", 404, "Not Found"),
        ("GOOD", f"actions/runs/{'9' * 30}", 404, "Not Found"),
        ("GOOD", "/repos/other/repository/actions/runs", 404, "Not Found"),
        ("GOOD", "/api/v3/repos/LOCAL/repository/actions/runs", 200, ""),
        ("NONE", "actions/runs", 403, "Resource not accessible by integration"),
        ("NONE", "actions/artifacts", 403, "Resource not accessible by integration"),
    ],
)
def test_who_may_read(
    begin: Begin, authorization: str, path: str, status: int, message: str
) -> None:
    tokens = {
        "GOOD": begin().ticket.token,
        "NONE": begin(permissions={"contents": "read"}).ticket.token,
    }
    given = (
        f"token {tokens[authorization]}" if authorization in tokens else authorization
    )
    answer = begin().rest("GET", path, Authorization=given)
    assert answer.status == status
    if message:
        assert answer.json["message"] == message
        assert answer.json["documentation_url"].startswith(
            "https://docs.github.com/rest"
        )
        assert answer.json["status"] == str(status)


def test_reading_is_not_writing(begin: Begin) -> None:
    run = begin(permissions={"actions": "read"})
    artifact_id = run.upload("state", b"x")
    assert run.rest("GET", f"actions/artifacts/{artifact_id}").status == 200
    assert run.rest("DELETE", f"actions/artifacts/{artifact_id}").status == 403
    assert begin().rest("DELETE", f"actions/artifacts/{artifact_id}").status == 204
    assert run.rest("GET", f"actions/artifacts/{artifact_id}").status == 404


def test_tokens_end_with_their_run_and_with_their_server(
    local_github: LocalGitHub,
    begin: Begin,
    open_local_github: Callable[..., LocalGitHub],
) -> None:
    run, other = begin(), begin()
    local_github.finish_run(run.run_id, "success")
    assert run.rest("GET", "actions/runs").status == 401
    assert run.twirp("ListArtifacts").status == 401
    assert other.rest("GET", "actions/runs").status == 200
    elsewhere = open_local_github("github")
    assert (
        other.ask(
            "GET", f"{elsewhere.url}/rate_limit", None, {"Authorization": "token x"}
        ).status
        == 401
    )
    assert elsewhere.create_owner_token() != elsewhere.create_owner_token()


def test_services_take_runtime_tokens_only(begin: Begin) -> None:
    run = begin()
    url = run.local_github.url + LIST_ARTIFACTS
    head, payload, signature = run.ticket.runtime_token.split(".")
    for token in (
        "",
        run.ticket.token,
        f"{head}.{payload}.{signature[::-1]}",
        f"{head}.{payload[:-4]}.{signature}",
    ):
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }
        assert run.ask("POST", url, b"{}", headers).status == 401
    assert (
        run.rest(
            "GET", "actions/runs", Authorization=f"token {run.ticket.runtime_token}"
        ).status
        == 401
    )


def test_twirp_refuses_what_it_does_not_know(begin: Begin) -> None:
    run = begin()
    assert run.twirp("Explode").json["code"] == "bad_route"
    assert run.twirp("ListArtifacts", "/twirp/other.Service/").status == 404
    assert run.twirp("CreateArtifact", name=["x"]).json["code"] == "malformed"
    assert (
        run.twirp("CreateArtifact", name="x", expires_at="soon").json["code"]
        == "malformed"
    )
    assert (
        run.twirp("CreateArtifact", name="x", expires_at="2030-01-01T00:00:00").json[
            "code"
        ]
        == "malformed"
    )
    assert run.twirp("CreateArtifact", name="x\ud800").json["code"] == "malformed"
    url = run.local_github.url + LIST_ARTIFACTS
    headers = {"Authorization": f"Bearer {run.ticket.runtime_token}"}
    assert (
        run.ask(
            "POST", url, b"x", headers | {"Content-Type": "application/protobuf"}
        ).status
        == 404
    )
    assert (
        run.ask("POST", url, b"[", headers | {"Content-Type": "application/json"}).json[
            "code"
        ]
        == "malformed"
    )


def test_an_unchanged_answer_is_304(begin: Begin) -> None:
    run = begin()
    first = run.rest("GET", f"actions/runs/{run.run_id}")
    again = run.rest(
        "GET", f"actions/runs/{run.run_id}", If_None_Match=first.headers["etag"]
    )
    assert (again.status, again.body) == (304, b"")
    strong = first.headers["etag"].removeprefix("W/")
    for known in (f'"other", {first.headers["etag"]}', strong, "*"):
        listed = run.rest("GET", f"actions/runs/{run.run_id}", If_None_Match=known)
        assert listed.status == 304
    begin()
    listed = run.rest("GET", "actions/runs", If_None_Match=first.headers["etag"])
    assert listed.status == 200


def test_a_token_may_come_as_a_password(begin: Begin) -> None:
    run = begin()
    for user in ("x-access-token", "", "anybody"):
        pair = base64.b64encode(f"{user}:{run.ticket.token}".encode()).decode()
        answer = run.rest("GET", "actions/runs", Authorization=f"Basic {pair}")
        assert answer.status == 200
    for wrong in ("Basic", "Basic %", "Basic eDp5", f"Digest {run.ticket.token}"):
        assert run.rest("GET", "actions/runs", Authorization=wrong).status == 401


def test_calls_are_counted_by_the_hour(
    open_local_github: Callable[..., LocalGitHub],
    begin_on: BeginOn,
    clock: SteerableClock,
) -> None:
    run = begin_on(
        open_local_github("limited", clock=clock, limits=Limits(calls_an_hour=2))
    )
    for left in (1, 0):
        answer = run.rest("GET", "actions/runs")
        assert (answer.status, answer.headers["x-ratelimit-remaining"]) == (
            200,
            str(left),
        )
    refused = run.rest("GET", "actions/runs")
    assert refused.status == 403
    assert refused.json["message"].startswith("API rate limit exceeded")
    assert (
        refused.headers["x-ratelimit-limit"],
        refused.headers["x-ratelimit-remaining"],
    ) == ("2", "0")
    assert int(refused.headers["x-ratelimit-reset"]) > clock.now().timestamp()
    assert run.rest("GET", "/rate_limit").json["rate"]["remaining"] == 0
    clock.advance(timedelta(hours=1))
    assert run.rest("GET", "actions/runs").status == 200


def test_too_much_in_a_minute_meets_the_secondary_limit(
    open_local_github: Callable[..., LocalGitHub],
    begin_on: BeginOn,
    clock: SteerableClock,
) -> None:
    run = begin_on(
        open_local_github("limited", clock=clock, limits=Limits(points_a_minute=6))
    )
    assert run.rest("DELETE", "actions/artifacts/1").status == 404
    assert run.rest("GET", "actions/runs").status == 200
    refused = run.rest("GET", "actions/runs")
    assert (refused.status, "secondary rate limit" in refused.json["message"]) == (
        403,
        True,
    )
    assert 0 < int(refused.headers["retry-after"]) <= 60
    clock.advance(timedelta(minutes=1))
    assert run.rest("GET", "actions/runs").status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "localhost.evil"],
)
def test_foreign_host_names_are_turned_away(begin: Begin, host: str) -> None:
    assert begin().rest("GET", "actions/runs", Host=host).status == 421


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:1", "localhost", "LOCALHOST:8080", "api.github.localhost", "[::1]:5"],
)
def test_names_of_this_machine_are_good(begin: Begin, host: str) -> None:
    assert begin().rest("GET", "actions/runs", Host=host).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/_blobs/artifacts/../../github.sqlite3",
        "/_blobs/artifacts/..%2f..%2fgithub.sqlite3",
        "/_blobs/x",
        "/_blobs//",
    ],
)
def test_no_path_leads_out_of_the_store(begin: Begin, path: str) -> None:
    assert begin().rest("GET", f"{path}?sp=r&run=0&se=9999999999&sig=x").status in (
        403,
        404,
    )


def test_bodies_that_are_no_json_objects_are_refused(begin: Begin) -> None:
    run = begin()
    url = f"{run.local_github.url}/repos/local/repository/actions/caches?key=x"
    headers = {"Authorization": f"token {run.ticket.token}"}
    assert (
        run.ask("DELETE", url, b"{", headers).json["message"] == "Problems parsing JSON"
    )
    assert run.ask("DELETE", url, b"[]", headers).status == 400


def test_what_goes_wrong_inside_is_a_500_without_details(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin()
    monkeypatch.setattr(
        type(run.local_github._context.meter), "count", lambda *_: 1 / 0
    )
    answer = run.rest("GET", "actions/runs")
    assert (answer.status, answer.json) == (500, {"message": "Server Error"})
