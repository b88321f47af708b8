"""Artifacts in the database.

An artifact is pending from its announcement on, finished (and visible) once its bytes
are durable, and deleted or expired at its end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from ..core.clock import Clock, from_micros, to_micros
from ..core.models import Artifact, NameScope
from .database import Conditions, Database
from .files.blobs import BlobStore, StoredBlob

# docs.github.com, "Usage limits": artifacts of a private repository end after 90 days.
MAX_RETENTION_DAYS = 90
MAX_PER_JOB = 500
# A download that began before an artifact expired may still be reading its bytes.
_BLOB_GRACE = timedelta(days=1)


class NewArtifact(NamedTuple):
    """An artifact a job wants to upload; more `days` than GitHub's most are cut to it."""

    run_id: int
    attempt: int
    job_backend_id: str
    name: str
    mime_type: str
    days: int


class PendingArtifact(NamedTuple):
    """An artifact that has been announced.

    `size_bytes` and `digest` are None until all of its bytes have come.
    """

    id: int
    blob: str
    size_bytes: int | None = None
    digest: str | None = None


class ArtifactFilter(NamedTuple):
    """Which finished artifacts to list; None leaves a field free."""

    id: int | None = None
    run_id: int | None = None
    name: str | None = None
    blob: str | None = None

    def build_conditions(self) -> Conditions:
        """The WHERE clause of the query."""
        conditions = Conditions("state = 'finished'")
        conditions.require_equal("id", self.id)
        conditions.require_equal("run_id", self.run_id)
        conditions.require_equal("name", self.name)
        conditions.require_equal("blob", self.blob)
        return conditions


ALL_ARTIFACTS = ArtifactFilter()


class NameTakenError(Exception):
    """The run, or its attempt, has an artifact of that name: artifacts are immutable."""


class TooManyError(Exception):
    """The job has as many artifacts as GitHub lets it have."""


