"""`wfgen runs`: the runs that were made here, newest first."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ...errors import EXIT_OK
from ...runner.results.history import (
    list_run_lines,
    make_kept_run_document,
    read_kept_runs,
)
from ...terminal import show
from .store import add_store_options, open_store


@click.command("runs")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many, the newest first.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON, artifacts included.")
@add_store_options
def command(*, limit: int, as_json: bool, state: Path) -> int:
    """List the runs that were made here, by `wfgen run` or by clients of `wfgen serve`.

    Where the state of a run came from is told for artifacts.
    """
    with open_store(state) as local_github:
        kept = read_kept_runs(local_github, limit)
        total = len(local_github.list_runs())
    if as_json:
        documents = [make_kept_run_document(entry) for entry in kept]
        show(json.dumps({"format": 1, "runs": documents}, indent=2))
        return EXIT_OK
    for line in list_run_lines(kept):
        show(line)
    if total > len(kept):
        show(f"{total - len(kept)} older ones are not shown (--limit)", err=True)
    return EXIT_OK
