"""Submissions to competitions, and what they score."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

from .catalog import Catalog

SOLUTION_SUFFIX = ".solution.csv"


class Submissions:
    """What was submitted while the local Kaggle runs."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def add(self, competition: str, content: bytes, description: str) -> int:
        """Score a submission and return its number.

        The score is the share of right answers in `competitions/NAME.solution.csv`: an
        id and an answer a row. Without that file, or with other ids, there is none.
        """
        rows = self._rows.setdefault(competition, [])
        score = self._score(competition, content)
        row: dict[str, Any] = {
            "ref": len(rows) + 1,
            "totalBytes": len(content),
            "date": datetime.now(UTC).isoformat(),
            "description": description,
            "status": "complete",
        }
        if score is None:
            row["status"] = "error"
            row["errorDescription"] = "the ids are not those of the solution"
        else:
            row["publicScore"] = f"{score:.5f}"
        rows.append(row)
        return len(rows)

    def list_newest(self, competition: str) -> list[dict[str, Any]]:
        """List what was submitted, newest first."""
        return list(reversed(self._rows.get(competition, [])))

    def _score(self, competition: str, content: bytes) -> float | None:
        folder = self._catalog.folder / "competitions"
        path = folder / f"{competition}{SOLUTION_SUFFIX}"
        if not path.exists():
            return 0.0
        solution = _read_answers(path.read_bytes())
        answers = _read_answers(content)
        if not solution or set(answers) != set(solution):
            return None
        # Accuracy, since that needs no scale: enough to tell better from worse.
        right = 0
        for row, answer in solution.items():
            if answers[row] == answer:
                right += 1
        return right / len(solution)


def _read_answers(content: bytes) -> dict[str, str]:
    text = io.StringIO(content.decode("utf-8", errors="replace"))
    answers = {}
    for record in list(csv.reader(text))[1:]:
        if len(record) > 1:
            answers[record[0]] = record[1]
    return answers
