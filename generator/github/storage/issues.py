"""Issues, their comments and labels in the database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import cast

from ..core.clock import Clock, from_micros, to_micros
from ..core.models import Comment, Issue, Label
from .database import Database

_EDITABLE = ("title", "body", "state", "state_reason", "labels")


class IssueStore:
    """What is known of issues."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def open(self, title: str, body: str, author: str, labels: Sequence[str]) -> Issue:
        """Open an issue."""
        now = to_micros(self._clock.now())
        self.ensure_labels(labels)
        number = self._database.execute(
            """INSERT INTO issues (title, body, state, author, labels, created_at, updated_at)
               VALUES (?, ?, 'open', ?, ?, ?, ?)""",
            [title, body, author, json.dumps(list(labels)), now, now],
        )
        return self.get(number)

    def get(self, number: int) -> Issue:
        """One issue; KeyError where there is none."""
        row = self._database.row("SELECT * FROM issues WHERE number = ?", [number])
        if row is None:
            raise KeyError(number)
        return self._issue(row)

    def edit(self, number: int, **changes: object) -> Issue:
        """Change title, body, state, state_reason or labels.

        KeyError where there is no such issue.
        """
        before, now = self.get(number), to_micros(self._clock.now())
        with self._database.transaction():
            for name in _EDITABLE:
                if name in changes:
                    if name == "labels":
                        self.ensure_labels(cast("Sequence[str]", changes[name]))
                    value = (
                        json.dumps(changes[name]) if name == "labels" else changes[name]
                    )
                    self._database.execute(
                        f"UPDATE issues SET {name} = ? WHERE number = ?",
                        [value, number],
                    )  # noqa: S608 - one of _EDITABLE
            if changes.get("state", before.state) != before.state:
                closed_at = now if changes["state"] == "closed" else None
                self._database.execute(
                    "UPDATE issues SET closed_at = ? WHERE number = ?",
                    [closed_at, number],
                )
            self._database.execute(
                "UPDATE issues SET updated_at = ? WHERE number = ?", [now, number]
            )
        return self.get(number)

    def select(self, state: str = "open", labels: Sequence[str] = ()) -> list[Issue]:
        """Issues of a state ("all": of any) that bear all of the labels, newest first."""
        rows = self._database.rows(
            "SELECT * FROM issues WHERE ? IN ('all', state) ORDER BY number DESC",
            [state],
        )
        wanted = {label.lower() for label in labels}
        return [
            issue
            for issue in map(self._issue, rows)
            if wanted <= {label.lower() for label in issue.labels}
        ]

    def ensure_labels(self, names: Sequence[str]) -> None:
        """Make the labels that are missing.

        On GitHub they come about with the issue that bears them.
        """
        for name in names:
            self._database.execute(
                "INSERT OR IGNORE INTO labels (name) VALUES (?)", [name]
            )

    def make_label(self, name: str, color: str, description: str) -> Label | None:
        """Make a label; None where there is one of that name."""
        try:
            self._database.execute(
                "INSERT INTO labels (name, color, description) VALUES (?, ?, ?)",
                [name, color, description],
            )
        except sqlite3.IntegrityError:
            return None
        return self.labels([name])[0]

    def labels(self, names: Sequence[str] | None = None) -> list[Label]:
        """All labels, or those of the names given, by name."""
        rows = self._database.rows("SELECT * FROM labels ORDER BY name")
        wanted = None if names is None else {name.lower() for name in names}
        return [
            Label(row["id"], row["name"], row["color"], row["description"] or "")
            for row in rows
            if wanted is None or row["name"].lower() in wanted
        ]

    def comment(self, number: int, body: str, author: str) -> Comment:
        """Add a comment; KeyError where there is no such issue."""
        now = to_micros(self._clock.now())
        with self._database.transaction():
            self.edit(number)
            comment_id = self._database.execute(
                "INSERT INTO comments (issue_number, author, body, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
                [number, author, body, now, now],
            )
        return self.get_comment(comment_id)

    def comments(self, number: int) -> list[Comment]:
        """An issue's comments, oldest first."""
        rows = self._database.rows(
            "SELECT * FROM comments WHERE issue_number = ? ORDER BY id", [number]
        )
        return [_comment(row) for row in rows]

    def get_comment(self, comment_id: int) -> Comment:
        """One comment; KeyError where there is none."""
        row = self._database.row("SELECT * FROM comments WHERE id = ?", [comment_id])
        if row is None:
            raise KeyError(comment_id)
        return _comment(row)

    def edit_comment(self, comment_id: int, body: str) -> Comment:
        """Change a comment's text; KeyError where there is none."""
        self.get_comment(comment_id)
        now = to_micros(self._clock.now())
        self._database.execute(
            "UPDATE comments SET body = ?, updated_at = ? WHERE id = ?",
            [body, now, comment_id],
        )
        return self.get_comment(comment_id)

    def delete_comment(self, comment_id: int) -> None:
        """Delete a comment; KeyError where there is none."""
        self.get_comment(comment_id)
        self._database.execute("DELETE FROM comments WHERE id = ?", [comment_id])

    def _issue(self, row: sqlite3.Row) -> Issue:
        count = self._database.value(
            "SELECT count(*) FROM comments WHERE issue_number = ?", [row["number"]]
        )
        return Issue(
            number=row["number"],
            title=row["title"],
            body=row["body"],
            state=row["state"],
            state_reason=row["state_reason"],
            author=row["author"],
            labels=tuple(json.loads(row["labels"])),
            comments=count,
            created_at=from_micros(row["created_at"]),
            updated_at=from_micros(row["updated_at"]),
            closed_at=None
            if row["closed_at"] is None
            else from_micros(row["closed_at"]),
        )


def _comment(row: sqlite3.Row) -> Comment:
    return Comment(
        id=row["id"],
        issue_number=row["issue_number"],
        author=row["author"],
        body=row["body"],
        created_at=from_micros(row["created_at"]),
        updated_at=from_micros(row["updated_at"]),
    )
