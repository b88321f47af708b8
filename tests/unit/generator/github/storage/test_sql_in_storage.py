"""SQL lives in `storage/` alone: whoever needs records asks a store."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import generator.github

ROOM = Path(generator.github.__file__).parent
SQL = re.compile(
    r"import sqlite3|database\.(?:execute|rows?|value)\("
    r"|\bSELECT .* FROM\b|\bINSERT INTO\b|\bDELETE FROM\b|\bWHERE .*\?"
)


def test_no_module_outside_of_storage_holds_sql() -> None:
    modules = list(ROOM.rglob("*.py"))
    assert modules
    for path in modules:
        if "storage" not in path.relative_to(ROOM).parts:
            assert SQL.search(path.read_text("utf-8")) is None, path


@pytest.mark.parametrize(
    "line",
    [
        'context.database.rows("...")',
        'store.list_runs("SELECT id FROM runs")',
        'where = "WHERE run_id = ?"',
    ],
)
def test_sql_is_recognised(line: str) -> None:
    assert SQL.search(line)
