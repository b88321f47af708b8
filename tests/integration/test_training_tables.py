"""Everyday tables, through the first batch, the second one and predicting."""

# ruff: noqa: ARG005  # each cell is made of what it needs

from __future__ import annotations

import csv
import gzip
import io
import random
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pandas as pd
import pytest

from pipeline.cli import model_queries, queries
from pipeline.errors import PipelineError, SourceSchemaError
from pipeline.settings import load
from pipeline.state.store import Store
from pipeline.training.source_factory import open_rows_to_score
from pipeline.training.update import update

ROWS = 240
Row = list[str]


def train(root: Path, source: str, **flags: str) -> str:
    """One batch of half the rows; what the log says."""
    given = {
        "source": source,
        "target": "y",
        "batch_rows": str(ROWS // 2),
        "iterations": "1",
        "models": "sgd",
        "report": "false",
        **flags,
    }
    before = set((root / "runtime/logs").glob("run-*.log"))
    update(root, load(root, {}, given), {})
    (log,) = set((root / "runtime/logs").glob("run-*.log")) - before
    return log.read_text(encoding="utf-8")


def predict(root: Path, source: str) -> pd.DataFrame:
    with open_rows_to_score(source, root).open_reader(None) as reader:
        store = Store(root / "runtime")
        model_queries.predict_rows(store, reader, root / "out.csv")
    return pd.read_csv(root / "out.csv", dtype=str, keep_default_na=False)


def describe(root: Path) -> dict[str, Any]:
    document = queries.load_state(Store(root / "runtime")).document
    return {
        "task": document.task,
        "classes": list(document.classes),
        "columns": document.columns,
        "rows": document.counters.rows,
    }


def make_csv(header: Row, rows: Sequence[Row], delimiter: str = ",") -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerows([header, *rows])
    return text.getvalue()


def put(root: Path, form: str, header: Row, rows: Sequence[Row]) -> str:
    """A table as a file, packed, or as a competition's archive; the name of the source."""
    text = make_csv(header, rows)
    name = f"t.{form}"
    if form == "csv":
        (root / name).write_text(text, encoding="utf-8")
    elif form == "csv.gz":
        (root / name).write_bytes(gzip.compress(text.encode()))
    elif form == "parquet":
        pd.DataFrame(rows, columns=header).to_parquet(root / name)
    elif form == "zip":
        with zipfile.ZipFile(root / name, "w") as archive:
            archive.writestr("rows.csv", text)
    else:
        name = "kaggle"
        (root / name).mkdir()
        unknown = [row[:-1] for row in rows]
        made_up = [[str(number), rows[0][-1]] for number in range(len(rows))]
        with zipfile.ZipFile(root / name / "files.zip", "w") as archive:
            archive.writestr("train.csv", text)
            archive.writestr("test.csv", make_csv(header[:-1], unknown))
            archive.writestr("sample_submission.csv", make_csv(["id", "y"], made_up))
    return name


FORMS = ["csv", "csv.gz", "parquet", "zip", "kaggle"]
LABELS = [
    ("TRUE", "FALSE"),
    ("True", "false"),
    ("yes", "NO"),
    ("007", "012"),
    ("1e3", "2e3"),
    ("02139", "10115"),
    (" in", "out "),
    ("None", "Some"),
    ("NA", "EU"),
    ("null", "full"),
    ("nan", "bread"),
    ("1,5", "2,5"),
    ("2024-01-01", "2025-01-01"),
    ("12%", "50%"),
    ("\u00e4 b", "\u6771\u4eac"),
]


@pytest.mark.parametrize("labels", LABELS, ids=str)
def test_a_cell_is_the_same_in_every_batch_and_form(
    labels: tuple[str, str], tmp_path: Path
) -> None:
    chance = random.Random(1)  # noqa: S311 - rows, not keys
    rows = []
    for _ in range(ROWS):
        high = chance.random() < 0.5
        flag = labels[chance.random() < 0.5]
        rows.append([f"{chance.gauss(2 * high, 1):.3f}", flag, labels[high]])
    # What one batch has alone must not change how it is read.
    rows[: ROWS // 2] = sorted(rows[: ROWS // 2], key=lambda row: row[1])
    said = []
    for form in FORMS:
        root = tmp_path / form
        root.mkdir()
        source = put(root, form, ["a", "flag", "y"], rows)
        first, second = (train(root, source) for _ in range(2))
        assert "task: binary" in first, form
        assert "third class" not in second, form
        assert "drift: flag" not in second, form
        facts = describe(root)
        assert facts["classes"] == sorted(label.strip() for label in labels), form
        if form == "kaggle":
            source = put(root, "csv", ["a", "flag"], [row[:-1] for row in rows])
        said.append((facts["columns"], predict(root, source)))
    for columns, predictions in said:
        assert columns == said[0][0]
        pd.testing.assert_frame_equal(predictions, said[0][1])


class Kind(NamedTuple):
    """A column, how it is to be read, and what is to be said of it."""

    name: str
    make: Callable[[random.Random, int, bool], str]
    kind: str
    said: str = ""
    flags: Mapping[str, str] = MappingProxyType({})


def number(c: random.Random, high: bool) -> float:
    return c.gauss(5000 if high else 1000, 900)


KINDS = [
    Kind("plain", lambda c, _, h: f"{number(c, h):.2f}", "number"),
    Kind(
        "thousands", lambda c, _, h: f"{number(c, h) + 20000:,.2f}", "number", "number:"
    ),
    Kind("few thousands", lambda c, _, h: f"{abs(number(c, h)):,.1f}", "number"),
    Kind("dollars", lambda c, _, h: f"${number(c, h):,.2f}", "number"),
    Kind("euros", lambda c, _, h: f"{number(c, h):.2f} \u20ac", "number"),
    Kind("per cent", lambda c, _, h: f"{number(c, h) / 100:.1f}%", "number"),
    Kind("exponents", lambda c, _, h: f"{number(c, h):.3e}", "number"),
    Kind("comma", lambda c, _, h: f"{number(c, h):.2f}".replace(".", ","), "number"),
    Kind(
        "comma told",
        lambda c, _, h: f"{number(c, h) / 10:.3f}".replace(".", ","),
        "number",
        flags={"decimal": "comma"},
    ),
    Kind(
        "question marks",
        lambda c, n, h: "?" if n % 4 == 0 else f"{number(c, h):.1f}",
        "number",
        "'?' in 30 rows, which counts as missing",
    ),
    Kind(
        "words for missing",
        lambda c, n, h: (
            ["NA", "n/a", "", "-"][n % 4] if n % 3 == 0 else f"{c.random()}"
        ),
        "number",
        "counts as missing",
    ),
    Kind(
        "a word of its own",
        lambda c, n, h: "keine" if n % 4 == 0 else f"{number(c, h):.1f}",
        "number",
        flags={"missing": "auto,keine"},
    ),
    Kind(
        "a third words",
        lambda c, n, h: c.choice(["low", "high"]) if n % 3 == 0 else f"{c.random()}",
        "text",
        "holds numbers and 40 words",
    ),
    Kind(
        "a third words told",
        lambda c, n, h: c.choice(["low", "high"]) if n % 3 == 0 else f"{c.random()}",
        "number",
        "40 of 120 values are no numbers ('low'",
        {"types": "x=number"},
    ),
    Kind(
        "slips",
        lambda c, n, h: "err" if n % 60 == 7 else f"{number(c, h):.1f}",
        "number",
        "2 of 120 values are no numbers ('err')",
    ),
    Kind(
        "zip", lambda c, _, h: f"0{c.randint(1000, 9999)}", "text", "has leading zeros"
    ),
    Kind(
        "zip told",
        lambda c, _, h: f"0{c.randint(1000, 9999)}",
        "number",
        flags={"types": "x=number"},
    ),
    Kind(
        "codes told",
        lambda c, _, h: f"{c.randint(1000, 1400)}",
        "text",
        flags={"types": "x=text"},
    ),
    Kind("padded hours", lambda c, _, h: f"{c.randint(0, 23):02}", "number"),
    Kind(
        "mixed case",
        lambda c, _, h: c.choice(["yes", "YES", "no"]),
        "text",
        "look alike, as 'YES' and 'yes'",
    ),
    Kind("blanks", lambda c, _, h: c.choice([" a", "a", "b "]), "text"),
    Kind("none among texts", lambda c, _, h: c.choice(["None", "Attic"]), "text"),
    Kind("iso dates", lambda c, n, h: f"2025-0{n % 9 + 1}-1{n % 9}", "date"),
    Kind("day first", lambda c, n, h: f"{n % 28 + 1:02}/05/2025", "date"),
    Kind("month first", lambda c, n, h: f"05/{n % 28 + 1:02}/2025", "date"),
    Kind(
        "open dates",
        lambda c, n, h: f"{n % 12 + 1:02}/05/2025",
        "date",
        'dates = "day-first"',
    ),
    Kind(
        "told dates",
        lambda c, n, h: f"{n % 12 + 1:02}/05/2025",
        "date",
        flags={"dates": "day-first"},
    ),
    Kind(
        "dates as text",
        lambda c, n, h: f"2025-0{n % 9 + 1}-11",
        "text",
        flags={"types": "x=text"},
    ),
    Kind(
        "no dates",
        lambda c, n, h: "open" if n % 30 == 7 else f"2025-0{n % 9 + 1}-11",
        "date",
        "4 of 120 values are no dates ('open')",
    ),
    Kind("row numbers", lambda _c, n, _h: f"{n}", "number", "'x' numbers the rows"),
    Kind("ids", lambda c, n, h: f"k{n * 7919}", "text", "another text in every row"),
    Kind("truth", lambda c, _, h: ["TRUE", "FALSE"][c.random() < 0.5 + h / 4], "text"),
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_column_is_read_as_it_is_meant(kind: Kind, tmp_path: Path) -> None:
    chance = random.Random(2)  # noqa: S311 - rows, not keys
    rows = []
    for place in range(ROWS):
        high = chance.random() < 0.5
        rows.append([kind.make(chance, place, high), f"{chance.random():.3f}"])
        rows[-1].append("up" if high else "down")
    put(tmp_path, "csv", ["x", "b", "y"], rows)
    first, second = (train(tmp_path, "t.csv", **kind.flags) for _ in range(2))
    assert kind.said in first
    notes = [line for line in first.splitlines() if "warning: 'x'" in line]
    assert bool(notes) <= bool(kind.said), notes
    assert describe(tmp_path)["columns"]["x"] == kind.kind
    assert "not seen before" not in second or kind.kind == "text"
    assert set(predict(tmp_path, "t.csv")["prediction"]) <= {"up", "down"}


LATER = [
    ("12.5", "1,234.5", "`decimal"),
    ("12,5", "1,234.5", "`decimal"),
    ("25/12/2025", "12/25/2025", "`dates"),
    ("12.5", "twelve", "`types"),
    ("2025-12-25", "soon", "`types"),
]


@pytest.mark.parametrize(("first", "later", "setting"), LATER)
def test_what_contradicts_later_stops_with_the_setting_that_mends_it(
    first: str, later: str, setting: str, tmp_path: Path
) -> None:
    rows = []
    for place in range(ROWS):
        x = first if place < ROWS // 2 or place % 3 == 0 else later
        rows.append([x, f"{place * 7919 % 997}", str(place % 2)])
    put(tmp_path, "csv", ["x", "b", "y"], rows)
    train(tmp_path, "t.csv")
    before = describe(tmp_path)
    # Named together, so that no other hint is taken for it.
    with pytest.raises(SourceSchemaError, match="'x'") as caught:
        train(tmp_path, "t.csv")
    assert setting in caught.value.hint.replace("(types", "(`types")
    assert describe(tmp_path) == before


TARGETS = [
    (lambda c, n: f"{c.gauss(5000, 2000):,.0f}", "regression", "decimal = "),
    (lambda c, n: f"{c.gauss(50, 20):.2f}".replace(".", ","), "regression", ""),
    (lambda c, n: f"${c.gauss(5000, 900):,.2f}", "regression", ""),
    (
        lambda c, n: "TOTAL" if n % 60 == 5 else f"{c.gauss(9, 3):.2f}",
        "regression",
        "2 of 120 values are no numbers ('TOTAL')",
    ),
    (lambda c, n: "NA" if n % 5 == 0 else f"{c.gauss(9, 3):.2f}", "regression", ""),
    (lambda c, n: "NA" if n % 5 == 0 else str(n % 2), "binary", ""),
    (lambda c, n: "NA" if n % 5 == 0 else "EU", "binary", "kept as a class"),
    (lambda c, n: ["<=50K", "<=50K.", ">50K"][n % 3], "multiclass", "look alike"),
    (lambda c, n: f"{n % 3}.0", "multiclass", ""),
]


@pytest.mark.parametrize(("make", "task", "said"), TARGETS, ids=range(len(TARGETS)))
def test_a_target_is_read_as_it_is_meant(
    make: Callable[[random.Random, int], str], task: str, said: str, tmp_path: Path
) -> None:
    chance = random.Random(3)  # noqa: S311 - rows, not keys
    rows = [[f"{chance.random():.3f}", make(chance, n)] for n in range(ROWS)]
    put(tmp_path, "csv", ["a", "y"], rows)
    first, second = (train(tmp_path, "t.csv") for _ in range(2))
    assert f"task: {task} " in first
    assert said in first
    assert describe(tmp_path)["task"] == task
    assert "set aside" not in second
    assert len(predict(tmp_path, "t.csv")) == ROWS


def test_a_word_for_missing_may_be_named(tmp_path: Path) -> None:
    rows = [[f"{n * 7919 % 97}", ["None", "a", "b"][n % 3]] for n in range(ROWS)]
    put(tmp_path, "csv", ["a", "y"], rows)
    train(tmp_path, "t.csv", missing="auto,None")
    facts = describe(tmp_path)
    assert (facts["classes"], facts["rows"]) == (["a", "b"], 80)
    with pytest.raises(PipelineError, match="`missing` says") as caught:
        train(tmp_path, "t.csv")
    assert "set `missing` back" in caught.value.hint


def test_words_alone_at_the_start_are_told_or_kept(tmp_path: Path) -> None:
    labels = ["None"] * (ROWS // 2) + ["a", "b"] * (ROWS // 4)
    rows = [[f"{n * 7919 % 97}", label] for n, label in enumerate(labels)]
    for name in ("auto", "kept"):
        (tmp_path / name).mkdir()
        put(tmp_path / name, "csv", ["a", "y"], rows)
    said = train(tmp_path / "auto", "t.csv")
    assert "120 rows before the first other 'y' have 'None' alone" in said
    assert describe(tmp_path / "auto")["classes"] == ["a", "b"]
    (tmp_path / "kept/wfgen.toml").write_text("[pipeline]\nmissing = []\n", "utf-8")
    for _ in range(2):
        train(tmp_path / "kept", "t.csv")
    assert describe(tmp_path / "kept")["classes"] == ["None", "a", "b"]


def test_numbers_for_missing_may_be_named(tmp_path: Path) -> None:
    rows = [[["-999", "1", "2"][n % 3], str(n % 2)] for n in range(ROWS)]
    for form in ("csv", "parquet"):
        root = tmp_path / form
        root.mkdir()
        source = put(root, form, ["a", "y"], rows)
        if form == "parquet":
            pd.DataFrame(rows, columns=["a", "y"]).astype(float).to_parquet(
                root / source
            )
        for _ in range(2):
            said = train(root, source, missing="-999")
        assert "drift" not in said
        from pipeline import load as load_model  # noqa: PLC0415  # beside its only use

        frame = pd.DataFrame({"a": [-999.0, None]})
        shares = load_model(root).predict_proba(frame)
        assert shares[0].tolist() == shares[1].tolist()


def test_whole_numbers_that_turn_out_to_be_amounts_are_told(tmp_path: Path) -> None:
    rows = []
    for place in range(ROWS):
        fraction = place % 10 if place >= ROWS // 2 else 0
        rows.append([f"{place * 7919 % 97}", f"{place % 12 + fraction / 10:g}"])
    put(tmp_path, "csv", ["a", "y"], rows)
    train(tmp_path, "t.csv")
    with pytest.raises(SourceSchemaError, match="now has fractions") as caught:
        train(tmp_path, "t.csv")
    assert 'task = "regression"' in caught.value.hint


def test_amounts_that_were_taken_for_classes_are_told(tmp_path: Path) -> None:
    rows = []
    for place in range(ROWS):
        weight = place % 30 if place < ROWS // 2 else 100 + place * 7919 % 301
        rows.append([f"{place * 7919 % 97}", str(weight)])
    put(tmp_path, "csv", ["a", "y"], rows)
    assert "task: multiclass" in train(tmp_path, "t.csv")
    with pytest.raises(SourceSchemaError, match="ever new ones") as caught:
        train(tmp_path, "t.csv")
    assert 'task = "regression"' in caught.value.hint


@pytest.mark.parametrize("target", ["self", "index", "y", "a b", "columns"])
def test_any_name_may_be_a_column(target: str, tmp_path: Path) -> None:
    names = ["self", "index", "values", "columns", "__class__", "a b", "name", "y"]
    names.remove(target)
    rows = []
    for place in range(ROWS):
        cells = [f"{place * 7919 % (97 + nth)}" for nth in range(len(names) - 1)]
        rows.append([*cells, ["TRUE", "FALSE"][place % 3 == 0], f"00{place % 2}"])
    rows[7][-1] = "TOTAL"
    put(tmp_path, "csv", [*names, target], rows)
    first, second = (train(tmp_path, "t.csv", target=target) for _ in range(2))
    assert "'TOTAL' came as" in first
    assert "batch 2: 120 rows" in second
    assert len(predict(tmp_path, "t.csv")) == ROWS


def test_row_numbers_as_pandas_writes_them_are_left_out(tmp_path: Path) -> None:
    rows = [[str(n), f"{n * 7919 % 97}", str(n % 2)] for n in range(ROWS)]
    put(tmp_path, "csv", ["", "a", "y"], rows)
    first, second = (train(tmp_path, "t.csv") for _ in range(2))
    assert "t.csv has a column without a name" in first
    assert "1 columns: number: a" in first
    assert "batch 2: 120 rows" in second
    assert len(predict(tmp_path, "t.csv")) == ROWS


def test_a_copy_of_a_table_is_left_out_by_every_run(tmp_path: Path) -> None:
    folder = tmp_path / "t"
    folder.mkdir()
    rows = "".join(f"{number % 7},{number % 2}\n" for number in range(ROWS))
    (folder / "b.csv").write_text(f"a,y\n{rows}", encoding="utf-8")
    assert "left out" not in train(tmp_path, "t")
    # One that comes later, before or behind it by its name, is no new rows either.
    for name in ("a.csv", "c.csv"):
        (folder / name).write_bytes((folder / "b.csv").read_bytes())
        again = train(tmp_path, "t")
        assert f"t/{name} is left out: it holds the same bytes as another" in again
    while "nothing new" not in train(tmp_path, "t"):
        pass
    assert describe(tmp_path)["rows"] == ROWS
