"""A repository whose own modules have the names of our folders: neither hides the other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

WFGEN = str(Path(sys.executable).with_name("wfgen"))
TRAINING = [sys.executable, "-m", "wfgen_actions.pipeline"]
OWN_MODULES = ("generator", "pipeline.etl", "templates.mail", "wfgen", "wfgen_pipeline")
COMMANDS = [
    ["render"],
    ["render", "--check"],
    ["check"],
    ["settings"],
    ["templates", "list"],
    ["docs", "--help"],
    ["pins"],
    ["doctor"],
    ["serve", "--help"],
    ["demo", "--help"],
    ["init", "--dry-run"],
]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository that trains by its own script, and holds a module of each name."""
    files = {
        "generator.py": "NAME = 'mine'\n",
        "wfgen.py": "NAME = 'mine'\n",
        "wfgen_pipeline.py": "NAME = 'mine'\n",
        # Without __init__.py: a namespace, which any regular package would hide.
        "pipeline/etl.py": "NAME = 'mine'\n",
        "templates/mail.py": "NAME = 'mine'\n",
        "train.py": "print('trained')\n",
        "wfgen.toml": '[train]\ncommand = "python train.py"\n',
        "requirements.txt": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    argv = ["git", "init", "-q", "-b", "main", str(tmp_path)]
    subprocess.run(argv, check=True)
    return tmp_path


def run(
    argv: list[str], folder: Path, code: int = 0
) -> subprocess.CompletedProcess[str]:
    # With the folder itself on the path, as many projects set it.
    environment = os.environ | {"PYTHONPATH": ".", "HOME": str(folder / "home")}
    done = subprocess.run(
        argv, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def test_every_command_works_and_their_own_modules_still_import(
    repository: Path,
) -> None:
    for words in COMMANDS:
        # `doctor` tells by its code what this machine lacks.
        code = 0
        if words == ["doctor"]:
            code = subprocess.run([WFGEN, *words], check=False).returncode
        run([WFGEN, *words], repository, code)
    run([*TRAINING, "update", "--iterations", "1", "--models", "sgd"], repository)
    run([*TRAINING, "status"], repository)
    for module in OWN_MODULES:
        code_line = f"import {module} as m; assert m.NAME == 'mine', m"
        run([sys.executable, "-c", code_line], repository)


@pytest.mark.act
def test_their_workflow_runs(repository: Path) -> None:
    run([WFGEN, "render"], repository)
    script = "import generator, pipeline.etl; print('trained', generator.NAME)\n"
    script += "from pathlib import Path\n"
    script += (
        "for name in ('model/best_model.pkl', 'data/data_state.json', 'logs/x'):\n"
    )
    script += "    path = Path('runtime', name); path.parent.mkdir(parents=True, exist_ok=True)\n"
    script += "    path.write_text('1')\n"
    (repository / "train.py").write_text(script)
    done = run([WFGEN, "run"], repository)
    assert "success" in done.stdout


def test_the_installed_training_has_a_command_of_its_own(repository: Path) -> None:
    command = str(Path(sys.executable).with_name("wfgen-pipeline"))
    assert "Usage" in run([command, "--help"], repository).stdout
