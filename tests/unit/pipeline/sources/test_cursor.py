"""The cursor as JSON: what is read is written again, and anything else is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.sources.cursor import Cursor, InvalidCursorError

POSITION: dict[str, Any] = {
    "offset": 40,
    "records": 4,
    "end": [40, "9f86d081884c7d65"],
    "marks": [[0, 4, "0a0b0c0d0e0f0a0b"], [4, 36, "0102030405060708"]],
    "taken": 2,
    "stride": 1,
}
ROWS = {"offset": 7, "records": 7, "end": None, "marks": [[7, ["a", "b"], "0a0b"]]}


@pytest.mark.parametrize(
    "content",
    [
        {"files": {}},
        {"files": {"a.csv": POSITION}},
        {"files": {"t.parquet": {**POSITION, **ROWS}}},
        {"files": {"rows.zip!a.csv": POSITION}, "version": "12"},
        {"files": {"a.csv": POSITION}, "key": 41.0, "after": 12.0},
        {"files": {"a.csv": POSITION}, "time": "2024-01-01T00:00:00"},
    ],
)
def test_what_is_read_is_written_again(content: dict[str, Any]) -> None:
    written = Cursor.from_json(content).to_json()
    assert json.dumps(written, sort_keys=True) == json.dumps(content, sort_keys=True)


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {},
        {"files": []},
        {"files": {"a.csv": None}},
        {"files": {"a.csv": {"offset": 3}}},
        {"files": {"a.csv": {**POSITION, "more": 1}}},
        {"files": {"a.csv": {**POSITION, "offset": -1}}},
        {"files": {"a.csv": {**POSITION, "offset": True}}},
        {"files": {"a.csv": {**POSITION, "records": 1.0}}},
        {"files": {"a.csv": {**POSITION, "stride": 0}}},
        {"files": {"a.csv": {**POSITION, "end": [3]}}},
        {"files": {"a.csv": {**POSITION, "end": ["x", 3]}}},
        {"files": {"a.csv": {**POSITION, "marks": None}}},
        {"files": {"a.csv": {**POSITION, "marks": [[0, "x", "y"]]}}},
        {"files": {"a.csv": {**POSITION, "marks": [[0, 1]]}}},
        {"files": {"a.csv": {**POSITION, "marks": [[7, ["a", 1], "y"]]}}},
        {"files": {}, "version": 12},
        {"files": {}, "key": [1]},
        {"files": {}, "time": True},
    ],
)
def test_anything_else_is_refused(content: object) -> None:
    with pytest.raises(InvalidCursorError):
        Cursor.from_json(content)
