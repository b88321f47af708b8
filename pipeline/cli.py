"""Words to records, one call, a report, an exit code; no work in here."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from pipeline import entry
from pipeline import settings as configuration
from pipeline.store import Store, signing_key

ROOT = click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Where runtime/ and wfgen.toml are.",
)
MODELS = click.option("--models", help="Candidates, as the update had them: your own among them are imported.")


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
@click.option("--report", help="Write runtime/logs/report.html: true or false (true).")
def update(root: Path, **flags: object) -> None:
    """Learn the next unseen batches."""
    sys.exit(entry.update(root, {name: str(value) for name, value in flags.items() if value is not None}))


@pipeline.command()
@ROOT
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def status(root: Path, as_json: bool) -> None:
    """What the state is: rows, champion, figures, libraries."""
    from pipeline import commands  # noqa: PLC0415  # each command loads what it needs

    facts = commands.status(_store(root))
    click.echo(json.dumps(facts, indent=1) if as_json else commands.as_text(facts))


@pipeline.command()
@ROOT
@MODELS
def verify(root: Path, models: str | None) -> None:
    """Check hashes, signature, libraries and the classes inside both pickles."""
    from pipeline import commands  # noqa: PLC0415  # each command loads what it needs

    for line in commands.verify(_store(root), _models(root, models)):
        click.echo(line)


@pipeline.command()
@ROOT
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def history(root: Path, as_json: bool) -> None:
    """The latest runs: when, how far, which champion, which figure."""
    from pipeline import commands  # noqa: PLC0415  # each command loads what it needs

    runs = commands.loaded(_store(root)).document["history"]
    if as_json:
        click.echo(json.dumps(runs, indent=1))
        return
    for run in runs:
        metric = f"{run['metric']['name']} {run['metric']['value']:.4f}" if run["metric"] else "not scored yet"
        click.echo(f"{run['at']}  {run['batches']} batches, {run['rows']} rows  {metric}  by {run['champion']}")


@pipeline.command()
@ROOT
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(root: Path, yes: bool) -> None:
    """Remove the state, so that the next update starts from nothing; logs stay."""
    store = _store(root)
    if not yes:
        click.confirm(f"Remove the state in {store.runtime}?", abort=True)
    with store.locked():
        gone = store.reset()
    click.echo(f"removed {len(gone)} files" if gone else "there was no state")


@pipeline.command()
@ROOT
def sign(root: Path) -> None:
    """Sign a state that was made without a key, after you checked where it comes from."""
    store = _store(root)
    with store.locked():
        click.echo(f"signed {store.adopt()}")


@pipeline.command()
@ROOT
@click.argument("source")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The CSV file to write.")
@MODELS
def predict(root: Path, source: str, output: Path, models: str | None) -> None:
    """Score the rows of SOURCE (sample, a file, folder, glob or URL) with the champion."""
    from pipeline import commands, sources  # noqa: PLC0415  # each command loads what it needs

    with sources.tables(source, root).reader(None) as reader:
        rows = commands.predict(_store(root), reader, output, _models(root, models))
    click.echo(f"{rows} rows scored into {output}")


def _store(root: Path) -> Store:
    return Store(root / "runtime", signing_key(os.environ))


def _models(root: Path, models: str | None) -> tuple[str, ...]:
    return configuration.load(root, os.environ, {"models": models}).models
