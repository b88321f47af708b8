"""Whether GitHub would start a workflow for an event, and which filter decides.

docs.github.com, "Events that trigger workflows", "Workflow syntax" (on.push,
on.pull_request) and "Skip workflow runs".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ..errors import WorkflowProblemError
from .filter_patterns import match_patterns
from .model import Trigger, Workflow

# What happens to a pull request that starts a workflow without `types`.
PULL_REQUEST_TYPES = ("opened", "synchronize", "reopened")
# Of what can carry it: a commit that says so starts nothing by push or pull request.
_SKIPPABLE = frozenset({"push", "pull_request"})
_SKIP_WORDS = re.compile(
    r"\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\]", re.IGNORECASE
)
_SKIP_TRAILER = re.compile(r"\n\n(?:.*\n)*skip-checks:\s*true\s*\Z", re.IGNORECASE)
# Beyond these GitHub does not look (docs.github.com, on.push.paths).
_MAX_PATHS = 300


class Occurrence(NamedTuple):
    """What happened: an event, and what its filters look at.

    `branch` is what was pushed to, or the base of a pull request; `tag` is the tag that
    was pushed, "" for a branch. `activity` is the type of the event. `paths` are the
    files that changed, None where that is not known. `message` is the head commit's.
    """

    event: str
    branch: str
    tag: str = ""
    activity: str = ""
    paths: Sequence[str] | None = None
    message: str = ""


def check_event(workflow: Workflow, occurrence: Occurrence) -> None:
    """Raise WorkflowProblemError where GitHub would not start it, with the filter's words."""
    event = occurrence.event
    trigger = workflow.triggers.get(event)
    if trigger is None:
        listed = ", ".join(workflow.triggers) or "none"
        raise WorkflowProblemError(
            f"{workflow.path} is not triggered by {event}",
            hint=f"its triggers: {listed}",
        )
    _check_skip(workflow, occurrence)
    _check_activity(workflow, trigger, occurrence)
    _check_ref(workflow, trigger, occurrence)
    if not occurrence.tag:  # of tags GitHub looks at no paths
        _check_paths(workflow, trigger, occurrence)


def _check_skip(workflow: Workflow, occurrence: Occurrence) -> None:
    if occurrence.event not in _SKIPPABLE:
        return
    message = occurrence.message
    words = _SKIP_WORDS.search(message) or _SKIP_TRAILER.search(message)
    if words:
        found = words[0].strip().splitlines()[-1]
        raise WorkflowProblemError(
            f"{workflow.path} is not triggered: the message of the commit says {found}",
            hint="GitHub skips pushes and pull requests of such commits",
        )


def _check_activity(
    workflow: Workflow, trigger: Trigger, occurrence: Occurrence
) -> None:
    types = trigger.types
    if not types and occurrence.event == "pull_request":
        types = PULL_REQUEST_TYPES
    if types and occurrence.activity and occurrence.activity not in types:
        raise WorkflowProblemError(
            f"{workflow.path} is not triggered by {occurrence.event} "
            f"({occurrence.activity})",
            hint=f"its `types`: {', '.join(types)}; choose one with --activity",
        )


def _check_ref(workflow: Workflow, trigger: Trigger, occurrence: Occurrence) -> None:
    kind, name = "branch", occurrence.branch
    only, ignore = trigger.branches, trigger.branches_ignore
    others = trigger.tags or trigger.tags_ignore
    keys = ("branches", "branches-ignore")
    if occurrence.tag:
        kind, name = "tag", occurrence.tag
        only, ignore, others = trigger.tags, trigger.tags_ignore, only or ignore
        keys = ("tags", "tags-ignore")
    if only:
        key, patterns, passes = keys[0], only, match_patterns(name, only)
    elif ignore:
        key, patterns, passes = keys[1], ignore, not match_patterns(name, ignore)
    elif others:
        # A filter for the one kind alone leaves the other out.
        other = "branches" if occurrence.tag else "tags"
        raise WorkflowProblemError(
            f"{workflow.path} is not triggered by {occurrence.event} on {kind} {name}",
            hint=f"it has filters for {other} alone: {', '.join(others)}",
        )
    else:
        return
    if not passes:
        raise WorkflowProblemError(
            f"{workflow.path} is not triggered by {occurrence.event} on {kind} {name}",
            hint=f"its `{key}`: {', '.join(patterns)}; choose one with --{kind}",
        )


def _check_paths(workflow: Workflow, trigger: Trigger, occurrence: Occurrence) -> None:
    if occurrence.paths is None:
        return
    paths = occurrence.paths[:_MAX_PATHS]
    if trigger.paths:
        key, patterns = "paths", trigger.paths
        passes = any(match_patterns(path, patterns) for path in paths)
    elif trigger.paths_ignore:
        key, patterns = "paths-ignore", trigger.paths_ignore
        passes = not all(match_patterns(path, patterns) for path in paths)
    else:
        return
    if not passes:
        shown = ", ".join(paths[:3]) or "none"
        raise WorkflowProblemError(
            f"{workflow.path} is not triggered by {occurrence.event}: "
            f"the files that changed ({shown}) do not pass its `{key}`",
            hint=f"its `{key}`: {', '.join(patterns)}",
        )
