"""A workflow against the vendored JSON schema of GitHub workflows (SchemaStore)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from ....findings import Finding, Severity
from ....resources import action_schema_file, schema_file
from ....workflow.files import is_action
from ....workflow.source import NodePath, YamlDocument
from ...syntax.leniency import accept_action, accept_as_github
from ..base import Rule, Stage, Subject

if TYPE_CHECKING:
    import jsonschema_rs

SCHEMA = "schema"
# An instance that is quoted in a message can be a whole job.
MAX_MESSAGE = 300
# About 1,000 steps. Beyond, all faults at once would take seconds.
MAX_NODES_FOR_ALL = 3_000
MAX_TRIMMED_NODES = 1_000
MAX_ENTRIES = 100
MAX_TEXT = 1_000
_MISSING = "is a required property"
_SEVERAL = "is valid under more than one"
_WRONG_TYPE = " is not of type"


class Violation(NamedTuple):
    """What the schema says against one place."""

    path: NodePath
    message: str


def check(subject: Subject) -> Iterator[Finding]:
    """Yield what the schema says against a file that could be parsed."""
    document = subject.document
    validator = _load_validator(is_action=is_action(document.path))
    if validator.is_valid(document.data):
        return
    data = accept_as_github(document.data)
    if is_action(document.path):
        data = accept_action(document.data)
    if validator.is_valid(data):
        return
    for violation in _list_violations(validator, document, data):
        yield _make_finding(document, violation)


def _list_violations(
    validator: jsonschema_rs.Draft7Validator, document: YamlDocument, whole: object
) -> list[Violation]:
    """Return each violation once; those of a huge file are looked for in its first parts."""
    most = sys.maxsize
    data = _trim(whole, most)
    is_trimmed = len(document.positions) > MAX_NODES_FOR_ALL
    while is_trimmed and most > 1 and _count_nodes(data) > MAX_TRIMMED_NODES:
        most = min(most, 2 * MAX_ENTRIES) // 2
        data = _trim(whole, most)
    violations: dict[Violation, None] = {}
    for error in validator.iter_errors(data):
        violations.update(dict.fromkeys(_explain_error(error)))
    if not is_trimmed:
        return list(violations)
    # What is missing may have been cut away.
    kept = [found for found in violations if not found.message.endswith(_MISSING)]
    return kept or [Violation((), "is no workflow, and too large to say where")]


def _trim(value: object, most: int) -> object:
    """Return a value with so many entries at each level, and short texts.

    A fault can stand at each node, and the message about each quotes what it is about.
    """
    if isinstance(value, dict):
        return {key: _trim(item, most) for key, item in islice(value.items(), most)}
    if isinstance(value, list):
        return [_trim(item, most) for item in value[:most]]
    if isinstance(value, str):
        return value[:MAX_TEXT]
    return value


def _count_nodes(value: object) -> int:
    items: Iterable[object] = ()
    if isinstance(value, dict):
        items = value.values()
    elif isinstance(value, list):
        items = value
    return 1 + sum(_count_nodes(item) for item in items)


@cache
def _load_validator(*, is_action: bool) -> jsonschema_rs.Draft7Validator:
    import jsonschema_rs  # noqa: PLC0415 - a render from cache goes without

    file = schema_file()
    if is_action:
        file = action_schema_file()
    return jsonschema_rs.Draft7Validator(json.loads(file.read_bytes()))


def _make_finding(document: YamlDocument, violation: Violation) -> Finding:
    place = ".".join(map(str, violation.path)) or "the workflow"
    return Finding(
        document.path,
        *document.get_position(violation.path),
        tool=SCHEMA,
        rule=SCHEMA,
        severity=Severity.BREAKS,
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
    if path[:2] == ("runs", "steps") and _SEVERAL in message:
        # The schema of actions has no better word for it.
        message = "a step of an action that has `run` needs `shell` as well"
    if len(message) > MAX_MESSAGE:
        message = message[: MAX_MESSAGE - 3] + "..."
    return [Violation(path, message)]


def _choose_branch(branches: list[list[Violation]], path: NodePath) -> list[Violation]:
    """Return the alternative that was meant, [] where none takes a value of this type.

    Its faults are the deepest, the fewest and the simplest.
    """
    # One without a fault is one too many that fits.
    faulty = filter(None, branches)
    candidates = [branch for branch in faulty if not _has_wrong_type(branch, path)]
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
