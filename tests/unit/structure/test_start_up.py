"""Imports go one way, and a command imports no more than it uses."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.cli import COMMANDS
from generator.process import SystemRunner

ROOT = Path(__file__).parents[3]
MODULES = sorted(
    path.relative_to(ROOT)
    for name in ("generator", "pipeline")
    for path in (ROOT / name).rglob("*.py")
)


def imports(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse((ROOT / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = (
                ".".join([*module.parts[: -node.level], node.module or ""]).strip(".")
                if node.level
                else node.module or ""
            )
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def importers(prefix: str, *, below: str = "") -> set[str]:
    return {
        str(module)
        for module in MODULES
        if str(module).startswith(below)
        and any(
            name == prefix or name.startswith(prefix + ".") for name in imports(module)
        )
    }


def test_one_module_opens_the_door_to_other_programs() -> None:
    # The stand-in actions are programs of their own, run by act: they are not part of this process.
    inside = {
        name
        for name in importers("subprocess", below="generator/")
        if "/actions/" not in name
    }
    assert inside == {"generator/process.py"}


HEAVY = [
    "pandas",
    "numpy",
    "sklearn",
    "joblib",
    "kaggle",
    "starlette",
    "uvicorn",
    "asyncio",
    "sqlite3",
    "rich",
    "requests",
    "pyarrow",
]


@pytest.mark.parametrize(
    "module",
    [
        "generator.cli",
        "generator.commands.render",
        "generator.commands.check",
        "pipeline.cli.commands",
    ],
)
def test_start_up_is_light(module: str) -> None:
    code = f"import sys, {module}; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = SystemRunner().run([sys.executable, "-c", code])
    assert (done.exit_code, done.stdout.strip()) == (0, ""), done.stderr


def test_every_command_listed_exists_and_is_documented() -> None:
    for name in COMMANDS:
        done = SystemRunner().run(
            [sys.executable, "-m", "wfgen_actions.generator", name, "--help"]
        )
        assert done.exit_code == 0, done.stderr
        assert done.stdout.startswith(f"Usage: wfgen {name} ")
