"""Runs, their attempts and jobs, and repositories in the database."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import asdict, replace

from ..core.clock import Clock, from_micros, to_micros
from ..core.models import Job, NewRun, Run, Step
from .database import Database
from .workflows import WorkflowStore

_SELECT = """
    SELECT runs.*, workflows.path, workflows.name, repositories.full_name
    FROM runs JOIN workflows ON workflows.id = workflow_id JOIN repositories ON repositories.id = head_repository_id
"""


class RunStore:
    """What is known of runs."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        workflows: WorkflowStore,
        repository: str,
    ) -> None:
        self._database = database
        self._clock = clock
        self._workflows = workflows
        self.repository = repository
        self.repository_id = self.repository_id_of(repository)

    def repository_id_of(self, full_name: str) -> int:
        """The id of a repository or fork, given to it when it is first seen."""
        with self._database.transaction():
            found = self._database.value(
                "SELECT id FROM repositories WHERE full_name = ?", [full_name]
            )
            return found or self._database.execute(
                "INSERT INTO repositories (full_name) VALUES (?)", [full_name]
            )

    def begin(self, new: NewRun) -> Run:
        """Enter a run that starts now."""
        now = to_micros(self._clock.now())
        with self._database.transaction():
            workflow_id = self._workflows.know(new.workflow_path, new.workflow_name).id
            number = 1 + self._database.value(
                "SELECT max(number) FROM runs WHERE workflow_id = ?", [workflow_id]
            )
            run_id = self._database.execute(
                """INSERT INTO runs (workflow_id, number, event, head_branch, head_sha, head_repository_id,
                   status, created_at, started_at, updated_at, backend_id, ref, base_branch)
                   VALUES (?, ?, ?, ?, ?, ?, 'in_progress', ?, ?, ?, ?, ?, ?)""",
                [
                    *(workflow_id, number, new.event, new.head_branch, new.head_sha),
                    self.repository_id_of(new.head_repository or self.repository),
                    *(
                        now,
                        now,
                        now,
                        str(uuid.uuid4()),
                        _ref(new),
                        new.base_branch or "",
                    ),
                ],
            )
        return self.get(run_id)

    def finish(self, run_id: int, conclusion: str) -> Run:
        """Enter how a run ended; KeyError for a run that is unknown."""
        self._database.execute(
            "UPDATE runs SET status = 'completed', conclusion = ?, updated_at = ? WHERE id = ?",
            [conclusion, to_micros(self._clock.now()), run_id],
        )
        return self.get(run_id)

    def get(self, run_id: int) -> Run:
        """One run; KeyError for one that is unknown."""
        row = self._database.row(f"{_SELECT} WHERE runs.id = ?", [run_id])
        if row is None:
            raise KeyError(run_id)
        return _run(row)

    def next_attempt(self, run_id: int) -> Run:
        """Enter another attempt of a run that has ended.

        KeyError for one that is unknown or still going on.
        """
        now = to_micros(self._clock.now())
        with self._database.transaction():
            if self.get(run_id).status != "completed":
                raise KeyError(run_id)
            self._database.execute(
                """INSERT INTO earlier_attempts (run_id, attempt, conclusion, started_at, updated_at)
                   SELECT id, attempt, conclusion, started_at, updated_at FROM runs WHERE id = ?""",
                [run_id],
            )
            self._database.execute(
                """UPDATE runs SET attempt = attempt + 1, status = 'in_progress', conclusion = NULL, started_at = ?,
                   updated_at = ? WHERE id = ?""",
                [now, now, run_id],
            )
        return self.get(run_id)

    def at_attempt(self, run: Run, attempt: int) -> Run:
        """A run as it stood at the end of an attempt, or stands now.

        KeyError for an attempt there was not.
        """
        if attempt == run.attempt:
            return run
        row = self._database.row(
            "SELECT * FROM earlier_attempts WHERE run_id = ? AND attempt = ?",
            [run.id, attempt],
        )
        if row is None:
            raise KeyError(attempt)
        return replace(
            run,
            attempt=attempt,
            status="completed",
            conclusion=row["conclusion"],
            started_at=from_micros(row["started_at"]),
            updated_at=from_micros(row["updated_at"]),
        )

    def record_job(
        self, run: Run, name: str, conclusion: str, steps: Sequence[Step]
    ) -> Job:
        """Enter a job that has just ended; it began as long ago as its steps took."""
        now = to_micros(self._clock.now())
        began = now - int(sum(step.duration_seconds for step in steps) * 1_000_000)
        job_id = self._database.execute(
            """INSERT INTO jobs (run_id, attempt, name, status, conclusion, started_at, completed_at, steps)
               VALUES (?, ?, ?, 'completed', ?, ?, ?, ?)""",
            [
                run.id,
                run.attempt,
                name,
                conclusion,
                began,
                now,
                json.dumps([asdict(step) for step in steps]),
            ],
        )
        return self.jobs("id = ?", [job_id])[0]

    def jobs(self, where: str, parameters: Sequence[object]) -> list[Job]:
        """Jobs, oldest first, that a condition of ours (never a client's text) holds for."""
        rows = self._database.rows(
            f"SELECT * FROM jobs WHERE {where} ORDER BY id", parameters
        )  # noqa: S608 - our own text
        return [_job(row) for row in rows]

    def count(self, where: str = "1", parameters: Sequence[object] = ()) -> int:
        """How many runs a condition of ours holds for."""
        return self._database.value(
            f"SELECT count(*) FROM ({_SELECT} WHERE {where})", parameters
        )  # noqa: S608 - as above

    def newest(
        self, where: str, parameters: Sequence[object], offset: int, limit: int
    ) -> list[Run]:
        """A page of the runs a condition of ours holds for, newest first."""
        rows = self._database.rows(
            f"{_SELECT} WHERE {where} ORDER BY runs.id DESC LIMIT ? OFFSET ?",
            [*parameters, limit, offset],
        )
        return [_run(row) for row in rows]

    def select(self, where: str = "1", parameters: Sequence[object] = ()) -> list[Run]:
        """Runs, oldest first, that a condition of ours (never a client's text) holds for."""
        return [
            _run(row)
            for row in self._database.rows(
                f"{_SELECT} WHERE {where} ORDER BY runs.id", parameters
            )
        ]


