"""`wfgen settings`: every setting with its value and where that was set."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import click

from ..config import reference
from ..config.settings import load
from ..errors import EXIT_OK
from ..process import SystemRunner
from ..terminal import show, write_content
from ..training_program import read_training_settings
from ..workflow.files import find_repository_root


@click.command("settings")
@click.argument(
    "directory",
    default=".",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option("--json", "as_json", is_flag=True, help="As JSON, values uncut.")
@click.option(
    "--schema", is_flag=True, help="The JSON schema of wfgen.toml, for editors."
)
@click.option(
    "--table", is_flag=True, help="The table of the documentation, as Markdown."
)
def command(directory: Path, *, as_json: bool, schema: bool, table: bool) -> int:
    """Show every setting of DIRECTORY (default: here) with its value and its source.

    Settings come from wfgen.toml or [tool.wfgen] of pyproject.toml, from the
    environment (WFGEN_RETENTION=7) and from flags (--set retention=7); the later win.
    Those below `pipeline` are the built-in training's own.
    """
    if as_json + schema + table > 1:
        raise click.UsageError("give one of --json, --schema and --table")
    if schema:
        write_content(reference.format_schema())
        return EXIT_OK
    if table:
        show(reference.format_table())
        return EXIT_OK
    root = find_repository_root(directory)
    settings = load(root, os.environ)
    training = read_training_settings(root, {}, SystemRunner())
    if as_json:
        show(reference.format_json(settings, training))
    else:
        width = shutil.get_terminal_size().columns
        show(reference.format_text(settings, width))
        show(reference.format_training(training, width))
    return EXIT_OK
