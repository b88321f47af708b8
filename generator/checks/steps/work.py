"""Commands that do what a workflow is for, and the files that they read and write."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..shell.model import Command
from .jobs import Job
from .operations import Work
from .words import clean_path, is_model_path, is_state_path

_INTERPRETERS = re.compile(
    r"^(python[\d.]*|pypy\d*|node|deno|bun|tsx|ts-node|Rscript|R|julia|ruby|php|perl|java|"
    r"go|cargo|npm|npx|yarn|pnpm|make|just|task|dotnet|bash|sh|zsh|uv|poetry|pipenv|pdm|"
    r"hatch|conda|rake|bundle|mvn|gradle|gradlew|scrapy|dvc|papermill|jupyter|snakemake|"
    r"dbt|kaggle|mlflow)$"
)
_SETUP = re.compile(
    r"\b(install|ci|--version|-V|venv|pip|sync|setup|config|ensurepip|add|init|restore|"
    r"lint|fmt|check|build-dep|activate|tidy|download)\b"
)
_TESTS = re.compile(r"\b(pytest|tox|nox|unittest|jest|vitest|ctest|rspec|test|tests)\b")
_TRAINS = re.compile(
    r"(^|[-_./ ])(re)?(train|training|fit|finetune|fine-tune|learn)([-_./ ]|$)",
    re.IGNORECASE,
)
_OUT_OPTION = re.compile(
    r"^--?(o|out\w*|output\S*|save\S*|dest\S*|to|export\S*|write\S*|result\S*|model-out\S*|"
    r"model-dir|model_dir|checkpoint-dir|checkpoint_dir|out-\S+|\S+-out|\S+_out|\S+-output|"
    r"\S+_output|artifact\S*)$"
)
_IN_OPTION = re.compile(
    r"^--?(resume\S*|state\S*|db\S*|database\S*|in|input\S*|load\S*|from\S*|checkpoint|history"
    r"\S*|previous\S*|prev\S*|cache\S*|ledger\S*|memory\S*|init\S*|continue\S*|warm\S*)$"
)
_WRITING = frozenset({">", ">>", "&>", "1>"})
_FRESH = re.compile(
    r"(build|export|generate|create|dump|convert|compile|package|render|bundle|make)",
    re.IGNORECASE,
)


def list_work(job: Job) -> Iterator[Work]:
    """Yield the commands of a job that work, in order."""
    for step in job.steps:
        for command in step.commands:
            if is_work(command):
                yield Work(step, command, step.place_command(command))


def is_work(command: Command) -> bool:
    """Whether a command runs a program of the repository, no tool or installation."""
    words = command.words
    if not words:
        return False
    if words[0].startswith(("./", "../")) or words[0].endswith((".sh", ".py")):
        return True
    if _INTERPRETERS.match(command.name) is None:
        return False
    return _SETUP.search(" ".join(words[1:3])) is None and len(words) > 1


def is_test(command: Command) -> bool:
    """Whether a command runs tests."""
    return _TESTS.search(" ".join(command.words[:4])) is not None


def trains_model(command: Command) -> bool:
    """Whether a command says that it trains, or where it puts a model."""
    if _TRAINS.search(" ".join(command.words[:4])):
        return True
    return any(is_model_path(path) for path in list_outputs(command))


def list_outputs(command: Command) -> list[str]:
    """Return the paths behind options such as `--out`, and those redirected to."""
    found = []
    for option, value in iter_options(command):
        if _OUT_OPTION.match(option):
            found.append(clean_path(value))
    written = [item for item in command.redirects if item.operator in _WRITING]
    return [*found, *(clean_path(item.target) for item in written if item.target)]


def list_updated(command: Command) -> list[str]:
    """Return the state-like paths that a command is handed to read and write again."""
    if _FRESH.search(" ".join(command.words[:3])):
        return []
    found = []
    options = dict(iter_options(command))
    outputs = {
        clean_path(value) for name, value in options.items() if _OUT_OPTION.match(name)
    }
    for option, value in options.items():
        if _IN_OPTION.match(option):
            found.append(clean_path(value))
    words = map(clean_path, list_arguments(command))
    return [
        *found,
        *(word for word in words if is_state_path(word) and word not in outputs),
    ]


def list_arguments(command: Command) -> list[str]:
    """Return the words that are no options, behind the program's own file."""
    values = {value for _, value in iter_options(command)}
    values |= {word for word in command.words if word.startswith("-")}
    words = [word for word in command.words[1:] if word not in values]
    if _INTERPRETERS.match(command.name):
        return words[1:]
    return words


def iter_options(command: Command) -> Iterator[tuple[str, str]]:
    """Yield the options of a command that have a value."""
    words = command.words
    for index, word in enumerate(words):
        if not word.startswith("-"):
            continue
        option, equals, value = word.partition("=")
        if equals:
            yield option, value
        elif index + 1 < len(words) and not words[index + 1].startswith("-"):
            yield option, words[index + 1]


def mentions_path(command: Command, path: str) -> bool:
    """Whether a command names a path, or a folder around it, beyond the workspace itself."""
    path = clean_path(path)
    folder = path.rpartition("/")[0]
    texts = [*command.words[1:], *(redirect.target for redirect in command.redirects)]
    for text in texts:
        word = clean_path(text.rpartition("=")[2])
        if word and word in {path, folder}:
            return True
        if path and path in text:
            return True
    return False
