"""What the local GitHub knows of a repository's workflow files."""

from __future__ import annotations

from pathlib import Path

from ..errors import WorkflowProblemError
from ..github.core.models import WorkflowState
from ..github.local_github import LocalGitHub
from ..workflow.files import list_workflow_files, read_workflow_name
from ..workflow.model import Workflow


def register_workflow_files(local_github: LocalGitHub, root: Path) -> None:
    """Tell the local GitHub of every workflow file.

    GitHub knows one before its first run.
    """
    registered = {
        workflow.path: workflow.name for workflow in local_github.list_workflows()
    }
    for file in list_workflow_files(root):
        path = file.relative_to(root).as_posix()
        name = read_workflow_name(file) or path
        if registered.get(path) != name:
            local_github.register_workflow(path, name)


def check_enabled(local_github: LocalGitHub, workflow: Workflow) -> None:
    """Raise WorkflowProblemError for a workflow that is switched off.

    No event starts it, on GitHub neither.
    """
    for registered in local_github.list_workflows():
        if registered.path != workflow.path.as_posix():
            continue
        if registered.state is not WorkflowState.ACTIVE:
            command = f"gh workflow enable {workflow.path.name}"
            raise WorkflowProblemError(
                f"{workflow.path} is switched off ({registered.state.value}), "
                "no event starts it",
                hint=f"beside `wfgen serve`, `{command}` switches it on",
            )
