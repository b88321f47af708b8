"""A copy of a workflow that act (0.2.89) can read.

Without what GitHub knows and act refuses to read, and with the secrets and variables of
GitHub environments. What is taken out changes nothing about a run here: the runner
follows the workflow's concurrency, and an event says by itself when it comes.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from ...workflow.model import Workflow
from ..models import RunRequest
from .environment_secrets import use_aliases

# A part of a workflow's data, as YAML has it.
Mapping: TypeAlias = dict[str, Any]

_WORKFLOW_QUEUE = "concurrency"
_JOB_QUEUE = "a job's concurrency.queue"


@dataclass(frozen=True, slots=True)
class ActWorkflow:
    """The file for act, and the keys that it goes without (`unsupported`)."""

    path: Path
    unsupported: tuple[str, ...] = ()


def write_act_copy(
    workflow: Workflow, request: RunRequest, original: Path, folder: Path
) -> ActWorkflow:
    """Write the copy for act into `folder`; where the original will do, that is taken."""
    document = copy.deepcopy(workflow.document.mapping)
    removed = dict.fromkeys(_remove_unsupported(document))
    uses_aliases = use_aliases(document, workflow, request)
    if not removed and not uses_aliases:
        return ActWorkflow(original)
    # The runner itself has the queue of the whole workflow: nothing of it is missing.
    removed.pop(_WORKFLOW_QUEUE, None)
    # A workflow without a name is called by its file, so that must keep its name.
    path = folder / original.name
    # JSON is YAML.
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return ActWorkflow(path, tuple(removed))


def _remove_unsupported(document: Mapping) -> Iterator[str]:
    """Remove what act refuses to read; yield what each was."""
    if _remove_queue(document):
        yield _WORKFLOW_QUEUE
    if _remove_key(document, "cache-mode"):
        yield "cache-mode"
    for job in _iter_jobs(document):
        if _remove_queue(job):
            yield _JOB_QUEUE
        if _remove_key(job, "cache-mode"):
            yield "cache-mode"
    for schedule in _iter_schedules(document):
        if _remove_key(schedule, "timezone"):
            yield "schedule.timezone"


def _remove_queue(holder: Mapping) -> bool:
    concurrency = holder.get("concurrency")
    if not isinstance(concurrency, dict) or "queue" not in concurrency:
        return False
    del holder["concurrency"]
    return True


def _remove_key(holder: Mapping, key: str) -> bool:
    return holder.pop(key, None) is not None


def _iter_jobs(document: Mapping) -> Iterator[Mapping]:
    jobs = document.get("jobs")
    if isinstance(jobs, dict):
        for job in jobs.values():
            if isinstance(job, dict):
                yield job


def _iter_schedules(document: Mapping) -> Iterator[Mapping]:
    triggers = document.get("on")
    if isinstance(triggers, dict):
        for schedule in triggers.get("schedule") or []:
            if isinstance(schedule, dict):
                yield schedule
