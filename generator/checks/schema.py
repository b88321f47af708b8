"""A workflow against the vendored JSON schema of GitHub workflows (SchemaStore)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from ..findings import Finding, Severity
from ..resources import schema_file
from ..workflow.source import YamlDocument

if TYPE_CHECKING:
    import jsonschema_rs

TOOL = "schema"
_TYPE = " is not of type"


@cache
def _validator() -> jsonschema_rs.Draft7Validator:
    import jsonschema_rs  # noqa: PLC0415 - `wfgen check --only act` and a render from cache go without

    return jsonschema_rs.Draft7Validator(json.loads(schema_file().read_bytes()))


def check(workflow: YamlDocument) -> Iterator[Finding]:
    """What the schema says against a workflow that could be parsed."""
    if workflow.data is None and workflow.findings:
        return
    validator = _validator()
    if validator.is_valid(workflow.data):
        return
    seen: set[tuple[tuple[str | int, ...], str]] = set()
    for error in validator.iter_errors(workflow.data):
        for path, message in _deepest(error):
            if (path, message) not in seen:
                seen.add((path, message))
                yield _finding(workflow, path, message)


def _finding(
    workflow: YamlDocument, path: tuple[str | int, ...], message: str
) -> Finding:
    line, column = workflow.get_position(path)
    where = ".".join(map(str, path)) or "the workflow"
    return Finding(
        workflow.path,
        line,
        column,
        TOOL,
        "schema",
        Severity.ERROR,
        f"{where}: {message}",
    )


def _deepest(
    error: jsonschema_rs.ValidationError,
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The error.

    Or of an `anyOf` or `oneOf` what is wrong with the alternative that comes nearest.

    "Is not valid under any of the given schemas" helps nobody. The alternative that was
    meant takes a value of this type, and its faults are the deepest, the fewest and the
    simplest.
    """
    alternatives = getattr(error.kind, "context", None)
    path = tuple(error.instance_path)
    if alternatives:
        branches = [
            [found for inner in branch for found in _deepest(inner)]
            for branch in alternatives
        ]
        meant = [
            found
            for found in branches
            if not any(at == path and _TYPE in message for at, message in found)
        ]
        if meant:
            yield from max(
                meant,
                key=lambda found: (
                    max(len(at) for at, _ in found),
                    -len(found),
                    -len(str(found)),
                ),
            )
            return
    # A key too many is shown where it stands, not where its table begins.
    unexpected = getattr(error.kind, "unexpected", None)
    if unexpected:
        path = (*path, unexpected[0])
    message = error.message
    yield path, message if len(message) <= 300 else message[:297] + "..."  # noqa: PLR2004 - the instance can be long
