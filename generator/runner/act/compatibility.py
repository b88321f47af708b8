"""A copy of a workflow for act (0.2.89).

Without what GitHub knows and act refuses to read, and with environments.

What is taken out changes nothing about a run here: the runner plays the workflow's
concurrency, and an event says by itself when it comes.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...workflow.model import Workflow
from ..models import RunRequest
from .environment_secrets import ask_for_renamed

PLAYED = "concurrency"  # of the whole workflow, by the runner


def lowered(
    plan: Workflow, request: RunRequest, original: Path, folder: Path
) -> tuple[Path, tuple[str, ...]]:
    """The file for act, the original where it will do, and what is missing in the copy."""
    document = copy.deepcopy(plan.document.mapping)
    taken = dict.fromkeys(_take_out(document))
    asks = ask_for_renamed(document, plan, request)
    if not taken and not asks:
        return original, ()
    missing = tuple(key for key in taken if key != PLAYED)
    target = folder / original.name
    # JSON is YAML; the name must stay the file's, as a workflow without a name is called by it.
    target.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return target, missing


def _take_out(document: dict[str, Any]) -> Iterator[str]:
    for holder in (document, *_mappings(document.get("jobs"))):
        if (
            isinstance(holder.get("concurrency"), dict)
            and "queue" in holder["concurrency"]
        ):
            del holder["concurrency"]
            yield PLAYED if holder is document else "a job's concurrency.queue"
        if holder.pop("cache-mode", None) is not None:
            yield "cache-mode"
    triggers = document.get("on")
    for entry in (triggers.get("schedule") or []) if isinstance(triggers, dict) else []:
        if isinstance(entry, dict) and entry.pop("timezone", None) is not None:
            yield "schedule.timezone"


def _mappings(jobs: object) -> Iterator[dict[str, Any]]:
    yield from (
        job
        for job in (jobs.values() if isinstance(jobs, Mapping) else ())
        if isinstance(job, dict)
    )
