"""The tables of the local GitHub, as a numbered list of migrations.

A database of version N (`PRAGMA user_version`) has had the first N migrations; opening
it applies the rest. A released migration never changes: a new table or column is a new
migration at the end of the list. Instants are microseconds since 1970; ids grow and are
never used twice (AUTOINCREMENT).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

# Run ids on GitHub no longer fit 32 bits; code that cuts them off should fail here as
# it does there.
FIRST_RUN_ID = 10_000_000_001
FIRST_ARTIFACT_ID = 4_000_000_001
FIRST_JOB_ID = 20_000_000_001


def _start_ids(table: str, first: int) -> str:
    """The statement that makes the ids of an empty table begin at `first`."""
    # AUTOINCREMENT counts on from the largest id that this table of SQLite's remembers.
    columns, values = "(name, seq)", f"('{table}', {first - 1})"
    return f"INSERT INTO sqlite_sequence {columns} VALUES {values}"  # noqa: S608 - both ours


_RUNS_AND_ARTIFACTS = (
    """CREATE TABLE repositories (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        full_name TEXT NOT NULL UNIQUE COLLATE NOCASE
    )""",
    """CREATE TABLE workflows (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        path TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        created_at INTEGER NOT NULL
    )""",
    """CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        workflow_id INTEGER NOT NULL REFERENCES workflows (id),
        number INTEGER NOT NULL,
        attempt INTEGER NOT NULL DEFAULT 1,
        event TEXT NOT NULL,
        head_branch TEXT NOT NULL,
        head_sha TEXT NOT NULL,
        head_repository_id INTEGER NOT NULL REFERENCES repositories (id),
        status TEXT NOT NULL,
        conclusion TEXT,
        created_at INTEGER NOT NULL,
        started_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        backend_id TEXT NOT NULL UNIQUE,
        UNIQUE (workflow_id, number)
    )""",
    _start_ids("runs", FIRST_RUN_ID),
    """CREATE TABLE artifacts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        run_id INTEGER NOT NULL REFERENCES runs (id),
        attempt INTEGER NOT NULL,
        job_backend_id TEXT NOT NULL,
        name TEXT NOT NULL,
        mime_type TEXT NOT NULL,
        blob TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL CHECK (state IN ('pending', 'finished', 'deleted')),
        size_bytes INTEGER,
        digest TEXT,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL
    )""",
    """CREATE UNIQUE INDEX one_name_an_attempt ON artifacts (run_id, attempt, name)
       WHERE state != 'deleted'""",
    "CREATE INDEX artifacts_by_name ON artifacts (name, id)",
    _start_ids("artifacts", FIRST_ARTIFACT_ID),
    """CREATE TABLE downloads (
        run_id INTEGER NOT NULL, artifact_id INTEGER NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (run_id, artifact_id)
    )""",
)

_CACHES_AND_ATTEMPTS = (
    "ALTER TABLE runs ADD COLUMN ref TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE runs ADD COLUMN base_branch TEXT NOT NULL DEFAULT ''",
    "UPDATE runs SET ref = 'refs/heads/' || head_branch",
    """CREATE TABLE caches (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL,
        version TEXT NOT NULL,
        ref TEXT NOT NULL,
        blob TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL CHECK (state IN ('pending', 'finished', 'deleted')),
        size_bytes INTEGER,
        created_at INTEGER NOT NULL,
        used_at INTEGER NOT NULL
    )""",
    """CREATE UNIQUE INDEX one_cache_a_key ON caches (key, version, ref)
       WHERE state != 'deleted'""",
    """CREATE TABLE jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        run_id INTEGER NOT NULL REFERENCES runs (id),
        attempt INTEGER NOT NULL,
        name TEXT NOT NULL,
        status TEXT NOT NULL,
        conclusion TEXT,
        started_at INTEGER NOT NULL,
        completed_at INTEGER,
        steps TEXT NOT NULL
    )""",
    _start_ids("jobs", FIRST_JOB_ID),
)

_ISSUES_AND_RELEASES = (
    """CREATE TABLE issues (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        title TEXT NOT NULL,
        body TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
        state_reason TEXT,
        author TEXT NOT NULL,
        labels TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        closed_at INTEGER
    )""",
    """CREATE TABLE comments (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        issue_number INTEGER NOT NULL REFERENCES issues (number),
        author TEXT NOT NULL,
        body TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL
    )""",
    """CREATE TABLE labels (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE COLLATE NOCASE,
        color TEXT NOT NULL DEFAULT 'ededed',
        description TEXT
    )""",
    """CREATE TABLE releases (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        tag TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL DEFAULT '',
        body TEXT NOT NULL DEFAULT '',
        target TEXT NOT NULL DEFAULT '',
        draft INTEGER NOT NULL DEFAULT 0,
        prerelease INTEGER NOT NULL DEFAULT 0,
        author TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        published_at INTEGER
    )""",
    """CREATE TABLE assets (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        release_id INTEGER NOT NULL REFERENCES releases (id),
        name TEXT NOT NULL,
        label TEXT NOT NULL,
        content_type TEXT NOT NULL,
        blob TEXT NOT NULL UNIQUE,
        size_bytes INTEGER NOT NULL,
        digest TEXT NOT NULL,
        author TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        UNIQUE (release_id, name)
    )""",
    """CREATE TABLE variables (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL
    )""",
)

_EARLIER_ATTEMPTS = (
    """CREATE TABLE earlier_attempts (
        run_id INTEGER NOT NULL REFERENCES runs (id),
        attempt INTEGER NOT NULL,
        conclusion TEXT,
        started_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        PRIMARY KEY (run_id, attempt)
    )""",
)

_WORKFLOW_STATES = (
    """ALTER TABLE workflows ADD COLUMN state TEXT NOT NULL DEFAULT 'active'
       CHECK (state IN ('active', 'disabled_inactivity', 'disabled_manually'))""",
    "ALTER TABLE workflows ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0",
    "UPDATE workflows SET updated_at = created_at",
)


# Which server began a run, or its present attempt: "" where that is not known.
_SERVERS_OF_RUNS = ("ALTER TABLE runs ADD COLUMN server TEXT NOT NULL DEFAULT ''",)

# Records of which nothing is asked but their place and their fields: see `documents.py`.
_DOCUMENTS = (
    """CREATE TABLE documents (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        parent TEXT NOT NULL,
        key TEXT NOT NULL COLLATE NOCASE,
        author TEXT NOT NULL,
        fields TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL
    )""",
    "CREATE INDEX documents_by_place ON documents (kind, parent, key)",
    "ALTER TABLE issues ADD COLUMN is_pull INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE issues ADD COLUMN assignees TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE issues ADD COLUMN milestone INTEGER",
    "ALTER TABLE issues ADD COLUMN lock_reason TEXT",
    "ALTER TABLE repositories ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0",
)

# The first table stays as it was: no migration throws anything away.
# Variables of environments, beside the repository's, whose scope is "".
_SCOPED_VARIABLES = (
    """CREATE TABLE scoped_variables (
        scope TEXT NOT NULL COLLATE NOCASE,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        PRIMARY KEY (scope, name)
    )""",
    """INSERT INTO scoped_variables (scope, name, value, created_at, updated_at)
       SELECT '', name, value, created_at, updated_at FROM variables""",
)


class Migration(NamedTuple):
    """One step from a version of the tables to the next; `number` is the version it makes."""

    number: int
    purpose: str
    statements: tuple[str, ...]


MIGRATIONS = (
    Migration(1, "runs and artifacts", _RUNS_AND_ARTIFACTS),
    Migration(2, "caches, jobs and refs of runs", _CACHES_AND_ATTEMPTS),
    Migration(3, "issues, releases and variables", _ISSUES_AND_RELEASES),
    Migration(4, "earlier attempts of runs", _EARLIER_ATTEMPTS),
    Migration(5, "states of workflows", _WORKFLOW_STATES),
    Migration(6, "servers of runs", _SERVERS_OF_RUNS),
    Migration(7, "documents, and pull requests", _DOCUMENTS),
    Migration(8, "variables of environments", _SCOPED_VARIABLES),
)
LATEST_VERSION = MIGRATIONS[-1].number


def migrate(
    connection: sqlite3.Connection,
    version: int,
    migrations: Sequence[Migration] = MIGRATIONS,
) -> None:
    """Bring tables of a version to the latest one, within the caller's transaction."""
    for migration in migrations[version:]:
        for statement in migration.statements:
            connection.execute(statement)
        # PRAGMA takes no parameters; the number is one of ours.
        connection.execute(f"PRAGMA user_version = {migration.number}")
