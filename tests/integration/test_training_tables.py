"""Everyday tables, through the first batch, the second one and predicting."""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PIPELINE = [sys.executable, "-m", "wfgen_actions.pipeline"]
ROWS = 240


def call(folder: Path, *words: str, code: int = 0) -> str:
    done = subprocess.run(
        [*PIPELINE, *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def write_rows(
    path: Path, make: Callable[[random.Random, bool], str], header: str
) -> None:
    chance = random.Random(1)  # noqa: S311 - rows, not keys
    lines = [header, *(make(chance, chance.random() < 0.5) for _ in range(ROWS))]
    content = ("\n".join(lines) + "\n").encode()
    if path.suffix == ".gz":
        content = gzip.compress(content)
    path.write_bytes(content)


def update(folder: Path, source: str, *words: str) -> str:
    flags = ["--source", source, "--target", "y", "--batch-rows", "120"]
    return call(
        folder, "update", *flags, "--models", "sgd", "--iterations", "1", *words
    )


def describe(folder: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(call(folder, "status", "--json"))
    return facts


LABELS = [
    ("TRUE", "FALSE"),
    ("True", "false"),
    ("yes", "NO"),
    ("007", "012"),
    ("1e3", "2e3"),
    ("02139", "10115"),
    (" in", "out "),
]


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
@pytest.mark.parametrize("labels", LABELS, ids=str)
def test_a_label_is_the_same_in_every_batch(
    labels: tuple[str, str], suffix: str, tmp_path: Path
) -> None:
    def make(chance: random.Random, high: bool) -> str:
        flag = labels[chance.random() < 0.5]
        return f"{chance.gauss(2 if high else 0, 1):.3f},{flag},{labels[high]}"

    table = tmp_path / f"t{suffix}"
    write_rows(table, make, "a,flag,y")
    first, second = (update(tmp_path, table.name) for _ in range(2))
    assert "task: binary" in first
    assert "third class" not in second
    assert "drift: flag" not in second
    assert describe(tmp_path)["task"] == "binary"
    call(tmp_path, "predict", table.name, "--output", "out.csv")
    header, *rows = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    place = header.split(",").index("prediction")
    predicted = {row.split(",")[place] for row in rows}
    assert predicted == {label.strip() for label in labels}


@pytest.mark.parametrize(
    ("written", "header", "words"),
    [
        ("{:.2f}".format, "a;y", []),
        (lambda value: f"{value:.3f}".replace(".", ","), "a;y", []),
        ('"{:,.2f}"'.format, "a,y", []),
        ('"${:,.2f}"'.format, "a,y", []),
        (lambda value: f"{value:,.0f}".replace(",", " ") + " km", "a;y", None),
    ],
)
def test_amounts_are_read_as_they_are_written(
    written: Callable[[float], str],
    header: str,
    words: list[str] | None,
    tmp_path: Path,
) -> None:
    separator = header[1]

    def make(chance: random.Random, high: bool) -> str:
        a = chance.gauss(5000, 2000)
        return f"{written(a)}{separator}{written(a * 2 + (500 if high else 0))}"

    write_rows(tmp_path / "t.csv", make, header)
    if words is None:  # a unit makes it a text, which is no amount
        assert "task: multiclass" in update(tmp_path, "t.csv")
        return
    first, second = (update(tmp_path, "t.csv", *words) for _ in range(2))
    assert "task: regression" in first
    assert "number: a" in first
    assert "rmse" in second


def test_of_a_folder_the_tables_with_the_target_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()

    def make(chance: random.Random, high: bool) -> str:
        return f"{chance.random():.3f},{int(high)}"

    write_rows(folder / "train.csv", lambda c, h: f"1,{make(c, h)}", "id,a,y")
    write_rows(folder / "test.csv", lambda c, _: f"1,{c.random():.3f}", "id,a")
    write_rows(folder / "sample_submission.csv", lambda _c, _h: "1,0", "id,y")
    said = update(tmp_path, "data")
    assert "data/test.csv is left out: it has no column 'y'" in said
    assert "data/sample_submission.csv is left out: it is an example" in said
    update(tmp_path, "data")
    assert "nothing new" in update(tmp_path, "data")
    assert describe(tmp_path)["rows"] == ROWS


def test_row_numbers_as_pandas_writes_them_are_left_out(tmp_path: Path) -> None:
    numbers = iter(range(ROWS))

    def make(chance: random.Random, high: bool) -> str:
        return f"{next(numbers)},{chance.gauss(2 if high else 0, 1):.3f},{int(high)}"

    write_rows(tmp_path / "t.csv", make, ",a,y")
    first, second = (update(tmp_path, "t.csv") for _ in range(2))
    assert "t.csv has a column without a name" in first
    assert "1 columns: number: a" in first
    assert "batch 2: 120 rows" in second
    call(tmp_path, "predict", "t.csv", "--output", "out.csv")
    assert (
        len((tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()) == ROWS + 1
    )
