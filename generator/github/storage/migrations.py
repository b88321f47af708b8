"""The tables of the local GitHub.

Instants are microseconds since 1970, ids grow and are never used twice.

`STEPS` is how the tables came about: a store of format N has had the first N steps, and
opening it takes the rest.
"""

from __future__ import annotations

# Run ids on GitHub no longer fit 32 bits; code that cuts them off should fail here as
# it does there.
FIRST_RUN_ID = 10_000_000_001
FIRST_ARTIFACT_ID = 4_000_000_001

_RUNS_AND_ARTIFACTS = (
    "CREATE TABLE repositories (id INTEGER PRIMARY KEY AUTOINCREMENT, full_name TEXT NOT NULL UNIQUE COLLATE NOCASE)",
    """CREATE TABLE workflows (
        id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE, name TEXT NOT NULL, created_at INTEGER NOT NULL
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
    f"INSERT INTO sqlite_sequence (name, seq) VALUES ('runs', {FIRST_RUN_ID - 1})",  # noqa: S608 - a number of ours
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
    "CREATE UNIQUE INDEX one_name_an_attempt ON artifacts (run_id, attempt, name) WHERE state != 'deleted'",
    "CREATE INDEX artifacts_by_name ON artifacts (name, id)",
    f"INSERT INTO sqlite_sequence (name, seq) VALUES ('artifacts', {FIRST_ARTIFACT_ID - 1})",  # noqa: S608 - as above
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
    "CREATE UNIQUE INDEX one_cache_a_key ON caches (key, version, ref) WHERE state != 'deleted'",
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
    "INSERT INTO sqlite_sequence (name, seq) VALUES ('jobs', 20000000000)",
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
        name TEXT PRIMARY KEY, value TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
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

STEPS = (
    _RUNS_AND_ARTIFACTS,
    _CACHES_AND_ATTEMPTS,
    _ISSUES_AND_RELEASES,
    _EARLIER_ATTEMPTS,
    _WORKFLOW_STATES,
)
