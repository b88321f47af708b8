"""Which tables of a dataset or competition are trained on, in which formats, by which names."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from pipeline.errors import (
    MissingLibraryError,
    SettingsError,
    SourceError,
    SourceSchemaError,
)
from pipeline.sources.kaggle.reference import KaggleReference, parse_reference
from tests.integration.kaggle.training import train

if TYPE_CHECKING:
    from tests.integration.kaggle.conftest import Plan

TITANIC = {
    "gender_submission.csv": "PassengerId,Survived\n"
    + "".join(f"{i},0\n" for i in range(892, 1310)),
    "test.csv": "PassengerId,Pclass,Sex\n"
    + "".join(f"{i},{i % 3 + 1},male\n" for i in range(892, 1310)),
    "train.csv": "PassengerId,Survived,Pclass,Sex\n"
    + "".join(
        f"{i},{i % 2},{i % 3 + 1},{('male', 'female')[i % 2]}\n" for i in range(1, 892)
    ),
}


def test_example_answers_of_a_competition_are_never_trained_on(
    plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan.put("competitions/titanic", dict(TITANIC))
    source = "kaggle:competitions/titanic"
    assert train(tmp_path / "r", source, target="Survived")["rows_total"] == 891
    shown = capsys.readouterr().out
    assert (
        "gender_submission.csv is left out: it is an example of a submission" in shown
    )
    assert "test.csv is left out: it has no column 'Survived'" in shown


def test_only_made_up_answers_end_the_run(plan: Plan, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = dict(TITANIC)
    del files["train.csv"]
    plan.put("competitions/titanic", files)
    with pytest.raises(SourceError, match="only table with 'Survived' is an example"):
        train(tmp_path / "r", "kaggle:competitions/titanic", target="Survived")


def test_several_candidates_stop_with_the_exact_sources(
    plan: Plan, tmp_path: Path
) -> None:
    wide = "x,more,y\n" + "1,2,0\n" * 9
    plan.archive = plan.zipped({"clean.csv": plan.rows(50), "raw.csv": wide})
    with pytest.raises(SourceSchemaError) as caught:
        train(tmp_path / "r")
    assert "kaggle:somebody/rows/clean.csv" in caught.value.hint
    assert "kaggle:somebody/rows/raw.csv" in caught.value.hint
    source = "kaggle:somebody/rows/clean.csv"
    assert train(tmp_path / "r", source)["rows_total"] == 50


def test_a_table_for_tests_and_a_copy_are_left_out(plan: Plan, tmp_path: Path) -> None:
    rows = plan.rows(60)
    names = ("test.csv", "train.csv", "train_copy.csv")
    plan.archive = plan.zipped(dict.fromkeys(names, rows))
    assert train(tmp_path / "r")["rows_total"] == 60
    plan.version = 2
    assert train(tmp_path / "r")["rows_total"] == 60


def test_a_file_renamed_in_a_new_version_goes_on_where_it_was(
    plan: Plan, tmp_path: Path
) -> None:
    plan.archive = plan.zipped({"rows_2026-11-01.csv": plan.rows(300)})
    train(tmp_path / "r")
    plan.version = 2
    plan.archive = plan.zipped({"rows_2026-11-02.csv": plan.rows(300)})
    assert train(tmp_path / "r")["status"] == "nothing-new"
    plan.version = 3
    plan.archive = plan.zipped({"rows_2026-11-03.csv": plan.rows(420)})
    summary = train(tmp_path / "r")
    assert (summary["rows_this_run"], summary["rows_total"]) == (120, 420)


def test_a_local_file_that_was_renamed_goes_on_too(tmp_path: Path, plan: Plan) -> None:
    folder = tmp_path / "r/d"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text(plan.rows(100), "utf-8")
    train(tmp_path / "r", "d")
    (folder / "a.csv").unlink()
    (folder / "b.csv").write_text(plan.rows(150), "utf-8")
    assert train(tmp_path / "r", "d")["rows_this_run"] == 50


def test_with_a_key_a_new_file_gives_its_new_rows_alone(
    plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def number(first: int, last: int) -> str:
        lines = (f"{i},{i % 7},{i % 2}\n" for i in range(first, last))
        return "id,x,y\n" + "".join(lines)

    plan.archive = plan.zipped({"old.csv": number(0, 100)})
    train(tmp_path / "r", key="id")
    plan.version = 2
    plan.archive = plan.zipped({"new.csv": number(50, 160)})
    summary = train(tmp_path / "r", key="id")
    assert (summary["rows_this_run"], summary["rows_total"]) == (60, 160)
    assert "old.csv is gone; what was trained on it stays" in capsys.readouterr().out


def pack_tar(content: bytes) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as archive:
        info = tarfile.TarInfo("bundle/rows.csv")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return sink.getvalue()


def write_parquet(content: bytes) -> bytes:
    return pd.read_csv(io.BytesIO(content)).to_parquet(index=False)


def write_json_lines(content: bytes) -> bytes:
    frame = pd.read_csv(io.BytesIO(content))
    lines = map(json.dumps, frame.to_dict("records"))
    return "\n".join(lines).encode()


def pass_on(content: bytes) -> bytes:
    return content


FORMATS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("rows.parquet", write_parquet),
    ("rows.csv.gz", gzip.compress),
    ("rows.csv.bz2", bz2.compress),
    ("rows.csv.xz", lzma.compress),
    ("rows.jsonl", write_json_lines),
    ("rows.data", pass_on),
    ("bundle.tar.gz", pack_tar),
    ("deep/er/My Rows [2026].CSV", pass_on),
]


@pytest.mark.parametrize(("name", "pack"), FORMATS, ids=[row[0] for row in FORMATS])
def test_each_format_is_read_and_a_new_version_goes_on(
    plan: Plan, tmp_path: Path, name: str, pack: Callable[[bytes], bytes]
) -> None:
    for version, rows in ((1, 120), (2, 150)):
        content = pack(plan.rows(rows).encode())
        plan.put(f"datasets/o/d/{version}", {name: content, "about.md": "rows"})
        source = "kaggle:o/d"
        if version == 1:
            source = "kaggle:o/d"
        assert train(tmp_path / "r", source)["rows_total"] == rows


def test_a_table_in_an_archive_of_its_own_is_read(plan: Plan, tmp_path: Path) -> None:
    inner = plan.zipped({"train.csv": plan.rows(90)})
    plan.put("competitions/old", {"train.csv.zip": inner, "images.zip": b"no zip"})
    assert train(tmp_path / "r", "kaggle:competitions/old")["rows_total"] == 90


def test_a_workbook_names_the_library_it_needs(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan.put("datasets/o/d", {"rows.xlsx": b"PK"})
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(MissingLibraryError) as caught:
        train(tmp_path / "r", "kaggle:o/d")
    assert caught.value.hint == "pip install openpyxl"


def test_one_file_of_a_big_dataset_is_fetched_alone(plan: Plan, tmp_path: Path) -> None:
    big = bytes(3_000_000)
    files: dict[str, str | bytes] = {"tables/Rows.csv": plan.rows(80), "big.bin": big}
    plan.put("datasets/o/d/1", files)
    assert train(tmp_path / "r", "kaggle:o/d/rows.csv")["rows_total"] == 80
    assert plan.called_names == [
        "GetDataset",
        "ListDatasetFiles",
        "DownloadDataset",
        "storage",
    ]
    (call,) = [call for call in plan.calls if call.path.endswith("DownloadDataset")]
    assert json.loads(call.body)["fileName"] == "tables/Rows.csv"
    fetched = (tmp_path / "r/runtime/downloads").rglob("*")
    assert sum(path.stat().st_size for path in fetched if path.is_file()) < 10_000


def test_a_large_single_file_comes_in_an_archive_and_goes_on(
    plan: Plan, tmp_path: Path
) -> None:
    for version, rows in ((1, 150_000), (2, 150_030)):
        files: dict[str, str | bytes] = {"rows.csv": plan.rows(rows), "b.bin": bytes(9)}
        plan.put(f"datasets/o/d/{version}", files)
        source = "kaggle:o/d/rows.csv"
        summary = train(tmp_path / "r", source, batch_rows=75_000, iterations=9)
        assert summary["rows_total"] == rows


def test_a_name_that_is_not_there_lists_what_is(plan: Plan, tmp_path: Path) -> None:
    plan.put("datasets/o/d", {"rows.csv": plan.rows(9), "big.bin": bytes(9)})
    with pytest.raises(SourceError, match=r"there is big\.bin, rows\.csv"):
        train(tmp_path / "r", "kaggle:o/d/absent.csv")
    assert "DownloadDataset" not in plan.called_names


ADDRESSES = {
    "kaggle:o/d": ("o/d", False, "*", ""),
    "kaggle:datasets/o/d/": ("o/d", False, "*", ""),
    "kaggle:o/d/versions/3": ("o/d", False, "*", "3"),
    "kaggle:o/d/versions/3/a/b.csv": ("o/d", False, "a/b.csv", "3"),
    "kaggle:c/titanic": ("titanic", True, "*", ""),
    "https://www.kaggle.com/datasets/o/d": ("o/d", False, "*", ""),
    "https://kaggle.com/o/d/data?select=My+Rows.csv": ("o/d", False, "My Rows.csv", ""),
    "https://www.kaggle.com/datasets/o/d/versions/2?resource=download": (
        "o/d",
        False,
        "*",
        "2",
    ),
    "https://www.kaggle.com/competitions/titanic/data": ("titanic", True, "*", ""),
    "https://www.kaggle.com/c/titanic/overview": ("titanic", True, "*", ""),
}


@pytest.mark.parametrize("source", ADDRESSES)
def test_a_pasted_address_is_understood(source: str) -> None:
    assert parse_reference(source) == KaggleReference(source, *ADDRESSES[source])


def test_an_address_of_a_notebook_is_refused() -> None:
    with pytest.raises(SettingsError):
        parse_reference("https://www.kaggle.com/code/")
