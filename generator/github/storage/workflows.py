"""Workflows of the repository.

Whether they are switched on [docs.github.com/rest/actions/workflows].
"""

from __future__ import annotations

import sqlite3

from ..core.clock import Clock, from_micros, to_micros
from ..core.models import Workflow, WorkflowState
from .database import Database


class WorkflowStore:
    """What is known of workflows."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def know(self, path: str, name: str) -> Workflow:
        """Enter a workflow, or the name it has now; a new one is switched on."""
        now = to_micros(self._clock.now())
        with self._database.transaction():
            self._database.execute(
                """INSERT INTO workflows (path, name, created_at, updated_at) VALUES (?, ?, ?, ?)
                   ON CONFLICT (path) DO UPDATE SET name = excluded.name WHERE name != excluded.name""",
                [path, name, now, now],
            )
            return next(one for one in self.all() if one.path == path)

    def get(self, key: str) -> Workflow:
        """The workflow with an id or of a file name: GitHub's addresses take either.

        KeyError where there is none.
        """
        for one in self.all():
            if key in (str(one.id), one.path.rpartition("/")[2]):
                return one
        raise KeyError(key)

    def all(self) -> list[Workflow]:
        """Every workflow, in the order in which they became known."""
        return [
            _workflow(row)
            for row in self._database.rows("SELECT * FROM workflows ORDER BY id")
        ]

    def switch(self, key: str, state: WorkflowState) -> Workflow:
        """Switch a workflow, named as for `get`, on or off."""
        self._database.execute(
            "UPDATE workflows SET state = ?, updated_at = ? WHERE id = ?",
            [state.value, to_micros(self._clock.now()), self.get(key).id],
        )
        return self.get(key)


def _workflow(row: sqlite3.Row) -> Workflow:
    return Workflow(
        id=row["id"],
        path=row["path"],
        name=row["name"],
        state=WorkflowState(row["state"]),
        created_at=from_micros(row["created_at"]),
        updated_at=from_micros(row["updated_at"]),
    )
