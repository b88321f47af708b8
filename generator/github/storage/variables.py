"""Variables of the repository and its environments [docs.github.com/rest/actions/variables]."""

from __future__ import annotations

import sqlite3

from ..core.clock import Clock, from_micros, to_micros
from ..core.models import Variable
from .database import Database


class VariableTakenError(Exception):
    """There is a variable of that name."""


class VariableStore:
    """Variables by name; GitHub keeps names in capitals, however they were written.

    `scope` is the environment that a variable belongs to, "" for the repository.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def create(self, name: str, value: str, scope: str = "") -> Variable:
        """Store a new variable; raises VariableTakenError."""
        now = to_micros(self._clock.now())
        try:
            self._database.execute(
                """INSERT INTO scoped_variables
                   (scope, name, value, created_at, updated_at)
                   VALUES (?, ?, ?, ?, ?)""",
                [scope, name.upper(), value, now, now],
            )
        except sqlite3.IntegrityError:
            raise VariableTakenError(name) from None
        return self.get(name, scope)

    def get(self, name: str, scope: str = "") -> Variable:
        """One variable; KeyError where there is none."""
        row = self._database.row(
            "SELECT * FROM scoped_variables WHERE scope = ? AND name = ?",
            [scope, name.upper()],
        )
        if row is None:
            raise KeyError(name)
        return _read_variable(row)

    def list_all(self, scope: str = "") -> list[Variable]:
        """Every variable, by name."""
        rows = self._database.rows(
            "SELECT * FROM scoped_variables WHERE scope = ? ORDER BY name", [scope]
        )
        return [_read_variable(row) for row in rows]

    def update(self, name: str, new_name: str, value: str, scope: str = "") -> Variable:
        """Change a variable; KeyError where there is none, VariableTakenError."""
        variable = self.get(name, scope)
        now = to_micros(self._clock.now())
        try:
            self._database.execute(
                """UPDATE scoped_variables SET name = ?, value = ?, updated_at = ?
                   WHERE scope = ? AND name = ?""",
                [new_name.upper(), value, now, scope, variable.name],
            )
        except sqlite3.IntegrityError:
            raise VariableTakenError(new_name) from None
        return self.get(new_name, scope)

    def delete(self, name: str, scope: str = "") -> None:
        """Delete a variable; KeyError where there is none."""
        variable = self.get(name, scope)
        self._database.execute(
            "DELETE FROM scoped_variables WHERE scope = ? AND name = ?",
            [scope, variable.name],
        )

    def delete_scope(self, scope: str) -> None:
        """Delete the variables of an environment that is no more."""
        self._database.execute("DELETE FROM scoped_variables WHERE scope = ?", [scope])


def _read_variable(row: sqlite3.Row) -> Variable:
    return Variable(
        name=row["name"],
        value=row["value"],
        created_at=from_micros(row["created_at"]),
        updated_at=from_micros(row["updated_at"]),
    )
