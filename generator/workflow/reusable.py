"""What a workflow brings in from the repository: called workflows and local actions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .model import Step, Workflow
from .nodes import Node
from .parser import parse_steps, parse_workflow, read_document

LOCAL = "./"
DOCKER = "docker://"
# A called workflow is a file; an action is a folder with one of these two.
_ACTION_FILES = ("", "action.yml", "action.yaml")


def list_actions(root: Path, workflow: Workflow) -> tuple[str, ...]:
    """Return every action of another repository that a workflow uses, each once.

    Those of the reusable workflows that it calls and of the local actions that it uses
    are among them. Raises WorkflowProblemError for one of these that cannot be read.
    """
    actions: dict[str, None] = {}
    visited = {workflow.path}
    waiting = list(_iter_uses(workflow))
    # Breadth first: what the workflow itself names stands before what that brings in.
    while waiting:
        uses = waiting.pop(0)
        if not uses.startswith((LOCAL, DOCKER)):
            actions[uses] = None
            continue
        for path in _find_local_files(root, uses):
            # A workflow may call itself by way of another.
            if path not in visited:
                visited.add(path)
                waiting += _read_uses(root, path)
    return tuple(actions)


def _find_local_files(root: Path, uses: str) -> Iterator[Path]:
    if not uses.startswith(LOCAL):
        return
    for name in _ACTION_FILES:
        path = Path(uses, name)
        if (root / path).is_file():
            yield path


def _read_uses(root: Path, path: Path) -> list[str]:
    document = read_document(root, path)
    top = Node(document, (), document.data)
    top.require_mapping(optional=False)
    if top.get("jobs").value:
        return list(_iter_uses(parse_workflow(document)))
    runs = top.get("runs")
    return _list_step_uses(parse_steps(runs.get("steps")))


def _iter_uses(workflow: Workflow) -> Iterator[str]:
    for job in workflow.jobs:
        # A called workflow of another repository is fetched by act itself.
        if job.uses.startswith(LOCAL):
            yield job.uses
        yield from _list_step_uses(job.steps)


def _list_step_uses(steps: tuple[Step, ...]) -> list[str]:
    return [step.uses for step in steps if step.uses]
