"""The texts of the files that settling in adds: settings, requirements, lines of `.gitignore`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from ..config.options import BY_KEY
from ..config.reference import toml
from ..config.settings import Settings
from .own_training import BUILT_IN
from .survey import Survey

_HEAD = "# `wfgen settings` lists every setting there is; run `wfgen render` after a change.\n"
_ALWAYS = ("branches", "iterations", "retention", "python")
KAGGLE = "kaggle:"
KAGGLE_LOGIN = ("KAGGLE_API_TOKEN",)
NOTHING_TO_INSTALL = "# What the training needs, a line each.\n"
STATE_FOLDER = "/.wfgen/"
_OF_A_NEW_FILE = ("__pycache__/", ".venv/")


def chosen(survey: Survey, source: str) -> dict[str, object]:
    """The settings that follow from what was found, by key.

    `source` is where the built-in training gets its rows.
    """
    found: dict[str, object] = {"branches": (survey.branch,)}
    if source:
        found["dataset.source"] = "own"
    if source.startswith(KAGGLE):
        found |= {"dataset.source": "kaggle", "dataset.secrets": KAGGLE_LOGIN}
    if survey.python:
        found["python"] = survey.python
    own = survey.training
    if own is not None:
        found |= {
            "train.command": own.command,
            "train.loop": own.loop,
            "dataset.source": "own",
        }
        if own.secrets:
            found |= {"dataset.source": "kaggle", "dataset.secrets": own.secrets}
        paths = {
            "artifacts.model.path": own.model_path,
            "artifacts.data.path": own.data_path,
        }
        # Two parts in one folder would be stored twice: then the user has to say which is which.
        if own.model_path != own.data_path:
            found |= {key: path for key, path in paths.items() if path}
    return found


def settings_text(
    values: Mapping[str, object], pipeline: Mapping[str, str], prefix: str = ""
) -> str:
    """Settings as TOML, with those of the built-in training in a table `pipeline`.

    `prefix` is the table around them ("tool.wfgen" in pyproject.toml).
    """
    wanted = {key: BY_KEY[key].default for key in _ALWAYS} | dict(values)
    tables: dict[str, list[str]] = {}
    for key, value in wanted.items():
        if key in _ALWAYS or value != BY_KEY[key].default:
            table, _, last = key.rpartition(".")
            tables.setdefault(table, []).append(f"{last} = {toml(value)}")
    if pipeline:
        tables[BUILT_IN] = [f"{key} = {toml(value)}" for key, value in pipeline.items()]
    parts = []
    for table in sorted(tables):
        name = ".".join(filter(None, (prefix, table)))
        parts.append(
            "\n".join([*([f"[{name}]"] if name else []), *tables[table]]) + "\n"
        )
    return _HEAD + "\n".join(parts)


def requirements_text(survey: Survey, dependencies: Sequence[str] | None) -> str:
    """What a training of the user's own needs, from pyproject.toml or else from its imports.

    "" for nothing.

    `dependencies` are those of the project; None where the project installs by itself.
    """
    if dependencies is None:
        return "# The project itself, with what its pyproject.toml says it needs.\n.\n"
    if dependencies:
        return _lines("# From project.dependencies of pyproject.toml.", dependencies)
    imports = survey.training.imports if survey.training else ()
    if not imports:
        return ""
    return _lines(
        "# What the training imports. Pin versions, so that tomorrow's run is like today's.",
        imports,
    )


def _lines(head: str, lines: Iterable[str]) -> str:
    return "\n".join([head, *lines]) + "\n"


def runs_built_in(settings: Settings) -> bool:
    """Whether the training is wfgen's own package."""
    return f"-m {BUILT_IN} " in settings.text("train.command") + " "


def ignore_lines(settings: Settings) -> tuple[str, ...]:
    """The lines `.gitignore` needs: wfgen's state, and the work area of the training."""
    folders = [
        settings.text(f"artifacts.{part}.path") for part in ("model", "data", "logs")
    ]
    tops = {PurePosixPath(folder).parts[0] for folder in folders}
    # One folder around all three is ignored whole, unless it is where code lives.
    if (
        len(tops) == 1
        and all(len(PurePosixPath(folder).parts) > 1 for folder in folders)
        and "src" not in tops
    ):
        folders = [f"{tops.pop()}/"]
    return (STATE_FOLDER, *(f"/{folder}" for folder in folders))


def with_lines(text: str, lines: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """`.gitignore` with the lines it does not have yet, and which those are."""
    have = {line.strip().strip("/") for line in text.splitlines()}
    wanted = lines if text else (*lines, *_OF_A_NEW_FILE)
    added = tuple(line for line in wanted if line.strip("/") not in have)
    break_first = "" if not text or text.endswith("\n") else "\n"
    return text + break_first + "".join(f"{line}\n" for line in added), added
