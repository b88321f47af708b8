"""A workflow against the vendored JSON schema of GitHub workflows (SchemaStore)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from ...findings import Finding, Severity
from ...resources import schema_file
from ...workflow.source import NodePath, YamlDocument
from .base import Rule, Stage, Subject

if TYPE_CHECKING:
    import jsonschema_rs

SCHEMA = "schema"
# An instance that is quoted in a message can be a whole job.
MAX_MESSAGE = 300
_WRONG_TYPE = " is not of type"


class Violation(NamedTuple):
    """What the schema says against one place."""

    path: NodePath
    message: str


def check(subject: Subject) -> Iterator[Finding]:
    """Yield what the schema says against a file that could be parsed."""
    document = subject.document
    validator = _load_validator()
    if validator.is_valid(document.data):
        return
    reported: set[Violation] = set()
    for error in validator.iter_errors(document.data):
        for violation in _explain_error(error):
            if violation not in reported:
                reported.add(violation)
                yield _make_finding(document, violation)


@cache
def _load_validator() -> jsonschema_rs.Draft7Validator:
    import jsonschema_rs  # noqa: PLC0415 - a render from cache goes without

    return jsonschema_rs.Draft7Validator(json.loads(schema_file().read_bytes()))


def _make_finding(document: YamlDocument, violation: Violation) -> Finding:
    place = ".".join(map(str, violation.path)) or "the workflow"
    return Finding(
        document.path,
        *document.get_position(violation.path),
        tool=SCHEMA,
        rule=SCHEMA,
        severity=Severity.ERROR,
        message=f"{place}: {violation.message}",
    )


def _explain_error(error: jsonschema_rs.ValidationError) -> list[Violation]:
    """Return the error, or for an `anyOf` or `oneOf` what is wrong with one alternative.

    "Is not valid under any of the given schemas" helps nobody.
    """
    path: NodePath = tuple(error.instance_path)
    branches = []
    for inner_errors in getattr(error.kind, "context", None) or ():
        branch: list[Violation] = []
        for inner in inner_errors:
            branch += _explain_error(inner)
        branches.append(branch)
    meant = _choose_branch(branches, path)
    if meant:
        return meant
    # A key too many is shown where it stands, not where its table begins.
    unexpected = getattr(error.kind, "unexpected", None)
    if unexpected:
        path = (*path, unexpected[0])
    message = error.message
    if len(message) > MAX_MESSAGE:
        message = message[: MAX_MESSAGE - 3] + "..."
    return [Violation(path, message)]


def _choose_branch(branches: list[list[Violation]], path: NodePath) -> list[Violation]:
    """Return the alternative that was meant, [] where none takes a value of this type.

    Its faults are the deepest, the fewest and the simplest.
    """
    candidates = [branch for branch in branches if not _has_wrong_type(branch, path)]
    return max(candidates, key=_score_branch, default=[])


def _has_wrong_type(branch: list[Violation], path: NodePath) -> bool:
    return any(
        violation.path == path and _WRONG_TYPE in violation.message
        for violation in branch
    )


def _score_branch(branch: list[Violation]) -> tuple[int, int, int]:
    # An alternative that got further into the file is nearer to what was meant than one
    # that gives up at its top.
    depth = max(len(violation.path) for violation in branch)
    length = sum(len(violation.message) for violation in branch)
    return depth, -len(branch), -length


RULE = Rule(
    id=SCHEMA,
    family=SCHEMA,
    title="The file is a workflow by the JSON schema of SchemaStore",
    docs=(
        "Keys that GitHub does not know, values of a wrong type and missing keys. GitHub "
        "does not start such a workflow. The schema is that of "
        "https://www.schemastore.org, from which editors take theirs."
    ),
    stage=Stage.DATA,
    check=check,
)
