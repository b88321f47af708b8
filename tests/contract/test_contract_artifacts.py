"""The artifact service, blob storage and artifact REST, word by word."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from generator.github.core.rate_limits import Limits
from generator.github.local_github import LocalGitHub
from generator.github.storage.artifacts import MAX_PER_JOB

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from generator.github.core.clock import SteerableClock
    from tests.contract.clients import Begin, BeginOn


def test_blocks_are_joined_in_the_order_of_the_list_not_of_arrival(
    local_github: LocalGitHub, begin: Begin
) -> None:
    run = begin()
    url = run.twirp("CreateArtifact", name="state", version=4).json["signed_upload_url"]
    blocks = {"2": b"c" * 70_000, "0": b"a" * 3, "unlisted": b"zzz", "1": b""}
    assert run.put_blocks(url, blocks, ["0", "1", "2"]).status == 201
    whole = b"aaa" + b"c" * 70_000
    digest = f"sha256:{hashlib.sha256(whole).hexdigest()}"
    assert (
        run.twirp("FinalizeArtifact", name="state", size="70003", hash=digest).json[
            "ok"
        ]
        is True
    )
    (artifact,) = local_github.list_artifacts(run.run_id)
    assert (artifact.size_bytes, artifact.digest) == (70_003, digest)
    assert local_github.get_artifact_path(artifact.id).read_bytes() == whole


def test_blocks_may_arrive_in_parallel(local_github: LocalGitHub, begin: Begin) -> None:
    run = begin()
    url = run.twirp("CreateArtifact", name="state", version=4).json["signed_upload_url"]
    names = [f"{number:03d}" for number in range(24)]

    def put(name: str) -> None:
        run.ask("PUT", f"{url}&comp=block&blockid={name}", name.encode() * 50_000)
        run.hang_up()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, names))
    listed = "".join(f"<Latest>{name}</Latest>" for name in names)
    assert (
        run.ask(
            "PUT", f"{url}&comp=blocklist", f"<BlockList>{listed}</BlockList>".encode()
        ).status
        == 201
    )
    assert (
        run.twirp("FinalizeArtifact", name="state", size=str(150_000 * 24)).status
        == 200
    )
    (artifact,) = local_github.list_artifacts()
    assert local_github.get_artifact_path(artifact.id).read_bytes() == b"".join(
        name.encode() * 50_000 for name in names
    )


def test_a_block_list_that_names_a_block_that_never_came_is_refused(
    begin: Begin,
) -> None:
    run = begin()
    url = run.twirp("CreateArtifact", name="state", version=4).json["signed_upload_url"]
    answer = run.put_blocks(url, {"0": b"a"}, ["0", "1"])
    assert (answer.status, answer.headers["x-ms-error-code"]) == (
        400,
        "InvalidBlockList",
    )
    assert run.twirp("FinalizeArtifact", name="state", size="1").status == 412


def test_nothing_is_seen_of_an_artifact_before_it_is_finished(begin: Begin) -> None:
    run, other = begin(), begin()
    run.twirp("CreateArtifact", name="state", version=4)
    assert run.twirp("ListArtifacts").json == {"artifacts": []}
    assert (
        other.rest("GET", f"actions/runs/{run.run_id}/artifacts").json["total_count"]
        == 0
    )


def test_a_name_can_be_used_once_a_run_until_it_is_deleted(begin: Begin) -> None:
    run, other = begin(), begin()
    first = run.upload("state", b"one")
    refused = run.twirp("CreateArtifact", name="state", version=4)
    assert refused.status == 409
    assert (
        refused.json["msg"]
        == "an artifact with this name already exists on the workflow run"
    )
    other.upload("state", b"two")
    assert run.twirp("DeleteArtifact", name="state").json == {
        "ok": True,
        "artifact_id": str(first),
    }
    assert run.upload("state", b"three") > first


def test_a_size_or_digest_that_is_wrong_is_refused(
    local_github: LocalGitHub, begin: Begin
) -> None:
    run = begin()
    url = run.twirp("CreateArtifact", name="state", version=4).json["signed_upload_url"]
    run.put_blocks(url, {"0": b"abc"}, ["0"])
    assert run.twirp("FinalizeArtifact", name="state", size="4").status == 400
    assert (
        run.twirp(
            "FinalizeArtifact", name="state", size="3", hash=f"sha256:{'0' * 64}"
        ).status
        == 400
    )
    assert local_github.list_artifacts() == ()
    assert run.twirp("FinalizeArtifact", name="state", size="3").status == 200


def test_a_client_that_lost_the_answer_may_ask_again(
    local_github: LocalGitHub, begin: Begin
) -> None:
    run = begin()
    artifact_id = run.upload("state", b"abc")
    digest = f"sha256:{hashlib.sha256(b'abc').hexdigest()}"
    again = run.twirp("FinalizeArtifact", name="state", size="3", hash=digest)
    assert again.json == {"ok": True, "artifact_id": str(artifact_id)}
    assert (
        run.twirp("FinalizeArtifact", name="state", size="4", hash=digest).status == 404
    )
    assert len(local_github.list_artifacts()) == 1


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a/b",
        "a\\b",
        'a"b',
        "a:b",
        "a<b",
        "a>b",
        "a|b",
        "a*b",
        "a?b",
        "a\nb",
        "x" * 257,
    ],
)
def test_names_that_github_does_not_take(begin: Begin, name: str) -> None:
    assert begin().twirp("CreateArtifact", name=name, version=4).status == 400


def test_a_job_has_no_more_than_500_artifacts(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAX_PER_JOB == 500
    monkeypatch.setattr("generator.github.storage.artifacts.MAX_PER_JOB", 3)
    run = begin()
    for number in range(3):
        run.upload(f"a{number}", b"x")
    assert run.twirp("CreateArtifact", name="one-more", version=4).status == 403


def test_retention_counts_by_our_clock_and_is_cut_to_90_days(
    local_github: LocalGitHub, clock: SteerableClock, begin: Begin
) -> None:
    clock.set(datetime(2031, 5, 1, 12, tzinfo=UTC))
    run = begin()
    real = datetime.now(UTC)
    for days in (1, 7, 90, 400):
        run.upload(
            f"days-{days}", b"x", expires_at=(real + timedelta(days=days)).isoformat()
        )
    run.upload("unsaid", b"x")
    lifetimes = [
        round((artifact.expires_at - artifact.created_at) / timedelta(days=1))
        for artifact in local_github.list_artifacts()
    ]
    assert lifetimes == [1, 7, 90, 90, 90]


def test_an_expired_artifact_is_listed_but_answers_410(
    clock: SteerableClock, begin: Begin
) -> None:
    run, reader = begin(), begin()
    soon = (datetime.now(UTC) + timedelta(days=7)).isoformat()
    artifact_id = run.upload("state", b"abc", expires_at=soon)
    address = reader.rest("GET", f"actions/artifacts/{artifact_id}/zip").headers[
        "location"
    ]
    clock.advance(timedelta(days=6, hours=23))
    assert reader.download(artifact_id).body == b"abc"
    clock.advance(timedelta(hours=1))
    answer = reader.rest("GET", f"actions/artifacts/{artifact_id}/zip")
    assert (answer.status, answer.json["message"]) == (410, "Artifact has expired")
    assert reader.ask("GET", address).status == 404
    assert (
        reader.rest("GET", "actions/artifacts").json["artifacts"][0]["expired"] is True
    )
    assert run.twirp("ListArtifacts").json == {"artifacts": []}
    assert run.twirp("GetSignedArtifactURL", name="state").status == 404


def test_rest_shows_what_a_search_for_earlier_state_reads(begin: Begin) -> None:
    run = begin(
        head_repository="stranger/fork", head_branch="main", event="pull_request"
    )
    artifact_id = run.upload("state", b"abc")
    listed = (
        begin().rest("GET", "actions/artifacts?name=state&per_page=100&page=1").json
    )
    (artifact,) = listed["artifacts"]
    assert listed["total_count"] == 1
    assert (artifact["id"], artifact["name"], artifact["expired"]) == (
        artifact_id,
        "state",
        False,
    )
    assert (artifact["size_in_bytes"], artifact["digest"]) == (
        3,
        f"sha256:{hashlib.sha256(b'abc').hexdigest()}",
    )
    origin = artifact["workflow_run"]
    assert (origin["id"], origin["head_branch"], origin["head_sha"]) == (
        run.run_id,
        "main",
        "a" * 40,
    )
    assert origin["head_repository_id"] != origin["repository_id"]


def test_artifacts_are_paged_newest_first(begin: Begin) -> None:
    run = begin()
    ids = [run.upload(f"a{number}", b"x") for number in range(5)]
    first = run.rest("GET", "actions/artifacts?per_page=2")
    assert [artifact["id"] for artifact in first.json["artifacts"]] == ids[:2:-1]
    assert first.json["total_count"] == 5
    assert 'page=2>; rel="next"' in first.headers["link"]
    assert 'page=3>; rel="last"' in first.headers["link"]
    last = run.rest("GET", "actions/artifacts?per_page=2&page=3")
    assert [artifact["id"] for artifact in last.json["artifacts"]] == ids[:1]
    assert "next" not in last.headers["link"]
    assert (
        run.rest("GET", "actions/artifacts?per_page=2&page=9").json["artifacts"] == []
    )


def test_downloads_of_other_runs_are_remembered_even_when_the_artifact_is_gone(
    local_github: LocalGitHub, begin: Begin
) -> None:
    source, reader = begin(), begin()
    artifact_id = source.upload("state", b"abc")
    reader.upload("own", b"x")
    assert local_github.list_downloads(reader.run_id) == ()
    reader.download(artifact_id)
    own = reader.twirp("GetSignedArtifactURL", name="own").json["signed_url"]
    assert reader.ask("GET", own).body == b"x"
    local_github.delete_artifact(artifact_id)
    assert [artifact.id for artifact in local_github.list_downloads(reader.run_id)] == [
        artifact_id
    ]
    assert reader.rest("GET", f"actions/artifacts/{artifact_id}").status == 404


def test_a_single_file_keeps_its_type_and_name(begin: Begin) -> None:
    run = begin()
    artifact_id = run.upload("Модель №1.txt", "привет".encode(), mime_type="text/plain")
    answer = run.download(artifact_id)
    assert answer.headers["content-type"].startswith("text/plain")
    assert (
        "filename*=UTF-8''%D0%9C%D0%BE%D0%B4%D0%B5%D0%BB%D1%8C"
        in answer.headers["content-disposition"]
    )
    assert answer.body.decode() == "привет"


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [
        ("bytes=2-4", 206, b"234"),
        ("bytes=7-", 206, b"789"),
        ("bytes=-3", 206, b"789"),
        ("bytes=5-99", 206, b"56789"),
        ("bytes=-", 200, b"0123456789"),
        ("lines=1-2", 200, b"0123456789"),
    ],
)
def test_parts_of_a_blob_can_be_read(
    begin: Begin, asked: str, status: int, body: bytes
) -> None:
    run = begin()
    run.upload("state", b"0123456789")
    url = run.twirp("GetSignedArtifactURL", name="state").json["signed_url"]
    answer = run.ask("GET", url, None, {"Range": asked})
    assert (answer.status, answer.body) == (status, body)
    assert run.ask("GET", url, None, {"Range": "bytes=10-"}).status == 416
    assert run.ask("HEAD", url).headers["content-length"] == "10"


def test_a_signed_address_opens_one_blob_for_one_purpose(begin: Begin) -> None:
    run = begin()
    url = run.twirp("CreateArtifact", name="state", version=4).json["signed_upload_url"]
    assert run.ask("GET", url).status == 405
    assert run.ask("PUT", url.replace("sp=w", "sp=r"), b"x").status == 403
    assert run.ask("PUT", url.replace("se=", "se=9"), b"x").status == 403
    assert run.ask("PUT", url.partition("?")[0], b"x").status == 403
    assert run.ask("PUT", url.replace("artifacts/", "caches/"), b"x").status == 403
    run.put_blocks(url, {"0": b"abc"}, ["0"])
    run.twirp("FinalizeArtifact", name="state", size="3")
    assert run.put_blocks_status(url, b"other") == 409


def test_an_attempt_can_use_the_names_of_the_one_before(
    local_github: LocalGitHub, begin: Begin
) -> None:
    run = begin()
    first = run.upload("state", b"one")
    local_github.finish_run(run.run_id, "failure")
    again = run.rerun()
    second = again.upload("state", b"two")
    assert (again.run_id, again.ticket.run.attempt) == (run.run_id, 2)
    listed = again.twirp("ListArtifacts", name_filter="state").json["artifacts"]
    assert [artifact["database_id"] for artifact in listed] == [str(first), str(second)]
    assert (
        again.rest("GET", f"actions/runs/{run.run_id}/artifacts").json["artifacts"][0][
            "id"
        ]
        == second
    )
    assert run.twirp("ListArtifacts").status == 401


def test_a_commit_may_be_asked_for_again_and_blocks_sent_again(
    local_github: LocalGitHub, begin: Begin
) -> None:
    run = begin()
    url = run.twirp("CreateArtifact", name="state", version=4).json["signed_upload_url"]
    assert run.put_blocks(url, {"a": b"lost", "b": b"2"}, ["a", "b"]).status == 201
    assert run.put_blocks(url, {}, ["a", "b"]).status == 201
    assert run.put_blocks(url, {}, ["b", "a"]).status == 400
    assert run.put_blocks(url, {"b": b"x" * 9, "a": b"1"}, ["a", "b"]).status == 201
    assert run.twirp("FinalizeArtifact", name="state", size="10").status == 200
    assert (
        local_github.get_artifact_path(local_github.list_artifacts()[0].id).read_bytes()
        == b"1" + b"x" * 9
    )


def test_an_empty_artifact(local_github: LocalGitHub, begin: Begin) -> None:
    run = begin()
    url = run.twirp("CreateArtifact", name="state", version=4).json["signed_upload_url"]
    assert run.put_blocks(url, {}, []).status == 201
    assert run.twirp("FinalizeArtifact", name="state").status == 200
    assert local_github.list_artifacts()[0].size_bytes == 0


def test_a_body_of_unknown_length_is_taken_too(
    local_github: LocalGitHub, begin: Begin
) -> None:
    run = begin()
    url = run.twirp("CreateArtifact", name="state", version=4).json["signed_upload_url"]
    assert run.ask("PUT", url, iter([b"in ", b"chunks"])).status == 201
    assert run.twirp("FinalizeArtifact", name="state", size="9").status == 200
    assert (
        local_github.get_artifact_path(local_github.list_artifacts()[0].id).read_bytes()
        == b"in chunks"
    )


def test_what_a_run_left_half_way_goes_with_it(
    local_github: LocalGitHub, begin: Begin
) -> None:
    run = begin()
    url = run.twirp("CreateArtifact", name="state", version=4).json["signed_upload_url"]
    run.put_blocks_status(url, b"half")
    local_github.finish_run(run.run_id, "failure")
    assert run.put_blocks_status(url, b"half") == 409
    assert list(local_github._context.blobs._staging.iterdir()) == []


def test_leftovers_of_killed_servers_are_swept_after_a_day(
    open_local_github: Callable[..., LocalGitHub], begin_on: BeginOn, tmp_path: Path
) -> None:
    store = tmp_path / "swept"
    with LocalGitHub.open(store) as first:
        run = begin_on(first)
        run.upload("kept", b"x")
        first.expire_artifact(run.upload("expired", b"x"), days=2)
        current, expired = (
            first.get_artifact_path(artifact.id) for artifact in first.list_artifacts()
        )
    orphan, half, fresh = (
        current.with_name("0" * 32),
        store / "staging" / ("1" * 32),
        store / "staging" / ("2" * 32),
    )
    orphan.write_bytes(b"x")
    half.mkdir()
    fresh.mkdir()
    for path in (current, expired, orphan, half):
        os.utime(path, (0, 0))
    open_local_github("swept")
    assert [path.exists() for path in (current, expired, orphan, half, fresh)] == [
        True
    ] * 5
    os.utime(store / "swept", (0, 0))
    open_local_github("swept")
    assert [path.exists() for path in (current, expired, orphan, half, fresh)] == [
        True,
        False,
        False,
        False,
        True,
    ]


def test_an_upload_beyond_the_quota_is_refused(
    open_local_github: Callable[..., LocalGitHub], begin_on: BeginOn
) -> None:
    run = begin_on(open_local_github("small", limits=Limits(artifact_bytes=5)))
    first = run.upload("one", b"123456")
    refused = run.twirp("CreateArtifact", name="two")
    assert (refused.status, refused.json["msg"]) == (
        403,
        "insufficient usage to create artifact",
    )
    run.rest("DELETE", f"actions/artifacts/{first}")
    assert run.twirp("CreateArtifact", name="two").status == 200
