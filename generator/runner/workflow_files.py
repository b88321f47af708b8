"""The workflow files of a repository.

Which there are, which one is meant, and what the local GitHub knows of them.
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml
import yamlcore

from ..errors import SettingsError, WorkflowProblemError
from ..github.core.models import WorkflowState
from ..github.local_github import LocalGitHub
from ..workflow.model import Plan

WORKFLOWS = Path(".github", "workflows")


def workflow_files(root: Path) -> list[Path]:
    """The workflow files of a repository, by name."""
    return sorted(
        path
        for path in (root / WORKFLOWS).glob("*")
        if path.suffix in {".yml", ".yaml"}
    )


def find_workflow(root: Path, given: Path | None) -> Path:
    """The workflow to run, from the repository's root: the one given, or the only one there is.

    A name alone ("train.yml", "train") is looked up in .github/workflows. Raises
    SettingsError.
    """
    folder = root / WORKFLOWS
    present = workflow_files(root)
    names = ", ".join(path.name for path in present) or "none"
    if given is None:
        if len(present) == 1:
            return present[0].relative_to(root)
        if (folder / "train.yml").is_file():
            return (folder / "train.yml").relative_to(root)
        hint = (
            "`wfgen render` writes one" if not present else "name one with --workflow"
        )
        raise SettingsError(f"which workflow? In .github/workflows: {names}", hint=hint)
    candidates = [
        root / given,
        folder / given,
        folder / f"{given}.yml",
        folder / f"{given}.yaml",
        given.absolute(),
    ]
    for path in candidates:
        if path.is_file():
            try:
                return path.resolve().relative_to(root.resolve())
            except ValueError as error:
                raise SettingsError(
                    f"{given} is outside the repository {root}"
                ) from error
    raise SettingsError(
        f"there is no workflow {given}", hint=f"in .github/workflows: {names}"
    )


def make_known(hub: LocalGitHub, root: Path) -> None:
    """Tell the local GitHub of every workflow file: GitHub knows one before its first run."""
    known = {workflow.path: workflow.name for workflow in hub.workflows()}
    for path in workflow_files(root):
        shown = path.relative_to(root).as_posix()
        name = _name_in(path) or shown
        if known.get(shown) != name:
            hub.know_workflow(shown, name)


def check_switched_on(hub: LocalGitHub, plan: Plan) -> None:
    """Raise WorkflowProblemError for a workflow that is switched off.

    No event starts it, on GitHub neither.
    """
    state = next(
        (one.state for one in hub.workflows() if one.path == plan.path.as_posix()),
        WorkflowState.ACTIVE,
    )
    if state is not WorkflowState.ACTIVE:
        raise WorkflowProblemError(
            f"{plan.path} is switched off ({state.value}), no event starts it",
            hint=f"beside `wfgen serve`, `gh workflow enable {plan.path.name}` switches it on",
        )


def _name_in(path: Path) -> str:
    """The name of a workflow, where it is in one line.

    Reading all of every file would take longer than the rest.
    """
    try:
        line = re.search(
            r"""(?m)^["']?name["']?\s*:.*$""", path.read_text(encoding="utf-8")
        )
        document = yaml.load(line[0], Loader=yamlcore.CoreLoader) if line else None  # noqa: S506 - the core schema makes plain values only
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return ""
    return str(document["name"] or "") if isinstance(document, dict) else ""
