"""Opening and leaving a local GitHub, and what it says where that fails."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from generator.errors import LocalGitHubError
from generator.github.client_setup import build_gh_environment
from generator.github.core.models import NewRun
from generator.github.local_github import LocalGitHub

if TYPE_CHECKING:
    from pathlib import Path

NEW = NewRun("w.yml", "w", "push", "main", "a" * 40, {"actions": "read"})


def test_a_file_that_is_no_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "github.sqlite3").write_bytes(
        b"no database at all, but long enough to look at" * 20
    )
    with pytest.raises(LocalGitHubError, match="cannot be read") as caught:
        LocalGitHub.open(tmp_path)
    assert "move" in caught.value.hint


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LocalGitHubError, match="cannot use"):
        LocalGitHub.open(tmp_path / "file" / "github")
    (tmp_path / "store" / "github.sqlite3").mkdir(parents=True)
    with pytest.raises(LocalGitHubError, match="cannot be read"):
        LocalGitHub.open(tmp_path / "store")


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    with LocalGitHub.open(tmp_path) as local_github:
        local_github.begin_run(NEW)
        pages = local_github._context.database.value("PRAGMA page_count")
        local_github._context.database.execute(f"PRAGMA max_page_count = {pages}")

        def fill() -> None:
            for _ in range(1000):
                local_github.begin_run(NEW)

        with pytest.raises(
            LocalGitHubError, match="cannot be written: database or disk is full"
        ) as caught:
            fill()
        assert caught.value.exit_code == 3
        local_github._context.database.execute(f"PRAGMA max_page_count = {pages * 10}")
        assert local_github.begin_run(NEW).run.number == len(local_github.list_runs())


def test_nobody_but_this_machine_can_reach_it(tmp_path: Path) -> None:
    with LocalGitHub.open(tmp_path) as local_github:
        address = urlsplit(local_github.url)
        assert (address.hostname, address.port is None) == ("127.0.0.1", False)
        # Another address of this machine, as a listener on all of them would take it.
        with socket.socket() as other:
            assert other.connect_ex(("127.0.0.2", address.port or 0)) != 0


def test_two_servers_share_a_store(tmp_path: Path) -> None:
    with LocalGitHub.open(tmp_path) as left, LocalGitHub.open(tmp_path) as right:
        first, second = left.begin_run(NEW).run, right.begin_run(NEW).run
        assert (first.number, second.number) == (1, 2)
        assert (
            [run.id for run in left.list_runs()]
            == [run.id for run in right.list_runs()]
            == [first.id, second.id]
        )
        assert left.url != right.url


def test_no_secret_is_shown_or_stored(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with LocalGitHub.open(tmp_path / "store") as local_github:
        ticket, owner = local_github.begin_run(NEW), local_github.create_owner_token()
        local_github.finish_run(ticket.run.id, "success")
    secrets = (ticket.token, ticket.runtime_token, owner)
    stored = b"".join(
        path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file()
    )
    assert not any(secret.encode() in stored for secret in secrets)
    assert not any(
        secret in repr(ticket) or secret in caplog.text for secret in secrets
    )


def test_a_server_that_never_started_can_be_left(tmp_path: Path) -> None:
    local_github = LocalGitHub.open(tmp_path)
    local_github.__exit__(None, None, None)
    with LocalGitHub.open(tmp_path) as again:
        assert again.list_runs() == ()


def test_gh_is_pointed_at_the_server() -> None:
    environment = build_gh_environment("http://127.0.0.1:1", "o/r", "t")
    assert environment["GH_REPO"] == "github.localhost/o/r"
    assert environment["HTTP_PROXY"] == "http://127.0.0.1:1"
