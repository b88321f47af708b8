"""Workflows of the repository, and whether they are switched on.

[docs.github.com/rest/actions/workflows]
"""

from __future__ import annotations

import sqlite3

from ..core.clock import Clock, from_micros, to_micros
from ..core.models import Workflow, WorkflowState
from .database import Database


class WorkflowStore:
    """Workflow files that the repository has, or had when they ran."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def register(self, path: str, name: str) -> Workflow:
        """Enter a workflow, or the name it has now; a new one is switched on."""
        now = to_micros(self._clock.now())
        with self._database.transaction():
            self._database.execute(
                """INSERT INTO workflows (path, name, created_at, updated_at)
                   VALUES (?, ?, ?, ?)
                   ON CONFLICT (path) DO UPDATE SET name = excluded.name
                   WHERE name != excluded.name""",
                [path, name, now, now],
            )
            row = self._database.row("SELECT * FROM workflows WHERE path = ?", [path])
        if row is None:
            raise KeyError(path)
        return _read_workflow(row)

    def get(self, key: str) -> Workflow:
        """The workflow with an id or of a file name: GitHub's addresses take either.

        KeyError where there is none.
        """
        for workflow in self.list_all():
            file_name = workflow.path.rpartition("/")[2]
            if key in (str(workflow.id), file_name):
                return workflow
        raise KeyError(key)

    def list_all(self) -> list[Workflow]:
        """Every workflow, in the order in which they became known."""
        rows = self._database.rows("SELECT * FROM workflows ORDER BY id")
        return [_read_workflow(row) for row in rows]

    def switch(self, key: str, state: WorkflowState) -> Workflow:
        """Switch a workflow, named as for `get`, on or off."""
        self._database.execute(
            "UPDATE workflows SET state = ?, updated_at = ? WHERE id = ?",
            [state.value, to_micros(self._clock.now()), self.get(key).id],
        )
        return self.get(key)


def _read_workflow(row: sqlite3.Row) -> Workflow:
    return Workflow(
        id=row["id"],
        path=row["path"],
        name=row["name"],
        state=WorkflowState(row["state"]),
        created_at=from_micros(row["created_at"]),
        updated_at=from_micros(row["updated_at"]),
    )
