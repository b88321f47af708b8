"""All that a repository's settings render to, checked before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..checks.structure import check_structure
from ..config.settings import Flags, load
from ..errors import WorkflowProblemError
from ..workflow.files import SUFFIXES
from ..workflow.source import parse_yaml
from .header import Rendered
from .render import render_all
from .writer import find_pages


def render_repository(
    root: Path, env: Mapping[str, str], flags: Flags
) -> tuple[Rendered, ...]:
    """Render the files that the settings of a repository ask for, and its pages.

    Raises SettingsError, and WorkflowProblemError where what would be written is no
    workflow GitHub takes.
    """
    settings = load(root, env, flags)
    workflows = validate_rendered(render_all(settings, root))
    # Pages come last, for they quote the workflows.
    files = list(workflows)
    for path, template in find_pages(root).items():
        from .workflow_docs import render_docs  # noqa: PLC0415 - only where there is a page

        files.append(render_docs(template, path, settings, root, workflows))
    return tuple(files)


def validate_rendered(files: tuple[Rendered, ...]) -> tuple[Rendered, ...]:
    """Return the same files.

    Raises WorkflowProblemError for one that would be no workflow GitHub takes.
    """
    for file in files:
        if not file.path.endswith(SUFFIXES):
            continue
        findings = check_structure(parse_yaml(file.text, Path(file.path)))
        if findings:
            from ..checks.reporters import format_finding  # noqa: PLC0415 - only for a mistake

            lines = [format_finding(finding) for finding in findings]
            raise WorkflowProblemError(
                "nothing was written: the rendered workflow would not be valid\n"
                + "\n".join(lines),
                hint="look at the settings `steps`, `jobs` and your own templates",
            )
    return files
