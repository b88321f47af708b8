"""Commands that a project's own files name: scripts, targets, recipes, stages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...config.toml_files import read_toml
from ...errors import SettingsError
from ...workflow.source import read_yaml
from .python_source import read_text
from .record import Candidate, is_training_name

_PYPROJECT = "pyproject.toml"
_MAKEFILES = ("Makefile", "makefile", "GNUmakefile")
_JUSTFILES = ("justfile", "Justfile", ".justfile")
_TARGET = re.compile(r"^([A-Za-z][\w.-]*)\s*(?::(?!=)|[^:=\n]*:(?![=\w]))")
_SESSION = re.compile(r"^def (\w+)\(session", re.MULTILINE)
_ENVIRONMENT = re.compile(r"^\[testenv:([\w.-]+)\]", re.MULTILINE)
_SCORE = 4


def list_programs(root: Path) -> frozenset[str]:
    """Return the names of the programs that the project installs."""
    return frozenset(name for _, name in _iter_scripts(root))


def find_in_project(root: Path) -> Iterator[Candidate]:
    """Yield scripts, targets, recipes, stages and sessions whose name says that they train."""
    yield from _find_scripts(root)
    yield from _find_targets(root, _MAKEFILES, "make", "target")
    yield from _find_targets(root, _JUSTFILES, "just", "recipe")
    yield from _find_stages(root)
    yield from _find_sessions(root, "noxfile.py", _SESSION, "nox -s")
    yield from _find_sessions(root, "tox.ini", _ENVIRONMENT, "tox -e")
    yield from _find_package_scripts(root)


def _iter_scripts(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the table that names a program, and the program."""
    try:
        document, _ = read_toml(root / _PYPROJECT)
    except SettingsError:
        return
    tables = ("project.scripts", "tool.poetry.scripts", "tool.pdm.scripts")
    for table in (*tables, "tool.pixi.tasks", "tool.poe.tasks"):
        node: Any = document
        for name in table.split("."):
            node = node.get(name, {}) if isinstance(node, dict) else {}
        if isinstance(node, dict):
            for name in node:
                yield table, str(name)


def _find_scripts(root: Path) -> Iterator[Candidate]:
    runners = {"tool.pdm.scripts": "pdm run ", "tool.pixi.tasks": "pixi run "}
    for table, name in _iter_scripts(root):
        if is_training_name(name):
            command = f"{runners.get(table, '')}{name}"
            if table == "tool.poe.tasks":
                command = f"poe {name}"
            yield Candidate(command, _PYPROJECT, f"[{table}] names it", _SCORE)


def _find_targets(
    root: Path, files: tuple[str, ...], program: str, word: str
) -> Iterator[Candidate]:
    for file in files:
        text = read_text(root / file)
        for number, line in enumerate(text.splitlines(), 1):
            match = _TARGET.match(line)
            if match and is_training_name(match[1]):
                place = f"{file}:{number}"
                reason = f"a {word} of that name"
                yield Candidate(f"{program} {match[1]}", place, reason, _SCORE)
        if text:
            return


def _find_stages(root: Path) -> Iterator[Candidate]:
    if not (root / "dvc.yaml").is_file():
        return
    stages = read_yaml(root / "dvc.yaml").mapping.get("stages")
    if not isinstance(stages, dict):
        return
    for name in stages:
        if is_training_name(str(name)):
            reason = f"stage {name} trains"
            yield Candidate("dvc repro", "dvc.yaml", reason, _SCORE)
            return


def _find_sessions(
    root: Path, file: str, pattern: re.Pattern[str], program: str
) -> Iterator[Candidate]:
    for name in pattern.findall(read_text(root / file)):
        if is_training_name(name):
            yield Candidate(f"{program} {name}", file, "it has one of that name", 3)


def _find_package_scripts(root: Path) -> Iterator[Candidate]:
    text = read_text(root / "package.json")
    try:
        scripts = json.loads(text).get("scripts", {})
    except (ValueError, AttributeError, RecursionError):
        return
    if not isinstance(scripts, dict):
        return
    for name in scripts:
        if is_training_name(str(name)):
            yield Candidate(f"npm run {name}", "package.json", "a script of it", 3)
