"""`wfgen docs`: the page that documents the rendered workflow."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ..config.settings import load
from ..errors import EXIT_OK, OutputError
from ..rendering import writer
from ..rendering.phrases import LANGUAGES
from ..rendering.render import render_all
from ..rendering.repository import validate_rendered
from ..rendering.workflow_docs import DEFAULT_PATHS, TEMPLATES, render_docs
from ..rendering.writer import PRECIOUS, State
from ..terminal import show, write_content

_STANDARD_OUTPUT = "-"


@click.command("docs")
@click.argument(
    "directory",
    default=".",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    default="en",
    show_default=True,
    help="The page's language.",
)
@click.option(
    "--output",
    "name",
    metavar="FILE",
    help="Where to, below DIRECTORY; - prints it.  [default: docs/workflow[.ru].md]",
)
@click.option(
    "--force",
    is_flag=True,
    help="Overwrite a file edited by hand, or not written by wfgen.",
)
def command(*, directory: Path, lang: str, name: str | None, force: bool) -> int:
    """Write the documentation of the workflow of DIRECTORY (default: here).

    The page says in words what the settings make of the workflow, and quotes it. Where
    it lies in the top folder, in docs/ or in .github/, `wfgen render` renews it and
    `wfgen render --check` checks it.
    """
    settings = load(directory, os.environ)
    files = validate_rendered(render_all(settings, directory))
    path = DEFAULT_PATHS[lang]
    if name not in {None, _STANDARD_OUTPUT}:
        path = _resolve_below(directory, str(name))
    page = render_docs(TEMPLATES[lang], path, settings, directory, files)
    if name == _STANDARD_OUTPUT:
        write_content(page.text)
        return EXIT_OK
    (drift,) = writer.compare(directory, [page])
    if drift.state in PRECIOUS and not force:
        raise OutputError(
            f"nothing was written: {path} is {drift.state}",
            hint="--force overwrites; --output names another",
        )
    writer.write(directory, [drift], force=force)
    outcome = "unchanged" if drift.state is State.SAME else "wrote"
    show(f"{outcome:9}  {path}")
    return EXIT_OK


def _resolve_below(directory: Path, name: str) -> str:
    """Return the path of a page below the repository's top. Raises OutputError."""
    top = directory.absolute()
    path = (Path.cwd() / name).absolute()
    # A path is meant from here if that is in the repository, else from its top.
    if not path.is_relative_to(top):
        path = top / name
    # Without following links, which may lead out of the repository on purpose.
    path = Path(os.path.normpath(path))
    if not path.is_relative_to(top) or path.suffix != ".md":
        raise OutputError(
            f"--output {name}: must be a Markdown file (.md) below {directory}"
        )
    return path.relative_to(top).as_posix()
