"""Secrets and variables of GitHub environments.

Only the jobs that run in one are given what belongs to it.

act knows one set of secrets and variables a run. So what belongs to an environment
travels under names of its own, and act's copy of the workflow asks for these names in
the jobs of that environment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import SettingsError
from ...workflow.expressions import EXPRESSION
from ...workflow.model import Workflow
from ..models import RunRequest

# Where a job can use them: GitHub reads the rest of a job before it is in its environment.
_PLACES = ("env", "steps", "outputs")
Scoped = Mapping[str, Mapping[str, str]]


def check_environments(plan: Workflow, request: RunRequest) -> None:
    """Raise SettingsError for values of an environment that no job of the workflow runs in."""
    used = {job.environment for job in plan.jobs if job.environment}
    if any("${{" in name for name in used):
        return
    for name in (*request.environment_secrets, *request.environment_variables):
        if name.lower() not in {one.lower() for one in used}:
            listed = ", ".join(sorted(used)) or "none"
            raise SettingsError(
                f"no job of {plan.path} runs in an environment {name}",
                hint=f"it names: {listed}",
            )


def renamed(values: Scoped) -> dict[str, str]:
    """The values of all environments, under the names that act is told."""
    return {
        _alias(place, name): value
        for place, _, names in _numbered(values)
        for name, value in names.items()
    }


def ask_for_renamed(
    document: Mapping[str, Any], plan: Workflow, request: RunRequest
) -> bool:
    """Let the jobs of each environment, in a workflow that may be changed, ask for its values.

    Whether any does. `document` is a copy of the plan's.
    """
    changed = False
    for context, values in (
        ("secrets", request.environment_secrets),
        ("vars", request.environment_variables),
    ):
        for place, environment, names in _numbered(values):
            for planned in plan.jobs:
                if not names or planned.environment.lower() != environment.lower():
                    continue
                job = document["jobs"][planned.id]
                for key in _PLACES:
                    if key in job:
                        job[key] = _asking(job[key], context, place, names)
                changed = True
    return changed


def _numbered(values: Scoped) -> Iterator[tuple[int, str, Mapping[str, str]]]:
    yield from (
        (place, environment, values[environment])
        for place, environment in enumerate(sorted(values))
    )


def _alias(place: int, name: str) -> str:
    return f"WFGEN_ENVIRONMENT_{place}_{name.upper()}"


def _asking(
    value: object, context: str, place: int, names: Mapping[str, str], key: str = ""
) -> object:
    if isinstance(value, dict):
        return {
            name: _asking(item, context, place, names, name)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_asking(item, context, place, names) for item in value]
    if not isinstance(value, str):
        return value

    if key == "if":  # holds an expression even without the braces
        return _renaming(value, context, place, names)
    return EXPRESSION.sub(
        lambda expression: _renaming(expression[0], context, place, names), value
    )


def _renaming(
    expression: str, context: str, place: int, names: Mapping[str, str]
) -> str:
    """An expression with the names of an environment; texts within it stay."""
    either = "|".join(map(re.escape, names))
    named = rf"(?<![\w.-]){context}\s*(?:\.\s*(?P<dot>{either})(?![\w-])|\[\s*'(?P<index>{either})'\s*\])"

    def replaced(found: re.Match[str]) -> str:
        name = found["dot"] or found["index"]
        return f"{context}.{_alias(place, name)}" if name else found[0]

    return re.sub(rf"{named}|'(?:[^']|'')*'", replaced, expression, flags=re.IGNORECASE)
