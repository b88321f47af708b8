"""Issues, their comments and labels in the database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import TypedDict

from ..core.clock import Clock, from_micros, from_optional_micros, to_micros
from ..core.models import Comment, Issue, Label
from .database import Conditions, Database


class IssueChanges(TypedDict, total=False):
    """The fields of an issue to set; absent ones stay as they are."""

    title: str
    body: str
    state: str
    state_reason: str | None
    milestone: int | None
    lock_reason: str | None
    labels: Sequence[str]
    assignees: Sequence[str]


# One statement a field, as the name of a column cannot be a parameter of SQL.
_UPDATES = {
    "title": "UPDATE issues SET title = ? WHERE number = ?",
    "body": "UPDATE issues SET body = ? WHERE number = ?",
    "state": "UPDATE issues SET state = ? WHERE number = ?",
    "state_reason": "UPDATE issues SET state_reason = ? WHERE number = ?",
    "milestone": "UPDATE issues SET milestone = ? WHERE number = ?",
    "lock_reason": "UPDATE issues SET lock_reason = ? WHERE number = ?",
}


# Counted for all issues at once: a query for each takes most of the time of a list.
_SELECT_ISSUES = """
    SELECT issues.*, comment_count FROM issues LEFT JOIN (
        SELECT issue_number, count(*) AS comment_count
        FROM comments GROUP BY issue_number
    ) ON issue_number = number
