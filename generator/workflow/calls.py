"""What a job hands to the workflow that it calls, against what that one takes.

docs.github.com, "Reuse workflows": an input or secret that the called workflow does not
declare, one that is required and missing, and a value of another type make the calling
file invalid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import WorkflowProblemError
from .expressions import has_expression
from .model import Job, Workflow
from .parser import parse_workflow, read_document
from .reusable import LOCAL

_INHERIT = "inherit"
_TYPES: Mapping[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "number": (int, float),
    "string": (str,),
}
# docs.github.com, "Reuse workflows": the top-level caller and nine levels below.
_MAX_LEVELS = 10


def check_calls(root: Path, workflow: Workflow) -> None:
    """Check every call of a workflow file of this repository, nested ones too.

    Raises WorkflowProblemError with all that GitHub would refuse.
    """
    problems = list(_iter_problems(root, workflow, 1))
    if problems:
        raise WorkflowProblemError("\n       ".join(dict.fromkeys(problems)))


def _iter_problems(root: Path, workflow: Workflow, level: int) -> Iterator[str]:
    for job in workflow.jobs:
        if not job.uses.startswith(LOCAL):
            continue
        place = f"{workflow.path}, jobs.{job.id}"
        if level == _MAX_LEVELS:
            yield f"{place}: more than {_MAX_LEVELS} levels of called workflows"
            continue
        called = parse_workflow(read_document(root, Path(job.uses)))
        node = workflow.document.mapping["jobs"][job.id]
        for problem in _check_call(job, node, called):
            yield f"{place}: {problem}"
        yield from _iter_problems(root, called, level + 1)


def _check_call(job: Job, node: Mapping[str, Any], called: Workflow) -> Iterator[str]:
    if "workflow_call" not in called.triggers:
        yield (
            f"{job.uses} is not reusable as it is missing a `on.workflow_call` trigger"
        )
        return
    on = called.document.mapping["on"]
    declared = on.get("workflow_call") if isinstance(on, dict) else None
    declared = declared if isinstance(declared, dict) else {}
    given = node.get("with") or {}
    yield from _check_inputs(declared.get("inputs") or {}, given)
    if node.get("secrets") != _INHERIT:
        given_secrets = node.get("secrets") or {}
        yield from _check_names("secret", declared.get("secrets") or {}, given_secrets)


def _check_inputs(
    declared: Mapping[str, Any], given: Mapping[str, Any]
) -> Iterator[str]:
    yield from _check_names("input", declared, given)
    for name, value in given.items():
        options = declared.get(name)
        kind = str((options or {}).get("type", "string"))
        is_worked_out = isinstance(value, str) and has_expression(value)
        if options is None or is_worked_out or kind not in _TYPES:
            continue
        # A number or a truth value is a text, too, where a text is wanted.
        is_fitting = kind == "string" or isinstance(value, _TYPES[kind])
        if isinstance(value, bool) and kind == "number":
            is_fitting = False
        if not is_fitting:
            yield f"Invalid input, {name} expects a {kind}, not {value!r}."


def _check_names(
    what: str, declared: Mapping[str, Any], given: Mapping[str, Any]
) -> Iterator[str]:
    for name in given:
        if name not in declared:
            yield f"Invalid {what}, {name} is not defined in the referenced workflow."
    for name, options in declared.items():
        is_required = isinstance(options, dict) and options.get("required") is True
        if is_required and name not in given:
            yield (
                f"{what.capitalize()} {name} is required, but not provided while calling."
            )
