"""Words to records, one call, a report, an exit code; no work in here."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from pipeline.errors import PipelineError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def pipeline() -> None:
    """Incremental training whose state survives a kill at any instant."""


@pipeline.command()
@click.option("--iterations", type=click.IntRange(min=1), default=3, show_default=True, help="Batches to learn.")
@click.option("--batch-rows", type=click.IntRange(min=1), default=1000, show_default=True, help="Rows a batch.")
@click.option("--root", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Repository root.")
def update(iterations: int, batch_rows: int, root: Path) -> None:
    """Learn the next unseen batches."""
    from pipeline import run  # noqa: PLC0415  # each command loads what it needs

    run.update(run.Request(root, iterations, batch_rows), os.environ)


def main() -> None:
    """The boundary: an error becomes one line, a hint and its exit code."""
    try:
        pipeline(prog_name="python -m pipeline")
    except PipelineError as error:
        click.echo(f"error: {error.message}", err=True)
        if error.hint:
            click.echo(f"  hint: {error.hint}", err=True)
        sys.exit(error.exit_code)
