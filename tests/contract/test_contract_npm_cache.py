"""The official cache client, current and older, over both versions of the service."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from generator.github.local_github import LocalGitHub
    from tests.contract.clients import Begin, Client
    from tests.contract.programs import Node

CLIENTS = [("cache-4", "v1"), ("cache-4", "v2"), ("cache-6", "v1"), ("cache-6", "v2")]
pytestmark = pytest.mark.timeout(280)


@pytest.fixture
def folder(node: Node) -> Path:
    """What is cached; the client resolves paths against the workspace, which is its home here."""
    made = node.home / "pip"
    made.mkdir()
    (made / "колесо.whl").write_bytes(os.urandom(3_000_000))
    return made


def run_calls(
    node: Node, client: Client, package: str, version: str, calls: list[dict[str, Any]]
) -> list[object]:
    env = {"ACTIONS_CACHE_URL": client.local_github.url + "/"}
    if version == "v2":
        env["ACTIONS_CACHE_SERVICE_V2"] = "true"
    return [
        result.get("value", result.get("error"))
        for result in node.drive(client, package, calls, **env)
    ]


@pytest.mark.parametrize(("package", "version"), CLIENTS)
def test_what_is_saved_is_restored(  # noqa: PLR0913, PLR0917 - fixtures
    local_github: LocalGitHub,
    begin: Begin,
    node: Node,
    folder: Path,
    package: str,
    version: str,
) -> None:
    before = (folder / "колесо.whl").read_bytes()
    main = begin()
    paths = [str(folder)]
    saved, twice = run_calls(
        node,
        main,
        package,
        version,
        [
            {"do": "saveCache", "args": [paths, "pip-1"]},
            {"do": "saveCache", "args": [paths, "pip-1"]},
        ],
    )
    (cache,) = local_github.list_caches()
    assert (saved, twice) == (cache.id, -1)
    (folder / "колесо.whl").unlink()
    branch = begin(head_branch="feature")
    assert run_calls(
        node,
        branch,
        package,
        version,
        [
            {"do": "restoreCache", "args": [paths, "none"]},
            {
                "do": "restoreCache",
                "args": [paths, "pip-2", ["npm-", "pip-"], {"lookupOnly": True}],
            },
            {"do": "restoreCache", "args": [paths, "pip-2", ["npm-", "pip-"]]},
        ],
    ) == [None, "pip-1", "pip-1"]
    assert (folder / "колесо.whl").read_bytes() == before


def test_a_cache_of_many_blocks(begin: Begin, node: Node, folder: Path) -> None:
    with (folder / "big").open("wb") as file:
        for _ in range(150):
            file.write(os.urandom(1_000_000))
    run, paths = begin(), [str(folder)]
    (saved,) = run_calls(
        node, run, "cache-6", "v2", [{"do": "saveCache", "args": [paths, "big"]}]
    )
    assert isinstance(saved, int)
    assert saved > 0
    whole = (folder / "big").read_bytes()
    (folder / "big").unlink()
    assert run_calls(
        node, run, "cache-6", "v2", [{"do": "restoreCache", "args": [paths, "big"]}]
    ) == ["big"]
    assert (folder / "big").read_bytes() == whole


def test_an_outsiders_event_restores_but_does_not_save(
    local_github: LocalGitHub, begin: Begin, node: Node, folder: Path
) -> None:
    paths = [str(folder)]
    run_calls(
        node, begin(), "cache-6", "v2", [{"do": "saveCache", "args": [paths, "good"]}]
    )
    outsider = begin(event="pull_request_target")
    calls = [
        {"do": "saveCache", "args": [paths, "poison"]},
        {"do": "restoreCache", "args": [paths, "good"]},
    ]
    assert run_calls(node, outsider, "cache-6", "v2", calls) == [-1, "good"]
    assert [cache.key for cache in local_github.list_caches()] == ["good"]
