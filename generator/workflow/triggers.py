"""Whether GitHub would start a workflow for an event."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..errors import WorkflowProblemError
from .model import Workflow


def check_event(workflow: Workflow, event: str, branch: str) -> None:
    """Raise WorkflowProblemError where GitHub would not start it for this event on this branch."""
    trigger = workflow.triggers.get(event)
    if trigger is None:
        listed = ", ".join(workflow.triggers) or "none"
        raise WorkflowProblemError(
            f"{workflow.path} is not triggered by {event}",
            hint=f"its triggers: {listed}",
        )
    if trigger.branches and not match_branch(branch, trigger.branches):
        key, patterns = "branches", trigger.branches
    elif trigger.branches_ignore and match_branch(branch, trigger.branches_ignore):
        key, patterns = "branches-ignore", trigger.branches_ignore
    else:
        return
    raise WorkflowProblemError(
        f"{workflow.path} is not triggered by {event} on branch {branch}",
        hint=f"its `{key}`: {', '.join(patterns)}; choose one with --branch",
    )


def match_branch(branch: str, patterns: Sequence[str]) -> bool:
    """Whether a branch passes a filter (docs.github.com, "Filter pattern cheat sheet").

    `*` stops at a slash, `**` does not, `!` takes back; the last pattern that matches
    decides.
    """
    matches = False
    for pattern in patterns:
        if re.fullmatch(_compile_pattern(pattern.removeprefix("!")), branch):
            matches = not pattern.startswith("!")
    return matches


def _compile_pattern(pattern: str) -> str:
    """Return a filter pattern as a regular expression."""
    escaped = re.escape(pattern)
    # `**` first: what `*` comes to holds no star that could be taken for one.
    escaped = escaped.replace(r"\*\*", ".*").replace(r"\*", "[^/]*")
    return escaped.replace(r"\?", ".?")
