"""Which saves keep state for later runs, and which come after a step."""

from __future__ import annotations

from collections.abc import Iterator

from ..steps.conditions import is_never, is_only_after_failure, runs_after_failure
from ..steps.jobs import Job, Step
from ..steps.operations import Push, Save, Store, Work
from ..steps.words import is_state_path
from .model import StateModel


def iter_job_saves(model: StateModel, job: Job) -> Iterator[Save]:
    """Yield all that a job stores, in whatever store, in no order."""
    for save in (*model.uploads, *model.release_saves):
        if save.step.job is job:
            yield save
    for cache in model.caches:
        if cache.step.job is job and cache.saves and cache.is_state:
            yield Save(
                Store.CACHE, cache.step, cache.step.position, cache.key, cache.paths
            )
    pushes = [push for push in model.pushes if push.step.job is job]
    for save in model.git_saves:
        if save.step.job is job and pushes:
            yield save


def list_saves_after(model: StateModel, work: Work) -> list[Save]:
    """Return what a job stores after a command and only where the steps before went well.

    Artifacts of workflows that nobody's schedule or push starts are results of tests.
    """
    found = []
    for save in iter_job_saves(model, work.step.job):
        if is_only_after_failure(save.step.condition) or is_never(save.step.condition):
            continue
        is_after = save.step.index > work.step.index
        if save.step is work.step and save.command is not None:
            is_after = save.command.start > work.command.end
        # The post step of actions/cache comes last, wherever the step stands.
        if save.store is Store.CACHE and save.step.action:
            is_after = is_after or save.step.action.name == "actions/cache"
        if is_after and is_lasting(model, save):
            found.append(save)
    return found


def is_lasting(model: StateModel, save: Save) -> bool:
    """Whether a save is one that later runs go on from, or one of a schedule's results."""
    if save.store is not Store.ARTIFACT:
        return True
    if runs_after_failure(save.step.condition):
        return False
    if model.is_kept(save):
        return True
    if not model.is_scheduled or model.runs_on_pull_requests:
        return False
    # No later run asks for a name that is of one run.
    return "${{" not in save.name and not _is_report(save)


def _is_report(save: Save) -> bool:
    """Whether an artifact is for people: logs, reports, screenshots."""
    words = (
        "log",
        "report",
        "screenshot",
        "test",
        "coverage",
        "debug",
        "result",
        "trace",
    )
    if any(map(is_state_path, save.paths)):
        return False
    return any(word in save.name.lower() for word in words)


def find_push_step(model: StateModel, job: Job) -> Step | None:
    """Return the step of a job that pushes."""
    pushes: list[Push] = [push for push in model.pushes if push.step.job is job]
    if pushes:
        return pushes[0].step
    return None
