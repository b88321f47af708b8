"""Which commands of a script do the work, and which file each of them starts."""

from __future__ import annotations

import re
from pathlib import Path

from ...checks.shell.model import Command
from ...checks.shell.parser import parse_script
from .python_source import read_python
from .record import is_training_name

_PYTHONS = re.compile(r"python(?:3(?:\.\d+)?)?$")
# They start the program behind them, in an environment.
_LAUNCHERS = {
    "uv": ("run",),
    "poetry": ("run",),
    "pdm": ("run",),
    "pipenv": ("run",),
    "pixi": ("run",),
    "hatch": ("run",),
    "rye": ("run",),
    "conda": ("run",),
    "xvfb-run": (),
    "time": (),
    "nice": (),
    "env": (),
    "sudo": (),
}
_WORKERS = frozenset(
    {
        "Rscript",
        "accelerate",
        "bash",
        "dvc",
        "jupyter",
        "julia",
        "just",
        "make",
        "mlflow",
        "nox",
        "papermill",
        "quarto",
        "sh",
        "snakemake",
        "torchrun",
        "tox",
    }
)
_CHECKERS = frozenset(
    {
        "black",
        "build",
        "coverage",
        "flake8",
        "mypy",
        "pip",
        "pip_audit",
        "pre_commit",
        "pytest",
        "ruff",
        "twine",
        "unittest",
        "venv",
    }
)
_OPTIONS_WITH_VALUE = frozenset({"-n", "--name", "-p", "--extra", "--group", "--with"})
_REDIRECT = re.compile(r"\s+(?:\d|&)?>{1,2}&?\s*\S+")
_VARIABLE = re.compile(r"\$\{\{.*?\}\}|\$\{?\w+(?:\[@\])?\}?", re.DOTALL)


def is_work(command: Command, programs: frozenset[str]) -> bool:
    """Whether a command runs a program of the repository: no install, check or echo.

    `programs` are those that the project itself installs.
    """
    words = strip_launchers(command.words)
    name = "".join(words[:1]).rpartition("/")[2]
    if not name or name in programs:
        return bool(name)
    if _PYTHONS.match(name):
        return _starts_code(words)
    if name == "dvc":
        return words[1:2] in {("repro",), ("exp",)}
    if name == "jupyter":
        return "--execute" in words
    return words[0].startswith("./") or (name in _WORKERS and len(words) > 1)


def strip_launchers(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of the program that `uv run` and its like start."""
    while words and words[0] in _LAUNCHERS:
        verbs = _LAUNCHERS[words[0]]
        if verbs and words[1:2] != verbs[:1]:
            return ()
        words = words[1 + len(verbs) :]
        while words and (words[0].startswith("-") or "=" in words[0]):
            skipped = 1
            if words[0] in _OPTIONS_WITH_VALUE:
                skipped = 2
            words = words[skipped:]
    return words


def find_script(command: Command, root: Path, folder: str = "") -> str:
    """Return the file that a command starts, from the root, "" where none is found."""
    words = strip_launchers(command.words)
    for index, word in enumerate(words):
        if word == "-m" and index + 1 < len(words):
            path = words[index + 1].replace(".", "/")
            options = [f"{path}.py", f"{path}/__main__.py", f"src/{path}.py"]
            return _find_first(root, folder, [*options, f"src/{path}/__main__.py"])
        if re.search(r"\.(?:py|R|r|sh|ipynb|jl)$", word):
            return _find_first(root, folder, [word])
    return ""


def is_training(command: Command, script: str, root: Path) -> bool:
    """Whether a command trains: it says so, or the script behind it fits and saves."""
    words = strip_launchers(command.words)
    if words[:2] == ("dvc", "repro"):
        return True
    for word in words:
        if word != "-m" and is_training_name(word.rpartition("/")[2].partition("=")[0]):
            return True
    if not script.endswith(".py"):
        return False
    source = read_python(root / script)
    return source.fits and source.saves


def list_variables(text: str) -> tuple[str, ...]:
    """Return what a command takes from where it stood: expressions and variables."""
    return tuple(dict.fromkeys(_VARIABLE.findall(text)))


def split_commands(text: str) -> tuple[tuple[Command, str], ...]:
    """Return the commands of a script, each with its text as written."""
    content = text.encode("utf-8", errors="replace")
    found = []
    for command in parse_script(text).commands:
        written = content[command.start : command.end].decode("utf-8", "replace")
        # Where its output goes is the affair of whoever calls it.
        found.append((command, _REDIRECT.sub("", written).strip()))
    return tuple(found)


def _starts_code(words: tuple[str, ...]) -> bool:
    """Whether Python is to run a file or a module, and none that checks or installs."""
    if "-c" in words or len(words) == 1 or words[1] == "-":
        return False
    if "-m" in words:
        place = words.index("-m") + 1
        return place < len(words) and words[place].partition(".")[0] not in _CHECKERS
    return any(word.endswith(".py") for word in words[1:])


def _find_first(root: Path, folder: str, paths: list[str]) -> str:
    for path in paths:
        whole = Path(folder, path).as_posix()
        if not path.startswith("/") and (root / whole).is_file():
            return whole
    return ""
