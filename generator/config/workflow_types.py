"""The kinds of value that are pieces of workflow: steps, jobs, permissions, more artifacts.

They are written as GitHub writes them, as tables. What they hold is the user's own code
and may use expressions, except in `run:`, where GitHub would paste the value into the
script.
"""

from __future__ import annotations

import re
from math import isfinite

from . import text_types as texts
from .types import Kind, Several, Table, Whole, WithinError

_PINNED = r"\./.+|docker://.+@sha256:[0-9a-f]{64}|[\w.-]+/[\w./-]+@[0-9a-f]{40}"
_STEP_KEYS = {
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


def _hint(word: str, known: list[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only for a mistake

    close = get_close_matches(word, known, 1)
    return f"; did you mean {close[0]!r}?" if close else f" (known: {', '.join(known)})"


def check_plain(value: object) -> None:
    """Raise ValueError where a piece of workflow holds what TOML knows and GitHub's YAML does not."""
    if isinstance(value, dict):
        for item in value.values():
            check_plain(item)
    elif isinstance(value, list | tuple):
        for item in value:
            check_plain(item)
    elif not isinstance(value, str | int) and not (
        isinstance(value, float) and isfinite(value)
    ):
        raise ValueError(f"holds {value}, which has to stand in quotes")


def check_credentials(env: object) -> None:
    """Raise ValueError where an environment holds what looks like a credential itself."""
    for name, value in env.items() if isinstance(env, dict) else ():
        if value and texts.names_a_credential(str(name)) and "${{" not in str(value):
            raise ValueError(
                f"gives {name} a value: store it as a secret and write ${{{{ secrets.{name} }}}}"
            )


def check_pinned(uses: str) -> None:
    """Raise ValueError where what `uses:` names can change under us."""
    if not re.fullmatch(_PINNED, uses, re.ASCII):
        raise ValueError(
            f"uses {uses!r}, which is not pinned to a commit (owner/repository@<40 hex digits>)"
        )


class Step(Kind):
    """One step, as GitHub writes it."""

    noun = "a step: a table with `run` or `uses`"

    def parse(self, value: object) -> dict[str, object]:
        """A mapping with the keys of a step, and a name."""
        if not isinstance(value, dict):
            raise ValueError(f"must be {self.noun}, not {value!r}")  # noqa: TRY004 - one type for all reasons
        for key, item in value.items():
            if key not in _STEP_KEYS:
                raise ValueError(
                    f"has a step with {key!r}{_hint(key, sorted(_STEP_KEYS))}"
                )
            if not isinstance(item, _STEP_KEYS[key]) or (
                isinstance(item, bool) and _STEP_KEYS[key] is int
            ):
                raise ValueError(
                    f"has a step whose {key!r} is not {_STEP_KEYS[key].__name__}: {item!r}"
                )
        check_plain(value)
        check_credentials(value.get("env"))
        if ("run" in value) == ("uses" in value):
            raise ValueError("has a step that needs either `run` or `uses`")
        if "run" in value:
            texts.SCRIPT.parse(value["run"])
        else:
            check_pinned(str(value["uses"]))
        return {
            "name": str(value.get("name") or value.get("uses") or "Run a script"),
            **value,
        }

    def schema(self) -> dict[str, object]:
        """Object with the keys of a step."""
        names = {str: "string", int: "integer", bool: "boolean", dict: "object"}
        keys = {key: {"type": names[kind]} for key, kind in _STEP_KEYS.items()}
        return {"type": "object", "properties": keys, "additionalProperties": False}


class Steps(Several):
    """A list of steps, in which the same step may stand twice."""

    def __init__(self) -> None:
        super().__init__(Step())

    def parse(self, value: object) -> tuple[object, ...]:
        """A list of steps; one table stands for a list of one."""
        items = value if isinstance(value, list | tuple) else [value]
        return tuple(self.of.parse(item) for item in items)


class Job(Kind):
    """One job, as GitHub writes it.

    What the schema of workflows says of it is checked when rendering.
    """

    noun = "a job: a table with `steps`"

    def parse(self, value: object) -> dict[str, object]:
        """A mapping with steps; name, runner, time limit and the least rights are filled in."""
        if not isinstance(value, dict):
            raise ValueError(f"must be {self.noun}, not {value!r}")  # noqa: TRY004 - one type for all reasons
        check_plain(value)
        check_credentials(value.get("env"))
        if "uses" in value:
            check_pinned(str(value["uses"]))
            return {"permissions": {}, **value}
        if not value.get("steps"):
            raise ValueError("needs `steps`, or `uses` of a reusable workflow")
        filled = {
            "runs-on": "ubuntu-latest",
            "timeout-minutes": 30,
            "permissions": {},
            **value,
        }
        return {**filled, "steps": list(Steps().parse(value["steps"]))}

    def schema(self) -> dict[str, object]:
        """Object."""
        return {"type": "object"}


class Jobs(Table):
    """Jobs by their id; each is given a name."""

    def __init__(self) -> None:
        super().__init__(texts.JOB_ID, Job())

    def parse(self, value: object) -> dict[str, object]:
        """A mapping of ids that the rendering does not use itself."""
        jobs = super().parse(value)
        return {
            key: {"name": key, **job}
            for key, job in jobs.items()
            if isinstance(job, dict)
        }


class Permissions(Kind):
    """Rights of a job's token."""

    noun = "a table of rights, each read or write"

    def parse(self, value: object) -> dict[str, str]:
        """A mapping of GitHub's scopes to read or write."""
        if not isinstance(value, dict):
            raise ValueError(f"must be {self.noun}, not {value!r}")  # noqa: TRY004 - one type for all reasons
        for scope, right in value.items():
            if scope not in SCOPES:
                raise WithinError(
                    scope,
                    f"has {scope!r}, which is no right of a token{_hint(scope, list(SCOPES))}",
                )
            if right not in {"read", "write"} or (scope, right) in {
                ("id-token", "read"),
                ("models", "write"),
            }:
                raise WithinError(
                    scope,
                    f"has {scope} = {right!r}, which must be a right GitHub gives (read or write)",
                )
        return {scope: str(value[scope]) for scope in SCOPES if scope in value}

    def from_text(self, text: str) -> dict[str, str]:
        """An inline table."""
        from .types import toml_value  # noqa: PLC0415 - seldom needed

        return self.parse(toml_value(text))

    def schema(self) -> dict[str, object]:
        """Object of the scopes."""
        scopes = {scope: {"enum": ["read", "write"]} for scope in SCOPES}
        return {"type": "object", "properties": scopes, "additionalProperties": False}


class ExtraArtifact(Kind):
    """One more artifact: name, path, retention."""

    noun = "a table with `name`, `path` and perhaps `retention`"

    def parse(self, value: object) -> dict[str, object]:
        """A mapping with a name, a path or pattern, and days or None."""
        if not isinstance(value, dict) or not {"name", "path"} <= set(value) <= {
            "name",
            "path",
            "retention",
        }:
            raise ValueError(f"must be {self.noun}, not {value!r}")
        days = value.get("retention")
        return {
            "name": texts.ARTIFACT.parse(value["name"]),
            "path": texts.FILE.parse(value["path"]),
            "retention": None if days is None else Whole(1, 90).parse(days),
        }

    def schema(self) -> dict[str, object]:
        """Object."""
        keys = {
            "name": texts.ARTIFACT.schema(),
            "path": texts.FILE.schema(),
            "retention": Whole(1, 90).schema(),
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
EXTRA_ARTIFACTS = Several(ExtraArtifact())
