"""Types of value that are pieces of workflow: steps, jobs, permissions, artifacts.

They are written as GitHub writes them, as tables. What they hold is the user's own code
and may use expressions, except in `run:`, where GitHub would paste the value into the
script.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isfinite
from typing import TypedDict

from .text_types import (
    ARTIFACT,
    FILE,
    JOB_ID,
    LITERAL,
    SCRIPT,
    VARIABLE,
    is_credential_name,
)
from .types import (
    EntryError,
    Integer,
    JsonSchema,
    ListOf,
    OrInherit,
    TableOf,
    ValueType,
    as_list,
    parse_toml,
    require_table,
    show_value,
)

WorkflowTable = dict[str, object]
"""A step or a job as GitHub writes it, checked by the types below."""

DAYS = Integer(1, 90)
_PINNED = r"\./.+|docker://.+@sha256:[0-9a-f]{64}|[\w.-]+/[\w./-]+@[0-9a-f]{40}"
_STEP_KEYS: dict[str, type] = {
    "continue-on-error": bool,
    "env": dict,
    "id": str,
    "if": str,
    "name": str,
    "run": str,
    "shell": str,
    "timeout-minutes": int,
    "uses": str,
    "with": dict,
    "working-directory": str,
}
_SCHEMA_NAMES = {str: "string", int: "integer", bool: "boolean", dict: "object"}
# https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions
SCOPES = (
    "actions",
    "artifact-metadata",
    "attestations",
    "checks",
    "contents",
    "deployments",
    "discussions",
    "id-token",
    "issues",
    "models",
    "packages",
    "pages",
    "pull-requests",
    "security-events",
    "statuses",
)
# GitHub has no such rights: a token is made or not, and models are only read.
_NO_RIGHTS = frozenset({("id-token", "read"), ("models", "write")})
# What a run sets itself, by its input, its variables and the settings.
_SET_BY_RUNS = frozenset({"TRAINING_ITERATIONS", "MEMBER", "MEMBERS"})


def _suggest(word: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only for a mistake

    close = get_close_matches(word, known, 1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f" (known: {', '.join(known)})"


def check_yaml_values(value: object) -> None:
    """Raise ValueError where a value is one that TOML knows and GitHub's YAML does not."""
    if isinstance(value, dict):
        for item in value.values():
            check_yaml_values(item)
    elif isinstance(value, list | tuple):
        for item in value:
            check_yaml_values(item)
    elif not _is_yaml_scalar(value):
        raise ValueError(f"holds {value}, which has to stand in quotes")


def _is_yaml_scalar(value: object) -> bool:
    # TOML also knows dates and times, `inf` and `nan`.
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, str | int)


def check_credentials(env: object) -> None:
    """Raise ValueError where an environment holds what looks like a credential itself."""
    if not isinstance(env, dict):
        return
    for name, value in env.items():
        if not value or "${{" in str(value):
            continue
        if is_credential_name(str(name)):
            raise ValueError(
                f"gives {name} a value: "
                f"store it as a secret and write ${{{{ secrets.{name} }}}}"
            )


def check_pinned(uses: str) -> None:
    """Raise ValueError where what `uses:` names can change under us."""
    if not re.fullmatch(_PINNED, uses, re.ASCII):
        raise ValueError(
            f"uses {uses!r}, which is not pinned to a commit "
            "(owner/repository@<40 hex digits>)"
        )


class Variables(TableOf[str]):
    """Environment variables, none of which looks like a credential."""

    def __init__(self) -> None:
        super().__init__(VARIABLE, LITERAL)

    def parse(self, value: object) -> dict[str, str]:
        """Accept a mapping without names that a run sets or that name a credential."""
        variables = super().parse(value)
        for name in variables:
            if name in _SET_BY_RUNS:
                raise EntryError(
                    name,
                    f"{name} is what a run is told by its input, its variables "
                    "and the settings",
                )
            if is_credential_name(name):
                raise EntryError(
                    name,
                    f"{name} looks like a secret: "
                    "store it as one and name it in dataset.secrets",
                )
        return variables


class Step(ValueType[WorkflowTable]):
    """One step, as GitHub writes it."""

    noun = "a step: a table with `run` or `uses`"

    def parse(self, value: object) -> WorkflowTable:
        """Accept a mapping with the keys of a step, and give it a name."""
        step = require_table(value, self.noun)
        for key, item in step.items():
            self._check_key(key, item)
        check_yaml_values(step)
        check_credentials(step.get("env"))
        if ("run" in step) == ("uses" in step):
            raise ValueError("has a step that needs either `run` or `uses`")
        if "run" in step:
            SCRIPT.parse(step["run"])
        else:
            check_pinned(str(step["uses"]))
        name = step.get("name") or step.get("uses") or "Run a script"
        return {"name": str(name), **step}

    def _check_key(self, key: str, item: object) -> None:
        if key not in _STEP_KEYS:
            hint = _suggest(key, sorted(_STEP_KEYS))
            raise ValueError(f"has a step with {key!r}{hint}")
        wanted = _STEP_KEYS[key]
        # To Python, True is an int.
        is_bool_for_int = wanted is int and isinstance(item, bool)
        if is_bool_for_int or not isinstance(item, wanted):
            raise ValueError(
                f"has a step whose {key!r} is not {wanted.__name__}: {item!r}"
            )

    def describe_schema(self) -> JsonSchema:
        """Describe an object with the keys of a step."""
        keys = {}
        for key, python_type in _STEP_KEYS.items():
            keys[key] = {"type": _SCHEMA_NAMES[python_type]}
        return {"type": "object", "properties": keys, "additionalProperties": False}


