"""The SQLite file of the local GitHub: opening, migrating, transactions, queries."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ...errors import LocalGitHubError
from ..core.errors import StorageFailedError
from .migrations import LATEST_VERSION, migrate

BUSY_TIMEOUT_SECONDS = 30
BUSY_PAUSE_SECONDS = 0.01
_DISK_ERRORS = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
    }
)


class Conditions:
    """The WHERE clause of a query: terms that all have to hold, and their parameters.

    Terms and columns are texts of the stores; what a client sent is a parameter.
    """

    def __init__(self, *terms: str) -> None:
        self._terms = list(terms)
        self.parameters: list[object] = []

    def require(self, term: str, *parameters: object) -> None:
        """Add a term with one `?` for each parameter."""
        self._terms.append(term)
        self.parameters += parameters

    def require_equal(self, column: str, value: object | None) -> None:
        """Add that a column holds a value; None leaves the column free."""
        if value is not None:
            self.require(f"{column} = ?", value)

    def complete(self, select: str, ending: str = "") -> str:
        """The whole query: `SELECT ... FROM ...`, the WHERE clause, and what follows it."""
        where = ""
        if self._terms:
            where = "WHERE " + " AND ".join(self._terms)
        return f"{select} {where} {ending}"


class Database:
    """One connection, shared by the threads of a process.

    Other processes may have the same file open.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, made where it is missing.

        Raises LocalGitHubError for one that cannot be used.
        """
        # Re-entrant: within a transaction each statement takes the lock again.
        self._lock = threading.RLock()
        self._path = path
        with self._translate_errors("read"):
            self._connection = sqlite3.connect(
                path,
                timeout=BUSY_TIMEOUT_SECONDS,
                # Transactions are begun by `transaction`, never by the module itself.
                isolation_level=None,
                # Requests are answered in several threads; the lock keeps them apart.
                check_same_thread=False,
            )
        try:
            with self._translate_errors("read"):
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
        """Switch the file to a write-ahead log, however many open it at once."""
        # SQLite's own timeout does not cover the change of the journal mode: it answers
        # SQLITE_BUSY at once while another process makes the same change.
        give_up = time.monotonic() + BUSY_TIMEOUT_SECONDS
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                is_busy = error.sqlite_errorcode == sqlite3.SQLITE_BUSY
                if not is_busy or time.monotonic() > give_up:
                    raise
                time.sleep(BUSY_PAUSE_SECONDS)
            else:
                return

    @contextmanager
    def _translate_errors(self, action: str) -> Iterator[None]:
        """Turn SQLite's errors about files and disks into a LocalGitHubError.

        Errors about the data (IntegrityError, ProgrammingError) go on to the caller.
        """
        try:
            yield
        # A taken name is an IntegrityError, which stores answer in their own words.
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
            raise
        except sqlite3.DatabaseError as error:
            failure = LocalGitHubError
            # The low byte is the kind of an error, the rest says more of it.
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DISK_ERRORS:
                failure = StorageFailedError
            raise failure(
                f"the local GitHub's records in {self._path} cannot be {action}: {error}",
                hint=f"make room, or move {self._path.parent} away to start afresh",
            ) from error

    def _migrate(self, path: Path) -> None:
        with self.transaction():
            # Read within the transaction: of those that open an old file at once, one
            # migrates it and the others find it done.
            version = self.value("PRAGMA user_version")
            if version > LATEST_VERSION:
                raise LocalGitHubError(
                    f"{path} was written by a newer wfgen "
                    f"(format {version}, this one knows {LATEST_VERSION})",
                    hint="upgrade wfgen, or move the folder away to start afresh",
                )
            migrate(self._connection, version)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; one inside another joins it."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            with self._translate_errors("written"):
                # The write lock at once: a transaction that reads first and then wants to
                # write fails without waiting where another wrote in between.
                self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                with self._translate_errors("written"):
                    self._connection.execute("COMMIT")
            except BaseException:
                # After some failures SQLite has rolled back by itself and knows of no
                # transaction any more.
                with suppress(sqlite3.OperationalError):
                    self._connection.execute("ROLLBACK")
                raise

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run a statement; returns the id of an inserted row, else the number of rows changed."""
        with self._lock, self._translate_errors("written"):
            cursor = self._connection.execute(sql, tuple(parameters))
            # `lastrowid` holds the id of an earlier INSERT after any other statement.
            if sql.lstrip().startswith("INSERT"):
                return int(cursor.lastrowid or 0)
            return cursor.rowcount

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[sqlite3.Row]:
        """Every row of a query."""
        with self._lock, self._translate_errors("read"):
            return self._connection.execute(sql, tuple(parameters)).fetchall()

    def row(self, sql: str, parameters: Sequence[object] = ()) -> sqlite3.Row | None:
        """The first row of a query, if there is one."""
        rows = self.rows(sql, parameters)
        if not rows:
            return None
        return rows[0]

    def value(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """The one number a query gives; 0 for NULL or no row."""
        row = self.row(sql, parameters)
        if row is None:
            return 0
        return int(row[0] or 0)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
