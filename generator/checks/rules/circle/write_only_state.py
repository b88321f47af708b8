"""State that every run stores and none reads."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Severity
from ...state.kept import iter_job_saves
from ...state.model import StateModel
from ...steps.operations import Save, Store
from ...steps.words import covers_path, is_model_path
from ...steps.work import list_updated, mentions_path
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the uploads of what a scheduled command goes on from, but never gets back."""
    if not model.is_scheduled or model.follows_unknown_runs:
        return
    for save in model.uploads:
        if save.name in model.kept_names or _is_restored(model, save):
            continue
        for path in _list_updated_paths(model, save):
            yield Fault(
                save.position,
                f"every run uploads {path} and none restores it: each begins with an "
                "empty one",
                "restore the artifact of the last run before the work, by run-id and token",
                confidence="medium",
            )
            break


def _list_updated_paths(model: StateModel, save: Save) -> list[str]:
    """Return what the work before an upload reads and writes again, and it takes along."""
    found = []
    for work in model.work:
        if work.step.job is not save.step.job or work.step.index >= save.step.index:
            continue
        updated = list_updated(work.command)
        found += [path for path in updated if _takes(save, path)]
    return found


def _takes(save: Save, path: str) -> bool:
    return any(covers_path(saved, path) for saved in save.paths)


def _is_restored(model: StateModel, save: Save) -> bool:
    """Whether what is uploaded comes from anywhere, or goes somewhere else, too."""
    job = save.step.job
    for other in iter_job_saves(model, job):
        if other.store is not Store.ARTIFACT and _overlaps(other.paths, save.paths):
            return True
    for restore in (*model.downloads, *model.release_restores):
        if restore.step.job is job:
            return True
    for cache in model.caches:
        if cache.step.job is job and _overlaps(cache.paths, save.paths):
            return True
    return _is_read_first(save)


def _is_read_first(save: Save) -> bool:
    """Whether an earlier command makes the file anew, or fetches it in its own way."""
    for step in save.step.job.steps[: save.step.index]:
        for command in step.commands:
            if command.name not in {
                "rm",
                "cp",
                "mv",
                "sqlite3",
                "gunzip",
                "tar",
                "unzip",
            }:
                continue
            if any(mentions_path(command, path) for path in save.paths):
                return True
    return False


def _overlaps(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    for one in some:
        for other in others:
            if covers_path(one, other) or covers_path(other, one):
                return True
    return any(map(is_model_path, others)) and some == (".",)


RULE = make_state_rule(
    "write-only-state",
    Severity.LOSES_STATE,
    "State that is stored is restored",
    "A runner starts empty. A database or model that a scheduled command goes on from has to "
    "be fetched before it: here every run uploads one, and no run of any workflow of the "
    "repository downloads it. Restore the artifact of the last run, by its run-id and a "
    "token.",
    check,
    before="- run: python collect.py data.db\n- uses: actions/upload-artifact@v7",
    after="- uses: actions/download-artifact@v8\n  with: {name: data, run-id: ..., "
    "github-token: ...}\n- run: python collect.py data.db\n"
    "- uses: actions/upload-artifact@v7",
)
