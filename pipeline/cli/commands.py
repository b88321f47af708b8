"""Words to records, one call, a report, an exit code; no work in here."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from ..reporting.summary import format_candidate, format_metric
from ..settings import FLAGS, RULES, Settings, load, parse_texts, spell_flag
from ..state.store import Store
from ..state.verification import KEY_VARIABLE, get_origin, get_signing_key
from ..terminal import show
from ..training.source_factory import open_rows_to_score
from .describing import describe_settings, format_settings
from .fast_path import run_update
from .queries import describe_state, format_facts, load_state

if TYPE_CHECKING:
    from ..sources.protocol import Reader

READING_FLAGS = (
    *("task", "ignore", "encoding", "delimiter", "skip_rows"),
    *("decimal", "dates", "missing", "types", "time", "key"),
)
Callback = TypeVar("Callback", bound=Callable[..., None])

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
JSON = click.option("--json", "as_json", is_flag=True, help="For machines.")
YES = click.option("--yes", is_flag=True, help="Do not ask.")


def add_flags(*names: str) -> Callable[[Callback], Callback]:
    """Give a command a flag for each of these settings."""

    def decorate(command: Callback) -> Callback:
        # Decorators are applied from the last one up.
        for name in reversed(names):
            option = click.option(spell_flag(name), help=_describe_flag(name))
            command = option(command)
        return command

    return decorate


def _describe_flag(name: str) -> str:
    default = Settings._field_defaults[name]
    if default in ("", ()):
        return RULES[name].help
    if isinstance(default, tuple):
        shown = ",".join(default)
    elif isinstance(default, bool):
        shown = str(default).lower()
    else:
        shown = f"{default:g}" if isinstance(default, float) else str(default)
    return f"{RULES[name].help}  [default: {shown}]"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def pipeline() -> None:
    """Incremental training whose state survives a kill at any instant."""


@pipeline.command()
@ROOT
@add_flags(*FLAGS)
def update(root: Path, **flags: str | None) -> None:
    """Train on the next new batches."""
    given = {name: value for name, value in flags.items() if value is not None}
    sys.exit(run_update(root, given))


@pipeline.command()
@ROOT
@click.argument("source", default="")
@click.option("--target", help="The column to predict; guessed where it is not given.")
@click.option(
    "--rows", type=click.IntRange(30, 1_000_000), default=10_000, show_default=True
)
@JSON
@add_flags(*READING_FLAGS)
def inspect(
    root: Path, source: str, rows: int, as_json: bool, **flags: str | None
) -> None:
    """Look at SOURCE before the first training; write nothing.

    Without SOURCE, at the one that the settings name.
    """
    from .inspecting import inspect_rows  # noqa: PLC0415  # brings pandas

    show(inspect_rows(root, source, rows, flags, as_json=as_json))


@pipeline.command()
@ROOT
@JSON
@add_flags(*FLAGS)
def settings(root: Path, as_json: bool, **flags: str | None) -> None:
    """Show every setting, its value and where that was set."""
    described = describe_settings(root, os.environ, flags)
    if as_json:
        show(json.dumps(described, indent=1))
    else:
        show(format_settings(described))


@pipeline.command()
@ROOT
@JSON
def status(root: Path, as_json: bool) -> None:
    """Show the state: rows, champion, metrics, libraries."""
    facts = describe_state(_make_store(root))
    if as_json:
        show(json.dumps(facts, indent=1))
    else:
        show(format_facts(facts))


@pipeline.command()
@ROOT
@MODELS
@TRY
def verify(root: Path, **flags: str | None) -> None:
    """Check hashes, signature, libraries and both pickles.

    The previous state, where one is kept, is checked too.
    """
    from .model_queries import verify_state  # noqa: PLC0415  # brings scikit-learn

    loaded = load(root, os.environ, flags)
    for line in verify_state(_make_store(root), loaded):
        show(line)


@pipeline.command()
@ROOT
def card(root: Path) -> None:
    """Show a model card, as Markdown."""
    from .card import format_card  # noqa: PLC0415  # seldom wanted

    show(format_card(_make_store(root)))


@pipeline.command()
@ROOT
@JSON
def history(root: Path, as_json: bool) -> None:
    """List the latest runs: when, how far, champion, metric."""
    runs = load_state(_make_store(root)).document.history
    if as_json:
        show(json.dumps([run.to_json() for run in runs], indent=1))
        return
    for run in runs:
        metric = None if run.metric is None else run.metric.to_json()
        show(
            f"{run.at}  {run.batches} batches, {run.rows} rows  "
            f"{format_metric(metric)}  by {format_candidate(run.champion)}"
        )


@pipeline.command()
@ROOT
@YES
def reset(root: Path, yes: bool) -> None:
    """Remove the state; the next update starts from nothing.

    Logs stay.
    """
    store = _make_store(root)
    if not yes:
        click.confirm(f"Remove the state in {store.runtime}?", abort=True)
    with store.lock():
        removed = store.reset()
    if removed:
        show(f"removed {len(removed)} files")
    else:
        show("there was no state")


@pipeline.command()
@ROOT
@YES
def rollback(root: Path, yes: bool) -> None:
    """Go back to the state before the last run that trained.

    Once: the state from before keeps none of its own.
    """
    store = _make_store(root)
    if not yes:
        click.confirm(f"Go back to the previous state in {store.runtime}?", abort=True)
    with store.lock():
        state = store.rollback()
    counters = state.document.counters
    show(
        f"went back to {state.state_id}: "
        f"{counters.batches} batches, {counters.rows} rows"
    )


@pipeline.command()
@ROOT
@click.option(
    "--remove", is_flag=True, help="Take the signature off instead; needs no key."
)
def sign(root: Path, remove: bool) -> None:
    """Sign a state, after you checked where it comes from.

    For a state that was made without a key; the key is taken from PIPELINE_STATE_KEY.
    """
    store = _make_store(root)
    with store.lock():
        if remove:
            show(f"unsigned now: {store.unsign()}")
        else:
            show(f"signed {store.sign()}")


@pipeline.command()
@ROOT
@click.argument("source")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The CSV file to write.",
)
@click.option(
    "--id", "ids", help="Columns to carry into the output as they are, with commas."
)
@MODELS
@TRY
@add_flags("encoding", "delimiter", "skip_rows")
def predict(
    root: Path, source: str, output: Path, ids: str | None, **flags: str | None
) -> None:
    """Score the rows of SOURCE with the champion.

    SOURCE is `sample`, a file, folder, glob or URL, or kaggle:OWNER/DATASET.
    """
    from .model_queries import predict_rows  # noqa: PLC0415  # brings pandas

    loaded = load(root, os.environ, flags)
    with open_rows_to_score(source, root, loaded, os.environ).open_reader(
        None
    ) as reader:
        scored = predict_rows(
            _make_store(root), reader, output, loaded, parse_texts(ids or "")
        )
    show(f"{scored.rows} rows scored into {output}")
    if scored.missing_columns:
        show(
            f"warning: the rows lack {', '.join(scored.missing_columns)}, "
            "which counts as missing",
            err=True,
        )


@pipeline.command()
@ROOT
@click.option("--force", is_flag=True, help="Hand in also what is no better.")
@add_flags("source", "target")
def submit(root: Path, force: bool, **flags: str | None) -> None:
    """Hand predictions in to the competition that `source` names.

    In the shape of its example of a submission, where the metric is better than at the
    last time. Only competitions that take a file.
    """
    from ..competition.command import (  # noqa: PLC0415  # brings pandas
        Scored,
        submit_predictions,
    )
    from .model_queries import predict_rows  # noqa: PLC0415  # as above

    loaded = load(root, os.environ, flags)
    store = _make_store(root)

    def predict_all(reader: Reader, output: Path, ids: Sequence[str]) -> object:
        return predict_rows(store, reader, output, loaded, ids)

    with store.lock():
        state = Scored(load_state(store).document, predict_all)
        lines = submit_predictions(root, loaded, os.environ, state, is_forced=force)
    for line in lines:
        show(line)


def _make_store(root: Path) -> Store:
    store = Store(
        root / "runtime", get_signing_key(os.environ), origin=get_origin(os.environ)
    )
    click.get_current_context().call_on_close(lambda: _warn_unchecked(store))
    return store


def _warn_unchecked(store: Store) -> None:
    if store.skipped_signature:
        show(
            f"warning: {store.document_path} is signed; "
            f"not checked, as {KEY_VARIABLE} is not set",
            err=True,
        )
