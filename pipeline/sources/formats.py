"""The table formats: a new one is one module and one row here."""

# Without `from __future__ import annotations`: a named tuple that has a type as a text
# compiles it, which costs the first one more than all the modules here.

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ..errors import MissingLibraryError

if TYPE_CHECKING:
    from .csv_table import CsvTable
    from .cursor import FilePosition
    from .members import Member
    from .parquet import ParquetTable
    from .protocol import TableReader


class TableFormat(NamedTuple):
    """One way to store a table in a file.

    `suffixes` are those of files, `packed_suffixes` those of files that gzip packed.
    With `appends`, a plain file that grew starts with the bytes it had before; without,
    it is written anew as a whole. `has_more` tells whether rows follow a position, and
    raises like `open_table`.
    """

    name: str
    suffixes: tuple[str, ...]
    packed_suffixes: tuple[str, ...]
    appends: bool
    open_table: Callable[["Member", "FilePosition"], "TableReader"]
    has_more: Callable[["Member", "FilePosition"], bool]


def open_csv_table(member: "Member", position: "FilePosition") -> "CsvTable":
    """Open a CSV file. Raises SourceError and SourceRewrittenError."""
    from .csv_table import CsvTable  # noqa: PLC0415  # brings numpy and pandas

    return CsvTable(member, position)


def has_more_csv_rows(member: "Member", position: "FilePosition") -> bool:
    """Tell whether anything but blanks follows a position in a CSV file."""
    from .csv import has_more_bytes  # noqa: PLC0415  # only where a file changed

    return has_more_bytes(member, position)


def open_parquet_table(member: "Member", position: "FilePosition") -> "ParquetTable":
    """Open a Parquet file.

    Raises MissingLibraryError, SourceError and SourceRewrittenError.
    """
    try:
        from .parquet import ParquetTable  # noqa: PLC0415  # brings pyarrow
    except ImportError as error:
        raise MissingLibraryError(
            f"{member.name} needs pyarrow", hint="pip install pyarrow"
        ) from error
    return ParquetTable(member, position)


def has_more_parquet_rows(member: "Member", position: "FilePosition") -> bool:
    """Tell whether rows of a Parquet file follow a position."""
    table = open_parquet_table(member, position)
    table.close()
    return table.has_more()


CONVERTED_SUFFIXES = (".jsonl", ".ndjson", ".xlsx")
"""Read as the CSV that their rows make."""
PACKINGS = (".gz", ".bz2", ".xz")
"""How a single file may be packed."""


def _list_packed(*suffixes: str) -> tuple[str, ...]:
    packed: list[str] = []
    for suffix in suffixes:
        packed += (suffix + packing for packing in PACKINGS)
    return tuple(packed)


CSV = TableFormat(
    name="CSV",
    suffixes=(".csv", ".tsv", ".txt", ".data", *CONVERTED_SUFFIXES),
    packed_suffixes=_list_packed(".csv", ".tsv", ".txt", ".data", ".jsonl"),
    appends=True,
    open_table=open_csv_table,
    has_more=has_more_csv_rows,
)
PARQUET = TableFormat(
    name="Parquet",
    suffixes=(".parquet", ".pq"),
    packed_suffixes=(),
    appends=False,
    open_table=open_parquet_table,
    has_more=has_more_parquet_rows,
)
TABLE_FORMATS = (CSV, PARQUET)


def find_format(name: str) -> TableFormat:
    """Return the format of a file by its name; CSV where no suffix says otherwise."""
    for table_format in TABLE_FORMATS:
        suffixes = table_format.suffixes + table_format.packed_suffixes
        if name.lower().endswith(suffixes):
            return table_format
    return CSV


def list_suffixes() -> tuple[str, ...]:
    """List the endings of files that are looked for in a folder."""
    suffixes: list[str] = []
    for table_format in TABLE_FORMATS:
        suffixes += table_format.suffixes + table_format.packed_suffixes
    return (*suffixes, *ARCHIVE_SUFFIXES)


ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
"""The tables in an archive are read too, whatever the archive is called."""
SUFFIXES = list_suffixes()
