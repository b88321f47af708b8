"""Records that have a place and fields, and no rules of their own.

Statuses, check runs, reviews, milestones, hooks, deployments and the like are shown as they
were sent, and found by what they belong to. A record with rules has a store of its own.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from ..core.clock import Clock, from_micros, to_micros
from .database import Conditions, Database

_SETTINGS = "settings"


class Document(NamedTuple):
    """A record of a kind; `parent` is what it belongs to, `key` its name there."""

    id: int
    kind: str
    parent: str
    key: str
    author: str
    fields: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime

    def read_text(self, name: str) -> str:
        """A text of the fields; "" where it is absent or null."""
        return str(self.fields.get(name) or "")


class DocumentStore:
    """Documents by kind, parent and key; keys are compared without their case."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(
        self,
        kind: str,
        fields: Mapping[str, Any],
        *,
        parent: object = "",
        key: str = "",
        author: str = "",
    ) -> Document:
        """Store a new document."""
        now = to_micros(self._clock.now())
        document_id = self._database.execute(
            """INSERT INTO documents
               (kind, parent, key, author, fields, created_at, updated_at)
               VALUES (?, ?, ?, ?, ?, ?, ?)""",
            [kind, str(parent), key, author, json.dumps(dict(fields)), now, now],
        )
        return self.get(kind, document_id)

    def get(self, kind: str, document_id: int) -> Document:
        """One document; KeyError where there is none of that kind."""
        row = self._database.row(
            "SELECT * FROM documents WHERE kind = ? AND id = ?", [kind, document_id]
        )
        if row is None:
            raise KeyError(document_id)
        return _read_document(row)

    def list_all(
        self, kind: str, parent: object | None = None, key: str | None = None
    ) -> list[Document]:
        """Documents of a kind, oldest first; None leaves parent or key free."""
        conditions = Conditions()
        conditions.require_equal("kind", kind)
        if parent is not None:
            conditions.require_equal("parent", str(parent))
        conditions.require_equal("key", key)
        query = conditions.complete("SELECT * FROM documents", "ORDER BY id")
        rows = self._database.rows(query, conditions.parameters)
        return [_read_document(row) for row in rows]

    def find(self, kind: str, key: str, parent: object = "") -> Document:
        """The newest document of a key; KeyError where there is none."""
        found = self.list_all(kind, parent, key)
        if not found:
            raise KeyError(key)
        return found[-1]

    def change(self, document: Document, fields: Mapping[str, Any]) -> Document:
        """Set some fields of a document, the others stay; KeyError where it is gone."""
        with self._database.transaction():
            present = self.get(document.kind, document.id)
            self._database.execute(
                "UPDATE documents SET fields = ?, updated_at = ? WHERE id = ?",
                [
                    json.dumps({**present.fields, **fields}),
                    to_micros(self._clock.now()),
                    document.id,
                ],
            )
        return self.get(document.kind, document.id)

    def rename(self, document: Document, key: str) -> Document:
        """Give a document another key."""
        self._database.execute(
            "UPDATE documents SET key = ? WHERE id = ?", [key, document.id]
        )
        return self.get(document.kind, document.id)

    def put(
        self, kind: str, key: str, fields: Mapping[str, Any], parent: object = ""
    ) -> tuple[Document, bool]:
        """Set fields of the document of a key; whether it had to be made."""
        with self._database.transaction():
            try:
                document = self.find(kind, key, parent)
            except KeyError:
                return self.add(kind, fields, parent=parent, key=key), True
            return self.change(document, fields), False

    def delete(self, document: Document) -> None:
        """Delete a document."""
        self._database.execute("DELETE FROM documents WHERE id = ?", [document.id])

    def delete_children(self, kind: str, parent: object) -> None:
        """Delete what belongs to something that is no more."""
        self._database.execute(
            "DELETE FROM documents WHERE kind = ? AND parent = ?", [kind, str(parent)]
        )

    def read_settings(self, name: str) -> dict[str, Any]:
        """A group of the repository's settings, as far as anybody has set them."""
        try:
            return dict(self.find(_SETTINGS, name).fields)
        except KeyError:
            return {}

    def write_settings(self, name: str, fields: Mapping[str, Any]) -> None:
        """Set some of a group of settings; the others stay."""
        self.put(_SETTINGS, name, fields)


def _read_document(row: sqlite3.Row) -> Document:
    return Document(
        id=row["id"],
        kind=row["kind"],
        parent=row["parent"],
        key=row["key"],
        author=row["author"],
        fields=json.loads(row["fields"]),
        created_at=from_micros(row["created_at"]),
        updated_at=from_micros(row["updated_at"]),
    )
