"""What `wfgen render` costs beside the imports it cannot do without."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import pytest

from generator.process import SystemRunner

ROUNDS = 10


def seconds(argv: Sequence[str], env: dict[str, str]) -> float:
    began = time.perf_counter()
    done = SystemRunner().run(argv, env=env)
    assert done.exit_code == 0, done.stderr
    return time.perf_counter() - began


@pytest.mark.bench
def test_render_against_its_imports(tmp_path: Path) -> None:
    # Bytecode is kept, as pip leaves it after an install.
    env = {
        "PATH": os.environ["PATH"],
        "WFGEN_CACHE_DIR": str(tmp_path / "cache"),
        "HOME": str(tmp_path),
    }
    imports = [sys.executable, "-c", "import click, jinja2, yaml"]
    render = [str(Path(sys.executable).with_name("wfgen")), "render", str(tmp_path)]
    for argv in (imports, render):
        seconds(argv, env)
    pairs = [(seconds(imports, env), seconds(render, env)) for _ in range(ROUNDS)]
    bare, ours = (median(column) for column in zip(*pairs, strict=True))
    print(
        f"\nimports {1000 * bare:.0f} ms, render {1000 * ours:.0f} ms: "
        f"{ours / bare:.2f} times (goal: below 1.8)"
    )


def peer(name: str) -> str:
    """A tool to compare with, from PATH: these are no dependencies of ours."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(
            f"{name} is not on PATH; `pip install {name}` in an environment of its own brings it"
        )
    return found


def output(root: Path, env: dict[str, str]) -> dict[str, str]:
    """What `wfgen render` writes, by path."""
    seconds([str(Path(sys.executable).with_name("wfgen")), "render", str(root)], env)
    return {
        path.relative_to(root).as_posix(): path.read_text()
        for path in (root / ".github").rglob("*.*")
    }


def copier_template(root: Path, files: dict[str, str]) -> list[str]:
    """The same output as a template of copier's, two numbers of it as questions.

    Gives back the command but for DST.
    """
    root.mkdir()
    (root / "copier.yml").write_text(
        "_subdirectory: files\n_envops: {block_start_string: '[%', block_end_string: '%]', "
        "variable_start_string: '[[[', variable_end_string: ']]]', "
        "comment_start_string: '[#', comment_end_string: '#]'}\n"
        "iterations: {type: int, default: 3}\nretention: {type: int, default: 5}\n"
    )
    for path, text in files.items():
        target = root / "files" / (path + ".jinja")
        target.parent.mkdir(parents=True, exist_ok=True)
        varied = text.replace("retention-days: 5", "retention-days: [[[ retention ]]]")
        target.write_text(varied.replace("|| '3'", "|| '[[[ iterations ]]]'"))
    return [peer("copier"), "copy", "--defaults", "--overwrite", "--quiet", str(root)]


def cookiecutter_template(root: Path, files: dict[str, str]) -> list[str]:
    """The same for cookiecutter; gives back the command but for the folder."""
    root.mkdir()
    (root / "cookiecutter.json").write_text(
        '{"project": "out", "iterations": 3, "retention": 5}'
    )
    for path, text in files.items():
        target = root / "{{cookiecutter.project}}" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        raw = "{% raw %}" + text + "{% endraw %}"
        varied = raw.replace(
            "days: 5", "days: {% endraw %}{{cookiecutter.retention}}{% raw %}"
        )
        target.write_text(
            varied.replace(
                "|| '3'", "|| '{% endraw %}{{cookiecutter.iterations}}{% raw %}'"
            )
        )
    return [
        peer("cookiecutter"),
        "--no-input",
        "--overwrite-if-exists",
        str(root),
        "--output-dir",
    ]


@pytest.mark.bench
@pytest.mark.parametrize(
    ("name", "template", "goal"),
    [("copier", copier_template, 0.5), ("cookiecutter", cookiecutter_template, 0.7)],
)
def test_render_against_a_peer(
    name: str,
    template: Callable[[Path, dict[str, str]], list[str]],
    goal: float,
    tmp_path: Path,
) -> None:
    env = {
        "PATH": os.environ["PATH"],
        "WFGEN_CACHE_DIR": str(tmp_path / "cache"),
        "HOME": str(tmp_path),
    }
    (tmp_path / "ours").mkdir()
    files = output(tmp_path / "ours", env)
    theirs = [*template(tmp_path / "template", files), str(tmp_path / "theirs")]
    render = [
        str(Path(sys.executable).with_name("wfgen")),
        "render",
        "--force",
        str(tmp_path / "ours"),
    ]
    for argv in (theirs, render):
        seconds(argv, env)
    written = {
        path.name: path.read_text()
        for path in (tmp_path / "theirs").rglob("*.*")
        if path.is_file()
    }
    assert {
        written[Path(path).name].strip() == text.strip() for path, text in files.items()
    } == {True}
    # Another number each time, so that files are really written, as the peers do.
    numbers = [["--iterations", str(4 + number % 2)] for number in range(ROUNDS)]
    pairs = [
        (seconds(theirs, env), seconds([*render, *number], env)) for number in numbers
    ]
    other, ours = (median(column) for column in zip(*pairs, strict=True))
    print(
        f"\n{name} {1000 * other:.0f} ms, render {1000 * ours:.0f} ms: "
        f"{ours / other:.2f} times (goal: at most {goal})"
    )
