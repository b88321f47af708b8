"""Words to records, one call, a report, an exit code; no work in here."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from pipeline import settings as configuration
from pipeline.errors import PipelineError

ROOT = click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Where runtime/ and wfgen.toml are.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def pipeline() -> None:
    """Incremental training whose state survives a kill at any instant."""


@pipeline.command()
@ROOT
@click.option("--iterations", help="Batches to learn (3).")
@click.option("--batch-rows", help="Rows a batch (1000).")
@click.option("--source", help="sample, a file, folder, glob or URL, kaggle:OWNER/DATASET, kaggle:competitions/NAME.")
@click.option("--target", help="The column to predict.")
@click.option("--task", help="auto, binary, multiclass or regression.")
@click.option("--ignore", help="Columns to leave out, with commas.")
@click.option("--time", help="The column that says when; watched, not learnt.")
@click.option("--models", help="Candidates, with commas: auto, linear, mlp, bayes, boosting, sgd, module:factory.")
@click.option("--on-rewrite", help="When learnt data was rewritten: stop, restart or key.")
@click.option("--key", help="A column that only grows, for --on-rewrite key.")
@click.option("--on-end", help="When the data is used up: stop, or again for another pass.")
@click.option("--on-library-change", help="When the libraries changed: stop or retrain.")
@click.option("--engine", help="local or dask.")
@click.option("--dask-address", help="The scheduler, like tcp://127.0.0.1:8786.")
@click.option("--threads", help="Candidates trained side by side (1).")
@click.option("--seed", help="For everything random (1).")
@click.option("--checkpoint-seconds", help="Commit at least this often, and at the end (5).")
def update(root: Path, **flags: object) -> None:
    """Learn the next unseen batches."""
    from pipeline import run  # noqa: PLC0415  # each command loads what it needs

    sys.exit(run.update(root, configuration.load(root, os.environ, flags), os.environ))


def main() -> None:
    """The boundary: an error becomes one line, a hint and its exit code."""
    try:
        pipeline(prog_name="python -m pipeline")
    except PipelineError as error:
        click.echo(f"error: {error.message}", err=True)
        if error.hint:
            click.echo(f"  hint: {error.hint}", err=True)
        sys.exit(error.exit_code)
