"""A push with a token that may not push."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Edit, Severity
from ....workflow.nodes import Node
from ...state.model import StateModel
from ...state.permissions import find_permissions, get_level
from ...stores.git import uses_default_token
from ..base import Fault, make_state_rule


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the pushes of jobs whose `permissions` leave `contents: write` out."""
    if model.is_action:
        return
    seen: set[str] = set()
    for push in model.pushes:
        job = push.step.job
        permissions = find_permissions(model, job)
        if job.id in seen or permissions is None or not uses_default_token(push):
            continue
        if get_level(permissions, "contents") != "write":
            seen.add(job.id)
            yield Fault(
                push.position,
                "this push is refused: the file gives the token of the job no "
                "`contents: write`",
                "permissions: contents: write",
                fix=_make_fix(permissions),
            )


def _make_fix(permissions: Node) -> Edit | None:
    contents = permissions.get("contents")
    if contents.value != "read":
        return None
    line = contents.position.line
    text = permissions.document.text.split("\n")[line - 1]
    if text.strip() != "contents: read":
        return None
    return Edit(line, line, (text.replace("read", "write"),))


RULE = make_state_rule(
    "no-contents-write",
    Severity.BREAKS,
    "A job that pushes may write contents",
    "Where a file names any permission, all others are none, and `contents: read` does not "
    "push: GitHub answers 403 and the state of the run is lost. Give the job that pushes "
    "`contents: write`, and no other job.",
    check,
    before="permissions:\n  contents: read",
    after="permissions:\n  contents: write",
)
