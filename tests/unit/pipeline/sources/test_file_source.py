"""Sources.

What is new since a cursor, cut into batches of any size, out of any container, without
a second reading.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import SourceError, SourceRewrittenError
from pipeline.sources.cursor import Cursor
from pipeline.sources.members import make_local_member
from pipeline.sources.protocol import Source
from pipeline.training import source_factory

Rows = list[list[str]]

CELLS = st.text(
    st.characters(
        codec="utf-8", exclude_characters="\r\x00", exclude_categories=["Cs"]
    ),
    max_size=8,
)


def open_source(source: str, root: Path) -> Source:
    """The source by its name, as predict opens it: it needs no target."""
    return source_factory.open_rows_to_score(source, root)


def everything(name: str) -> bool:
    return bool(name)


def read(
    source: Source, cursor: Cursor | None, rows: int, batches: int = 10_000
) -> tuple[list[pd.DataFrame], Cursor | None]:
    """Up to so many batches in one process."""
    frames: list[pd.DataFrame] = []
    if not source.has_new_rows(cursor):
        return frames, cursor
    with source.open_reader(cursor) as reader:
        while (
            len(frames) < batches
            and (chunk := reader.read(rows, None, everything)) is not None
        ):
            frames.append(chunk.frame)
            cursor = chunk.cursor
    return frames, cursor


def read_in_turns(source: Source, rows: int) -> pd.DataFrame:
    """One batch a process, as it were."""
    frames: list[pd.DataFrame] = []
    cursor: Cursor | None = None
    while True:
        found, cursor = read(source, cursor, rows, 1)
        if not found:
            return pd.concat(frames, ignore_index=True)
        frames += found


def written(table: Rows, delimiter: str = ",", *, end: str = "\n") -> str:
    sink = io.StringIO()
    csv.writer(
        sink, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL
    ).writerows([["a", "b"], *table])
    return sink.getvalue().removesuffix("\n") + end


def put(path: Path, text: str) -> None:
    """A table in the container that the name asks for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("rows.csv", text)
    elif path.suffix == ".parquet":
        rows = list(csv.reader(io.StringIO(text)))
        columns = {
            name: [row[at] for row in rows[1:]] for at, name in enumerate(rows[0])
        }
        pq.write_table(pa.table(columns), path, row_group_size=7)
    else:
        path.write_text(text, encoding="utf-8", newline="")


def parquet_of(names: list[str]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table([pa.array([1])] * len(names), names=names), sink)
    return sink.getvalue()


