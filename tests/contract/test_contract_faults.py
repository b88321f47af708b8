"""Things that go wrong on request."""

from __future__ import annotations

import http.client
import time
from typing import TYPE_CHECKING

import pytest

from generator.github.core.faults import Fault

if TYPE_CHECKING:
    from generator.github.local_github import LocalGitHub
    from tests.contract.clients import Begin

LISTS = "/repos/*/actions/artifacts*"


def test_a_rule_strikes_as_often_as_it_says_and_after_what_it_says(
    local_github: LocalGitHub, begin: Begin
) -> None:
    run = begin()
    local_github.faults.add(
        Fault(
            path=LISTS,
            method="GET",
            status=503,
            times=2,
            after=1,
            retry_after=7,
            message="down",
        )
    )
    answers = [run.rest("GET", "actions/artifacts") for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 503, 503, 200]
    assert answers[1].headers["retry-after"] == "7"
    assert answers[1].json["message"] == "down"


def test_other_methods_and_paths_are_spared(
    local_github: LocalGitHub, begin: Begin
) -> None:
    run = begin()
    local_github.faults.add(Fault(path=LISTS, method="DELETE", status=500))
    assert run.rest("GET", "actions/artifacts").status == 200
    assert run.rest("GET", "actions/runs").status == 200
    assert run.rest("DELETE", "actions/artifacts/1").status == 500
    local_github.faults.clear()
    assert run.rest("DELETE", "actions/artifacts/1").status == 404


def test_a_delay(local_github: LocalGitHub, begin: Begin) -> None:
    run = begin()
    local_github.faults.add(Fault(path="*", delay_seconds=0.2))
    began = time.monotonic()
    assert run.rest("GET", "actions/artifacts").status == 200
    assert time.monotonic() - began >= 0.2


def test_a_connection_that_is_cut(local_github: LocalGitHub, begin: Begin) -> None:
    run = begin()
    local_github.faults.add(Fault(path=LISTS, cut=True, times=1))
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        run.rest("GET", "actions/artifacts")
    assert run.rest("GET", "actions/artifacts").status == 200


def test_a_body_that_ends_early_does_not_count_as_a_download(
    local_github: LocalGitHub, begin: Begin
) -> None:
    source, reader = begin(), begin()
    artifact_id = source.upload("state", bytes(3_000_000))
    local_github.faults.add(
        Fault(path="/_blobs/*", method="GET", truncate_after=1_500_000, times=1)
    )
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        reader.download(artifact_id)
    assert local_github.list_downloads(reader.run_id) == ()
    assert len(reader.download(artifact_id).body) == 3_000_000


def test_a_body_with_a_flipped_bit_has_the_right_length(
    local_github: LocalGitHub, begin: Begin
) -> None:
    run = begin()
    artifact_id = run.upload("state", b"0" * 1000)
    local_github.faults.add(
        Fault(path="/_blobs/*", method="GET", corrupt=True, times=1)
    )
    spoiled = run.download(artifact_id).body
    assert (len(spoiled), spoiled[:2]) == (1000, b"10")
    assert run.download(artifact_id).body == b"0" * 1000


def test_an_artifact_that_expires_early_or_late(
    local_github: LocalGitHub, begin: Begin
) -> None:
    run = begin()
    early, late = run.upload("early", b"x"), run.upload("late", b"x")
    local_github.expire_artifact(early)
    assert run.download(early).status == 410
    local_github.expire_artifact(late)
    local_github.expire_artifact(late, days=-3)
    assert run.download(late).status == 200
    with pytest.raises(KeyError):
        local_github.expire_artifact(1)


def test_an_upload_that_breaks_off_leaves_nothing(
    local_github: LocalGitHub, begin: Begin
) -> None:
    run = begin()
    url = run.twirp("CreateArtifact", name="state", version=4).json["signed_upload_url"]
    connection = http.client.HTTPConnection(local_github.url.removeprefix("http://"))
    connection.putrequest(
        "PUT", url.removeprefix(local_github.url) + "&comp=block&blockid=MA=="
    )
    connection.putheader("Content-Length", "1000")
    connection.endheaders(b"only a part")
    connection.close()
    assert run.put_blocks(url, {}, ["0"]).status == 400
    assert run.put_blocks(url, {"0": b"whole"}, ["0"]).status == 201
