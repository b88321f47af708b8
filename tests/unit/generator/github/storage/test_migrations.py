"""Databases of earlier versions, and what a wrong migration would make of them."""

from __future__ import annotations

import contextlib
import hashlib
import re
import sqlite3
from typing import TYPE_CHECKING

import pytest

from generator.errors import LocalGitHubError
from generator.github.core.clock import (
    SystemClock,
    to_micros,
)
from generator.github.storage.database import Database
from generator.github.storage.migrations import (
    LATEST_VERSION,
    MIGRATIONS,
    Migration,
    migrate,
)
from generator.github.storage.workflows import WorkflowStore

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# SHA-256 of each released migration, white space aside: databases out there have had it,
# and a changed one would leave them behind. A migration gets its row when it is released.
RELEASED = {
    1: "baaeafcf2603bee198b0dbaa2502f3f56391cde3e806b3312b0f55a4bf32126f",
    2: "0810386565cff53fee4c4d2d57039b3e8999d5f10bbf28ac1f3d364b00235589",
    3: "485ee6034e785e8bfd54d14d1dd16dc66ea0e72738608a118e803c8dcaa4bd41",
    4: "846a361a2ce42095d777aceb5b207d00f6f73f9ca91e8504b1a7e26e881056d3",
    5: "1dba4e3b594ef4d2a5e91ae2645090ccb49e4f27759463ee5b8e94751a8ef4ea",
}


def compute_fingerprint(migration: Migration) -> str:
    """A hash of what a migration does."""
    statements = [" ".join(text.split()) for text in migration.statements]
    return hashlib.sha256("\n".join(statements).encode()).hexdigest()


def connect() -> sqlite3.Connection:
    """An empty database, with the settings that stores have; in memory, to be quick."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def list_tables(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Name and CREATE statement of every table."""
    return connection.execute(
        "SELECT name, sql FROM sqlite_master "
        "WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).fetchall()


def read_schema(connection: sqlite3.Connection) -> list[object]:
    """All that is to be the same, whichever way a database came to its version."""
    return [
        *connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name"),
        *connection.execute(
            "SELECT name FROM sqlite_sequence WHERE seq > 1 ORDER BY name"
        ),
        *connection.execute("PRAGMA user_version"),
    ]


def fill_tables(connection: sqlite3.Connection) -> None:
    """One row in each table, whose keys are 1 and so refer to each other."""
    for table, sql in list_tables(connection):
        values: dict[str, object] = {}
        for _, column, column_type, *_ in connection.execute(
            f"PRAGMA table_info({table})"
        ):
            values[column] = 1
            if column_type == "TEXT":
                allowed = re.search(rf"CHECK \({column} IN \('(\w+)'", sql)
                values[column] = allowed[1] if allowed else "x"
        places = ", ".join("?" for _ in values)
        connection.execute(
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})",  # noqa: S608 - names of our own tables
            list(values.values()),
        )


def count_rows(connection: sqlite3.Connection) -> dict[str, int]:
    """How many rows each table has."""
    counts = {}
    for table, _ in list_tables(connection):
        query = f"SELECT count(*) FROM {table}"  # noqa: S608 - as above
        (counts[table],) = connection.execute(query).fetchone()
    return counts


def upgrade(version: int, migrations: Sequence[Migration]) -> str:
    """Upgrade a filled database of a version; returns what went wrong, "" for nothing."""
    fresh = connect()
    old = connect()
    with contextlib.closing(fresh), contextlib.closing(old):
        migrate(fresh, 0, migrations)
        migrate(old, 0, migrations[:version])
        # The order of the tables is no order to fill them in.
        old.execute("PRAGMA foreign_keys = OFF")
        fill_tables(old)
        old.execute("PRAGMA foreign_keys = ON")
        before = count_rows(old)
        try:
            migrate(old, version, migrations)
        except sqlite3.Error as error:
            return f"version {version}: {error}"
        if not before.items() <= count_rows(old).items():
            return f"version {version}: rows are lost"
        if old.execute("PRAGMA foreign_key_check").fetchall():
            return f"version {version}: rows refer to nothing"
        if read_schema(old) != read_schema(fresh):
            return f"version {version}: other tables than in a fresh database"
    return ""


def find_wrong_migrations(migrations: Sequence[Migration]) -> list[str]:
    """What is wrong with a list of migrations."""
    complaints = []
    for number, migration in enumerate(migrations, start=1):
        if migration.number != number:
            complaints.append(f"number {migration.number} stands at place {number}")
        released = RELEASED.get(number)
        if released not in (None, compute_fingerprint(migration)):
            complaints.append(f"migration {number} was changed after its release")
    for version in range(len(migrations) + 1):
        complaint = upgrade(version, migrations)
        if complaint:
            complaints.append(complaint)
    return complaints


def test_migrations_keep_what_databases_of_any_version_hold() -> None:
    assert find_wrong_migrations(MIGRATIONS) == []


NEXT = LATEST_VERSION + 1
CHANGED = MIGRATIONS[0]._replace(statements=(*MIGRATIONS[0].statements, "SELECT 1"))
NO_DEFAULT = "ALTER TABLE issues ADD COLUMN pinned INTEGER NOT NULL"
LOST_PARENT = ("PRAGMA foreign_keys = OFF", "UPDATE comments SET issue_number = 2")


@pytest.mark.parametrize(
    ("migrations", "complaint"),
    [
        ((*MIGRATIONS, Migration(NEXT, "x", (NO_DEFAULT,))), "NOT NULL column"),
        ((*MIGRATIONS, Migration(NEXT, "x", ("DELETE FROM jobs",))), "rows are lost"),
        ((*MIGRATIONS, Migration(NEXT, "x", LOST_PARENT)), "refer to nothing"),
        ((*MIGRATIONS, Migration(NEXT + 1, "x", ())), f"at place {NEXT}"),
        ((CHANGED, *MIGRATIONS[1:]), "changed after its release"),
    ],
)
def test_a_wrong_migration_is_found(
    migrations: Sequence[Migration], complaint: str
) -> None:
    assert complaint in "\n".join(find_wrong_migrations(migrations))


def test_a_store_of_any_earlier_format_opens(tmp_path: Path) -> None:
    for version in range(LATEST_VERSION):
        path = tmp_path / f"{version}.sqlite3"
        with sqlite3.connect(path) as old:
            for migration in MIGRATIONS[:version]:
                for statement in migration.statements:
                    old.execute(statement)
            if version:
                old.execute(
                    "INSERT INTO workflows (path, name, created_at) VALUES ('w.yml', 'W', 7)"
                )
            # Since the fifth, workflows have an instant of their own for the last change.
            if version >= 5:
                old.execute("UPDATE workflows SET updated_at = created_at")
            old.execute(f"PRAGMA user_version = {version}")
        old.close()
        database = Database(path)
        assert database.value("PRAGMA user_version") == LATEST_VERSION
        assert database.rows("SELECT * FROM variables") == []
        workflows = WorkflowStore(database, SystemClock()).list_all()
        rows = [
            (workflow.name, workflow.state.value, to_micros(workflow.updated_at))
            for workflow in workflows
        ]
        assert rows == ([("W", "active", 7)] if version else [])
        database.close()


def test_a_store_of_a_newer_wfgen_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "github.sqlite3"
    with sqlite3.connect(path) as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(LocalGitHubError, match="newer wfgen"):
        Database(path)