def numbered(first: int, last: int, marker: str = "v") -> str:
    return "a,b\n" + "".join(
        f"{index},{marker}{index}\n" for index in range(first, last)
    )


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    table=st.lists(st.tuples(CELLS, CELLS).map(list), min_size=1, max_size=30),
    rows=st.integers(1, 12),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", ""]),
    suffix=st.sampled_from([".csv", ".csv.gz", ".zip"]),
)
def test_any_cells_come_back_in_order_whatever_the_batch(  # noqa: PLR0913, PLR0917  # each a dimension
    tmp_path: Path, table: Rows, rows: int, delimiter: str, end: str, suffix: str
) -> None:
    """Quotes, newlines, delimiters and emptiness inside cells.

    Each record once, from batch to batch and run to run.
    """
    path = tmp_path / f"t{suffix}"
    put(path, written(table, delimiter, end=end))
    source = open_source(path.name, tmp_path)
    turns = read_in_turns(source, rows)
    whole = pd.read_csv(
        io.StringIO(written(table, delimiter, end=end)),
        sep=delimiter,
        dtype=str,
        keep_default_na=False,
        na_values=[""],
    )
    pd.testing.assert_frame_equal(turns, whole, check_dtype=False)


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.zip", "t.parquet"])
def test_growth_at_the_end_goes_on(tmp_path: Path, name: str) -> None:
    put(tmp_path / name, numbered(0, 25))
    source = open_source(name, tmp_path)
    first, cursor = read(source, None, 10)
    assert [len(frame) for frame in first] in ([10, 10, 5], [7, 7, 7, 4], [10, 10, 5])
    assert not source.has_new_rows(cursor)
    put(tmp_path / name, numbered(0, 40))
    second, cursor = read(source, cursor, 10)
    assert [int(value) for frame in second for value in frame["a"]] == list(
        range(25, 40)
    )
    assert not source.has_new_rows(cursor)


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.zip", "t.parquet"])
@pytest.mark.parametrize("batches", [1, 99])
def test_history_rewritten_under_the_cursor_is_noticed(
    tmp_path: Path, name: str, batches: int
) -> None:
    put(tmp_path / name, numbered(0, 25))
    source = open_source(name, tmp_path)
    cursor = read(source, None, 10, batches)[1]
    put(tmp_path / name, numbered(0, 40, marker="w"))
    with pytest.raises(SourceRewrittenError, match=name.replace(".", r"\.")) as caught:
        read(source, cursor, 10)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (numbered(0, 20), "fewer"),
        (numbered(1, 26), "differ"),
        ("b,a\n" + numbered(0, 25)[4:], "differ"),
        (numbered(0, 25)[:-1] + "0\n" + numbered(25, 30)[4:], "went on"),
    ],
)
def test_each_way_to_rewrite_a_plain_file_has_its_reason(
    tmp_path: Path, text: str, reason: str
) -> None:
    put(tmp_path / "t.csv", numbered(0, 25)[:-1])
    source = open_source("t.csv", tmp_path)
    cursor = read(source, None, 10)[1]
    put(tmp_path / "t.csv", text)
    with pytest.raises(SourceRewrittenError, match=reason):
        read(source, cursor, 10)


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.parquet"])
def test_a_file_written_anew_with_the_same_rows_is_looked_into_once(
    tmp_path: Path, name: str
) -> None:
    put(tmp_path / name, numbered(0, 25))
    source = open_source(name, tmp_path)
    cursor = read(source, None, 10)[1]
    assert cursor is not None
    before = (tmp_path / name).read_bytes()
    if name.endswith(".parquet"):
        rows = [f"v{index}" for index in range(25)]
        pq.write_table(
            pa.table({"a": [str(index) for index in range(25)], "b": rows}),
            tmp_path / name,
        )
    else:
        (tmp_path / name).write_bytes(
            before + (b"\n" if name == "t.csv" else gzip.compress(b"\n"))
        )
    assert (tmp_path / name).read_bytes() != before
    assert not source.has_new_rows(cursor)
    looked = source.update_cursor(cursor)
    member = make_local_member(tmp_path / name, name)
    assert looked.files[name].end == (member.size, member.stamp())
    assert not source.has_new_rows(looked)
    assert source.update_cursor(looked) == looked
    put(tmp_path / name, numbered(0, 40))
    more, _ = read(source, looked, 10)
    assert [int(value) for frame in more for value in frame["a"]] == list(range(25, 40))


def test_new_files_in_a_folder_go_on_in_natural_order_and_batches_span_open_source(
    tmp_path: Path,
) -> None:
    put(tmp_path / "d/part-2.csv", numbered(0, 12))
    put(tmp_path / "d/part-10.csv.gz", numbered(12, 20))
    put(tmp_path / "d/.hidden.csv", numbered(0, 9))
    (tmp_path / "d/notes.md").write_text("no table")
    source = open_source("d", tmp_path)
    frames, cursor = read(source, None, 10)
    assert [len(frame) for frame in frames] == [10, 10]
    assert [int(value) for frame in frames for value in frame["a"]] == list(range(20))
    put(tmp_path / "d/part-11.parquet", numbered(20, 23))
    put(tmp_path / "d/part-2.csv", numbered(0, 12) + "99,v99\n")
    more, cursor = read(source, cursor, 10)
    assert [int(value) for frame in more for value in frame["a"]] == [99, 20, 21, 22]
    (tmp_path / "d/part-2.csv").unlink()
    assert not source.has_new_rows(cursor)


def test_a_file_read_in_part_that_vanished_is_noticed(tmp_path: Path) -> None:
    put(tmp_path / "d/a.csv", numbered(0, 25))
    put(tmp_path / "d/b.csv", numbered(0, 25))
    source = open_source("d", tmp_path)
    cursor = read(source, None, 10, 1)[1]
    (tmp_path / "d/a.csv").unlink()
    with pytest.raises(SourceRewrittenError, match="gone"):
        source.has_new_rows(cursor)


