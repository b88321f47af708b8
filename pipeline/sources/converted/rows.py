"""Tables in JSON lines and in workbooks, as the bytes of a CSV file.

So that positions, marks and what is known of a column hold for them, too.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO

from ...errors import MissingLibraryError, SourceError

LOOKED_AT = 1000
"""The keys of so many first records are the columns."""


def open_json_lines(stream: IO[bytes]) -> IO[bytes]:
    """Return the records as CSV. Raises SourceError for what is no JSON lines."""
    return _open_rows(_read_json_lines(stream), stream)


def open_workbook(stream: IO[bytes]) -> IO[bytes]:
    """Return the first sheet as CSV. Raises MissingLibraryError and SourceError."""
    try:
        import openpyxl  # noqa: PLC0415  # only for a workbook
    except ImportError as error:
        raise MissingLibraryError(
            "a workbook (.xlsx) needs openpyxl", hint="pip install openpyxl"
        ) from error
    content = io.BytesIO(stream.read())
    try:
        book = openpyxl.load_workbook(content, read_only=True, data_only=True)
    except Exception as error:  # its parsers raise anything
        raise SourceError(f"this is no workbook: {type(error).__name__}") from error
    rows = book.worksheets[0].iter_rows(values_only=True)
    return _open_rows(rows, stream)


def _read_json_lines(stream: IO[bytes]) -> Iterator[Iterable[object]]:
    records = _parse_records(stream)
    # Keys may come late, and a header comes first.
    first = list(itertools.islice(records, LOOKED_AT))
    columns: dict[str, None] = {}
    for record in first:
        columns.update(dict.fromkeys(record))
    if columns:
        yield list(columns)
    for number, record in enumerate(itertools.chain(first, records), 1):
        unknown = record.keys() - columns.keys()
        if unknown:
            raise SourceError(
                f"record {number} has the key {min(unknown)!r}, which none of the "
                f"first {LOOKED_AT} has",
                hint="give it to the first record, too",
            )
        yield map(_format_value, map(record.get, columns))


def _parse_records(stream: IO[bytes]) -> Iterator[dict[str, object]]:
    number = 0
    while line := stream.readline():
        number += 1
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise SourceError(f"line {number} is no JSON: {error}") from error
        if not isinstance(record, dict):
            raise SourceError(f"line {number} is no JSON object")
        yield record


def _format_value(value: object) -> object:
    if isinstance(value, dict | list):
        return json.dumps(value)
    return value


def _open_rows(rows: Iterable[Iterable[object]], source: IO[bytes]) -> IO[bytes]:
    """Write the rows into a file without a name, which can be gone through at will."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  # its reader closes it
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    with source:
        csv.writer(text, lineterminator="\n").writerows(rows)
    text.detach()
    file.seek(0)
    return file
