"""The script that carries the state of a training which keeps it among its own files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.config.settings import load
from generator.rendering.render import render_all

FOLDER = "runtime/model"


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("script") / "place_state.py"
    flags: dict[str, tuple[str, object]] = {"state_paths": ("state_paths", ["x"])}
    for file in render_all(load(Path("nowhere"), {}, flags), Path("nowhere")):
        if file.path.endswith("place_state.py"):
            path.write_text(file.text, encoding="utf-8")
    return path


def run(script: Path, root: Path, verb: str, *patterns: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, script, verb],
        cwd=root,
        env=os.environ | {"STATE_FOLDER": FOLDER, "STATE_PATHS": "\n".join(patterns)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def give(root: Path, *files: str) -> None:
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name, encoding="utf-8")


def tree(root: Path) -> set[str]:
    files = [path for path in root.rglob("*") if path.is_file()]
    return {path.relative_to(root).as_posix() for path in files}


PATTERNS = ("model.pkl", "models/*.joblib", "data/seen", "**/deep.pt")


def test_what_matches_comes_back_to_its_place_and_nothing_else(
    script: Path, tmp_path: Path
) -> None:
    state = ["model.pkl", "models/a.joblib", "data/seen/1.json", "x/y/deep.pt"]
    give(tmp_path, *state, "train.py", "models/readme.md")
    code, said = run(script, tmp_path, "collect", *PATTERNS)
    assert (code, tree(tmp_path / FOLDER)) == (0, set(state)), said
    fresh = tmp_path / "fresh"
    (tmp_path / FOLDER).rename(tmp_path / "kept")
    give(fresh, "train.py", "model.pkl")
    (fresh / "model.pkl").write_text("committed", encoding="utf-8")
    (fresh / FOLDER).parent.mkdir(parents=True)
    (tmp_path / "kept").rename(fresh / FOLDER)
    # A poisoned archive holds more than the state.
    give(fresh / FOLDER, "train.py", ".github/scripts/find_state.py", ".git/hooks/x")
    (fresh / FOLDER / "train.py").write_text("evil", encoding="utf-8")
    assert run(script, fresh, "place", *PATTERNS)[0] == 0
    outside = {name for name in tree(fresh) if not name.startswith("runtime/")}
    assert outside == {*state, "train.py"}
    assert (fresh / "train.py").read_text(encoding="utf-8") == "train.py"
    assert (fresh / "model.pkl").read_text(encoding="utf-8") == "model.pkl"


def test_what_the_training_dropped_is_not_kept(script: Path, tmp_path: Path) -> None:
    give(tmp_path, "models/a.joblib", "models/b.joblib")
    run(script, tmp_path, "collect", "models/*")
    (tmp_path / "models/a.joblib").unlink()
    assert run(script, tmp_path, "collect", "models/*")[0] == 0
    assert tree(tmp_path / FOLDER) == {"models/b.joblib"}


def test_an_empty_state_stops_the_job_and_a_missing_part_is_told(
    script: Path, tmp_path: Path
) -> None:
    code, said = run(script, tmp_path, "collect", "model.pkl")
    assert code == 1
    assert "::error title=State::the training left nothing" in said
    give(tmp_path, "model.pkl")
    code, said = run(script, tmp_path, "collect", "model.pkl", "seen.json")
    assert code == 0
    assert "::warning title=State::No file matches seen.json" in said
    assert run(script, tmp_path / "runtime", "place", "model.pkl")[0] == 0


def test_nothing_is_read_or_written_through_a_link(
    script: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    root = tmp_path / "root"
    give(outside, "secret")
    give(root, "model.pkl")
    (root / "link.pkl").symlink_to(outside / "secret")
    assert run(script, root, "collect", "*.pkl")[0] == 0
    assert tree(root / FOLDER) == {"model.pkl"}
    give(root / FOLDER, "models/m.pkl")
    (root / "models").symlink_to(outside)
    code, said = run(script, root, "place", "models/*.pkl")
    assert (code, tree(outside)) == (1, {"secret"})
    assert "is a link" in said


NAMES = st.text("ab.é ☃'", min_size=1, max_size=6).filter(
    lambda name: name.strip(". ") == name
)


@given(names=st.sets(NAMES, min_size=1, max_size=4))
def test_any_name_survives(
    names: set[str], script: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("names")
    files = {f"m/{name}" for name in names}
    give(root, *files)
    assert run(script, root, "collect", "m")[0] == 0
    assert tree(root / FOLDER) == files
