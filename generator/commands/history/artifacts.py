"""`wfgen artifacts`: what a run left, listed, extracted, or its report opened."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import click

from ...errors import EXIT_OK, OutputError, SettingsError
from ...github.core.models import Artifact, Run
from ...runner.results.extraction import REPORT, extract_artifacts, find_report
from ...runner.results.history import find_run
from ...runner.results.summary import list_artifact_lines, make_artifact_document
from ...terminal import show
from .store import add_store_options, open_store


@click.command("artifacts")
@click.argument("run", required=False)
@click.option(
    "--name", "names", multiple=True, metavar="NAME", help="Only this; repeatable."
)
@click.option(
    "--extract",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Unpack each into a folder of its name in DIR.",
)
@click.option(
    "--open",
    "opens",
    is_flag=True,
    help=f"Open the training's {REPORT} in the browser.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@add_store_options
def command(  # noqa: PLR0913 - one parameter an option
    *,
    run: str | None,
    names: tuple[str, ...],
    folder: Path | None,
    opens: bool,
    as_json: bool,
    state: Path,
) -> int:
    """List the artifacts of RUN: its number or its id (default: the newest run)."""
    with open_store(state) as local_github:
        chosen = _choose_run(local_github.list_runs(), run)
        artifacts = _choose_artifacts(local_github.list_artifacts(chosen.id), names)
        if opens and folder is None:
            folder = _prepare_folder(state, chosen)
        folders = {}
        if folder is not None:
            folders = extract_artifacts(local_github, artifacts, folder)
    if opens:
        _open_report(folders, chosen)
    elif as_json:
        documents = [make_artifact_document(item) for item in artifacts]
        show(json.dumps({"run": chosen.id, "artifacts": documents}, indent=2))
    elif folder is not None:
        for path in folders.values():
            show(f"extracted  {path}")
    else:
        _list(artifacts, chosen)
    return EXIT_OK


def _choose_run(runs: Sequence[Run], word: str | None) -> Run:
    if word is not None:
        return find_run(runs, word)
    if not runs:
        raise SettingsError("no run was made here yet", hint="`wfgen run` makes one")
    return runs[-1]


def _choose_artifacts(
    artifacts: Sequence[Artifact], names: Sequence[str]
) -> list[Artifact]:
    """Return the newest artifact of each name: attempts of a run may each have one."""
    newest = {item.name: item for item in artifacts}
    for name in names:
        if name not in newest:
            known = ", ".join(newest) or "none"
            raise SettingsError(f"the run has no artifact {name!r}; it has: {known}")
    return [item for name, item in newest.items() if name in names or not names]


def _prepare_folder(state: Path, run: Run) -> Path:
    """Empty the folder in which reports are looked at; raises OutputError."""
    folder = state / "opened" / str(run.id)
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror}") from error
    return folder


def _open_report(folders: dict[str, Path], run: Run) -> None:
    report = find_report(folders)
    if report is None:
        names = ", ".join(folders) or "none"
        raise SettingsError(
            f"no {REPORT} is in the artifacts of run #{run.number} ({names})",
            hint="the training writes one where `report` is not switched off",
        )
    show(str(report))
    if click.launch(str(report)):
        show("no browser could be opened here: open that file yourself", err=True)


def _list(artifacts: Sequence[Artifact], run: Run) -> None:
    show(f"run #{run.number} ({run.id}), {run.event} on {run.head_branch}")
    for line in list_artifact_lines(artifacts) or ["no artifacts"]:
        show(line)
