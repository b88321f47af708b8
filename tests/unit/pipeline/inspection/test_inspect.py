"""A look at a table before the first training: what it says, and that it writes nothing."""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline.cli.commands import pipeline
from pipeline.inspection.report import format_block
from pipeline.settings import load
from pipeline.training.update import update

Make = Callable[[random.Random, int], str]


def put(path: Path, header: str, make: Make, rows: int = 300) -> None:
    chance = random.Random(1)  # noqa: S311 - rows, not keys
    lines = [header, *(make(chance, number) for number in range(rows))]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def inspect(*words: str) -> str:
    done = CliRunner().invoke(pipeline, ["inspect", *words])
    assert done.exit_code == 0, done.output
    return done.output


def read_facts(path: Path, *words: str) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(inspect(str(path), "--json", *words))
    return facts


def yes(chance: random.Random) -> str:
    return chance.choice(["yes", "no"])


SUSPICIONS: list[tuple[str, Make, str, str]] = [
    ("nr,a,y", lambda c, n: f"{n},{c.random()},{yes(c)}", "nr", "numbers the rows"),
    (
        "CustomerId,a,y",
        lambda c, n: f"{n * 7919 % 100003},{c.random()},{yes(c)}",
        "CustomerId",
        "as an id",
    ),
    ("code,a,y", lambda c, n: f"x{n * 37},{c.random()},{yes(c)}", "code", "every row"),
    ("a,b,y", lambda c, _: f"7,{c.random()},{yes(c)}", "a", "one value in all rows"),
    (
        "a,b,y",
        lambda c, n: f"{-999 if n % 9 == 0 else c.random()},1{n % 3},{yes(c)}",
        "a",
        "has -999 in 34 rows",
    ),
    (
        "a,b,y",
        lambda c, n: f"{c.random() * (10**7 if n == 55 else 1)},w,{yes(c)}",
        "a",
        "far out",
    ),
    (
        "a,b,y",
        lambda c, n: f"{c.random()},{'?' if n % 5 == 0 else 'w' + str(n % 3)},{yes(c)}",
        "b",
        "has '?' in 60 rows",
    ),
]


@pytest.mark.parametrize(("header", "make", "column", "said"), SUSPICIONS)
def test_what_is_suspicious_is_said(
    header: str, make: Make, column: str, said: str, tmp_path: Path
) -> None:
    put(tmp_path / "t.csv", header, make)
    facts = read_facts(tmp_path / "t.csv")
    (found,) = [one for one in facts["columns"] if one["name"] == column]
    assert any(said in text for text in found["suspicions"])
    assert any(said in text for text in facts["warnings"])
    others = [one for one in facts["columns"] if one["name"] not in {column, "b"}]
    assert not any(one["suspicions"] for one in others)


def test_the_block_trains_as_it_was_seen(tmp_path: Path) -> None:
    def make(chance: random.Random, number: int) -> str:
        y = chance.random() < 0.5
        zip_code = f"{chance.randrange(99999):05}"
        amount = f"{chance.gauss(2000 if y else 0, 900):.2f}".replace(".", ",")
        return f"{number};{zip_code};{amount};{number % 28 + 1:02}.03.2025;{int(y)}"

    put(tmp_path / "t.csv", "id;zip;amount;day;y", make)
    text = inspect(str(tmp_path / "t.csv"))
    block = text.split("for wfgen.toml:\n\n")[1]
    settings = tomllib.loads(block)["pipeline"]
    assert settings == {
        "source": str(tmp_path / "t.csv"),
        "target": "y",
        "task": "binary",
        "ignore": ["id"],
        "decimal": "comma",
        "dates": "day-first",
        "types": {"zip": "text"},
    }
    assert not list(tmp_path.glob("*/"))
    (tmp_path / "wfgen.toml").write_text(block, "utf-8")
    update(tmp_path, load(tmp_path, {}, {"models": "sgd", "batch_rows": "100"}), {})
    summary = json.loads((tmp_path / "runtime/logs/summary.json").read_text("utf-8"))
    assert summary["rows_total"] == 300


def test_what_the_rows_leave_open_is_asked(tmp_path: Path) -> None:
    put(
        tmp_path / "t.csv",
        "when;amount;y",
        lambda c, n: (
            f"{n % 12 + 1:02}/05/2025;{c.randint(1, 9)},{n % 900 + 100};{n % 2}"
        ),
    )
    text = inspect(str(tmp_path / "t.csv"))
    assert '\n# dates = "day-first"  # or "month-first"' in text
    assert '\n# decimal = "comma"  # or "point"' in text
    told = read_facts(tmp_path / "t.csv", "--dates", "day-first", "--decimal", "comma")
    assert told["settings"]["dates"] == "day-first"
    assert told["questions"] == []


def test_of_a_kaggle_folder_the_target_is_what_the_test_lacks(tmp_path: Path) -> None:
    put(tmp_path / "d/train.csv", "id,sold,a", lambda c, n: f"{n},{n % 2},{c.random()}")
    put(tmp_path / "d/test.csv", "id,a", lambda c, n: f"{n},{c.random()}")
    put(tmp_path / "d/sample_submission.csv", "id,sold", lambda _, n: f"{n},0")
    facts = read_facts(tmp_path / "d")
    assert (facts["target"], facts["rows"], facts["task"]) == ("sold", 300, "binary")
    assert "train.csv has it and" in facts["target_reason"]
    assert sum("is left out" in text for text in facts["warnings"]) == 2


def test_why_a_training_would_stop_is_told_with_what_was_seen(tmp_path: Path) -> None:
    put(tmp_path / "d/1.csv", "a,b,y", lambda c, n: f"{c.random()},{n},1")
    put(tmp_path / "d/2.csv", "a,c,y", lambda c, n: f"{c.random()},{n},0")
    facts = read_facts(tmp_path / "d")
    assert "2.csv no longer has 'b'" in facts["error"]["reason"]
    assert any("2.csv lacks b of " in text for text in facts["warnings"])
    put(tmp_path / "e.csv", "a,y", lambda c, _: f"{c.random()},{c.random()}")
    assert read_facts(tmp_path / "e.csv")["error"] is None
    text = inspect(str(tmp_path / "d"))
    assert "a training would stop: " in text
    facts = read_facts(tmp_path / "e.csv", "--ignore", "a")
    assert "no column is left" in facts["error"]["reason"]
    assert [column["name"] for column in facts["columns"]] == ["a", "y"]


def test_a_block_reads_back_as_it_was() -> None:
    settings = {
        "source": 'a "b"\\c\n\u2028\u00e9',
        "types": {"a b": "text", 'c"': "date"},
        "ignore": ("x", "y,z"),
        "skip_rows": 3,
    }
    assert tomllib.loads(format_block(settings))["pipeline"] == {
        **settings,
        "ignore": ["x", "y,z"],
    }
