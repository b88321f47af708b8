"""CSV as it comes: encodings, delimiters, lines above the header, a line half written."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from pipeline.errors import SettingsError, SourceError, SourceSchemaError
from pipeline.settings import load
from pipeline.sources.cursor import Cursor
from pipeline.sources.protocol import Source
from pipeline.training.source_factory import open_source

ROWS = "a,b,y\n" + "".join(f"{number},w{number % 3},1\n" for number in range(10))


def open_table(root: Path, **flags: str) -> Source:
    given = {"source": "t.csv", "target": "y", **flags}
    return open_source(load(root, {}, given), root, {})[0]


def read_rows(
    source: Source, cursor: Cursor | None = None
) -> tuple[list[list[str]], Cursor | None, list[str]]:
    """All rows that are to be had, the cursor behind them, and what was said."""
    rows: list[list[str]] = []
    if not source.has_new_rows(cursor):
        return rows, source.update_cursor(cursor) if cursor else None, [*source.notes]
    with source.open_reader(cursor) as reader:
        while (chunk := reader.read(4, None, lambda _: True)) is not None:
            cursor = chunk.cursor
            rows += chunk.frame.astype(str).to_numpy().tolist()
    return rows, cursor, [*source.notes, *reader.notes]


@pytest.mark.parametrize("cut", [1, 4, 9])
def test_a_line_half_written_waits_for_its_end(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "t.csv"
    path.write_text(ROWS + "77,whole,1\n88,half,1\n"[:-cut], "utf-8")
    rows, cursor, notes = read_rows(open_table(tmp_path))
    assert [row[0] for row in rows[10:]] == ["77"]
    assert "t.csv: its last record has no line end yet" in notes[0]
    again, cursor, notes = read_rows(open_table(tmp_path), cursor)
    assert (again, "waits for it" in notes[0]) == ([], True)
    # A part more is no record yet, and is looked at once.
    path.write_text(ROWS + "77,whole,1\n88,half,1"[: -cut + 1 or None], "utf-8")
    again, cursor, _ = read_rows(open_table(tmp_path), cursor)
    assert again == []
    path.write_text(ROWS + "77,whole,1\n88,half,1\n99,new,1\n", "utf-8")
    rest, cursor, notes = read_rows(open_table(tmp_path), cursor)
    assert [row[:2] for row in rest] == [["88", "half"], ["99", "new"]]
    assert notes == []
    assert read_rows(open_table(tmp_path), cursor)[0] == []


def test_a_file_that_is_complete_may_be_taken_to_its_last_byte(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(ROWS.rstrip("\n"), "utf-8")
    rows, cursor, notes = read_rows(open_table(tmp_path, last_line="take"))
    assert (len(rows), notes) == (10, [])
    assert not open_table(tmp_path, last_line="take").has_new_rows(cursor)


def test_a_quote_that_nothing_closes_waits_and_is_said(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(ROWS + '7,"open\n8,w,1\n', "utf-8")
    rows, cursor, notes = read_rows(open_table(tmp_path))
    assert len(rows) == 10
    assert "record 11 opens a quote that nothing closes" in notes[0]
    path.write_text(ROWS + '7,"open\n8,w,1\nclosed",1\n', "utf-8")
    rows, _, notes = read_rows(open_table(tmp_path), cursor)
    assert (rows[0][1], notes) == ("open\n8,w,1\nclosed", [])


def test_a_quote_that_swallows_the_file_is_an_error(tmp_path: Path) -> None:
    rest = "".join(f"{number},w,1\n" for number in range(120_000))
    (tmp_path / "t.csv").write_text(f'{ROWS}7,"open,1\n{rest}', "utf-8")
    with pytest.raises(SourceError, match=r"t\.csv: the records from number"):
        read_rows(open_table(tmp_path))


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("cp1252", ["K\u00f6ln", "Besan\u00e7on", "Malm\u00f6"]),
        (
            "cp1251",
            ["\u041c\u043e\u0441\u043a\u0432\u0430", "\u0422\u0432\u0435\u0440\u044c"],
        ),
        ("cp932", ["\u6771\u4eac\u90fd\u6e0b\u8c37\u533a", "\u5927\u962a\u5e9c"]),
    ],
)
def test_an_encoding_is_found_said_kept_or_told(
    tmp_path: Path, encoding: str, words: list[str]
) -> None:
    lines = [f"{number},{words[number % len(words)]},1\n" for number in range(40)]
    text = f"a,{words[0]},y\n" + "".join(lines)
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    rows, cursor, notes = read_rows(open_table(tmp_path))
    assert [row[1] for row in rows[: len(words)]] == words
    assert f"read as {encoding}" in notes[0]
    assert cursor is not None
    kept = Cursor.from_json(cursor.to_json())
    (tmp_path / "t.csv").write_bytes((text + lines[0]).encode(encoding))
    more, _, notes = read_rows(open_table(tmp_path), kept)
    assert ([row[1] for row in more], notes) == (words[:1], [])
    told, _, notes = read_rows(open_table(tmp_path, encoding=encoding))
    assert (told[0][1], notes) == (words[0], [])


def test_letters_in_another_encoding_further_down_name_the_setting(
    tmp_path: Path,
) -> None:
    text = ROWS + "7,w,1\n" * 200_000
    (tmp_path / "t.csv").write_bytes(text.encode() + b"8,K\xf6ln,1\n")
    with pytest.raises(SourceError, match="not in utf-8") as caught:
        read_all_at_once(open_table(tmp_path))
    assert "`encoding` may be 'cp1252'" in caught.value.hint


def read_all_at_once(source: Source) -> None:
    with source.open_reader(None) as reader:
        reader.read(1_000_000, None, lambda _: True)


@pytest.mark.parametrize("sign", ["~", "tab", ";", "pipe", "space"])
def test_a_delimiter_that_is_told_is_taken(tmp_path: Path, sign: str) -> None:
    signs = {"tab": "\t", "pipe": "|", "space": " "}
    text = ROWS.replace(",", signs.get(sign, sign))
    (tmp_path / "t.csv").write_text(text, "utf-8")
    rows, _, _ = read_rows(open_table(tmp_path, delimiter=sign))
    assert rows[1] == ["1", "w1", "1"]


def test_commas_inside_quoted_names_do_not_hide_the_delimiter(tmp_path: Path) -> None:
    text = '"a, of all, these";"b, too, as it is";y\n1,5;2,5;1\n'
    (tmp_path / "t.csv").write_text(text, "utf-8")
    rows, _, _ = read_rows(open_table(tmp_path))
    assert rows == [["1,5", "2,5", "1"]]


def test_lines_above_the_header_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"\ufeffReport, of 2026\n\n{ROWS}", "utf-8")
    with pytest.raises(SourceError) as caught:
        read_rows(open_table(tmp_path))
    assert "`skip_rows`" in caught.value.hint
    rows, cursor, _ = read_rows(open_table(tmp_path, skip_rows="2"))
    assert len(rows) == 10
    path.write_text(f"\ufeffReport, of 2026\n\n{ROWS}11,w,1\n", "utf-8")
    rows, _, _ = read_rows(open_table(tmp_path, skip_rows="2"), cursor)
    assert rows == [["11", "w", "1"]]


def test_an_archive_that_is_none_in_an_archive_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("rows.csv.zip", ROWS)
    with pytest.raises(SourceError, match=r"rows\.csv\.zip is not a whole zip"):
        read_rows(open_table(tmp_path, source="t.zip"))


def test_tables_with_other_headers_are_named_both(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d/red.csv").write_text("a,b,y\n1,2,1\n", "utf-8")
    (tmp_path / "d/white.csv").write_text("a,c,y\n1,2,1\n", "utf-8")
    with pytest.raises(SourceSchemaError) as caught:
        open_table(tmp_path, source="d").has_new_rows(None)
    assert "d/white.csv no longer has 'b', which d/red.csv has" in caught.value.message
    assert open_table(tmp_path, source="d", ignore="b").has_new_rows(None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("encoding", "utf-99"),
        ("encoding", "utf-16"),
        ("encoding", "base64"),
        ("delimiter", "ab"),
        ("delimiter", '"'),
        ("skip_rows", "-1"),
        ("last_line", "guess"),
        ("types", "zip=code"),
        ("types", "zip"),
    ],
)
def test_values_that_cannot_be_are_refused_by_name(
    tmp_path: Path, name: str, value: str
) -> None:
    flag = name.replace("_", "-")
    with pytest.raises(SettingsError, match=f"^--{flag} is '{value}': it must"):
        open_table(tmp_path, **{name: value})


def test_a_copy_that_was_left_out_stays_out(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    for name in ("a", "b"):
        (tmp_path / f"d/{name}.csv").write_text(ROWS, "utf-8")
    rows, cursor, notes = read_rows(open_table(tmp_path, source="d"))
    assert (len(rows), "same bytes" in notes[0]) == (10, True)
    assert not open_table(tmp_path, source="d").has_new_rows(cursor)
