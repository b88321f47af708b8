"""What a command line names -> the files to check: workflows, actions, folders, repositories."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import OutputError
from ..workflow.files import ACTION_NAMES, SUFFIXES, WORKFLOWS

_ACTIONS = Path(".github", "actions")
# Of a folder that somebody names by mistake.
MAX_FILES = 5_000


def list_targets(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return each file once, in the order of the arguments.

    A repository stands for its workflows and actions, any other folder for the YAML files
    in it. Links are followed. Raises OutputError for a folder without any.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        files = [path]
        if path.is_dir():
            files = list(_list_folder(path))
        if not files:
            raise OutputError(
                f"there are no workflow files in {path}",
                hint=f"name a repository, its {WORKFLOWS.as_posix()} or the files",
            )
        for file in files[:MAX_FILES]:
            found.setdefault(file.resolve(), file)
    return tuple(found.values())


def list_action_files(root: Path) -> list[Path]:
    """Return the metadata of a repository's own actions, at its top and in .github/actions."""
    found = [root / name for name in sorted(ACTION_NAMES) if (root / name).is_file()]
    folder = root / _ACTIONS
    for name in sorted(ACTION_NAMES):
        found += sorted(folder.glob(f"**/{name}"))
    return found


def _list_folder(folder: Path) -> Iterator[Path]:
    workflows = folder / WORKFLOWS
    if workflows.is_dir():
        yield from _list_yaml(workflows)
        yield from list_action_files(folder)
        return
    yield from _list_yaml(folder)


def _list_yaml(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.suffix in SUFFIXES and path.is_file():
            yield path
