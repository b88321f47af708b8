"""What settling in learns of the data, from the training's own look at it."""

from __future__ import annotations

import json
from pathlib import Path

from generator.errors import ToolCutOffError
from generator.init.inspection import inspect_data
from generator.process import Completed, SystemRunner


def put_table(root: Path) -> None:
    lines = ["id;zip;price;day;y"]
    for number in range(60):
        zip_code, price = 1000 + number * 7919 % 8000, number * 7919 % 9973
        day = f"{number % 12 + 1:02}/05/2025"
        cells = f"{number};0{zip_code};{price // 10},{price % 10};{day};{number % 2}"
        lines.append(cells)
    (root / "t.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_settings_for_reading_follow_from_the_data(tmp_path: Path) -> None:
    put_table(tmp_path)
    # A module of the repository is not taken for a library.
    (tmp_path / "pandas.py").write_text("raise SystemExit(7)", encoding="utf-8")
    seen = inspect_data(tmp_path, "t.csv", "y", SystemRunner())
    assert seen.settings == {
        "decimal": "comma",
        "ignore": ["id"],
        "types": {"zip": "text"},
    }
    assert seen.lines[0] == "the data: 60 rows looked at, binary"
    assert "'id' numbers the rows" in seen.lines
    assert 'dates = "day-first"  # or "month-first"' in seen.lines[-1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pandas.py", "t.csv"]


def test_data_that_cannot_be_read_is_told_and_no_error(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"\n1,2\n")
    seen = inspect_data(tmp_path, "t.csv", "y", SystemRunner())
    assert seen.settings == {}
    assert seen.lines[0] == "the data was not looked at:"
    assert "t.csv has no header line" in seen.lines[1]


class FixedRunner(SystemRunner):
    def __init__(self, completed: Completed | None) -> None:
        self.completed = completed

    def run(self, *_: object, **__: object) -> Completed:
        if self.completed is None:
            raise ToolCutOffError("python took longer than 120 s")
        return self.completed


def test_a_machine_without_the_libraries_loses_nothing_but_the_look(
    tmp_path: Path,
) -> None:
    missing = Completed((), 3, "", "error: pandas is not installed\n  hint: pip i\n")
    seen = inspect_data(tmp_path, "t.csv", "y", FixedRunner(missing))
    assert seen.lines[1:] == ("pandas is not installed", "hint: pip i")
    seen = inspect_data(tmp_path, "t.csv", "y", FixedRunner(None))
    assert "took longer" in seen.lines[0]


def test_why_a_training_would_stop_is_shown(tmp_path: Path) -> None:
    facts = {
        "settings": {"source": "x", "target": "y"},
        "rows": 3,
        "task": "",
        "warnings": [f"w{number}" for number in range(12)],
        "error": {"reason": "two headers", "hint": "name them"},
        "questions": [],
    }
    done = Completed((), 0, json.dumps(facts), "")
    seen = inspect_data(tmp_path, "t.csv", "y", FixedRunner(done))
    assert seen.settings == {}
    assert seen.lines[-2:] == ("a training would stop: two headers", "name them")
    assert any(line.startswith("4 more: ") for line in seen.lines)
