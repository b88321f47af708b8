"""Runs, their attempts and jobs, and repositories in the database."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import NamedTuple

from ..core.clock import Clock, from_micros, from_optional_micros, to_micros
from ..core.models import Job, NewRun, Run, Step
from .database import Conditions, Database
from .workflows import WorkflowStore

_SELECT_RUNS = """
    SELECT runs.*, workflows.path, workflows.name, repositories.full_name
    FROM runs JOIN workflows ON workflows.id = workflow_id
    JOIN repositories ON repositories.id = head_repository_id
"""
_MICROS_A_SECOND = 1_000_000


class RunFilter(NamedTuple):
    """Which runs to list; None leaves a field free.

    `status_or_conclusion` matches either, as `status` does in GitHub's API.
    `created_from` is the first instant, `created_before` the one after the last.
    """

    id: int | None = None
    workflow_id: int | None = None
    event: str | None = None
    head_branch: str | None = None
    head_sha: str | None = None
    status_or_conclusion: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None

    def build_conditions(self) -> Conditions:
        """The WHERE clause of the query."""
        conditions = Conditions()
        conditions.require_equal("runs.id", self.id)
        conditions.require_equal("workflow_id", self.workflow_id)
        conditions.require_equal("event", self.event)
        conditions.require_equal("head_branch", self.head_branch)
        conditions.require_equal("head_sha", self.head_sha)
        state = self.status_or_conclusion
        if state is not None:
            conditions.require("(status = ? OR conclusion = ?)", state, state)
        if self.created_from is not None:
            conditions.require("runs.created_at >= ?", to_micros(self.created_from))
        if self.created_before is not None:
            conditions.require("runs.created_at < ?", to_micros(self.created_before))
        return conditions


ALL_RUNS = RunFilter()


class RunStore:
    """Runs of one repository, and of its forks' pull requests."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        workflows: WorkflowStore,
        repository: str,
        server_id: str = "",
    ) -> None:
        """`server_id` is whose runs those are that are begun here."""
        self._server_id = server_id
        self._database = database
        self._clock = clock
        self._workflows = workflows
        self.repository = repository
        self.repository_id = self.ensure_repository(repository)

    def ensure_repository(self, full_name: str) -> int:
        """The id of a repository or fork, given to it when it is first seen."""
        with self._database.transaction():
            repository_id = self._database.value(
                "SELECT id FROM repositories WHERE full_name = ?", [full_name]
            )
            if repository_id:
                return repository_id
            return self._database.execute(
                "INSERT INTO repositories (full_name, created_at) VALUES (?, ?)",
                [full_name, to_micros(self._clock.now())],
            )

    def read_birth(self) -> datetime:
        """When the repository was made."""
        micros = self._database.value(
            "SELECT created_at FROM repositories WHERE id = ?", [self.repository_id]
        )
        return from_micros(micros)

    def begin(self, new: NewRun) -> Run:
        """Enter a run that starts now."""
        now = to_micros(self._clock.now())
        head_repository = new.head_repository or self.repository
        with self._database.transaction():
            workflow = self._workflows.register(new.workflow_path, new.workflow_name)
            # Within the transaction, as another process may begin a run of it too.
            last_number = self._database.value(
                "SELECT max(number) FROM runs WHERE workflow_id = ?", [workflow.id]
            )
            run_id = self._database.execute(
                """INSERT INTO runs (workflow_id, number, event, head_branch, head_sha,
                   head_repository_id, status, created_at, started_at, updated_at,
                   backend_id, ref, base_branch, server)
                   VALUES (?, ?, ?, ?, ?, ?, 'in_progress', ?, ?, ?, ?, ?, ?, ?)""",
                [
                    workflow.id,
                    last_number + 1,
                    new.event,
                    new.head_branch,
                    new.head_sha,
                    self.ensure_repository(head_repository),
                    now,
                    now,
                    now,
                    str(uuid.uuid4()),
                    _choose_ref(new),
                    new.base_branch or "",
                    self._server_id,
                ],
            )
        return self.get(run_id)

    def finish(self, run_id: int, conclusion: str) -> Run:
        """Enter how a run ended; KeyError for a run that is unknown."""
        self._database.execute(
            """UPDATE runs SET status = 'completed', conclusion = ?, updated_at = ?
               WHERE id = ?""",
            [conclusion, to_micros(self._clock.now()), run_id],
        )
        return self.get(run_id)

    def list_unfinished(self) -> dict[int, str]:
        """The servers that began the runs which have not ended, by the id of the run.

        Without those whose server is not known.
        """
        rows = self._database.rows(
            "SELECT id, server FROM runs WHERE status != 'completed' AND server != ''"
        )
        return {row["id"]: row["server"] for row in rows}

    def get(self, run_id: int) -> Run:
        """One run; KeyError for one that is unknown."""
        runs = self.list_runs(RunFilter(id=run_id))
        if not runs:
            raise KeyError(run_id)
        return runs[0]

    def begin_attempt(self, run_id: int) -> Run:
        """Enter another attempt of a run that has ended.

        KeyError for one that is unknown or still going on.
        """
        now = to_micros(self._clock.now())
        with self._database.transaction():
            if self.get(run_id).status != "completed":
                raise KeyError(run_id)
            self._database.execute(
                """INSERT INTO earlier_attempts
                   (run_id, attempt, conclusion, started_at, updated_at)
                   SELECT id, attempt, conclusion, started_at, updated_at
                   FROM runs WHERE id = ?""",
                [run_id],
            )
            self._database.execute(
                """UPDATE runs SET attempt = attempt + 1, status = 'in_progress',
                   conclusion = NULL, started_at = ?, updated_at = ?, server = ?
                   WHERE id = ?""",
                [now, now, self._server_id, run_id],
            )
        return self.get(run_id)

    def get_attempt(self, run: Run, attempt: int) -> Run:
        """A run as it was at the end of an attempt, or is now.

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
        return run._replace(
            attempt=attempt,
            status="completed",
            conclusion=row["conclusion"],
            started_at=from_micros(row["started_at"]),
            updated_at=from_micros(row["updated_at"]),
        )

    def list_runs(self, run_filter: RunFilter = ALL_RUNS) -> list[Run]:
        """Runs, oldest first."""
        conditions = run_filter.build_conditions()
        query = conditions.complete(_SELECT_RUNS, "ORDER BY runs.id")
        rows = self._database.rows(query, conditions.parameters)
        return [_read_run(row) for row in rows]

    def list_newest(self, run_filter: RunFilter, offset: int, limit: int) -> list[Run]:
        """A page of the runs, newest first."""
        conditions = run_filter.build_conditions()
        query = conditions.complete(
            _SELECT_RUNS, "ORDER BY runs.id DESC LIMIT ? OFFSET ?"
        )
        rows = self._database.rows(query, [*conditions.parameters, limit, offset])
        return [_read_run(row) for row in rows]

    def count_runs(self, run_filter: RunFilter = ALL_RUNS) -> int:
        """How many runs there are."""
        conditions = run_filter.build_conditions()
        # No joins: a run has exactly one workflow and one head repository.
        query = conditions.complete("SELECT count(*) FROM runs")
        return self._database.value(query, conditions.parameters)

    def record_job(
        self, run: Run, name: str, conclusion: str, steps: Sequence[Step]
    ) -> Job:
        """Enter a job that has just ended; it began as long ago as its steps took."""
        now = to_micros(self._clock.now())
        seconds = sum(step.duration_seconds for step in steps)
        # Steps are read with their job only, so JSON does and no table is needed.
        job_id = self._database.execute(
            """INSERT INTO jobs (run_id, attempt, name, status, conclusion, started_at,
               completed_at, steps) VALUES (?, ?, ?, 'completed', ?, ?, ?, ?)""",
            [
                run.id,
                run.attempt,
                name,
                conclusion,
                now - int(seconds * _MICROS_A_SECOND),
                now,
                json.dumps([asdict(step) for step in steps]),
            ],
        )
        return self.get_job(job_id)

    def get_job(self, job_id: int) -> Job:
        """One job; KeyError for one that is unknown."""
        row = self._database.row("SELECT * FROM jobs WHERE id = ?", [job_id])
        if row is None:
            raise KeyError(job_id)
        return _read_job(row)

    def list_jobs(self, run_id: int, attempt: int | None = None) -> list[Job]:
        """Jobs of a run, oldest first; of one attempt, or (None) of all."""
        conditions = Conditions()
        conditions.require_equal("run_id", run_id)
        conditions.require_equal("attempt", attempt)
        query = conditions.complete("SELECT * FROM jobs", "ORDER BY id")
        rows = self._database.rows(query, conditions.parameters)
        return [_read_job(row) for row in rows]


def _read_run(row: sqlite3.Row) -> Run:
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


def _read_job(row: sqlite3.Row) -> Job:
    return Job(
        id=row["id"],
        run_id=row["run_id"],
        attempt=row["attempt"],
        name=row["name"],
        status=row["status"],
        conclusion=row["conclusion"],
        started_at=from_micros(row["started_at"]),
        completed_at=from_optional_micros(row["completed_at"]),
        steps=tuple(Step(**step) for step in json.loads(row["steps"])),
    )


def _choose_ref(new: NewRun) -> str:
    """The ref that a run belongs to, which is the scope of its caches."""
    if new.ref:
        return new.ref
    if new.ref is None and new.event == "pull_request":
        # GitHub names the merge ref by the pull request's number; here the head names it.
        return f"refs/pull/{new.head_repository or ''}:{new.head_branch}/merge"
    return f"refs/heads/{new.head_branch}"
