"""What the local GitHub knows of a repository's workflow files."""

from __future__ import annotations

from pathlib import Path

from ..errors import WorkflowProblemError
from ..github.core.models import WorkflowState
from ..github.local_github import LocalGitHub
from ..workflow.files import list_workflow_files, read_workflow_name
from ..workflow.model import Workflow


def make_known(local_github: LocalGitHub, root: Path) -> None:
    """Tell the local GitHub of every workflow file: GitHub knows one before its first run."""
    known = {workflow.path: workflow.name for workflow in local_github.workflows()}
    for path in list_workflow_files(root):
        shown = path.relative_to(root).as_posix()
        name = read_workflow_name(path) or shown
        if known.get(shown) != name:
            local_github.know_workflow(shown, name)


def check_switched_on(local_github: LocalGitHub, plan: Workflow) -> None:
    """Raise WorkflowProblemError for a workflow that is switched off.

    No event starts it, on GitHub neither.
    """
    state = next(
        (
            one.state
            for one in local_github.workflows()
            if one.path == plan.path.as_posix()
        ),
        WorkflowState.ACTIVE,
    )
    if state is not WorkflowState.ACTIVE:
        raise WorkflowProblemError(
            f"{plan.path} is switched off ({state.value}), no event starts it",
            hint=f"beside `wfgen serve`, `gh workflow enable {plan.path.name}` switches it on",
        )
