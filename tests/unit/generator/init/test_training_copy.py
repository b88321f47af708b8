"""The built-in training under another name, where `pipeline` is somebody's."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from generator.cli import main
from generator.config.options import BY_KEY
from generator.config.settings import load
from generator.init.training_copy import choose_package, find_built_in, make_command
from generator.process import SystemRunner
from generator.resources import pipeline_dir

COMMAND = 'python -m training update --iterations "$TRAINING_ITERATIONS"'
THEIRS = {"pipeline/etl.py": "x = 1\n"}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    SystemRunner().run(["git", "init", "-q", "-b", "main"], cwd=root)
    monkeypatch.chdir(root)
    monkeypatch.setenv("WFGEN_CACHE_DIR", str(tmp_path / "cache"))
    return root


def give(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def wfgen(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert isinstance(caught.value.code, int)
    return caught.value.code


def read_files(folder: Path) -> dict[str, bytes]:
    files = {}
    for path in folder.rglob("*"):
        if path.is_file():
            files[path.relative_to(folder).as_posix()] = path.read_bytes()
    return files


def test_a_pipeline_folder_of_somebody_else_is_left_alone(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    give(here, THEIRS)
    assert wfgen("init", "--sample") == 0
    assert read_files(here / "pipeline") == {"etl.py": b"x = 1\n"}
    assert load(here, {})[BY_KEY["train.command"]] == COMMAND
    output = capsys.readouterr().out
    assert "(in training/: pipeline/ is yours)" in output
    assert "git add .github .gitignore requirements.txt training wfgen.toml" in output
    assert max(map(len, output.splitlines())) <= 80
    workflow = here / ".github/workflows/train.yml"
    assert COMMAND in workflow.read_text(encoding="utf-8")
    assert wfgen("render", "--check") == 0


def test_the_training_runs_out_of_a_folder_of_another_name(here: Path) -> None:
    give(here, THEIRS)
    assert wfgen("init", "--sample") == 0
    update = [sys.executable, "-m", "training", "update", "--iterations", "1"]
    for _ in range(2):
        completed = SystemRunner().run(update, cwd=here)
        assert completed.exit_code == 0, completed.stdout + completed.stderr
    assert (here / "runtime/model/best_model.pkl").is_file()
    summary = json.loads((here / "runtime/logs/summary.json").read_bytes())
    assert summary["rows_total"] > 0
    verify = [sys.executable, "-m", "training", "verify"]
    completed = SystemRunner().run(verify, cwd=here)
    assert completed.exit_code == 0, completed.stdout + completed.stderr


def test_a_package_that_could_be_started_is_somebodys_too(here: Path) -> None:
    give(here, {"pipeline/__main__.py": "import json\n"})
    assert wfgen("init", "--sample") == 0
    assert read_files(here / "pipeline") == {"__main__.py": b"import json\n"}
    assert load(here, {})[BY_KEY["train.command"]] == COMMAND


def test_upgrade_finds_the_copy_under_its_name(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    give(here, THEIRS)
    assert wfgen("init", "--sample") == 0
    manifest = json.loads((here / "training/VENDORED.json").read_bytes())
    assert "training/tasks.py" in manifest["files"]
    capsys.readouterr()
    assert wfgen("init", "--sample") == 0
    assert "unchanged  training/\n" in capsys.readouterr().out
    give(here, {"training/tasks.py": "mine = 1\n"})
    assert wfgen("init", "--upgrade") == 2
    assert "edited by hand: training/tasks.py\n" in capsys.readouterr().err
    assert wfgen("init", "--upgrade", "--force") == 0
    ours = (pipeline_dir() / "tasks.py").read_bytes()
    assert (here / "training/tasks.py").read_bytes() == ours
    assert read_files(here / "pipeline") == {"etl.py": b"x = 1\n"}


def test_without_its_settings_a_copy_is_found_again(here: Path) -> None:
    give(here, THEIRS)
    assert wfgen("init", "--sample") == 0
    (here / "wfgen.toml").unlink()
    assert wfgen("init", "--sample") == 0
    assert load(here, {})[BY_KEY["train.command"]] == COMMAND


def test_settings_that_are_there_are_not_changed_but_the_way_on_is_told(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    give(here, {**THEIRS, "wfgen.toml": "iterations = 2\n"})
    assert wfgen("init", "--sample") == 2
    assert COMMAND in capsys.readouterr().err
    assert not (here / "training").exists()
    give(here, {"wfgen.toml": f"[train]\ncommand = '{COMMAND}'\n"})
    assert wfgen("init", "--sample") == 0
    assert (here / "training/__main__.py").is_file()


def test_settings_in_pyproject_name_the_folder_too(here: Path) -> None:
    give(here, {**THEIRS, "pyproject.toml": "[project]\nname = 'x'\n"})
    assert wfgen("init", "--sample", "--pyproject") == 0
    document = tomllib.loads((here / "pyproject.toml").read_text(encoding="utf-8"))
    assert document["tool"]["wfgen"]["train"] == {"command": COMMAND}


@pytest.mark.parametrize(
    ("present", "package"),
    [
        ([], "pipeline"),
        (["pipeline/x.py"], "training"),
        # A new folder would hide a module of that name.
        (["pipeline.py"], "training"),
        (["pipeline/x.py", "training.py"], "wfgen_training"),
        (["pipeline/x.py", "training/x.py"], "wfgen_training"),
        (["pipeline", "training", "wfgen_training"], "wfgen_training_2"),
        (["pipeline/x.py", "training/VENDORED.json"], "training"),
    ],
)
def test_the_first_free_name_is_taken(
    present: list[str], package: str, tmp_path: Path
) -> None:
    give(tmp_path, dict.fromkeys(present, ""))
    assert choose_package(tmp_path) == package


def test_a_checkout_is_not_taken_for_somebodys_folder(tmp_path: Path) -> None:
    main_module = (pipeline_dir() / "__main__.py").read_text(encoding="utf-8")
    give(tmp_path, {"pipeline/__main__.py": main_module})
    assert choose_package(tmp_path) == "pipeline"


@pytest.mark.parametrize(
    ("command", "package"),
    [
        (make_command("pipeline"), "pipeline"),
        ("pip list\npython3.12 -m pipeline update", "pipeline"),
        ("python -m pip install x\npython -m pipeline update", "pipeline"),
        (COMMAND, "training"),
        ("python -m training", ""),
        ("python -m pipeline.other", ""),
        ("python train.py", ""),
    ],
)
def test_a_command_names_the_built_in_training(
    command: str, package: str, tmp_path: Path
) -> None:
    assert find_built_in(tmp_path, command) == package
