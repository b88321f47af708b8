"""A model that is trained and left on the runner."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....findings import Severity
from ...state.kept import iter_job_saves
from ...state.model import StateModel
from ...steps.jobs import Job
from ...steps.operations import Save, Work
from ...steps.words import clean_path, covers_path, is_model_path
from ...steps.work import (
    is_test,
    iter_options,
    list_outputs,
    mentions_path,
    trains_model,
)
from ...stores.artifacts import list_uploads
from ..base import Fault, make_state_rule

# Options behind which a training reads and does not write.
_READ = re.compile(
    r"^--?(resume|load|from|init|input|in$|base|pretrained|teacher|old|prev)"
)


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the commands of schedules that write a model which nothing takes along."""
    if not model.is_scheduled:
        return
    for work in model.work:
        job = work.step.job
        models = _list_models(work)
        if not models or is_test(work.command) or not _does_save(model, job):
            continue
        for path in models:
            if not _is_taken(model, work, path):
                yield Fault(
                    work.position,
                    f"{path} is written and left on the runner: nothing saves it",
                    "upload it, commit it or put it into a release after this step",
                )


def _list_models(work: Work) -> list[str]:
    """Return the models that a command writes; one that trains writes those it is handed."""
    found = list_outputs(work.command)
    if trains_model(work.command):
        for option, value in iter_options(work.command):
            if not _READ.match(option):
                found.append(clean_path(value))
    return list(dict.fromkeys(filter(is_model_path, found)))


def _does_save(model: StateModel, job: Job) -> bool:
    """Whether a job stores anything: one that stores nothing may do so in its script."""
    return any(True for _ in iter_job_saves(model, job)) or any(
        True for _ in list_uploads(job)
    )


def _is_taken(model: StateModel, work: Work, path: str) -> bool:
    job = work.step.job
    for save in iter_job_saves(model, job):
        if _takes(save, path, work):
            return True
    for cache in model.caches:
        if cache.step.job is job and any(
            covers_path(item, path) for item in cache.paths
        ):
            return True
    # Whatever else names it may carry it away.
    for step in job.steps[work.step.index :]:
        for command in step.commands:
            if command is not work.command and mentions_path(command, path):
                return True
        if step.action is not None and path.rpartition("/")[2] in str(
            step.inputs.value
        ):
            return True
    return False


def _takes(save: Save, path: str, work: Work) -> bool:
    folder = work.step.node.get_text("working-directory").strip("./")
    whole = path
    if folder:
        whole = f"{folder}/{path}"
    for saved in save.paths:
        if "$" in saved or covers_path(saved, path) or covers_path(saved, whole):
            return True
    return False


RULE = make_state_rule(
    "never-saved",
    Severity.LOSES_STATE,
    "A model that is trained is saved",
    "What a job leaves on its runner is gone with it. Here a scheduled training writes a "
    "model, the job stores other files, and the next run starts from the old model or from "
    "none. Store the model as well.",
    check,
    before="- run: python train.py --out-model model.pkl\n"
    "- uses: actions/upload-artifact@v7\n  with: {name: report, path: report}",
    after="- run: python train.py --out-model model.pkl\n"
    "- uses: actions/upload-artifact@v7\n  with: {name: model, path: model.pkl}",
)
