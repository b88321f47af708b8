"""The repository around the files under check: each file is read once."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ..workflow.files import ACTION_NAMES, SUFFIXES, WORKFLOWS
from ..workflow.source import YamlDocument, read_yaml
from .rules.base import Subject
from .state.model import StateModel

# Of a repository with more, facts of the others are not known.
MAX_SIBLINGS = 200


class Repository:
    """Reads files and, where a rule asks, the other workflows beside them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._documents: dict[Path, YamlDocument] = {}
        self._models: dict[Path, StateModel] = {}
        self._folders: dict[Path, list[Path]] = {}

    def open_file(self, path: Path) -> Subject:
        """Return a file (relative to the root or absolute) as rules see it."""
        document = self._read(self._root / path)
        place = self._root / path
        return Subject(document, partial(self._get_model, place))

    def _read(self, path: Path) -> YamlDocument:
        if path not in self._documents:
            self._documents[path] = read_yaml(path)
        return self._documents[path]

    def _find_siblings(self, path: Path) -> tuple[StateModel, ...]:
        """Return the workflows in the same `.github/workflows`; none of another folder."""
        folder = path.parent
        if folder.parts[-2:] != WORKFLOWS.parts:
            return ()
        if folder not in self._folders:
            files = sorted(folder.glob("*"))[:MAX_SIBLINGS]
            self._folders[folder] = list(filter(self._is_workflow, files))
        siblings = [other for other in self._folders[folder] if other != path]
        return tuple(map(self._get_model, siblings))

    def _find_action(self, path: Path, uses: str) -> YamlDocument | None:
        """Return the metadata of `uses: ./folder`, seen from the top of the repository."""
        folder = path.parent
        if folder.parts[-2:] != WORKFLOWS.parts or ".." in Path(uses).parts:
            return None
        for name in sorted(ACTION_NAMES):
            file = folder.parent.parent / uses / name
            if file.is_file() and self._read(file).mapping:
                return self._read(file)
        return None

    def _is_workflow(self, path: Path) -> bool:
        return path.suffix in SUFFIXES and bool(self._read(path).mapping)

    def _get_model(self, path: Path) -> StateModel:
        if path not in self._models:
            self._models[path] = StateModel(
                self._read(path),
                partial(self._find_siblings, path),
                partial(self._find_action, path),
            )
        return self._models[path]
