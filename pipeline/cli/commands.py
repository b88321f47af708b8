"""Words to records, one call, a report, an exit code; no work in here."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from .. import settings as configuration
from ..reporting.summary import format_number
from ..settings import Settings
from ..state.store import Store
from ..state.verification import KEY_VARIABLE, get_signing_key
from . import fast_path as entry

ROOT = click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Where runtime/ and wfgen.toml are.",
)
MODELS = click.option(
    "--models",
    help="Candidates, as the update had them: your own among them are imported.",
)
TRY = click.option(
    "--on-library-change", help="When the libraries changed: stop or try."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def pipeline() -> None:
    """Incremental training whose state survives a kill at any instant."""


@pipeline.command()
@ROOT
@click.option("--iterations", help="Batches to learn (3).")
@click.option("--batch-rows", help="Rows a batch (1000).")
@click.option(
    "--source",
    help="sample, a file, folder, glob or URL, kaggle:OWNER/DATASET, kaggle:competitions/NAME.",
)
@click.option("--target", help="The column to predict.")
@click.option("--task", help="auto, binary, multiclass or regression.")
@click.option("--ignore", help="Columns to leave out, with commas.")
@click.option("--time", help="The column that says when; watched, not learnt.")
@click.option(
    "--models",
    help="Candidates, with commas: auto, linear, mlp, bayes, boosting, sgd, module:factory.",
)
@click.option(
    "--on-rewrite", help="When learnt data was rewritten: stop, restart or key."
)
@click.option("--key", help="A column that only grows, for --on-rewrite key.")
@click.option(
    "--on-end", help="When the data is used up: stop, or again for another pass."
)
@click.option(
    "--on-library-change", help="When the libraries changed: stop, try or retrain."
)
@click.option(
    "--keep-previous",
    help="Keep the state before the run, for rollback: true or false (true).",
)
@click.option("--engine", help="local or dask.")
@click.option("--dask-address", help="The scheduler, like tcp://127.0.0.1:8786.")
@click.option("--threads", help="Candidates trained side by side (1).")
@click.option("--seed", help="For everything random (1).")
@click.option(
    "--checkpoint-seconds", help="Commit at least this often, and at the end (5)."
)
@click.option("--report", help="Write runtime/logs/report.html: true or false (true).")
def update(root: Path, **flags: object) -> None:
    """Learn the next unseen batches."""
    sys.exit(
        entry.update(
            root,
            {name: str(value) for name, value in flags.items() if value is not None},
        )
    )


@pipeline.command()
@ROOT
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def status(root: Path, as_json: bool) -> None:
    """What the state is: rows, champion, figures, libraries."""
    from . import queries as commands  # noqa: PLC0415  # each command loads what it needs

    facts = commands.status(_store(root))
    click.echo(json.dumps(facts, indent=1) if as_json else commands.as_text(facts))


@pipeline.command()
@ROOT
@MODELS
@TRY
def verify(root: Path, **flags: str | None) -> None:
    """Check hashes, signature, libraries, the classes inside both pickles, and the previous state."""
    from . import queries as commands  # noqa: PLC0415  # each command loads what it needs

    for line in commands.verify(_store(root), _settings(root, flags)):
        click.echo(line)


@pipeline.command()
@ROOT
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def history(root: Path, as_json: bool) -> None:
    """The latest runs: when, how far, which champion, which figure."""
    from . import queries as commands  # noqa: PLC0415  # each command loads what it needs

    runs = commands.loaded(_store(root)).document.history
    if as_json:
        click.echo(json.dumps([run.to_json() for run in runs], indent=1))
        return
    for run in runs:
        metric = (
            f"{run.metric.name} {format_number(run.metric.value)}"
            if run.metric
            else "not scored yet"
        )
        click.echo(
            f"{run.at}  {run.batches} batches, {run.rows} rows  {metric}  by {run.champion}"
        )


@pipeline.command()
@ROOT
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(root: Path, yes: bool) -> None:
    """Remove the state, so that the next update starts from nothing; logs stay."""
    store = _store(root)
    if not yes:
        click.confirm(f"Remove the state in {store.runtime}?", abort=True)
    with store.lock():
        gone = store.reset()
    click.echo(f"removed {len(gone)} files" if gone else "there was no state")


@pipeline.command()
@ROOT
@click.option("--yes", is_flag=True, help="Do not ask.")
def rollback(root: Path, yes: bool) -> None:
    """Go back to before the last run that learnt.

    Once: the state from before keeps none of its own.
    """
    store = _store(root)
    if not yes:
        click.confirm(f"Go back to the previous state in {store.runtime}?", abort=True)
    with store.lock():
        state = store.rollback()
    counters = state.document.counters
    click.echo(
        f"went back to {state.state_id}: {counters.batches} batches, {counters.rows} rows"
    )


@pipeline.command()
@ROOT
@click.option(
    "--remove", is_flag=True, help="Take the signature off instead; needs no key."
)
def sign(root: Path, remove: bool) -> None:
    """Sign a state that was made without a key, after you checked where it comes from."""
    store = _store(root)
    with store.lock():
        click.echo(
            f"unsigned now: {store.unsign()}" if remove else f"signed {store.sign()}"
        )


@pipeline.command()
@ROOT
@click.argument("source")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The CSV file to write.",
)
@MODELS
@TRY
def predict(root: Path, source: str, output: Path, **flags: str | None) -> None:
    """Score the rows of SOURCE (sample, a file, folder, glob or URL) with the champion."""
    from ..training import source_factory as sources  # noqa: PLC0415  # each command loads what it needs
    from . import queries as commands  # noqa: PLC0415  # each command loads what it needs

    with sources.open_rows_to_score(source, root).open_reader(None) as reader:
        done = commands.predict(_store(root), reader, output, _settings(root, flags))
    click.echo(f"{done.rows} rows scored into {output}")
    if done.lacked:
        click.echo(
            f"warning: the rows lack {', '.join(done.lacked)}, which counts as missing",
            err=True,
        )


def _store(root: Path) -> Store:
    store = Store(root / "runtime", get_signing_key(os.environ))
    click.get_current_context().call_on_close(lambda: _warn(store))
    return store


def _warn(store: Store) -> None:
    if store.skipped_signature:
        click.echo(
            f"warning: {store.document_path} is signed; not checked, as {KEY_VARIABLE} is not set",
            err=True,
        )


def _settings(root: Path, flags: dict[str, str | None]) -> Settings:
    return configuration.load(root, os.environ, flags)