"""


class IssueStore:
    """Issues of the repository, with their comments and labels."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def open(
        self,
        title: str,
        body: str,
        author: str,
        labels: Sequence[str],
        *,
        is_pull: bool = False,
    ) -> Issue:
        """Open an issue, or the issue side of a pull request: their numbers are one row."""
        now = to_micros(self._clock.now())
        self.ensure_labels(labels)
        number = self._database.execute(
            """INSERT INTO issues
               (title, body, state, author, labels, created_at, updated_at, is_pull)
               VALUES (?, ?, 'open', ?, ?, ?, ?, ?)""",
            [title, body, author, json.dumps(list(labels)), now, now, is_pull],
        )
        return self.get(number)

    def get(self, number: int) -> Issue:
        """One issue; KeyError where there is none."""
        conditions = Conditions()
        conditions.require_equal("number", number)
        query = conditions.complete(_SELECT_ISSUES)
        row = self._database.row(query, conditions.parameters)
        if row is None:
            raise KeyError(number)
        return _read_issue(row)

    def update(self, number: int, changes: IssueChanges) -> Issue:
        """Set fields of an issue; KeyError where there is no such issue."""
        before = self.get(number)
        now = to_micros(self._clock.now())
        with self._database.transaction():
            for name, statement in _UPDATES.items():
                if name in changes:
                    self._database.execute(statement, [changes.get(name), number])
            if "labels" in changes:
                self._set_labels(number, changes["labels"])
            if "assignees" in changes:
                self._database.execute(
                    "UPDATE issues SET assignees = ? WHERE number = ?",
                    [json.dumps(list(changes["assignees"])), number],
                )
            self._set_closed_at(before, changes.get("state", before.state), now)
            self._database.execute(
                "UPDATE issues SET updated_at = ? WHERE number = ?", [now, number]
            )
        return self.get(number)

    def _set_labels(self, number: int, labels: Sequence[str]) -> None:
        self.ensure_labels(labels)
        self._database.execute(
            "UPDATE issues SET labels = ? WHERE number = ?",
            [json.dumps(list(labels)), number],
        )

    def _set_closed_at(self, before: Issue, state: str, now: int) -> None:
        """Enter when an issue was closed; closing a closed one again changes nothing."""
        if state == before.state:
            return
        closed_at = None
        if state == "closed":
            closed_at = now
        self._database.execute(
            "UPDATE issues SET closed_at = ? WHERE number = ?",
            [closed_at, before.number],
        )

    def list_issues(
        self,
        state: str = "all",
        labels: Sequence[str] = (),
        *,
        include_pulls: bool = False,
    ) -> list[Issue]:
        """Issues of a state ("all": of any) that bear all of the labels, newest first."""
        conditions = Conditions()
        if not include_pulls:
            conditions.require("is_pull = 0")
        if state != "all":
            conditions.require_equal("state", state)
        query = conditions.complete(_SELECT_ISSUES, "ORDER BY number DESC")
        required = _fold_names(labels)
        issues = []
        for row in self._database.rows(query, conditions.parameters):
            issue = _read_issue(row)
            if required <= _fold_names(issue.labels):
                issues.append(issue)
        return issues

    def ensure_labels(self, names: Sequence[str]) -> None:
        """Make the labels that are missing, as GitHub does for an issue that bears them."""
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
        return self.get_label(name)

    def get_label(self, name: str) -> Label:
        """One label, whatever the case of its name; KeyError where there is none."""
        labels = self.list_labels([name])
        if not labels:
            raise KeyError(name)
        return labels[0]

    def change_label(
        self, label: Label, name: str, color: str, description: str
    ) -> Label | None:
        """Change a label, on all issues that bear it; None where another has the name."""
        try:
            with self._database.transaction():
                self._database.execute(
                    """UPDATE labels SET name = ?, color = ?, description = ?
                       WHERE id = ?""",
                    [name, color, description, label.id],
                )
                self._replace_label(label.name, [name])
        except sqlite3.IntegrityError:
            return None
        return self.get_label(name)

    def delete_label(self, label: Label) -> None:
        """Delete a label, and take it off all issues."""
        with self._database.transaction():
            self._database.execute("DELETE FROM labels WHERE id = ?", [label.id])
            self._replace_label(label.name, [])

    def _replace_label(self, name: str, names: list[str]) -> None:
        """Put other labels in the place of one, wherever it is borne."""
        for issue in self.list_issues(labels=[name], include_pulls=True):
            labels: list[str] = []
            for label in issue.labels:
                # Issues keep a name as it was written to them.
                is_meant = label.lower() == name.lower()
                labels += names if is_meant else [label]
            self._set_labels(issue.number, labels)

    def list_labels(self, names: Sequence[str] | None = None) -> list[Label]:
        """All labels (None), or those of the names given, by name."""
        labels = []
        for row in self._database.rows("SELECT * FROM labels ORDER BY name"):
            description = row["description"] or ""
            labels.append(Label(row["id"], row["name"], row["color"], description))
        if names is None:
            return labels
        folded = _fold_names(names)
        return [label for label in labels if label.name.lower() in folded]

    def add_comment(self, number: int, body: str, author: str) -> Comment:
        """Add a comment; KeyError where there is no such issue."""
        now = to_micros(self._clock.now())
        with self._database.transaction():
            self.update(number, {})
            comment_id = self._database.execute(
                """INSERT INTO comments
                   (issue_number, author, body, created_at, updated_at)
                   VALUES (?, ?, ?, ?, ?)""",
                [number, author, body, now, now],
            )
        return self.get_comment(comment_id)

    def list_comments(self, number: int) -> list[Comment]:
        """An issue's comments, oldest first."""
        rows = self._database.rows(
            "SELECT * FROM comments WHERE issue_number = ? ORDER BY id", [number]
        )
        return [_read_comment(row) for row in rows]

    def get_comment(self, comment_id: int) -> Comment:
        """One comment; KeyError where there is none."""
        row = self._database.row("SELECT * FROM comments WHERE id = ?", [comment_id])
        if row is None:
            raise KeyError(comment_id)
        return _read_comment(row)

    def list_all_comments(self) -> list[Comment]:
        """The comments on all issues, oldest first."""
        rows = self._database.rows("SELECT * FROM comments ORDER BY id")
        return [_read_comment(row) for row in rows]

    def update_comment(self, comment_id: int, body: str) -> Comment:
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


def _read_issue(row: sqlite3.Row) -> Issue:
    return Issue(
        number=row["number"],
        title=row["title"],
        body=row["body"],
        state=row["state"],
        state_reason=row["state_reason"],
        author=row["author"],
        labels=tuple(json.loads(row["labels"])),
        comments=row["comment_count"] or 0,
        created_at=from_micros(row["created_at"]),
        updated_at=from_micros(row["updated_at"]),
        closed_at=from_optional_micros(row["closed_at"]),
        is_pull=bool(row["is_pull"]),
        assignees=tuple(json.loads(row["assignees"])),
        milestone=row["milestone"],
        lock_reason=row["lock_reason"],
    )


def _fold_names(names: Sequence[str]) -> set[str]:
    """Names of labels for comparing: on GitHub their case does not count."""
    return {name.lower() for name in names}


def _read_comment(row: sqlite3.Row) -> Comment:
    return Comment(
        id=row["id"],
        issue_number=row["issue_number"],
        author=row["author"],
        body=row["body"],
        created_at=from_micros(row["created_at"]),
        updated_at=from_micros(row["updated_at"]),
    )