def test_globs_and_urls_name_files_too(tmp_path: Path) -> None:
    put(tmp_path / "x/1.csv", numbered(0, 5))
    put(tmp_path / "y/2.csv", numbered(5, 9))
    assert len(read_in_turns(open_source("*/?.csv", tmp_path), 4)) == 9
    assert (
        len(read_in_turns(open_source(f"file://{tmp_path}/x/1.csv", tmp_path), 4)) == 5
    )
    assert (
        len(read_in_turns(open_source(f"file://{tmp_path}/*/*.csv", tmp_path), 4)) == 9
    )
    assert len(read_in_turns(open_source(f"local://{tmp_path}/y", tmp_path), 4)) == 4


@pytest.mark.parametrize("root", ["", "..", "a[b]", "a[b]/../a[b]"])
@pytest.mark.parametrize(
    "source",
    [
        "data/*.csv",
        "data/**/*.csv",
        "dat?/1.csv",
        "../a[b]/data/*.csv",
        "data",
        "d[1]/*.csv",
        "{here}/data/*.csv",
    ],
)
def test_a_glob_is_looked_up_from_any_root_however_that_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: str, source: str
) -> None:
    here = tmp_path / "a[b]"
    put(here / "data/1.csv", numbered(0, 5))
    put(here / "d[1]/1.csv", numbered(0, 5))
    put(here / "d1/1.csv", numbered(0, 9))
    (here / "data/2.csv").mkdir()
    monkeypatch.chdir({"": here, "..": here / "data"}.get(root, tmp_path))
    _, cursor = read(
        open_source(source.format(here=str(here).replace("[", "[[]")), Path(root)),
        None,
        9,
    )
    assert cursor is not None
    assert list(cursor.files) == [
        "d[1]/1.csv" if source.startswith("d[") else "data/1.csv"
    ]


@pytest.mark.parametrize("name", ["t.csv.gz", "t.parquet", "t.zip"])
def test_a_link_is_called_what_it_is_called(tmp_path: Path, name: str) -> None:
    """Stores of versioned data keep files by a hash, and other contents behind the same name."""
    put(tmp_path / "first" / name, numbered(0, 5))
    put(tmp_path / "second" / name, numbered(0, 9))
    for version in ("first", "second"):
        (tmp_path / version / name).rename(tmp_path / version / "5f0c")
    (tmp_path / "data").mkdir()
    source, cursor = open_source("data", tmp_path), None
    for version, count in (("first", 5), ("second", 4)):
        (tmp_path / "data" / name).unlink(missing_ok=True)
        (tmp_path / "data" / name).symlink_to(tmp_path / version / "5f0c")
        frames, cursor = read(source, cursor, 99)
        assert sum(map(len, frames)) == count


