from __future__ import annotations

import base64
import json
import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from generator.errors import LocalGitHubError
from generator.github.core.clock import (
    SteerableClock,
    SystemClock,
    from_micros,
    format_rfc3339,
    to_micros,
)
from generator.github.core.faults import Fault, FaultPlan
from generator.github.core.models import NewRun
from generator.github.core.rate_limits import Limits, Meter
from generator.github.core.tokens import Grant, RuntimeClaims, TokenBook
from generator.github.client_setup import build_gh_environment
from generator.github.local_github import LocalGitHub
from generator.github.rest.actions.date_ranges import parse_date_range
from generator.github.storage.blobs import BlobStore
from generator.github.storage.database import Database
from generator.github.storage.migrations import LATEST_VERSION, MIGRATIONS
from generator.github.storage.workflows import WorkflowStore

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
NEW = NewRun("w.yml", "w", "push", "main", "a" * 40, {"actions": "read"})


def test_a_frozen_clock_moves_only_when_told() -> None:
    clock = SteerableClock(NOON, frozen=True)
    assert (clock.now(), clock.now()) == (NOON, NOON)
    clock.advance(timedelta(days=90))
    assert clock.now() == NOON + timedelta(days=90)
    clock.set(NOON.astimezone(timezone(timedelta(hours=3))))
    assert clock.now() == NOON
    with pytest.raises(ValueError, match="time zone"):
        clock.set(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


def test_a_running_clock_runs() -> None:
    clock = SteerableClock(NOON)
    assert NOON <= clock.now() < NOON + timedelta(minutes=1)
    assert abs(SystemClock().now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_instants_survive_the_store_to_the_microsecond() -> None:
    instant = NOON + timedelta(microseconds=123_457)
    assert from_micros(to_micros(instant)) == instant
    assert format_rfc3339(instant) == "2026-06-01T12:00:00Z"


def test_tokens_are_known_until_they_end() -> None:
    book = TokenBook()
    token = book.create_token(Grant(7, {"actions": "read"}))
    assert token.startswith("ghs_")
    grant = book.find_grant(token)
    assert grant is not None
    assert (grant.allows("actions", "read"), grant.allows("actions", "write")) == (
        True,
        False,
    )
    assert not grant.allows("contents", "read")
    assert book.find_grant(token + "x") is None
    book.end_run(7)
    assert book.find_grant(token) is None


def test_a_runtime_token_is_a_jwt_with_the_backend_ids() -> None:
    book, claims = TokenBook(), RuntimeClaims("run-id", "job-id", 7, 2)
    token = book.create_runtime_token(claims, NOON)
    payload = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert payload["scp"] == "Actions.Results:run-id:job-id"
    assert book.read_runtime_token(token) == claims
    assert TokenBook().read_runtime_token(token) is None
    assert book.read_runtime_token("a.b.c") is None
    assert book.read_runtime_token("é") is None


def test_signatures_of_addresses_do_not_pass_for_tokens() -> None:
    book = TokenBook()
    head = base64.urlsafe_b64encode(b'{"alg":"HS256"}').decode()
    assert book.read_runtime_token(f"{head}.e30.{book.sign(f'{head}.e30')}") is None
    assert book.check("blob", book.sign("blob"))
    assert not book.check("blob", "é")


def test_faults_strike_in_the_order_they_were_added() -> None:
    plan = FaultPlan()
    plan.add(Fault(path="/a/*", status=500, times=1))
    plan.add(Fault(path="*", status=502))
    struck = [plan.take("GET", path) for path in ("/a/b", "/a/b", "/c")]
    assert [fault.status if fault else None for fault in struck] == [500, 502, 502]
    plan.clear()
    assert plan.take("GET", "/c") is None


def test_windows_of_the_limits_open_again() -> None:
    meter = Meter(Limits(calls_an_hour=1, points_a_minute=None))
    assert meter.count("GET", NOON).exceeded == ""
    assert meter.count("GET", NOON + timedelta(minutes=59)).exceeded == "primary"
    assert (
        meter.read(NOON + timedelta(minutes=59)).build_headers()[
            "X-RateLimit-Remaining"
        ]
        == "0"
    )
    assert meter.count("GET", NOON + timedelta(hours=1)).exceeded == ""
    assert meter.count("GET", NOON - timedelta(days=1)).exceeded == ""
    lifted = Meter(Limits(calls_an_hour=None))
    assert all(lifted.count("GET", NOON).exceeded == "" for _ in range(100))


@pytest.mark.parametrize(
    ("said", "inside", "outside"),
    [
        ("2026-06-01", NOON, NOON + timedelta(days=1)),
        (">=2026-06-01T12:00:00Z", NOON, NOON - timedelta(seconds=1)),
        (">2026-06-01", NOON + timedelta(days=1), NOON),
        ("<2026-06-02", NOON, NOON + timedelta(days=1)),
        ("<=2026-06-01", NOON, NOON + timedelta(days=1)),
        ("2026-05-01..2026-06-01", NOON, NOON + timedelta(days=1)),
        ("*..2026-06-01", NOON, NOON + timedelta(days=1)),
        ("2026-06-01..*", NOON, NOON - timedelta(days=1)),
        ("2026-06-01T14:00:00+02:00", NOON, NOON + timedelta(seconds=1)),
    ],
)
def test_searches_for_dates(said: str, inside: datetime, outside: datetime) -> None:
    begins, ends = parse_date_range(said)
    assert begins <= inside < ends
    assert not begins <= outside < ends


@pytest.mark.parametrize("said", ["", "x", "2026-13-01", "2026-06-01..x", ">="])
def test_searches_for_no_dates_find_nothing(said: str) -> None:
    begins, ends = parse_date_range(said)
    assert begins > ends


def test_a_store_of_any_earlier_format_opens(tmp_path: Path) -> None:
    for known in range(LATEST_VERSION):
        path = tmp_path / f"{known}.sqlite3"
        with sqlite3.connect(path) as old:
            for migration in MIGRATIONS[:known]:
                for statement in migration.statements:
                    old.execute(statement)
            if known:
                old.execute(
                    "INSERT INTO workflows (path, name, created_at) VALUES ('w.yml', 'W', 7)"
                )
            old.execute(f"PRAGMA user_version = {known}")
        old.close()
        database = Database(path)
        assert database.value("PRAGMA user_version") == LATEST_VERSION
        assert database.rows("SELECT * FROM variables") == []
        found = WorkflowStore(database, SystemClock()).list_all()
        kept = [(one.name, one.state.value, to_micros(one.updated_at)) for one in found]
        assert kept == ([("W", "active", 7)] if known else [])
        database.close()


def test_a_new_store_is_opened_by_many_at_once(tmp_path: Path) -> None:
    for attempt in range(20):
        together = Barrier(6)

        def opened(
            path: Path = tmp_path / f"{attempt}.sqlite3", together: Barrier = together
        ) -> int:
            together.wait()
            database = Database(path)
            version = database.value("PRAGMA user_version")
            database.close()
            return version

        with ThreadPoolExecutor(6) as threads:
            versions = [threads.submit(opened) for _ in range(6)]
            assert {version.result() for version in versions} == {LATEST_VERSION}


def test_a_store_of_a_newer_wfgen_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "github.sqlite3"
    with sqlite3.connect(path) as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(LocalGitHubError, match="newer wfgen"):
        Database(path)


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
        assert local_github.begin_run(NEW).run.number == len(local_github.runs())


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "x.sqlite3")

    def half_way() -> None:
        with database.transaction():
            database.execute("INSERT INTO repositories (full_name) VALUES ('a/b')")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_way()
    assert database.value("SELECT count(*) FROM repositories") == 0
    database.close()


@pytest.mark.parametrize(
    "name", ["", "..", "../../etc/passwd", "A" * 32, "0" * 31, "0" * 33]
)
def test_no_text_but_our_own_is_a_blob(tmp_path: Path, name: str) -> None:
    blobs = BlobStore(tmp_path)
    with pytest.raises(ValueError, match="not a blob name"):
        blobs.get_path(name)
    with pytest.raises(ValueError, match="not a blob name"):
        blobs.open_block(name, "0", 1)


def test_a_block_takes_what_was_announced_and_no_more(tmp_path: Path) -> None:
    blobs, name = BlobStore(tmp_path), BlobStore.make_name()
    block = blobs.open_block(name, "0", 2)
    block.write(b"a")
    with pytest.raises(ValueError, match="fewer"):
        block.keep()
    with pytest.raises(ValueError, match="more"):
        block.write(b"bc")
    block.write(b"b")
    block.keep()
    assert blobs.assemble(name, ["0"]).size_bytes == 2
    assert blobs.get_path(name).read_bytes() == b"ab"
    blobs.close()


def test_blocks_are_laid_where_their_ids_say_they_belong(tmp_path: Path) -> None:
    def block_id(number: int) -> str:
        return base64.b64encode(f"prefix9{number:012d}".encode()).decode()

    def put(upload: str, ident: str, data: bytes) -> None:
        block = blobs.open_block(upload, ident, len(data))
        block.write(data)
        block.keep()

    blobs, orders = BlobStore(tmp_path), ([0, 1, 2], [2, 0, 1], [1, 2, 0])
    for order in orders:
        name, data = BlobStore.make_name(), [b"aaaa", b"bbbb", b"cc"]
        for number in order:
            put(name, block_id(number), data[number])
        stored = blobs.assemble(name, [block_id(number) for number in range(3)])
        assert (stored.size_bytes, blobs.get_path(name).read_bytes()) == (
            10,
            b"aaaabbbbcc",
        )
    name = BlobStore.make_name()
    for number, piece in (
        (1, b"bb"),
        (1, b"BB"),
        (70_000, b"far"),
        (0, b"a"),
        (5, b"f"),
        (0, b"A"),
    ):
        put(name, block_id(number), piece)
    put(name, "no base64!", b"-")
    assert (
        blobs.assemble(
            name, [block_id(0), block_id(1), block_id(70_000), "no base64!"]
        ).size_bytes
        == 7
    )
    assert blobs.get_path(name).read_bytes() == b"ABBfar-"
    blobs.close()


def test_two_servers_share_a_store(tmp_path: Path) -> None:
    with LocalGitHub.open(tmp_path) as one, LocalGitHub.open(tmp_path) as two:
        first, second = one.begin_run(NEW).run, two.begin_run(NEW).run
        assert (first.number, second.number) == (1, 2)
        assert (
            [run.id for run in one.runs()]
            == [run.id for run in two.runs()]
            == [first.id, second.id]
        )
        assert one.url != two.url


def test_no_secret_is_shown_or_stored(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with LocalGitHub.open(tmp_path / "store") as local_github:
        ticket, owner = local_github.begin_run(NEW), local_github.owner_token()
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
        assert again.runs() == ()


def test_gh_is_pointed_at_the_server() -> None:
    environment = build_gh_environment("http://127.0.0.1:1", "o/r", "t")
    assert environment["GH_REPO"] == "github.localhost/o/r"
    assert environment["HTTP_PROXY"] == "http://127.0.0.1:1"
