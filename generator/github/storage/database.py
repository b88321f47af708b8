"""The SQLite file of the local GitHub: opening, versions, transactions."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ...errors import LocalGitHubError
from .migrations import STEPS

BUSY_TIMEOUT_SECONDS = 30
BUSY_PAUSE_SECONDS = 0.01


class Database:
    """One connection, shared by the threads of a process.

    Other processes may have the same file open.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, made where it is missing.

        Raises LocalGitHubError for one that cannot be used.
        """
        self._lock = threading.RLock()
        self._path = path
        with self._translated("read"):
            self._connection = sqlite3.connect(
                path,
                timeout=BUSY_TIMEOUT_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
        try:
            with self._translated("read"):
                self._connection.row_factory = sqlite3.Row
                # WAL with FULL: a commit is on the disk when it returns, and readers
                # never wait for writers.
                self._switch_to_wal()
                self._connection.execute("PRAGMA synchronous = FULL")
                self._connection.execute("PRAGMA foreign_keys = ON")
                self._migrate(path)
        except LocalGitHubError:
            self._connection.close()
            raise

    def _switch_to_wal(self) -> None:
        """Wait for others who open a new file at the same time.

        Here SQLite does not do so by itself.
        """
        give_up = time.monotonic() + BUSY_TIMEOUT_SECONDS
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if (
                    error.sqlite_errorcode != sqlite3.SQLITE_BUSY
                    or time.monotonic() > give_up
                ):
                    raise
                time.sleep(BUSY_PAUSE_SECONDS)
            else:
                return

    @contextmanager
    def _translated(self, doing: str) -> Iterator[None]:
        """Turn what SQLite says of files and disks into one line.

        What it says of the data goes on to the caller.
        """
        try:
            yield
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
            raise
        except sqlite3.DatabaseError as error:
            raise LocalGitHubError(
                f"the local GitHub's records in {self._path} cannot be {doing}: {error}",
                hint=f"make room, or move {self._path.parent} away to start afresh",
            ) from error

    def _migrate(self, path: Path) -> None:
        with self.transaction():
            found = int(self.value("PRAGMA user_version"))
            if found > len(STEPS):
                raise LocalGitHubError(
                    f"{path} was written by a newer wfgen (format {found}, this one knows {len(STEPS)})",
                    hint="upgrade wfgen, or move the folder away to start afresh",
                )
            for step in STEPS[found:]:
                for statement in step:
                    self._connection.execute(statement)
            if found < len(STEPS):
                self._connection.execute(f"PRAGMA user_version = {len(STEPS)}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; one inside another joins it."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            with self._translated("written"):
                self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                with self._translated("written"):
                    self._connection.execute("COMMIT")
            except BaseException:
                # After some failures SQLite has rolled back by itself and knows of no
                # transaction any more.
                with suppress(sqlite3.OperationalError):
                    self._connection.execute("ROLLBACK")
                raise

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run a statement; gives the id of an inserted row, else the number of rows changed."""
        with self._lock, self._translated("written"):
            cursor = self._connection.execute(sql, tuple(parameters))
            return (
                int(cursor.lastrowid or 0)
                if sql.lstrip().startswith("INSERT")
                else cursor.rowcount
            )

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[sqlite3.Row]:
        """Every row of a query."""
        with self._lock, self._translated("read"):
            return self._connection.execute(sql, tuple(parameters)).fetchall()

    def row(self, sql: str, parameters: Sequence[object] = ()) -> sqlite3.Row | None:
        """The first row of a query, if there is one."""
        found = self.rows(sql, parameters)
        return found[0] if found else None

    def value(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """The one number a query gives; 0 for NULL."""
        row = self.row(sql, parameters)
        return int(row[0] or 0) if row is not None else 0

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
