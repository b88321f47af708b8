"""Variables of the repository [docs.github.com/rest/actions/variables]."""

from __future__ import annotations

import sqlite3

from ..core.clock import Clock, from_micros, to_micros
from ..core.models import Variable
from .database import Database


class VariableTakenError(Exception):
    """There is a variable of that name."""


class VariableStore:
    """Variables by name; GitHub keeps names in capitals, however they were written."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def create(self, name: str, value: str) -> Variable:
        """Store a new variable; raises VariableTakenError."""
        now = to_micros(self._clock.now())
        try:
            self._database.execute(
                """INSERT INTO variables (name, value, created_at, updated_at)
                   VALUES (?, ?, ?, ?)""",
                [name.upper(), value, now, now],
            )
        except sqlite3.IntegrityError:
            raise VariableTakenError(name) from None
        return self.get(name)

    def get(self, name: str) -> Variable:
        """One variable; KeyError where there is none."""
        row = self._database.row(
            "SELECT * FROM variables WHERE name = ?", [name.upper()]
        )
        if row is None:
            raise KeyError(name)
        return _read_variable(row)

    def list_all(self) -> list[Variable]:
        """Every variable, by name."""
        rows = self._database.rows("SELECT * FROM variables ORDER BY name")
        return [_read_variable(row) for row in rows]

    def update(self, name: str, value: str) -> Variable:
        """Change a variable's value; KeyError where there is none."""
        variable = self.get(name)
        self._database.execute(
            "UPDATE variables SET value = ?, updated_at = ? WHERE name = ?",
            [value, to_micros(self._clock.now()), variable.name],
        )
        return self.get(name)

    def delete(self, name: str) -> None:
        """Delete a variable; KeyError where there is none."""
        variable = self.get(name)
        self._database.execute("DELETE FROM variables WHERE name = ?", [variable.name])


def _read_variable(row: sqlite3.Row) -> Variable:
    return Variable(
        name=row["name"],
        value=row["value"],
        created_at=from_micros(row["created_at"]),
        updated_at=from_micros(row["updated_at"]),
    )