def _run(row: sqlite3.Row) -> Run:
    return Run(
        id=row["id"],
        number=row["number"],
        attempt=row["attempt"],
        workflow_id=row["workflow_id"],
        workflow_path=row["path"],
        workflow_name=row["name"],
        event=row["event"],
        head_branch=row["head_branch"],
        head_sha=row["head_sha"],
        head_repository=row["full_name"],
        head_repository_id=row["head_repository_id"],
        status=row["status"],
        conclusion=row["conclusion"],
        created_at=from_micros(row["created_at"]),
        started_at=from_micros(row["started_at"]),
        updated_at=from_micros(row["updated_at"]),
        backend_id=row["backend_id"],
        ref=row["ref"],
        base_branch=row["base_branch"],
    )


def _job(row: sqlite3.Row) -> Job:
    return Job(
        id=row["id"],
        run_id=row["run_id"],
        attempt=row["attempt"],
        name=row["name"],
        status=row["status"],
        conclusion=row["conclusion"],
        started_at=from_micros(row["started_at"]),
        completed_at=None
        if row["completed_at"] is None
        else from_micros(row["completed_at"]),
        steps=tuple(Step(**step) for step in json.loads(row["steps"])),
    )


def _ref(new: NewRun) -> str:
    if new.ref is None and new.event == "pull_request":
        return f"refs/pull/{new.head_repository or ''}:{new.head_branch}/merge"
    return new.ref or f"refs/heads/{new.head_branch}"
