"""The scripts rendered beside the workflows.

Standard library alone, Python 3.9 and later, clean by our own rules.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from generator.config.settings import load
from generator.process import SystemRunner, find_tool
from generator.rendering.render import render_all

ROOT = Path(__file__).parents[4]
LINE_LENGTH = 120
"""Of the scripts that are rendered; what is in `.github/` of our users stays as it is."""


def scripts() -> dict[str, str]:
    found: dict[str, str] = {}
    for store in ("artifact", "release"):
        values: dict[str, object] = {
            "store": store,
            "notify.issue": True,
            "state_paths": ["model.pkl"],
            "workflows.keepalive": True,
            "workflows.watchdog": True,
        }
        settings = load(
            Path("nowhere"), {}, {key: (key, value) for key, value in values.items()}
        )
        files = render_all(settings, Path("nowhere"))
        found |= {
            Path(file.path).name: file.text
            for file in files
            if file.path.endswith(".py")
        }
    return found


SCRIPTS = scripts()


def test_every_script_is_looked_at() -> None:
    templates = {
        path.name.removesuffix(".j2") for path in (ROOT / "templates").glob("*.py.j2")
    }
    assert set(SCRIPTS) == templates


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_python_3_9_and_imports_the_standard_library_alone(
    name: str,
) -> None:
    tree = ast.parse(SCRIPTS[name], feature_version=(3, 9))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert {
                alias.name.partition(".")[0] for alias in node.names
            } <= sys.stdlib_module_names
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").partition(".")[0] in sys.stdlib_module_names
        # `match`, `except*` and parenthesised `with` came later; ast refuses the first
        # two, this the third.
        assert not isinstance(node, ast.Match)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_clean_and_formatted_by_our_own_rules(
    name: str, tmp_path: Path
) -> None:
    ruff = find_tool("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed")
    path = tmp_path / name
    path.write_text(SCRIPTS[name], encoding="utf-8")
    for words in (["check"], ["format", "--check"]):
        argv = [
            str(ruff),
            *words,
            "--no-cache",
            "--config",
            str(ROOT / "pyproject.toml"),
            "--config",
            f"line-length = {LINE_LENGTH}",
            "--config",
            f"lint.pycodestyle.max-line-length = {LINE_LENGTH}",
            str(path),
        ]
        done = SystemRunner().run(argv)
        assert done.exit_code == 0, done.stdout + done.stderr
