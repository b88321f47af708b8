"""The database file: opened by many at once, and never written by halves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from generator.github.storage.database import Database
from generator.github.storage.migrations import LATEST_VERSION

if TYPE_CHECKING:
    from pathlib import Path


def test_a_new_store_is_opened_by_many_at_once(tmp_path: Path) -> None:
    for attempt in range(20):
        barrier = Barrier(6)

        def open_database(
            path: Path = tmp_path / f"{attempt}.sqlite3", barrier: Barrier = barrier
        ) -> int:
            barrier.wait()
            database = Database(path)
            version = database.value("PRAGMA user_version")
            database.close()
            return version

        with ThreadPoolExecutor(6) as threads:
            versions = [threads.submit(open_database) for _ in range(6)]
            assert {version.result() for version in versions} == {LATEST_VERSION}


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
