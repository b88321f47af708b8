"""Artifacts in the database.

Created pending, visible once finished, gone when deleted, useless when expired.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..core.clock import Clock, from_micros, to_micros
from ..core.models import Artifact
from .blobs import BlobStore, Stored
from .database import Database

MAX_RETENTION_DAYS = 90
MAX_PER_JOB = 500


@dataclass(frozen=True, slots=True)
class NewArtifact:
    """An artifact a job wants to upload; `days` beyond GitHub's most are cut to it."""

    run_id: int
    attempt: int
    job_backend_id: str
    name: str
    mime_type: str
    days: int


@dataclass(frozen=True, slots=True)
class Pending:
    """An artifact that has been announced; its bytes may still be on their way."""

    id: int
    blob: str


class NameTakenError(Exception):
    """The run's attempt has an artifact of that name: artifacts are immutable."""


class TooManyError(Exception):
    """The job has as many artifacts as GitHub lets it have."""


class ArtifactStore:
    """What is known of artifacts."""

    def __init__(self, database: Database, blobs: BlobStore, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock

    def create(self, new: NewArtifact) -> Pending:
        """Announce an artifact; raises NameTakenError or TooManyError."""
        now = self._clock.now()
        expires_at = now + timedelta(days=max(1, min(new.days, MAX_RETENTION_DAYS)))
        blob = self._blobs.new_name()
        with self._database.transaction():
            held = self._database.value(
                "SELECT count(*) FROM artifacts WHERE run_id = ? AND attempt = ? AND job_backend_id = ?"
                " AND state != 'deleted'",
                [new.run_id, new.attempt, new.job_backend_id],
            )
            if held >= MAX_PER_JOB:
                raise TooManyError
            try:
                artifact_id = self._database.execute(
                    """INSERT INTO artifacts (run_id, attempt, job_backend_id, name, mime_type, blob, state,
                       created_at, updated_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?)""",
                    [
                        *(
                            new.run_id,
                            new.attempt,
                            new.job_backend_id,
                            new.name,
                            new.mime_type,
                            blob,
                        ),
                        *(to_micros(now), to_micros(now), to_micros(expires_at)),
                    ],
                )
            except sqlite3.IntegrityError as error:
                raise NameTakenError(new.name) from error
        return Pending(artifact_id, blob)

    def pending(self, run_id: int, attempt: int, name: str) -> Pending | None:
        """The unfinished artifact of that name."""
        row = self._database.row(
            "SELECT id, blob FROM artifacts WHERE run_id = ? AND attempt = ? AND name = ? AND state = 'pending'",
            [run_id, attempt, name],
        )
        return Pending(row["id"], row["blob"]) if row else None

    def is_open(self, blob: str) -> bool:
        """Whether an artifact's bytes are still to come."""
        return (
            self._database.row(
                "SELECT 1 FROM artifacts WHERE blob = ? AND state = 'pending'", [blob]
            )
            is not None
        )

    def uploaded(self, blob: str, stored: Stored) -> None:
        """Note that an unfinished artifact's bytes are complete."""
        self._database.execute(
            "UPDATE artifacts SET size_bytes = ?, digest = ? WHERE blob = ? AND state = 'pending'",
            [stored.size_bytes, f"sha256:{stored.sha256}", blob],
        )

    def measured(self, artifact_id: int) -> tuple[int, str] | None:
        """Size and digest of an unfinished artifact's bytes; None while they are incomplete."""
        row = self._database.row(
            "SELECT size_bytes, digest FROM artifacts WHERE id = ?", [artifact_id]
        )
        return (
            None
            if row is None or row["digest"] is None
            else (row["size_bytes"], row["digest"])
        )

    def finish(self, artifact_id: int) -> None:
        """Make an artifact visible: the commit point, after its bytes are durable."""
        self._database.execute(
            "UPDATE artifacts SET state = 'finished', updated_at = ? WHERE id = ? AND state = 'pending'",
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
                "UPDATE artifacts SET state = 'deleted' WHERE run_id = ? AND state = 'pending'",
                [run_id],
            )
        for row in rows:
            self._blobs.remove(row["blob"])

    def get(self, artifact_id: int) -> Artifact:
        """One finished artifact; KeyError where there is none."""
        found = self.select("artifacts.id = ?", [artifact_id])
        if not found:
            raise KeyError(artifact_id)
        return found[0]

    def select(
        self, where: str = "1", parameters: Sequence[object] = ()
    ) -> list[Artifact]:
        """Finished artifacts, oldest first.

        That a condition of ours (never a client's text) holds for.
        """
        now = to_micros(self._clock.now())
        rows = self._database.rows(
            f"SELECT * FROM artifacts WHERE state = 'finished' AND ({where}) ORDER BY id",  # noqa: S608 - our own text
            parameters,
        )
        return [_artifact(row, now) for row in rows]

    def count(self, where: str = "1", parameters: Sequence[object] = ()) -> int:
        """How many finished artifacts a condition of ours holds for."""
        return self._database.value(
            f"SELECT count(*) FROM artifacts WHERE state = 'finished' AND ({where})",  # noqa: S608 - as above
            parameters,
        )

    def newest(
        self, where: str, parameters: Sequence[object], offset: int, limit: int
    ) -> list[Artifact]:
        """A page of the finished artifacts a condition of ours holds for, newest first."""
        rows = self._database.rows(
            f"SELECT * FROM artifacts WHERE state = 'finished' AND ({where}) "  # noqa: S608 - as above
            "ORDER BY id DESC LIMIT ? OFFSET ?",
            [*parameters, limit, offset],
        )
        return [_artifact(row, to_micros(self._clock.now())) for row in rows]

    def used_bytes(self) -> int:
        """What the artifacts that have not expired take of the storage quota."""
        return self._database.value(
            "SELECT sum(size_bytes) FROM artifacts WHERE state = 'finished' AND expires_at > ?",
            [to_micros(self._clock.now())],
        )

    def delete(self, artifact_id: int) -> None:
        """Delete for good; KeyError where there is none.

        The row goes first: no row may name missing bytes.
        """
        artifact = self.get(artifact_id)
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

    def note_download(self, run_id: int, artifact_id: int) -> None:
        """Remember which run fetched which artifact."""
        self._database.execute(
            "INSERT OR IGNORE INTO downloads (run_id, artifact_id, at) VALUES (?, ?, ?)",
            [run_id, artifact_id, to_micros(self._clock.now())],
        )

    def downloads(self, run_id: int) -> list[Artifact]:
        """Artifacts of other runs that a run fetched, oldest first.

        Those deleted since are among them.
        """
        rows = self._database.rows(
            """SELECT artifacts.* FROM artifacts JOIN downloads ON artifact_id = artifacts.id
               WHERE downloads.run_id = ? AND artifacts.run_id != ? ORDER BY artifacts.id""",
            [run_id, run_id],
        )
        return [_artifact(row, to_micros(self._clock.now())) for row in rows]


def _artifact(row: sqlite3.Row, now: int) -> Artifact:
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
