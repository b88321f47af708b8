"""Caches: which steps restore and save, under which key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ...workflow.source import Position
from ..steps.jobs import Job, Step
from ..steps.words import clean_path, is_dependency_path, is_state_path
from .artifacts import list_paths

CACHE = "actions/cache"
RESTORE = "actions/cache/restore"
SAVE = "actions/cache/save"
# What is the same in every run of a workflow on a branch.
_CONSTANTS = re.compile(
    r"runner\.\w+|matrix\.[\w.-]+|github\.(workflow|job|ref|ref_name|repository|base_ref|"
    r"repository_owner|repository_id|event_name|head_ref)\b|env\.\w+|vars\.\w+|inputs\.[\w-]+"
    r"|strategy\.[\w-]+|'[^']*'|\|\||format|&&|==|!="
)
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_RUN = re.compile(r"github\.(run_id|run_number)")


@dataclass(frozen=True, slots=True, eq=False)
class CacheStep:
    """A step of one of the three actions; `place` is where its key stands."""

    step: Step
    restores: bool
    saves: bool
    key: str
    restore_keys: tuple[str, ...]
    paths: tuple[str, ...]
    place: Position

    @property
    def is_fixed(self) -> bool:
        """Whether every run comes to the same key, as far as can be seen."""
        if "hashFiles" in self.key:
            return False
        for match in _EXPRESSION.finditer(self.key):
            if _CONSTANTS.sub("", match[1]).strip(" ()!,"):
                return False
        return bool(self.key)

    @property
    def is_of_run(self) -> bool:
        """Whether the key is that of one run."""
        return _RUN.search(self.key) is not None

    @property
    def is_state(self) -> bool:
        """Whether it holds what the next run goes on from, no packages."""
        if not self.paths or any(map(is_dependency_path, self.paths)):
            return False
        if "hashFiles" in self.key:
            return False
        if any(map(is_state_path, map(clean_path, self.paths))):
            return True
        return self.is_of_run and bool(self.restore_keys)


def list_cache_steps(job: Job) -> Iterator[CacheStep]:
    """Yield the steps of a job that use the cache, in order."""
    for step in job.steps:
        action = step.action
        if action is None or action.name not in {CACHE, RESTORE, SAVE}:
            continue
        yield CacheStep(
            step,
            restores=action.name != SAVE,
            saves=action.name != RESTORE,
            key=step.get_input("key"),
            restore_keys=tuple(list_paths(step.get_input("restore-keys"))),
            paths=tuple(list_paths(step.get_input("path"))),
            place=step.place_input("key"),
        )
