"""`wfgen simulate`: weeks of nights, each a real run, before the first one."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypedDict, Unpack

import click

from ...errors import (
    EXIT_CANNOT_TELL,
    EXIT_OK,
    EXIT_PROBLEMS,
    OutputError,
    SettingsError,
)
from ...github.core.clock import check_instant
from ...process import SystemRunner
from ...runner.isolation.run_directory import prepare_state
from ...runner.isolation.signals import handle_interrupts
from ...runner.models import RunRequest
from ...runner.options import parse_secrets, parse_variables
from ...runner.plan import choose_state_folder
from ...runner.repository import find_root
from ...simulate.page.writing import write_page
from ...simulate.play.records import PlayedRun, Simulation
from ...simulate.play.simulating import SimulationRequest, read_workflows, simulate
from ...simulate.timeline.drawing import (
    DEFAULT_START,
    DrawingOptions,
    draw_scenario,
    parse_rate,
)
from ...simulate.timeline.records import FaultKind, Scenario, read_scenario
from ...simulate.verdict.deciding import decide
from ...simulate.verdict.records import Verdict
from ...simulate.verdict.text import list_verdict_lines, make_document
from ...terminal import show, show_progress
from ...workflow.files import find_workflow

_ALL = "all"
_BAR_WIDTH = 30
_FAULTS = [kind.value for kind in FaultKind if kind]


class _Words(TypedDict):
    """What click hands over."""

    workflows: tuple[str, ...]
    days: float
    is_modelled: bool
    training: str
    seed: int
    start: str | None
    minutes: float
    push: str | None
    pr: str | None
    fork_pr: str | None
    dispatch: str | None
    rerun: str | None
    commit: str | None
    faults: tuple[str, ...]
    private: bool
    punctual: bool
    permissive: bool
    scenario: Path | None
    save_scenario: Path | None
    smallest: Path | None
    no_shrink: bool
    variables: tuple[str, ...]
    secrets: tuple[str, ...]
    page: Path | None
    as_json: bool
    directory: Path


@click.command("simulate")
@click.argument("workflows", nargs=-1)
@click.option(
    "--days",
    type=click.FloatRange(min=0, min_open=True),
    default=30.0,
    show_default=True,
    help="How many days are played.",
)
@click.option(
    "--model",
    "is_modelled",
    is_flag=True,
    help="A counter takes the place of the training, of installations and of set-up.",
)
@click.option(
    "--training",
    default="",
    metavar="TEXT",
    help="A part of the command that trains, or its step's name, if it is not found.",
)
@click.option("--seed", default=0, show_default=True, help="What is drawn, and how.")
@click.option("--start", metavar="DATE", help="The first day.  [default: 2026-01-01]")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, max=360),
    default=10.0,
    show_default=True,
    help="How long a run takes on GitHub.",
)
@click.option("--push", metavar="RATE", help="Pushes, as in 2/day or 1/week.")
@click.option("--pr", metavar="RATE", help="Pull requests from branches.")
@click.option("--fork-pr", metavar="RATE", help="Pull requests from forks.")
@click.option("--dispatch", metavar="RATE", help="Runs that are started by hand.")
@click.option("--rerun", metavar="RATE", help="Runs that are run again.")
@click.option("--commit", metavar="RATE", help="Commits that start nothing.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    type=click.Choice([*_FAULTS, _ALL]),
    help="What goes wrong in one of the runs, in each a fault; may be repeated.",
)
@click.option(
    "--private", is_flag=True, help="No schedule is switched off after 60 quiet days."
)
@click.option(
    "--punctual",
    is_flag=True,
    help="Every schedule comes when it is due, none is lost.",
)
@click.option(
    "--permissive",
    is_flag=True,
    help="The token may write where a workflow names no permissions, as in repositories "
    "of before 2023.",
)
@click.option(
    "--scenario",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Play this timeline, and draw none.",
)
@click.option(
    "--save-scenario",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the timeline that is played.",
)
@click.option(
    "--smallest",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write the smallest timeline of each violation, as KIND.json.",
)
@click.option(
    "--no-shrink", is_flag=True, help="Look for no smaller timelines of violations."
)
@click.option(
    "--var",
    "variables",
    multiple=True,
    metavar="[ENV/]NAME=VALUE",
    help="A variable of the repository, as for `wfgen run`.",
)
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="[ENV/]NAME[=VALUE]",
    help="A secret, as for `wfgen run`.",
)
@click.option(
    "--page",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the timeline as a page: one HTML file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
@click.option(
    "--directory",
    "-C",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The repository; else the one around the current folder.",
)
def command(**words: Unpack[_Words]) -> int:
    """Play weeks of a workflow's life on this machine, each run a real one.

    Events come from its cron lines, late as on GitHub, and from rates. Artifacts and
    caches expire, runs wait for and cancel each other by a virtual clock. Nothing is
    written into the repository or into its .wfgen/github. Exit codes: 0 the state was
    kept, 1 it was not, 2 usage, 3 could not tell, 130 interrupted.
    """
    runner = SystemRunner()
    root = find_root(words["directory"].resolve(), runner)
    request = _make_request(root, words)
    if words["scenario"] is None:
        scenario = draw_scenario(read_workflows(request), _read_options(words))
    else:
        scenario = read_scenario(words["scenario"])
    if words["save_scenario"] is not None:
        _write_json(words["save_scenario"], scenario.to_json())
    prepare_state(choose_state_folder(request.run))
    progress = _Progress(len(scenario.events), is_shown=not words["as_json"])
    with handle_interrupts():
        simulation = simulate(request, scenario, runner, progress.tell)
        progress.say("looking for the smallest timelines")
        replay = None
        if not words["no_shrink"]:
            replay = partial(_replay, request, runner)
        verdict = decide(simulation, replay)
    progress.end()
    if words["smallest"] is not None:
        _write_smallest(words["smallest"], verdict)
    if words["page"] is not None:
        write_page(words["page"], simulation, verdict)
    if words["as_json"]:
        show(json.dumps(make_document(simulation, verdict), indent=2))
    else:
        for line in list_verdict_lines(simulation, verdict):
            show(line)
    return choose_exit_code(verdict)


def choose_exit_code(verdict: Verdict) -> int:
    """Return what the command ends with."""
    if verdict.violations:
        return EXIT_PROBLEMS
    if verdict.unclear:
        return EXIT_CANNOT_TELL
    return EXIT_OK


def _make_request(root: Path, words: _Words) -> SimulationRequest:
    paths = [find_workflow(root, Path(name)) for name in words["workflows"]]
    if not paths:
        paths.append(find_workflow(root, None))
    variables = parse_variables(words["variables"])
    secrets = parse_secrets(words["secrets"], os.environ)
    run = RunRequest(
        root=root,
        workflow=paths[0],
        event="",
        variables=variables.repository,
        secrets=secrets.repository,
        environment_variables=variables.environments,
        environment_secrets=secrets.environments,
    )
    return SimulationRequest(
        run=run,
        workflows=tuple(dict.fromkeys(paths)),
        is_modelled=words["is_modelled"],
        training=words["training"],
        is_permissive=words["permissive"],
    )


def _read_options(words: _Words) -> DrawingOptions:
    given = {
        "push": words["push"],
        "pr": words["pr"],
        "fork_pr": words["fork_pr"],
        "dispatch": words["dispatch"],
        "rerun": words["rerun"],
        "commit": words["commit"],
    }
    rates = {}
    for name, text in given.items():
        if text is not None:
            rates[name] = parse_rate(f"--{name.replace('_', '-')}", text)
    faults = list(words["faults"])
    if _ALL in faults:
        faults = _FAULTS
    kinds = tuple(FaultKind(name) for name in faults)
    return DrawingOptions(
        days=words["days"],
        seed=words["seed"],
        start=_read_start(words["start"]),
        rates=rates,
        faults=kinds,
        minutes=words["minutes"],
        public=not words["private"],
        punctual=words["punctual"],
    )


def _read_start(text: str | None) -> datetime:
    if text is None:
        return DEFAULT_START
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=UTC)
        check_instant(instant)
    except ValueError as error:
        raise SettingsError(
            f"--start {text}: {error}", hint="give a date, as in 2026-01-31"
        ) from None
    return instant.astimezone(UTC)


def _replay(
    request: SimulationRequest, runner: SystemRunner, scenario: Scenario
) -> Simulation:
    return simulate(request, scenario, runner, _ignore)


def _ignore(_: PlayedRun) -> None:
    """Say nothing of the runs of a smaller timeline."""


def _write_smallest(folder: Path, verdict: Verdict) -> None:
    for kind, scenario in verdict.smallest.items():
        _write_json(folder / f"{kind.value}.json", scenario.to_json())


def _write_json(path: Path, document: Mapping[str, object]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error


class _Progress:
    """A bar on standard error, where that is a terminal."""

    def __init__(self, total: int, *, is_shown: bool) -> None:
        self._total = total
        self._played = 0
        self._is_shown = is_shown and sys.stderr.isatty()

    def tell(self, run: PlayedRun) -> None:
        """Show how far the timeline has been played."""
        self._played += 1
        share = min(1.0, self._played / max(self._total, 1))
        bar = "#" * round(share * _BAR_WIDTH)
        day = run.ended.strftime("%Y-%m-%d")
        self.say(f"[{bar:<{_BAR_WIDTH}}] {day}, {run.title}: {run.conclusion.value}")

    def say(self, text: str) -> None:
        """Show a line in place of the one before."""
        if self._is_shown:
            show_progress(text)

    def end(self) -> None:
        """Leave no bar behind."""
        self.say("")
