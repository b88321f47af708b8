"""What a workflow that trains already says of the run: schedule, Python, secrets, variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..config.cron import check_cron
from ..errors import WfgenError
from ..workflow.parser import read_workflow
from .candidates.record import Candidate

_SECRET = re.compile(r"\$\{\{\s*secrets\.([A-Za-z_]\w*)\s*\}\}")
_VERSION = re.compile(r"3\.\d{1,2}(?:\.\d{1,3})?")
# GitHub's own, which each run has.
_OWN_SECRETS = frozenset({"GITHUB_TOKEN"})
_OWN_VARIABLES = ("GITHUB_", "GH_", "RUNNER_", "ACTIONS_")


class TakenOver(NamedTuple):
    """Settings of an existing workflow, and what of it could not be taken.

    `secrets` are handed to the training under their own names, `variables` are plain
    values. `file` is the workflow, "" for a training that none starts.
    """

    file: str = ""
    crons: tuple[str, ...] = ()
    python: str = ""
    secrets: tuple[str, ...] = ()
    variables: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()


def take_over(root: Path, candidate: Candidate) -> TakenOver:
    """Return what the job that starts a candidate has around it."""
    file = candidate.place.rpartition(":")[0]
    if not candidate.job:
        return TakenOver()
    try:
        workflow = read_workflow(root, Path(file))
    except WfgenError:
        return TakenOver()
    document = workflow.document.mapping
    job: Any = document["jobs"][candidate.job]
    notes = []
    secrets: dict[str, None] = {}
    variables: dict[str, str] = {}
    for name, value in _iter_variables(document, job):
        secret = _SECRET.fullmatch(value)
        if secret is not None and secret[1] not in _OWN_SECRETS:
            secrets.setdefault(name)
            if secret[1] != name:
                notes.append(f"the secret {secret[1]} was read as {name}: set {name}")
        elif "${{" in value:
            notes.append(f"the variable {name} is worked out by an expression: {value}")
        else:
            variables[name] = value
    return TakenOver(
        file=file,
        crons=tuple(filter(_is_cron, workflow.crons)),
        python=_find_python(job),
        secrets=tuple(secrets),
        variables=variables,
        notes=tuple(dict.fromkeys(notes)),
    )


def _iter_variables(
    document: Mapping[str, Any], job: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield the variables of workflow, job and steps that run something."""
    holders = [document, job]
    steps = job.get("steps")
    if isinstance(steps, list):
        holders += [step for step in steps if isinstance(step, dict) and "run" in step]
    for holder in holders:
        variables = holder.get("env")
        if not isinstance(variables, Mapping):
            continue
        for name, value in variables.items():
            if not str(name).startswith(_OWN_VARIABLES) and value is not None:
                yield str(name), _format_value(value)


def _format_value(value: object) -> str:
    """Return a value as the runner hands it on."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _find_python(job: Mapping[str, Any]) -> str:
    steps = job.get("steps")
    for step in steps if isinstance(steps, list) else ():
        inputs = step.get("with") if isinstance(step, Mapping) else None
        if isinstance(inputs, Mapping):
            version = str(inputs.get("python-version", ""))
            if _VERSION.fullmatch(version):
                return version
    return ""


def _is_cron(line: str) -> bool:
    try:
        check_cron(line)
    except ValueError:
        return False
    return True