class Steps(ListOf[WorkflowTable]):
    """A list of steps, in which the same step may stand twice."""

    def __init__(self) -> None:
        super().__init__(Step())

    def parse(self, value: object) -> tuple[WorkflowTable, ...]:
        """Accept a list of steps; one table stands for a list of one."""
        return tuple(self.item.parse(item) for item in as_list(value))


class Job(ValueType[WorkflowTable]):
    """One job, as GitHub writes it.

    What the schema of workflows says of it is checked when rendering.
    """

    noun = "a job: a table with `steps`"

    def parse(self, value: object) -> WorkflowTable:
        """Accept a mapping with steps; fill in runner, time limit and the least rights."""
        job = require_table(value, self.noun)
        check_yaml_values(job)
        check_credentials(job.get("env"))
        if "uses" in job:
            check_pinned(str(job["uses"]))
            return {"permissions": {}, **job}
        if not job.get("steps"):
            raise ValueError("needs `steps`, or `uses` of a reusable workflow")
        return {
            "runs-on": "ubuntu-latest",
            "timeout-minutes": 30,
            "permissions": {},
            **job,
            "steps": list(STEPS.parse(job["steps"])),
        }

    def describe_schema(self) -> JsonSchema:
        """Describe an object."""
        return {"type": "object"}


class Jobs(TableOf[WorkflowTable]):
    """Jobs by their id; each is given a name."""

    def __init__(self) -> None:
        super().__init__(JOB_ID, Job())

    def parse(self, value: object) -> dict[str, WorkflowTable]:
        """Accept a mapping of ids to jobs."""
        jobs = {}
        for key, job in super().parse(value).items():
            jobs[key] = {"name": key, **job}
        return jobs


class Permissions(ValueType[dict[str, str]]):
    """Rights of a job's token: read or write, by GitHub's scope."""

    noun = "a table of rights, each read or write"

    def parse(self, value: object) -> dict[str, str]:
        """Accept a mapping of scopes to rights; it comes back in GitHub's order."""
        rights = require_table(value, self.noun)
        for scope, right in rights.items():
            self._check_right(scope, right)
        return {scope: rights[scope] for scope in SCOPES if scope in rights}

    def _check_right(self, scope: str, right: object) -> None:
        if scope not in SCOPES:
            raise EntryError(
                scope,
                f"has {scope!r}, which is no right of a token{_suggest(scope, SCOPES)}",
            )
        if right not in {"read", "write"} or (scope, right) in _NO_RIGHTS:
            raise EntryError(
                scope,
                f"has {scope} = {right!r}, "
                "which must be a right GitHub gives (read or write)",
            )

    def from_text(self, text: str) -> dict[str, str]:
        """Accept an inline table."""
        return self.parse(parse_toml(text))

    def describe_schema(self) -> JsonSchema:
        """Describe an object of the scopes."""
        scopes = {scope: {"enum": ["read", "write"]} for scope in SCOPES}
        return {"type": "object", "properties": scopes, "additionalProperties": False}


class ExtraArtifact(TypedDict):
    """One more artifact: its path or pattern, and days to keep it, None as the others."""

    name: str
    path: str
    retention: int | None


class ExtraArtifactType(ValueType[ExtraArtifact]):
    """One more artifact, as a table."""

    noun = "a table with `name`, `path` and perhaps `retention`"

    def parse(self, value: object) -> ExtraArtifact:
        """Accept a mapping with a name, a path or pattern, and perhaps days."""
        table = require_table(value, self.noun)
        if not {"name", "path"} <= set(table) <= {"name", "path", "retention"}:
            raise ValueError(f"must be {self.noun}, not {show_value(value)}")
        return {
            "name": ARTIFACT.parse(table["name"]),
            "path": FILE.parse(table["path"]),
            "retention": OrInherit(DAYS).parse(table.get("retention")),
        }

    def describe_schema(self) -> JsonSchema:
        """Describe an object."""
        keys = {
            "name": ARTIFACT.describe_schema(),
            "path": FILE.describe_schema(),
            "retention": DAYS.describe_schema(),
        }
        return {
            "type": "object",
            "properties": keys,
            "required": ["name", "path"],
            "additionalProperties": False,
        }


STEPS = Steps()
JOBS = Jobs()
PERMISSIONS = Permissions()
EXTRA_ARTIFACTS = ListOf(ExtraArtifactType())