class ArtifactStore:
    """Artifacts of all runs, with the blobs that hold their bytes."""

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        clock: Clock,
        scope: NameScope = NameScope.ATTEMPT,
    ) -> None:
        """`scope` is within what a name can be used once."""
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._scope = scope

    def create(self, new: NewArtifact) -> PendingArtifact:
        """Announce an artifact; raises NameTakenError or TooManyError."""
        days = max(1, min(new.days, MAX_RETENTION_DAYS))
        now = self._clock.now()
        blob = self._blobs.make_name()
        with self._database.transaction():
            if self._count_of_job(new) >= MAX_PER_JOB:
                raise TooManyError
            if self._scope is NameScope.RUN and self._is_taken_in_run(new):
                raise NameTakenError(new.name)
            try:
                artifact_id = self._database.execute(
                    """INSERT INTO artifacts (run_id, attempt, job_backend_id, name,
                       mime_type, blob, state, created_at, updated_at, expires_at)
                       VALUES (?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?)""",
                    [
                        new.run_id,
                        new.attempt,
                        new.job_backend_id,
                        new.name,
                        new.mime_type,
                        blob,
                        to_micros(now),
                        to_micros(now),
                        to_micros(now + timedelta(days=days)),
                    ],
                )
            # The unique index decides, as two clients may ask for a name at once.
            except sqlite3.IntegrityError as error:
                raise NameTakenError(new.name) from error
        return PendingArtifact(artifact_id, blob)

    def _is_taken_in_run(self, new: NewArtifact) -> bool:
        """Whether any attempt of the run has an artifact of that name."""
        row = self._database.row(
            """SELECT 1 FROM artifacts
               WHERE run_id = ? AND name = ? AND state != 'deleted'""",
            [new.run_id, new.name],
        )
        return row is not None

    def _count_of_job(self, new: NewArtifact) -> int:
        return self._database.value(
            """SELECT count(*) FROM artifacts WHERE run_id = ? AND attempt = ?
               AND job_backend_id = ? AND state != 'deleted'""",
            [new.run_id, new.attempt, new.job_backend_id],
        )

    def find_pending(
        self, run_id: int, attempt: int, name: str
    ) -> PendingArtifact | None:
        """The unfinished artifact of that name."""
        row = self._database.row(
            """SELECT id, blob, size_bytes, digest FROM artifacts
               WHERE run_id = ? AND attempt = ? AND name = ? AND state = 'pending'""",
            [run_id, attempt, name],
        )
        if row is None:
            return None
        return PendingArtifact(row["id"], row["blob"], row["size_bytes"], row["digest"])

    def is_open(self, blob: str) -> bool:
        """Whether an artifact's bytes are still to come."""
        row = self._database.row(
            "SELECT 1 FROM artifacts WHERE blob = ? AND state = 'pending'", [blob]
        )
        return row is not None

    def complete_upload(self, blob: str, stored: StoredBlob) -> None:
        """Note that an unfinished artifact's bytes are all there."""
        self._database.execute(
            """UPDATE artifacts SET size_bytes = ?, digest = ?
               WHERE blob = ? AND state = 'pending'""",
            [stored.size_bytes, f"sha256:{stored.sha256}", blob],
        )

    def finish(self, artifact_id: int) -> None:
        """Make an artifact visible: the commit point, after its bytes are durable."""
        self._database.execute(
            """UPDATE artifacts SET state = 'finished', updated_at = ?
               WHERE id = ? AND state = 'pending'""",
            [to_micros(self._clock.now()), artifact_id],
        )

    def drop_pending(self, run_id: int) -> None:
        """Forget what a run began to upload and did not finish."""
        with self._database.transaction():
            rows = self._database.rows(
                "SELECT blob FROM artifacts WHERE run_id = ? AND state = 'pending'",
                [run_id],
            )
            self._database.execute(
                """UPDATE artifacts SET state = 'deleted'
                   WHERE run_id = ? AND state = 'pending'""",
                [run_id],
            )
        # Bytes that no row names are swept later; the other way round nothing helps.
        for row in rows:
            self._blobs.remove(row["blob"])

    def get(self, artifact_id: int) -> Artifact:
        """One finished artifact; KeyError where there is none."""
        artifacts = self.list_finished(ArtifactFilter(id=artifact_id))
        if not artifacts:
            raise KeyError(artifact_id)
        return artifacts[0]

    def list_finished(
        self, artifact_filter: ArtifactFilter = ALL_ARTIFACTS
    ) -> list[Artifact]:
        """Finished artifacts, oldest first, expired ones among them."""
        conditions = artifact_filter.build_conditions()
        query = conditions.complete("SELECT * FROM artifacts", "ORDER BY id")
        return self._read(self._database.rows(query, conditions.parameters))

    def list_newest(
        self, artifact_filter: ArtifactFilter, offset: int, limit: int
    ) -> list[Artifact]:
        """A page of the finished artifacts, newest first."""
        conditions = artifact_filter.build_conditions()
        query = conditions.complete(
            "SELECT * FROM artifacts", "ORDER BY id DESC LIMIT ? OFFSET ?"
        )
        parameters = [*conditions.parameters, limit, offset]
        return self._read(self._database.rows(query, parameters))

    def count_finished(self, artifact_filter: ArtifactFilter = ALL_ARTIFACTS) -> int:
        """How many finished artifacts there are."""
        conditions = artifact_filter.build_conditions()
        query = conditions.complete("SELECT count(*) FROM artifacts")
        return self._database.value(query, conditions.parameters)

    def sum_used_bytes(self) -> int:
        """Bytes that the artifacts that have not expired take of the storage quota."""
        return self._database.value(
            """SELECT sum(size_bytes) FROM artifacts
               WHERE state = 'finished' AND expires_at > ?""",
            [to_micros(self._clock.now())],
        )

    def delete(self, artifact_id: int) -> None:
        """Delete for good; KeyError where there is none."""
        artifact = self.get(artifact_id)
        # The row goes first, as no row may name bytes that are missing.
        self._database.execute(
            "UPDATE artifacts SET state = 'deleted' WHERE id = ?", [artifact_id]
        )
        self._blobs.remove(artifact.blob)

    def expire(self, artifact_id: int, instant: datetime) -> None:
        """Move the instant an artifact expires at; KeyError where there is none."""
        self._database.execute(
            "UPDATE artifacts SET expires_at = ? WHERE id = ?",
            [to_micros(instant), self.get(artifact_id).id],
        )

    def record_download(self, run_id: int, artifact_id: int) -> None:
        """Remember which run fetched which artifact."""
        self._database.execute(
            "INSERT OR IGNORE INTO downloads (run_id, artifact_id, at) VALUES (?, ?, ?)",
            [run_id, artifact_id, to_micros(self._clock.now())],
        )

    def list_downloads(self, run_id: int) -> list[Artifact]:
        """Artifacts of other runs that a run fetched, oldest first, deleted ones too."""
        rows = self._database.rows(
            """SELECT artifacts.* FROM artifacts
               JOIN downloads ON artifact_id = artifacts.id
               WHERE downloads.run_id = ? AND artifacts.run_id != ?
               ORDER BY artifacts.id""",
            [run_id, run_id],
        )
        return self._read(rows)

    def list_needed_blobs(self) -> set[str]:
        """Blobs of artifacts that can still be read, or could be a day ago."""
        rows = self._database.rows(
            "SELECT blob FROM artifacts WHERE state != 'deleted' AND expires_at > ?",
            [to_micros(self._clock.now() - _BLOB_GRACE)],
        )
        return {row["blob"] for row in rows}

    def _read(self, rows: Iterable[sqlite3.Row]) -> list[Artifact]:
        now = to_micros(self._clock.now())
        return [_read_artifact(row, now) for row in rows]


def _read_artifact(row: sqlite3.Row, now: int) -> Artifact:
    return Artifact(
        id=row["id"],
        run_id=row["run_id"],
        attempt=row["attempt"],
        name=row["name"],
        mime_type=row["mime_type"],
        size_bytes=row["size_bytes"],
        digest=row["digest"],
        blob=row["blob"],
        created_at=from_micros(row["created_at"]),
        updated_at=from_micros(row["updated_at"]),
        expires_at=from_micros(row["expires_at"]),
        expired=row["expires_at"] <= now,
        job_backend_id=row["job_backend_id"],
    )
