"""Commands that workflows of the repository run already: the surest sign there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import WfgenError
from ...rendering.header import is_ours
from ...workflow.files import list_workflow_files
from ...workflow.model import Job, Workflow
from ...workflow.parser import read_workflow
from .commands import find_script, is_training, is_work, list_variables, split_commands
from .project import list_programs
from .python_source import read_text
from .record import Candidate, is_training_name

_MATRIX = "the matrix of the job"
# A job that trains, one that only says so, and one that does anything at all.
_SCORE_OF_TRAINING = 5
_SCORE_OF_NAME = 4
_SCORE_OF_WORK = -1


class _Work(NamedTuple):
    """A command of a job that does its work, and the file that it starts."""

    command: str
    script: str
    place: str
    trains: bool


def find_in_workflows(root: Path) -> Iterator[Candidate]:
    """Yield a candidate for each job that trains; those that wfgen wrote are passed over."""
    programs = list_programs(root)
    for path in list_workflow_files(root):
        if is_ours(read_text(path)):
            continue
        try:
            workflow = read_workflow(root, path.relative_to(root))
        except WfgenError:
            # A file that is no workflow trains nothing; `wfgen check` tells of it.
            continue
        for job in workflow.jobs:
            candidate = _read_job(root, workflow, job, programs)
            if candidate is not None:
                yield candidate


def _read_job(
    root: Path, workflow: Workflow, job: Job, programs: frozenset[str]
) -> Candidate | None:
    works = list(_iter_works(root, workflow, job, programs))
    if not works:
        return None
    names = (workflow.path.stem, workflow.name, job.id, job.name)
    is_named = any(map(is_training_name, names))
    last = len(works)
    trained = [index for index, work in enumerate(works, 1) if work.trains]
    score = _SCORE_OF_WORK
    if trained:
        # What comes behind it judges or shows what was trained.
        last = trained[-1]
        score = _SCORE_OF_TRAINING
    elif is_named:
        score = _SCORE_OF_NAME
    reason = f"job {job.id} runs it"
    if workflow.crons:
        reason += " by schedule"
        score += 3
    if trained and is_named:
        score += 2
    command = " && ".join(dict.fromkeys(work.command for work in works[:last]))
    missing = list_variables(command)
    if job.matrix is not None:
        missing = (*missing, _MATRIX)
    work = works[last - 1]
    return Candidate(command, work.place, reason, score, work.script, missing, job.id)


def _iter_works(
    root: Path, workflow: Workflow, job: Job, programs: frozenset[str]
) -> Iterator[_Work]:
    node = _get_node(workflow, job)
    for index, step in enumerate(job.steps):
        folder = _get_folder(workflow, node, index)
        for command, text in split_commands(step.run):
            if not is_work(command, programs):
                continue
            script = find_script(command, root, folder)
            trains = is_training(command, script, root)
            place = f"{workflow.path.as_posix()}:{step.position.line}"
            whole = text
            if folder:
                whole = f"(cd {folder} && {text})"
            yield _Work(whole, script, place, trains)


def _get_node(workflow: Workflow, job: Job) -> Mapping[str, Any]:
    node = workflow.document.mapping["jobs"][job.id]
    return node if isinstance(node, Mapping) else {}


def _get_folder(workflow: Workflow, job: Mapping[str, Any], index: int) -> str:
    """Return the working directory of a step, "" for the root."""
    steps = job.get("steps")
    holders: list[Any] = []
    if isinstance(steps, list):
        holders.append(steps[index])
    for node in (job, workflow.document.mapping):
        defaults = node.get("defaults")
        if isinstance(defaults, Mapping):
            holders.append(defaults.get("run"))
    for holder in holders:
        if isinstance(holder, Mapping) and holder.get("working-directory"):
            folder = str(holder["working-directory"]).strip("/")
            return folder.removeprefix("./").removeprefix(".")
    return ""
