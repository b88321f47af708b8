"""`wfgen init`: what it finds out, what it writes, and that it writes everything or nothing."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from generator.checks.registry import run_rules
from generator.cli import main
from generator.config.options import BY_KEY
from generator.config.settings import load
from generator.errors import OutputError
from generator.init import apply
from generator.init.candidates.choice import choose_training
from generator.init.file_texts import add_lines
from generator.init.own_training import OwnTraining, describe_training
from generator.process import SystemRunner
from generator.workflow.source import read_yaml

RUN_PY = """import argparse
from pathlib import Path
parser = argparse.ArgumentParser()
parser.add_argument("-mode")
"""
WORKFLOW = ".github/workflows/train.yml"
MANIFEST = "pipeline/VENDORED.json"


def git(root: Path, *words: str) -> str:
    completed = SystemRunner().run(["git", *words], cwd=root)
    assert completed.exit_code == 0, completed.stderr
    return completed.stdout


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository on the branch `trunk`."""
    root = tmp_path / "project"
    root.mkdir()
    git(root, "init", "-q", "-b", "trunk")
    monkeypatch.chdir(root)
    monkeypatch.setenv("WFGEN_CACHE_DIR", str(tmp_path / "cache"))
    return root


def give(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def find_training(root: Path) -> OwnTraining:
    taken = choose_training(root).taken
    assert taken is not None
    return describe_training(root, taken)


def wfgen(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert isinstance(caught.value.code, int)
    return caught.value.code


def tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


def test_an_empty_repository_gets_a_training_that_runs(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wfgen("init") == 0
    out = capsys.readouterr().out
    assert "gh variable set TRAINING_ITERATIONS --body 5" in out
    assert "gh secret set" not in out
    assert max(map(len, out.splitlines())) <= 80
    assert tomllib.loads((here / "wfgen.toml").read_text(encoding="utf-8"))[
        "branches"
    ] == ["trunk"]
    workflow = read_yaml(here / WORKFLOW)
    assert run_rules(workflow) == []
    assert "--hash=sha256:" in (here / "requirements.txt").read_text(encoding="utf-8")
    assert (
        (here / "pipeline/LICENSE")
        .read_text(encoding="utf-8")
        .startswith("MIT License")
    )
    assert (
        git(here, "check-ignore", ".wfgen/x", "runtime/model/best_model.pkl").count(
            "\n"
        )
        == 2
    )
    completed = SystemRunner().run(
        [sys.executable, "-m", "wfgen_actions.pipeline", "update", "--iterations", "1"],
        cwd=here,
    )
    assert completed.exit_code == 0, completed.stdout + completed.stderr
    assert (here / "runtime/model/best_model.pkl").is_file()
    assert (here / "runtime/logs/report.html").is_file()


def test_a_second_time_changes_nothing(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wfgen("init")
    before = tree(here)
    capsys.readouterr()
    assert wfgen("init") == 0
    assert tree(here) == before
    out = capsys.readouterr().out
    assert "wrote" not in out
    assert "git add" not in out
    assert wfgen("render", "--check") == 0


def test_a_dry_run_writes_nothing(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wfgen("init", "--dry-run") == 0
    assert tree(here) == {}
    assert f"would write   {WORKFLOW}" in capsys.readouterr().out
    assert wfgen("init", "new", "--dry-run") == 2
    assert wfgen("init", str(here.parent / "new"), "--dry-run") == 0
    assert not (here.parent / "new").exists()


def test_a_training_of_ones_own_is_found_with_what_it_needs(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    give(
        here,
        {
            "src/run.py": RUN_PY
            + "import numpy as np, kaggle\nfrom sklearn import svm\nfrom helpers import x\n"
            'MODEL = "out/model/best_model.pkl"\nDATA = "out/data/data_state.json"\n',
            "src/helpers.py": "import yaml\nfrom . import other\n",
            ".python-version": "3.11\n",
        },
    )
    assert wfgen("init") == 0
    settings = load(here, {})
    assert settings[BY_KEY["train.command"]] == 'python src/run.py -mode "update"'
    assert (settings[BY_KEY["train.loop"]], settings[BY_KEY["python"]]) == (
        "each",
        "3.11",
    )
    assert (
        settings[BY_KEY["artifacts.model.path"]],
        settings[BY_KEY["artifacts.data.path"]],
    ) == (
        "out/model/",
        "out/data/",
    )
    secrets = settings[BY_KEY["dataset.secrets"]]
    assert secrets == ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY")
    lines = (here / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert lines[1:] == ["kaggle", "numpy", "pyyaml", "scikit-learn", "six"]
    assert not (here / "pipeline").exists()
    assert (
        "  gh secret set KAGGLE_API_TOKEN  # from https://www.kaggle.com/settings"
        in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("script", "text", "command", "loop"),
    [
        ("train.py", "print(1)", "python train.py", "once"),
        ("train.py", "model.partial_fit(x)", "python train.py", "each"),
        ("train.py", 'os.environ["TRAINING_ITERATIONS"]', "python train.py", "once"),
        (
            "run.py",
            'p.add_argument("--iterations")',
            'python run.py --iterations "$TRAINING_ITERATIONS"',
            "once",
        ),
        ("run.py", 'p.add_argument("--mode")', 'python run.py --mode "update"', "each"),
        ("train.py", "def broken(:\n  \x00", "python train.py", "once"),
    ],
)
def test_how_a_training_is_started_is_read_from_it(
    script: str, text: str, command: str, loop: str, tmp_path: Path
) -> None:
    give(tmp_path, {script: text})
    training = find_training(tmp_path)
    assert (training.command, training.loop, training.imports) == (command, loop, ())


def test_the_first_names_of_a_login_that_the_training_speaks_of_are_taken(
    tmp_path: Path,
) -> None:
    give(
        tmp_path,
        {
            "train.py": 'import kaggle\nos.environ["KAGGLE_USERNAME"], os.environ["KAGGLE_KEY"]'
        },
    )
    training = find_training(tmp_path)
    assert training.secrets == ("KAGGLE_USERNAME", "KAGGLE_KEY")


@pytest.mark.parametrize(
    ("pyproject", "python", "requirements"),
    [
        (
            '[project]\nname = "x"\nrequires-python = ">=3.13"\ndependencies = ["numpy>=2"]\n',
            "3.13",
            "numpy>=2",
        ),
        (
            """[project]
name = "x"
requires-python = ">=3.10,<3.12"
[build-system]
requires = []
""",
            "3.11",
            ".",
        ),
        ('[project]\nname = "x"\nrequires-python = "~=3.11"\n', "3.12", None),
    ],
)
def test_a_pyproject_says_python_and_dependencies(
    pyproject: str, python: str, requirements: str | None, here: Path
) -> None:
    give(here, {"train.py": "import json", "pyproject.toml": pyproject})
    assert wfgen("init") == 0
    assert load(here, {})[BY_KEY["python"]] == python
    # A file that installs nothing would leave pip's cache empty, and setup-python would
    # fail the job for it.
    assert load(here, {})[BY_KEY["install.requirements"]] == (
        "requirements.txt" if requirements else ""
    )
    file = here / "requirements.txt"
    assert (
        file.read_text(encoding="utf-8").splitlines()[1] if file.exists() else None
    ) == requirements
    assert ("cache: pip" in (here / WORKFLOW).read_text(encoding="utf-8")) == bool(
        requirements
    )


def test_requirements_of_ones_own_are_kept_and_used(here: Path) -> None:
    give(here, {"train.py": "import json", "requirements/base.txt": "numpy\n"})
    assert wfgen("init") == 0
    assert load(here, {})[BY_KEY["install.requirements"]] == "requirements/base.txt"
    assert tree(here)["requirements/base.txt"] == b"numpy\n"
    assert "requirements.txt" not in tree(here)


def test_the_built_in_training_leaves_requirements_of_ones_own_alone(
    here: Path,
) -> None:
    give(here, {"requirements.txt": "flask\n"})
    assert wfgen("init") == 0
    assert load(here, {})[BY_KEY["install.requirements"]] == "requirements-train.txt"
    assert tree(here)["requirements.txt"] == b"flask\n"
    assert b"scikit-learn==" in tree(here)["requirements-train.txt"]


def test_settings_go_into_pyproject_where_asked_for(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wfgen("init", "--pyproject") == 2
    assert "there is no pyproject.toml" in capsys.readouterr().err
    give(
        here, {"pyproject.toml": '[project]\nname = "x"\nversion = "1"', "train.py": ""}
    )
    assert (
        wfgen(
            "init",
            "--pyproject",
            "--set",
            "retention=30",
            "--set",
            "schedule.cron=5 4 * * *",
        )
        == 0
    )
    assert not (here / "wfgen.toml").exists()
    document = tomllib.loads((here / "pyproject.toml").read_text(encoding="utf-8"))
    assert document["project"] == {"name": "x", "version": "1"}
    assert document["tool"]["wfgen"]["retention"] == 30
    assert load(here, {})[BY_KEY["schedule.cron"]] == ("5 4 * * *",)
    assert wfgen("render", "--check") == 0
    assert wfgen("init", "--set", "retention=3") == 2
    assert "pyproject.toml holds settings already" in capsys.readouterr().err


def test_a_command_that_is_named_needs_no_finding(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wfgen("init", "--command", "make train") == 0
    settings = load(here, {})
    assert (settings[BY_KEY["train.command"]], settings[BY_KEY["train.loop"]]) == (
        "make train",
        "each",
    )
    assert not (here / "pipeline").exists()
    out = capsys.readouterr().out
    assert "nothing is installed for it: install.requirements can name a file" in out
    assert max(map(len, out.splitlines())) <= 80


def test_settings_of_the_training_are_set_and_checked(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--set", "pipeline.batch_rows=7", "--set", "pipeline.types=zip=text"]
    assert wfgen("init", "--sample", *given, "--set", "retention=9") == 0
    document = tomllib.loads((here / "wfgen.toml").read_text(encoding="utf-8"))
    assert document["pipeline"] == {"batch_rows": 7, "types": {"zip": "text"}}
    assert document["retention"] == 9
    capsys.readouterr()


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        ("pipeline.batch_row=7", "did you mean 'batch_rows'"),
        ("pipeline.decimal=dot", "it must be one of auto, point, comma"),
        ("pipeline.seed=", "needs a value"),
    ],
)
def test_a_wrong_setting_of_the_training_writes_nothing(
    here: Path, capsys: pytest.CaptureFixture[str], pair: str, reason: str
) -> None:
    assert wfgen("init", "--sample", "--set", pair) == 2
    assert reason in capsys.readouterr().err
    assert not (here / "wfgen.toml").exists()


def test_the_built_in_training_is_set_up_for_data_of_ones_own(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(
        f"{number},{number % 7},{int(number % 7 > 3)}\n" for number in range(400)
    )
    give(here, {"data/rows.csv": "id,x,late\n" + rows, "train.py": "mine"})
    assert wfgen("init", "--data", "data", "--target", "late") == 0
    assert "training   wfgen's own, on data\n" in capsys.readouterr().out
    document = tomllib.loads((here / "wfgen.toml").read_text(encoding="utf-8"))
    # The rows are numbered, which the training saw.
    found = {"source": "data", "target": "late", "ignore": ["id"]}
    assert document["pipeline"] == found
    assert (document["dataset"], "train" in document) == ({"source": "own"}, False)
    update = [
        sys.executable,
        "-m",
        "wfgen_actions.pipeline",
        "update",
        "--iterations",
        "1",
    ]
    completed = SystemRunner().run(update, cwd=here)
    assert completed.exit_code == 0, completed.stdout + completed.stderr
    assert (
        json.loads((here / "runtime/logs/summary.json").read_bytes())["rows_total"]
        == 400
    )
    assert wfgen("init") == 0
    assert "training   wfgen's own, on data\n" in capsys.readouterr().out


def test_data_on_kaggle_brings_its_secret(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    give(here, {"pyproject.toml": "[project]\nname = 'x'\n"})
    assert (
        wfgen(
            "init", "--pyproject", "--data", "kaggle:owner/flights", "--target", "late"
        )
        == 0
    )
    document = tomllib.loads((here / "pyproject.toml").read_text(encoding="utf-8"))[
        "tool"
    ]["wfgen"]
    assert document["pipeline"] == {"source": "kaggle:owner/flights", "target": "late"}
    assert document["dataset"] == {"source": "kaggle"}
    shown = capsys.readouterr().out
    place = shown.index("  gh secret set KAGGLE_API_TOKEN")
    # The first push starts the first run.
    assert place < shown.index("  git push")
    assert "gh secret set KAGGLE_KEY" not in shown
    workflow = (here / WORKFLOW).read_text(encoding="utf-8")
    assert "KAGGLE_API_TOKEN: ${{ secrets.KAGGLE_API_TOKEN }}" in workflow
    capsys.readouterr()
    assert wfgen("init") == 0
    assert "wfgen's own, on kaggle:owner/flights" in capsys.readouterr().out


def test_gitignore_is_appended_to_and_never_duplicated(here: Path) -> None:
    give(here, {".gitignore": "*.log\nruntime/", "train.py": ""})
    assert wfgen("init") == 0
    assert (here / ".gitignore").read_text(
        encoding="utf-8"
    ) == "*.log\nruntime/\n/.wfgen/\n"
    assert add_lines("a\n.wfgen\n", ("/.wfgen/", "/runtime/")) == (
        "a\n.wfgen\n/runtime/\n",
        ("/runtime/",),
    )


def test_a_folder_that_is_no_repository_becomes_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wfgen("init", str(tmp_path / "new")) == 0
    assert git(tmp_path / "new", "symbolic-ref", "HEAD") == "refs/heads/main\n"
    assert (
        "wrote      .git/  (a new repository, branch main)" in capsys.readouterr().out
    )


def test_nothing_is_written_where_work_would_be_lost(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    give(here, {WORKFLOW: "on: push\n"})
    before = tree(here)
    assert wfgen("init") == 2
    assert (
        f"nothing was written: {WORKFLOW} is not written by wfgen"
        in capsys.readouterr().err
    )
    assert tree(here) == before
    assert wfgen("init", "--force") == 0
    assert "Written by wfgen" in (here / WORKFLOW).read_text(encoding="utf-8")


@pytest.mark.parametrize("existing", [True, False])
def test_a_failure_halfway_puts_everything_back(
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    existing: bool,
) -> None:
    place = here if existing else here.parent / "new"
    if existing:
        give(place, {".gitignore": "x\n"})
    before = tree(place)
    written: list[Path] = []

    def failing(path: Path, content: bytes) -> None:
        if len(written) == 9:
            monkeypatch.undo()
            raise OutputError(f"{path} cannot be written: No space left on device")
        written.append(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    monkeypatch.setattr(apply, "replace_file", failing)
    assert wfgen("init", str(place)) == 2
    assert "No space left" in capsys.readouterr().err
    assert len(written) == 9
    assert tree(place) == before
    assert not (place / ".github").exists()
    assert (place / ".git").exists() == existing


def test_upgrade_replaces_what_nobody_edited(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wfgen("init")
    manifest = json.loads((here / MANIFEST).read_bytes())
    old = "x = 1\n"
    # An older wfgen's copy: one module was another, one is no longer shipped, one
    # somebody has edited.
    give(here, {"pipeline/tasks.py": old, "pipeline/gone.py": old})
    from hashlib import sha256  # noqa: PLC0415 - only here

    hashed = sha256(old.encode()).hexdigest()
    manifest["files"] |= {"pipeline/tasks.py": hashed, "pipeline/gone.py": hashed}
    manifest["wfgen"] = "0.0.9"
    (here / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    capsys.readouterr()
    assert wfgen("init") == 0
    assert (
        "kept       pipeline/  (from wfgen 0.0.9; --upgrade" in capsys.readouterr().out
    )
    assert tree(here)["pipeline/tasks.py"] == old.encode()
    give(here, {"pipeline/settings.py": "mine = 1\n", "requirements.txt": "mine\n"})
    assert wfgen("init", "--upgrade") == 2
    assert "edited by hand: pipeline/settings.py\n" in capsys.readouterr().err
    assert tree(here)["pipeline/tasks.py"] == old.encode()
    assert wfgen("init", "--upgrade", "--force") == 0
    after = tree(here)
    assert b"mine" not in after["pipeline/settings.py"]
    assert after["requirements.txt"] == b"mine\n"
    assert after["pipeline/tasks.py"] != old.encode()
    assert "pipeline/gone.py" not in after
    assert wfgen("init") == 0
    assert "unchanged  pipeline/\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"format": 2, "wfgen": "9", "files": {}}',
        '{"format": 1, "wfgen": "9", "files": {"../x": "y"}}',
    ],
)
def test_a_manifest_that_cannot_be_read_is_a_sentence(
    text: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    give(here, {MANIFEST: text, "pipeline/__main__.py": ""})
    assert wfgen("init", "--upgrade") == 2
    assert f"wfgen: {MANIFEST} " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--set", "retention=0"],
            "retention must be a whole number from 1 to 90, not 0",
        ),
        (["--set", "retentoin=9"], "did you mean retention?"),
        (["--set", "iterations=-1"], "not -1"),
        (["--command", ""], "train.command must be a script, not empty"),
        (["--command", "echo ${{ secrets.X }}"], "would be pasted into the script"),
        (["--data", "data.csv"], "--data and --target go together"),
        (["--target", "late"], "--data and --target go together"),
        (["--data", "no.csv", "--target", "late"], "there is no such file or folder"),
        (["--data", "../x.csv", "--target", "late"], "must lie in the repository"),
        (
            ["--data", "s3://x", "--target", "late", "--command", "x"],
            "give one of them",
        ),
        (["inner"], "lies inside the repository"),
        (["file"], "is not a folder"),
        (["file/below"], "file is not a folder"),
        ([".git"], "git's own folder"),
    ],
)
def test_bad_input_is_a_line_and_nothing_is_written(
    words: list[str], message: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    give(here, {"file": "x"})
    before = tree(here)
    assert wfgen("init", *words) == 2
    assert message in capsys.readouterr().err
    assert tree(here) == before


def test_the_environment_leaves_no_trace_in_what_is_written(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WFGEN_RETENTION", "12")
    assert wfgen("init") == 0
    monkeypatch.delenv("WFGEN_RETENTION")
    assert load(here, {})[BY_KEY["retention"]] == 5
    assert wfgen("render", "--check") == 0


def test_home_is_no_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert wfgen("init", str(tmp_path)) == 2
    assert "hint: wfgen init my-project" in capsys.readouterr().err


def test_without_git_there_is_a_remedy(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(here / "nothing"))
    assert wfgen("init") == 3
    message = capsys.readouterr().err
    assert "git is not installed" in message
    assert "wfgen doctor" in message
    assert tree(here) == {}


def test_a_settings_file_that_is_no_toml_is_named(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    give(here, {"wfgen.toml": "iterations =\n"})
    assert wfgen("init") == 2
    assert "wfgen.toml is not TOML" in capsys.readouterr().err


def test_a_user_without_a_home_settles_too(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container that runs under a number without a name."""
    give(here, {"train.py": "import json"})

    def find_none(_cls: type[Path]) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", classmethod(find_none))
    assert wfgen("init") == 0
    assert (here / WORKFLOW).exists()


@pytest.mark.parametrize(
    ("files", "requirement"),
    [
        ({"train.py": "import kagglehub\n"}, "kagglehub"),
        ({"train.py": 'run(["kaggle", "competitions", "download"])\n'}, "kaggle"),
        ({"train.py": 'os.system("kaggle datasets download a/b")\n'}, "kaggle"),
        (
            {
                "train.py": "import json\n",
                "data.ipynb": '{"cells": [{"cell_type": "code", '
                '"source": ["!kaggle datasets download a/b"]}]}',
            },
            "",
        ),
    ],
    ids=["kagglehub", "a list", "a shell", "a notebook"],
)
def test_every_way_to_kaggle_is_seen(
    here: Path, files: dict[str, str], requirement: str
) -> None:
    give(here, files)
    training = find_training(here)
    assert "KAGGLE_API_TOKEN" in training.secrets
    assert not requirement or requirement in training.imports
