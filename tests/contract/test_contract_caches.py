"""The cache services, both versions, and cache REST."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from generator.github.services.caches import MAX_KEY_LENGTH

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.github.core.clock import SteerableClock
    from generator.github.local_github import LocalGitHub
    from tests.contract.clients import Answer, Begin, Client

CREATE = "CreateCacheEntry"
CACHES = "/twirp/github.actions.results.api.v1.CacheService/"


def v1(
    run: Client, method: str, path: str, body: bytes | None = None, **headers: str
) -> Answer:
    given = {"Authorization": f"Bearer {run.ticket.runtime_token}"} | {
        k.replace("_", "-"): v for k, v in headers.items()
    }
    return run.ask(
        method, f"{run.local_github.url}/_apis/artifactcache/{path}", body, given
    )


def test_a_cache_is_found_by_its_key_then_by_prefix_then_by_restore_keys(
    begin: Begin,
) -> None:
    run = begin()
    for key, data in (("pip-1", b"one"), ("pip-2", b"two"), ("npm-1", b"three")):
        assert run.save_cache(key, data).json["ok"] is True
    assert run.find_cache("pip-1") == ("pip-1", b"one")
    assert run.find_cache("pip-") == ("pip-2", b"two")
    assert run.find_cache("none", "npm-", "pip-") == ("npm-1", b"three")
    assert run.find_cache("none") is None
    assert run.find_cache("pip-1", version="another") is None


def test_a_key_is_written_once(begin: Begin) -> None:
    run = begin()
    run.save_cache("key", b"first")
    assert run.save_cache("key", b"second").status == 409
    assert run.find_cache("key") == ("key", b"first")
    assert run.save_cache("key", b"other version", version="w").json["ok"] is True


def test_a_cache_is_not_found_before_it_is_finished_nor_finished_before_it_has_come(
    begin: Begin,
) -> None:
    run = begin()
    run.twirp(CREATE, CACHES, key="key", version="v")
    assert run.find_cache("key") is None
    assert (
        run.twirp(
            "FinalizeCacheEntryUpload", CACHES, key="key", version="v", size_bytes="3"
        ).status
        == 400
    )
    assert (
        run.twirp(
            "FinalizeCacheEntryUpload", CACHES, key="other", version="v", size_bytes="3"
        ).status
        == 404
    )
    assert run.find_cache("key") is None


def test_branches_see_their_own_caches_and_those_of_the_default_branch(
    begin: Begin,
) -> None:
    main, one, two = begin(), begin(head_branch="one"), begin(head_branch="two")
    main.save_cache("deps-main", b"main")
    one.save_cache("deps-one", b"one")
    assert one.find_cache("deps-") == ("deps-one", b"one")
    assert two.find_cache("deps-") == ("deps-main", b"main")
    assert main.find_cache("deps-one") is None


def test_a_pull_request_sees_its_base_but_writes_only_for_itself(begin: Begin) -> None:
    begin(head_branch="release").save_cache("deps", b"release")
    pull = begin(
        event="pull_request",
        head_branch="feature",
        base_branch="release",
        head_repository="stranger/fork",
    )
    assert pull.find_cache("deps") == ("deps", b"release")
    assert pull.save_cache("mine", b"x").json["ok"] is True
    assert begin(head_branch="feature").find_cache("mine") is None
    assert begin(
        event="pull_request", head_branch="feature", head_repository="stranger/fork"
    ).find_cache("mine")


@pytest.mark.parametrize(
    "event", ["pull_request_target", "issue_comment", "workflow_run"]
)
def test_events_of_outsiders_cannot_write_what_the_default_branch_restores(
    begin: Begin, event: str
) -> None:
    begin().save_cache("deps", b"good")
    run = begin(event=event)
    assert run.find_cache("deps") == ("deps", b"good")
    refused = run.twirp(CREATE, CACHES, key="poison", version="v")
    assert refused.json == {
        "ok": False,
        "message": "the cache is read-only for this event",
    }
    assert v1(run, "POST", "caches", b'{"key": "poison", "version": "v"}').status == 403


def test_caches_unused_for_seven_days_are_evicted(
    local_github: LocalGitHub, clock: SteerableClock, begin: Begin
) -> None:
    run = begin()
    run.save_cache("used", b"x")
    run.save_cache("idle", b"x")
    clock.advance(timedelta(days=6))
    assert run.find_cache("used") is not None
    clock.advance(timedelta(days=1))
    assert run.find_cache("idle") is None
    assert run.find_cache("used") is not None
    assert [cache.key for cache in local_github.list_caches()] == ["used"]


def test_the_longest_unused_go_when_there_is_no_room(
    local_github: LocalGitHub, clock: SteerableClock, begin: Begin
) -> None:
    local_github._context.caches._max_bytes = 25
    run = begin()
    for key in ("a", "b"):
        run.save_cache(key, b"0123456789")
        clock.advance(timedelta(minutes=1))
    run.find_cache("a")
    clock.advance(timedelta(minutes=1))
    run.save_cache("c", b"0123456789")
    assert [cache.key for cache in local_github.list_caches()] == ["a", "c"]


@pytest.mark.parametrize("key", ["", "a,b", "x" * (MAX_KEY_LENGTH + 1)])
def test_keys_that_github_does_not_take(begin: Begin, key: str) -> None:
    assert begin().twirp(CREATE, CACHES, key=key, version="v").status == 400


def test_eleven_keys_are_too_many(begin: Begin) -> None:
    asked = begin().twirp(
        "GetCacheEntryDownloadURL",
        CACHES,
        key="a",
        restore_keys=list("bcdefghijk"),
        version="v",
    )
    assert asked.status == 400


def test_the_first_protocol_takes_chunks_in_any_order(begin: Begin) -> None:
    run = begin()
    made = v1(
        run, "POST", "caches", b'{"key": "pip-1", "version": "v", "cacheSize": 9}'
    )
    assert made.status == 201
    path = f"caches/{made.json['cacheId']}"
    for start, data in ((6, b"ghi"), (0, b"abc"), (3, b"def")):
        answer = v1(
            run, "PATCH", path, data, Content_Range=f"bytes {start}-{start + 2}/*"
        )
        assert answer.status == 204
    assert v1(run, "POST", path, b'{"size": 9}').status == 204
    answer = v1(run, "GET", "cache?keys=none,pip-&version=v")
    assert (answer.json["cacheKey"], answer.json["scope"]) == (
        "pip-1",
        "refs/heads/main",
    )
    assert run.ask("GET", answer.json["archiveLocation"]).body == b"abcdefghi"
    assert run.find_cache("pip-1") == ("pip-1", b"abcdefghi")
    assert v1(run, "POST", "caches", b'{"key": "pip-1", "version": "v"}').status == 409
    assert v1(run, "GET", "cache?keys=none&version=v").status == 204
    assert v1(run, "GET", "caches?key=pip").json["totalCount"] == 1


def test_the_first_protocol_refuses_gaps_and_unknown_uploads(begin: Begin) -> None:
    run = begin()
    made = v1(run, "POST", "caches", b'{"key": "k", "version": "v"}')
    path = f"caches/{made.json['cacheId']}"
    assert v1(run, "POST", path, b'{"size": 3}').status == 400
    v1(run, "PATCH", path, b"abc", Content_Range="bytes 5-7/*")
    assert v1(run, "POST", path, b'{"size": 8}').status == 400
    assert v1(run, "PATCH", path, b"abc").status == 400
    assert (
        v1(run, "PATCH", "caches/99", b"abc", Content_Range="bytes 0-2/*").status == 400
    )
    assert (
        v1(
            begin(head_branch="other"),
            "PATCH",
            path,
            b"abc",
            Content_Range="bytes 0-2/*",
        ).status
        == 400
    )
    assert v1(run, "PUT", path, b"abc").status == 404


@pytest.fixture
def three(begin: Begin, clock: SteerableClock) -> Client:
    run = begin()
    for key, branch in (("a-1", "main"), ("a-2", "main"), ("a-1", "dev")):
        begin(head_branch=branch).save_cache(key, b"x" * len(branch))
        clock.advance(timedelta(minutes=1))
    return run


def test_rest_lists_caches(three: Client) -> None:
    def keys(query: str) -> list[tuple[str, str]]:
        caches = three.rest("GET", f"actions/caches?{query}").json["actions_caches"]
        return [(cache["key"], cache["ref"].rpartition("/")[2]) for cache in caches]

    assert keys("") == [("a-1", "dev"), ("a-2", "main"), ("a-1", "main")]
    assert keys("key=a-2") == [("a-2", "main")]
    assert keys("ref=refs/heads/dev") == [("a-1", "dev")]
    assert keys("sort=created_at&direction=asc&per_page=1") == [("a-1", "main")]
    usage = three.rest("GET", "actions/cache/usage").json
    assert (usage["active_caches_count"], usage["active_caches_size_in_bytes"]) == (
        3,
        11,
    )


@pytest.mark.parametrize(
    ("query", "left"),
    [("key=a-1", 1), ("key=a-1&ref=refs/heads/dev", 2)],
    ids=["everywhere", "on one ref"],
)
def test_rest_deletes_caches_by_key(
    three: Client, local_github: LocalGitHub, query: str, left: int
) -> None:
    assert (
        three.rest("DELETE", f"actions/caches?{query}").json["total_count"] == 3 - left
    )
    assert len(local_github.list_caches()) == left
    assert three.rest("DELETE", f"actions/caches?{query}").status == 404
    assert three.rest("DELETE", "actions/caches").status == 422


def test_rest_deletes_a_cache_by_id(
    three: Client, local_github: LocalGitHub, begin: Begin
) -> None:
    path = f"actions/caches/{local_github.list_caches()[0].id}"
    assert begin(permissions={"actions": "read"}).rest("DELETE", path).status == 403
    assert three.rest("DELETE", path).status == 204
    assert three.rest("DELETE", path).status == 404


def test_caches_outlive_the_server(
    open_local_github: Callable[..., LocalGitHub], begin: Begin
) -> None:
    begin().save_cache("key", b"data")
    again = open_local_github("github")
    assert [cache.key for cache in again.list_caches()] == ["key"]
