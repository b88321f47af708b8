"""Prepares a repository for a simulation, and plays a timeline on it."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from ...checks.repository import Repository as CheckedRepository
from ...errors import WfgenError, WorkflowProblemError
from ...github.core.clock import SteerableClock
from ...github.local_github import LocalGitHub
from ...locks import HeldLock, is_held
from ...process import Runner
from ...runner.actions.fork_server import run_fork_server
from ...runner.models import RunRequest
from ...runner.plan import choose_state_folder
from ...runner.repository import read_repository
from ...workflow.model import Workflow
from ...workflow.parser import read_workflow
from ..timeline.records import Scenario
from . import probe
from .instrument import (
    add_probes,
    describe_sites,
    leave_out_setup,
    number_sites,
    write_workflow,
)
from .player import Player, Stage
from .records import PlayedRun, Simulation
from .sandbox import make_sandbox, publish
from .sites import Site, SiteRole, find_sites, list_restore_titles, list_state_steps
from .stores import StoreReader

_FOLDER = "simulations"
_NO_RIGHTS = (
    "the workflow names no permissions: played with those of a new repository, "
    "which read; --permissive plays it with those that write"
)


class TrainingNotFoundError(WfgenError):
    """Nothing in the workflows could be looked at: no verdict is possible."""


Edit: TypeAlias = Callable[[Path, dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class SimulationRequest:
    """What is played: `run` says what all runs have in common.

    `is_modelled` puts a counter in the place of the training; `training` is a part of
    the training command, or its step's name, where the user says which it is. In an
    `is_permissive` repository the token may write where a workflow names no rights.
    `edit` changes the data of a workflow before it is played.
    """

    run: RunRequest
    workflows: tuple[Path, ...]
    is_modelled: bool = False
    training: str = ""
    is_permissive: bool = False
    edit: Edit | None = None


def read_workflows(request: SimulationRequest) -> tuple[Workflow, ...]:
    """Read the workflows that take part; raises WorkflowProblemError."""
    read = partial(read_workflow, request.run.root)
    return tuple(map(read, request.workflows))


def simulate(
    request: SimulationRequest,
    scenario: Scenario,
    runner: Runner,
    tell: Callable[[PlayedRun], None],
) -> Simulation:
    """Play a timeline on a copy of the repository.

    Raises WfgenErrors for what could not be tried; nothing outlives it but the
    virtual environments, which the next `wfgen run` uses, too.
    """
    with open_theatre(request, scenario.start, runner) as theatre:
        # Playing for minutes to tell nothing helps nobody.
        if not theatre.has_training:
            names = ", ".join(path.name for path in request.workflows)
            raise TrainingNotFoundError(
                f"could not tell: no command that trains was found in {names}",
                hint="name it with --training, by a part of it or its step's name",
            )
        player = Player(theatre.stage, scenario, tell)
        player.play()
    return theatre.describe(player)


class _Found(NamedTuple):
    """What was found out about the workflows."""

    sites: Mapping[str, Site]
    restores: frozenset[str]


@dataclass(frozen=True, slots=True)
class Theatre:
    """A stage for timelines of one repository, with what was found out about it."""

    request: SimulationRequest
    stage: Stage
    found: _Found
    notes: tuple[str, ...]

    @property
    def has_training(self) -> bool:
        """Whether a command that trains was found."""
        sites = self.found.sites.values()
        return any(site.role is SiteRole.TRAIN for site in sites)

    def describe(self, player: Player) -> Simulation:
        """Return what a player has played here."""
        return Simulation(
            scenario=player.scenario,
            runs=tuple(player.runs),
            missed=tuple(player.missed),
            notes=self.notes,
            is_modelled=self.request.is_modelled,
            has_sites=self.has_training,
            restores=self.found.restores,
        )


@contextmanager
def open_theatre(
    request: SimulationRequest, start: datetime, runner: Runner
) -> Iterator[Theatre]:
    """Copy the repository, put the probes in, and start a GitHub at an instant."""
    state = choose_state_folder(request.run)
    name = request.run.repository
    repository = read_repository(request.run.root, runner, name=name)
    clock = SteerableClock(start, frozen=True)
    with (
        _make_folder(state / _FOLDER) as folder,
        LocalGitHub.open(
            folder / "state" / "github",
            repository=repository.name,
            default_branch=repository.default_branch,
            clock=clock,
        ) as local_github,
        run_fork_server(folder) as forks,
    ):
        remote = local_github.get_git_folder()
        sandbox = make_sandbox(folder, remote, repository, runner)
        found, notes = _put_probes_in(request, folder)
        publish(sandbox, request.workflows)
        run = replace(
            request.run,
            repository=repository.name,
            state_folder=folder / "state",
            virtualenvs_folder=state / "environments",
            fork_server=forks,
        )
        stores = StoreReader(local_github, sandbox, runner)
        workflows = read_workflows(request)
        stage = Stage(local_github, clock, sandbox, stores, run, workflows)
        yield Theatre(request, stage, found, notes)


@contextmanager
def _make_folder(parent: Path) -> Iterator[Path]:
    """Make a folder for one simulation, and remove it; those of killed ones before."""
    for lock in parent.glob("*.lock"):
        if not is_held(lock):
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink(missing_ok=True)
    name = uuid.uuid4().hex[:8]
    held = HeldLock(parent / f"{name}.lock")
    folder = parent / name
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        held.path.unlink(missing_ok=True)
        held.release()


def _put_probes_in(
    request: SimulationRequest, folder: Path
) -> tuple[_Found, tuple[str, ...]]:
    """Write the workflows with their probes, and what the probes are to know."""
    probes = folder / "probes"
    probes.mkdir()
    program = probes / "probe.py"
    shutil.copyfile(probe.__file__, program)
    checked = CheckedRepository(request.run.root)
    all_sites: dict[str, Site] = {}
    notes: dict[str, None] = {}
    restores: set[str] = set()
    for path, workflow in zip(request.workflows, read_workflows(request), strict=True):
        model = checked.open_file(path).state
        found = find_sites(
            model, is_modelled=request.is_modelled, wanted=request.training
        )
        sites = number_sites(path.stem, found)
        data = add_probes(model.document, sites, program)
        needed = list_state_steps(model)
        notes.update(_change_workflow(request, path, data, needed))
        write_workflow(folder / "work" / path, data)
        all_sites |= sites
        restores |= list_restore_titles(model, workflow)
    _check_wanted(request, all_sites.values())
    settings = {"model": request.is_modelled, "sites": describe_sites(all_sites)}
    text = json.dumps(settings)
    (probes / "sites.json").write_text(text, encoding="utf-8")
    return _Found(all_sites, frozenset(restores)), tuple(notes)


def _change_workflow(
    request: SimulationRequest,
    path: Path,
    data: dict[str, Any],
    needed: frozenset[tuple[str, int]],
) -> dict[str, None]:
    """Change the data of a workflow as the request says; return notes on it."""
    notes: dict[str, None] = {}
    if request.edit is not None:
        request.edit(path, data)
    missing: tuple[str, ...] = ()
    if request.is_modelled:
        missing = leave_out_setup(data, needed)
    if missing:
        notes[f"left out, as nobody here can play it: {', '.join(missing)}"] = None
    if not _lacks_rights(data):
        return notes
    if request.is_permissive:
        data["permissions"] = "write-all"
    else:
        notes[_NO_RIGHTS] = None
    return notes


def _lacks_rights(data: Mapping[str, Any]) -> bool:
    """Whether some job has the rights that its repository gives."""
    if "permissions" in data:
        return False
    return any("permissions" not in job for job in data["jobs"].values())


def _check_wanted(request: SimulationRequest, sites: Collection[Site]) -> None:
    if request.training and not sites:
        raise WorkflowProblemError(
            f"no command and no step is called {request.training!r}",
            hint="give a part of the training command, or its step's whole name",
        )