@pytest.mark.parametrize(
    ("error", "rows"), [(FileNotFoundError, 5), (PermissionError, None)]
)
def test_a_folder_below_that_may_not_be_read_is_named_and_one_that_went_is_not(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: type[OSError],
    rows: int | None,
) -> None:
    put(tmp_path / "d/1.csv", numbered(0, 5))
    put(tmp_path / "d/closed/2.csv", numbered(5, 9))
    scandir = os.scandir

    def failing(path: str) -> Iterator[os.DirEntry[str]]:
        if path.endswith("closed"):
            raise error(13, "no luck", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", failing)
    if rows:
        assert len(read_in_turns(open_source("d", tmp_path), 99)) == rows
        return
    with pytest.raises(SourceError, match=r"d cannot be read: .*closed: no luck"):
        open_source("d", tmp_path).has_new_rows(None)


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_rows_without_a_column_that_is_wanted_are_rows_all_the_same(
    tmp_path: Path, name: str
) -> None:
    put(tmp_path / name, numbered(0, 5))
    with open_source(name, tmp_path).open_reader(None) as reader:
        chunk = reader.read(9, frozenset(), {"other"}.__contains__)
    assert chunk is not None
    assert chunk.frame.shape == (5, 0)


def test_the_cursor_stays_small_over_a_thousand_batches(tmp_path: Path) -> None:
    put(tmp_path / "t.csv", numbered(0, 3000))
    source = open_source("t.csv", tmp_path)
    cursor = read(source, None, 3)[1]
    assert cursor is not None
    marks = cursor.files["t.csv"].marks
    assert len(marks) <= 24
    assert max(later[0] - earlier[0] for earlier, later in pairwise(marks)) < 5000


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("t.csv", b"a,b\r1,2\r", "no header line that is CSV: new-line"),
        (
            "t.csv",
            b"a," + b"b" * 140_000 + b"\n",
            "no header line that is CSV: field larger",
        ),
        ("t.csv", b"a,b\n1,2\n1,2\r3\n", "cut by a CR"),
        ("t.csv", b"a,b\n1,2\n1,2\r3,4,5\n", "no CSV: new-line"),
        ("t.csv", b"\n1,2\n", "no header"),
        ("t.csv", b"a,a\n1,2\n", "twice"),
        ("t.csv", "a,b\nä,1\n".encode("utf-16"), "UTF-16"),
        (
            "t.csv",
            b"a,b\n" + "ä,1\n".encode() * 20 + b"\xff,5\n",
            "not in utf-8",
        ),
        ("t.csv", b"a,b\n1,2\n1,2,3\n", "record 2 has 3 fields"),
        ("t.csv.gz", b"no gzip at all", "cannot be read"),
        (
            "t.csv.gz",
            gzip.compress(numbered(0, 5000).encode())[:-300],
            "cannot be read",
        ),
        ("t.zip", b"PK\x03\x04 broken", "whole zip"),
        ("t.parquet", b"PAR1 broken PAR1", "Parquet"),
        ("t.parquet", parquet_of(["a", "b", "a"]), "names 'a' twice"),
    ],
)
def test_broken_files_are_named_with_the_reason(
    tmp_path: Path, name: str, content: bytes, match: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=match) as caught:
        read(open_source(name, tmp_path), None, 10_000)
    assert name in caught.value.message


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_a_file_without_a_byte_has_no_rows_until_it_grows(
    tmp_path: Path, name: str
) -> None:
    put(tmp_path / "d" / name, "")
    put(tmp_path / "d/u.csv", numbered(0, 5))
    source = open_source("d", tmp_path)
    frames, cursor = read(source, None, 99)
    assert sum(map(len, frames)) == 5
    assert not source.has_new_rows(cursor)
    put(tmp_path / "d" / name, numbered(5, 8))
    frames, cursor = read(source, cursor, 99)
    assert [int(value) for frame in frames for value in frame["a"]] == [5, 6, 7]
    assert not source.has_new_rows(cursor)


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_headers_as_spreadsheets_write_them(
    tmp_path: Path, ends: str, mark: str
) -> None:
    text = f'{mark}"a\nlong, ""quoted"" name",b{ends}1,"x{ends}y"{ends}2,z{ends}'
    (tmp_path / "t.csv").write_bytes(text.encode())
    frame = read_in_turns(open_source("t.csv", tmp_path), 1)
    assert list(frame.columns) == ['a\nlong, "quoted" name', "b"]
    assert frame.to_numpy().tolist() == [["1", f"x{ends}y"], ["2", "z"]]


def test_a_long_text_with_delimiters_is_one_field(tmp_path: Path) -> None:
    long = "x, " * 60_000
    put(tmp_path / "t.csv", f'a,b\n1,"{long}"\n')
    assert read_in_turns(open_source("t.csv", tmp_path), 9)["b"].tolist() == [long]


def test_sources_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "dangling.csv").symlink_to("absent.csv")
    for source, match in (
        ("absent.csv", "does not exist"),
        ("dangling.csv", "does not exist"),
        ("empty", "no table"),
        ("empty/*.csv", "no table"),
        ("[", "no table"),
        ("/dev/null", "neither a file nor a folder"),
        ("~nobody-of-this-name/x.csv", "does not exist"),
        ("x" * 300 + ".csv", "too long"),
        ("file:///absent.csv", "cannot be read"),
    ):
        with pytest.raises(SourceError, match=match):
            open_source(source, tmp_path).has_new_rows(None)
