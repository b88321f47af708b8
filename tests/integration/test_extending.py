"""The walks of docs/extending.md, done to a copy of the repository as they are written."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "extending.md"
BLOCK = re.compile(
    r"<!-- ([\w-]+): (\S+)(?: ([^>\n]+?))? -->\n```\w*\n(.*?)```", re.DOTALL
)
WORKFLOW = """on: push
jobs:
  train:
    runs-on: ubuntu-latest
    timeout-minutes: 400
    steps:
      - run: echo
"""
ASK = """
import json, sys, urllib.request
from pathlib import Path
from generator.github.local_github import LocalGitHub
from generator.github.core.models import NewRun
with LocalGitHub.open(Path(sys.argv[1]), repository="local/project") as github:
    ticket = github.begin_run(NewRun(
        workflow_path=".github/workflows/x.yml", workflow_name="x", event="push",
        head_branch="main", head_sha="0" * 40, permissions={"contents": "read"},
        head_repository="local/project", ref="refs/heads/main"))
    request = urllib.request.Request(
        f"{github.url}/repos/local/project/languages",
        headers={"Authorization": f"Bearer {ticket.token}"})
    print(urllib.request.urlopen(request).read().decode())
"""


def insert_line(path: Path, line: int, text: str) -> None:
    """Put a text before a line, counted from 0."""
    lines = path.read_text().splitlines(keepends=True)
    lines.insert(line, text)
    path.write_text("".join(lines))


def find_assignment(path: Path, name: str) -> ast.stmt:
    """The statement that gives a name its value."""
    for node in ast.parse(path.read_text()).body:
        targets: list[ast.expr] = []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        if isinstance(node, ast.Assign):
            targets = node.targets
        if [ast.unparse(target) for target in targets] == [name]:
            return node
    raise AssertionError(f"{path.name} assigns no {name}")


def apply_block(copy: Path, kind: str, where: str, name: str, text: str) -> None:
    """Do what a block of the page says."""
    path = copy / where
    if kind == "file":
        assert not path.exists()
        path.write_text(text)
    elif kind == "import":
        node = [
            n for n in ast.parse(path.read_text()).body if isinstance(n, ast.ImportFrom)
        ]
        insert_line(path, node[-1].end_lineno or 0, text)
    elif kind == "before":
        insert_line(path, find_assignment(path, name).lineno - 1, text)
    elif kind == "after":
        lines = path.read_text().splitlines()
        place = next(n for n, line in enumerate(lines) if name in line)
        insert_line(path, place + 1, text)
    else:
        add_row(path, name, text.strip().removesuffix(","), first=kind == "first-row")


def add_row(path: Path, name: str, row: str, *, first: bool) -> None:
    """Add a row to the tuple that a name stands for."""
    value = getattr(find_assignment(path, name), "value", None)
    assert isinstance(value, ast.Tuple), f"{name} is no table of rows"
    source = path.read_text()
    old = ast.get_source_segment(source, value) or ""
    rows = [ast.get_source_segment(source, item) or "" for item in value.elts]
    rows = [row, *rows] if first else [*rows, row]
    table = "".join(f"    {item},\n" for item in rows)
    path.write_text(source.replace(old, f"(\n{table})", 1))


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository with everything that the page adds."""
    copy = tmp_path_factory.mktemp("extended")
    ignored = shutil.ignore_patterns("__pycache__")
    for part in ("generator", "pipeline", "templates"):
        shutil.copytree(ROOT / part, copy / part, ignore=ignored)
    blocks = BLOCK.findall(PAGE.read_text())
    assert len(blocks) == PAGE.read_text().count("<!-- ")
    for kind, where, name, text in blocks:
        apply_block(copy, kind, where, name, text)
    return copy


def run(copy: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(copy), "HOME": str(folder)}
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_rule_reports_the_job_at_its_place(extended: Path, tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text(WORKFLOW)
    done = run(extended, tmp_path, "-m", "generator", "check", "x.yml")
    assert "x.yml:3:3: " in done.stdout, done.stdout + done.stderr
    assert "job train may run for 400 minutes" in done.stdout
    (tmp_path / "x.yml").write_text(WORKFLOW.replace("400", "30"))
    done = run(extended, tmp_path, "-m", "generator", "check", "x.yml")
    assert "may run for" not in done.stdout


def test_the_source_is_trained_on(extended: Path, tmp_path: Path) -> None:
    rows = "".join(f"{n % 7},{n % 2}\n" for n in range(50))
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_text("x,y\n" + rows)
    (tmp_path / "tables.txt").write_text("b.csv\na.csv\n")
    words = [
        "update",
        "--source",
        "list:tables.txt",
        "--target",
        "y",
        "--models",
        "sgd",
    ]
    done = run(extended, tmp_path, "-m", "pipeline", *words)
    assert done.returncode == 0, done.stderr
    again = run(extended, tmp_path, "-m", "pipeline", *words)
    assert "nothing new" in again.stdout


def test_the_endpoint_answers(extended: Path, tmp_path: Path) -> None:
    done = run(extended, tmp_path, "-c", ASK, str(tmp_path / "store"))
    assert done.stdout.strip() == '{"Python":1}', done.stdout + done.stderr


def test_the_setting_is_rendered_and_described(extended: Path, tmp_path: Path) -> None:
    title = "Every night"
    (tmp_path / "wfgen.toml").write_text(f'run_name = "{title}"\n')
    done = run(extended, tmp_path, "-m", "generator", "render", "--stdout")
    assert "\nrun-name: " in done.stdout, done.stderr
    assert (
        "title of each run"
        in run(extended, tmp_path, "-m", "generator", "settings", "--schema").stdout
    )


def test_no_test_of_before_turns_red(extended: Path) -> None:
    tests = ["structure/test_rooms.py", "generator/checks", "generator/github/rest"]
    for name in ("tests", "pyproject.toml"):
        (extended / name).symlink_to(ROOT / name)
    words = [f"tests/unit/{test}" for test in tests]
    done = run(
        extended, extended, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words
    )
    assert done.returncode == 0, done.stdout
