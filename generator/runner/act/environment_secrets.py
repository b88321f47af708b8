"""Secrets and variables of GitHub environments.

act knows one set of secrets and variables a run. So what belongs to an environment
travels under an alias, and act's copy of the workflow uses the aliases in the jobs of
that environment, and in no other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ...workflow.expressions import replace_expressions
from ...workflow.model import Workflow
from ..models import RunRequest

# Values by name, by environment.
EnvironmentValues: TypeAlias = Mapping[str, Mapping[str, str]]

# Where a job can use them: GitHub reads the rest of a job before it is in its
# environment.
_JOB_KEYS = ("env", "steps", "outputs")
_TEXT = r"'(?:[^']|'')*'"


def alias_values(values: EnvironmentValues) -> dict[str, str]:
    """Return the values of all environments, under the names that act is told."""
    aliased = {}
    for number, environment in enumerate(sorted(values)):
        for name, value in values[environment].items():
            aliased[_make_alias(number, name)] = value
    return aliased


def use_aliases(
    document: Mapping[str, Any], workflow: Workflow, request: RunRequest
) -> bool:
    """Let the jobs of each environment use the aliases of its values.

    Return whether any job does. `document` is a copy of the workflow's data, and is
    changed.
    """
    secrets = _change_jobs(document, workflow, "secrets", request.environment_secrets)
    variables = _change_jobs(document, workflow, "vars", request.environment_variables)
    return secrets or variables


def _change_jobs(
    document: Mapping[str, Any],
    workflow: Workflow,
    context: str,
    values: EnvironmentValues,
) -> bool:
    is_changed = False
    for number, environment in enumerate(sorted(values)):
        names = tuple(values[environment])
        if not names:
            continue
        aliases = _Aliases(context, number, names)
        for job in workflow.jobs:
            if job.environment.lower() == environment.lower():
                _change_job(document["jobs"][job.id], aliases)
                is_changed = True
    return is_changed


def _change_job(job: dict[str, Any], aliases: _Aliases) -> None:
    for key in _JOB_KEYS:
        if key in job:
            job[key] = aliases.replace_in(job[key])


def _make_alias(number: int, name: str) -> str:
    return f"WFGEN_ENVIRONMENT_{number}_{name.upper()}"


@dataclass(frozen=True, slots=True)
class _Aliases:
    """The aliases of the `secrets` or of the `vars` of one environment."""

    context: str
    number: int
    names: tuple[str, ...]

    def replace_in(self, value: object, key: str = "") -> object:
        """Return a value of a workflow, with all in it, that uses the aliases."""
        if isinstance(value, dict):
            return {name: self.replace_in(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self.replace_in(item) for item in value]
        if not isinstance(value, str):
            return value
        if key == "if":  # holds an expression even without the braces
            return self._replace_names(value)
        return replace_expressions(value, lambda match: self._replace_names(match[0]))

    def _replace_names(self, expression: str) -> str:
        """Return an expression with aliases; texts within it stay."""

        def replace(match: re.Match[str]) -> str:
            name = match["dot"] or match["index"]
            if not name:
                return match[0]
            return f"{self.context}.{_make_alias(self.number, name)}"

        return re.sub(self._pattern, replace, expression, flags=re.IGNORECASE)

    @property
    def _pattern(self) -> str:
        """`context.NAME` and `context['NAME']`, or a text, which is passed over."""
        names = "|".join(map(re.escape, self.names))
        by_dot = rf"\.\s*(?P<dot>{names})(?![\w-])"
        by_index = rf"\[\s*'(?P<index>{names})'\s*\]"
        return rf"(?<![\w.-]){self.context}\s*(?:{by_dot}|{by_index})|{_TEXT}"
