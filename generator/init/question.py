"""What is asked where it is not clear what to train: never guessed, never a sample."""

from __future__ import annotations

import csv
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from ..errors import SettingsError
from .candidates.choice import MOST_SHOWN, Choice
from .candidates.record import Candidate
from .candidates.scripts import list_code
from .training_copy import NAMES, is_built_in

_TABLES = (".csv", ".csv.gz", ".tsv", ".parquet")
_MOST_TABLES = 5
_MOST_FILES = 3
_MOST_COLUMNS = 6
_HEADER_CHARACTERS = 10_000
_WIDTH = 76


def ask_what_to_train(root: Path, choice: Choice) -> None:
    """Raise SettingsError where the repository has code or tables of its own.

    An empty one is for the built-in training, and so is one that has a copy of it.
    """
    if any(is_built_in(root, name) for name in NAMES):
        return
    if choice.candidates:
        raise SettingsError(
            _count_candidates(choice.candidates),
            hint="\n".join(["name the one that trains:", *_list_commands(choice)]),
        )
    code = list_code(root)
    if code:
        raise SettingsError(
            f"no training was found in the code that is here ({_shorten(code)})",
            hint="what trains here? `wfgen init --command 'python SCRIPT'`, or --data "
            "SOURCE --target COLUMN for wfgen's own training, or --sample to see it",
        )
    tables = list(_find_tables(root))
    if tables:
        lines = [_propose(root, table) for table in tables[:_MOST_TABLES]]
        raise SettingsError(
            "there is no code here, but tables: which one, and what of it is predicted?",
            hint="\n".join([*lines, "  or --sample for the built-in sample"]),
        )


def _shorten(code: list[str]) -> str:
    text = ", ".join(code[:_MOST_FILES])
    if len(code) > _MOST_FILES:
        text += f" and {len(code) - _MOST_FILES} more"
    return text


def _count_candidates(candidates: tuple[Candidate, ...]) -> str:
    if len(candidates) == 1:
        return "one command could be the training, and it is not clear that it is"
    return f"{len(candidates)} commands could be the training"


def _list_commands(choice: Choice) -> Iterator[str]:
    for candidate in choice.candidates[:MOST_SHOWN]:
        command = " ".join(candidate.command.replace("\\\n", " ").split())
        yield f"  wfgen init --command {shlex.quote(command)}"
        yield f"    # {candidate.place}: {candidate.reason}"
        if candidate.missing:
            yield f"    # to be filled in: {', '.join(candidate.missing)}"
    more = len(choice.candidates) - MOST_SHOWN
    if more > 0:
        yield f"  and {more} more"


def _find_tables(root: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(root):
        inside = Path(folder).relative_to(root)
        names[:] = sorted(name for name in names if not name.startswith("."))
        if len(inside.parts) > 1:
            names.clear()
        for file in sorted(files):
            if file.lower().endswith(_TABLES):
                yield inside / file


def _propose(root: Path, table: Path) -> str:
    """Return the command for a table, with the columns that it can be asked for."""
    columns = _list_columns(root / table)
    line = f"  wfgen init --data {shlex.quote(table.as_posix())} --target COLUMN"
    if columns:
        shown = ", ".join(columns[-_MOST_COLUMNS:])
        if len(columns) > _MOST_COLUMNS:
            shown = f"..., {shown}"
        line += f"\n    # {shown:.{_WIDTH}}"
    return line


def _list_columns(path: Path) -> list[str]:
    """Return the names in the header of a CSV file, none for any other."""
    if path.suffix.lower() != ".csv":
        return []
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            header = file.readline(_HEADER_CHARACTERS)
    except OSError:
        return []
    delimiter = max(",;\t|", key=header.count)
    return next(csv.reader([header], delimiter=delimiter), [])
