"""Where a workflow trains, and what it keeps: found as `wfgen check` finds it.

A site is a command of a script before which a probe is put. At a training site the
probe looks at the state before and after; in `--model` it takes the command's place.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from ...checks.shell.model import Command
from ...checks.state.kept import iter_job_saves
from ...checks.state.model import StateModel
from ...checks.steps.jobs import Job, Step
from ...checks.steps.operations import Save, Store
from ...checks.steps.words import (
    clean_path,
    covers_path,
    is_dependency_path,
    is_state_path,
)
from ...checks.steps.work import (
    is_test,
    is_work,
    list_outputs,
    list_updated,
    mentions_path,
    trains_model,
)
from ...workflow.model import Workflow

_INSTALLERS = re.compile(
    r"(^|/)(pip[\d.]*|uv|poetry|pdm|conda|mamba|npm|yarn|pnpm|apt-get|apt|sudo|brew)$"
)
_INSTALLS = re.compile(r"\b(install|sync|ci|add|update|upgrade)\b")
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_REPORT_WORDS = ("log", "report", "screenshot", "coverage", "debug", "figure", "plot")
_FETCHERS = frozenset({"curl", "wget"})
_PROGRAM = re.compile(r"[A-Za-z][\w.+-]*")
# Of bash; what a program of that name would do does not matter here.
_BUILTINS = re.compile(
    r"alias|bg|bind|break|builtin|caller|case|cd|command|compgen|complete|"
    r"continue|declare|dirs|disown|do|done|echo|elif|else|enable|esac|eval|"
    r"exec|exit|export|false|fc|fg|fi|for|function|getopts|hash|help|"
    r"history|if|in|jobs|kill|let|local|logout|mapfile|popd|printf|pushd|"
    r"pwd|read|readarray|readonly|return|select|set|shift|shopt|source|"
    r"suspend|test|then|time|times|trap|true|type|typeset|ulimit|umask|"
    r"unalias|unset|until|wait|while|pip|pip3|python|python3|gh"
)
# Of a command so much is shown.
MAX_TEXT = 200


class SiteRole(StrEnum):
    """What is done at a site."""

    TRAIN = "train"
    STUB = "stub"


@dataclass(frozen=True, slots=True)
class Site:
    """A command of a step: `start` is the byte of its script.

    `state` are the paths that the training goes on from and writes, `reports` those
    that are stored besides.
    """

    job_id: str
    step_index: int
    start: int
    role: SiteRole
    text: str
    state: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()


def find_sites(
    model: StateModel, *, is_modelled: bool, wanted: str = ""
) -> tuple[Site, ...]:
    """Find the sites of a workflow.

    `wanted` is a part of the training command or the name of its step, where the user
    says which it is. Without `is_modelled` there are no stubs.
    """
    sites: list[Site] = []
    for job in model.jobs:
        training = _find_training(model, job, wanted)
        state: tuple[str, ...] = ()
        reports: tuple[str, ...] = ()
        if training:
            state, reports = _sort_paths(model, job, training)
        for step, command in _iter_commands(job):
            site = Site(
                job.id,
                step.index,
                command.start,
                SiteRole.STUB,
                " ".join(command.words)[:MAX_TEXT],
            )
            if (step, command) in training:
                site = replace(site, role=SiteRole.TRAIN, state=state, reports=reports)
                sites.append(site)
            elif is_modelled and _is_stubbed(step, command):
                sites.append(site)
    return tuple(sites)


def list_state_steps(model: StateModel) -> frozenset[tuple[str, int]]:
    """Return the steps that fetch or store state, by their jobs and places."""
    steps: list[Step] = [push.step for push in model.pushes]
    steps += [save.step for save in (*model.uploads, *model.release_saves)]
    steps += [item.step for item in (*model.downloads, *model.release_restores)]
    return frozenset((step.job.id, step.index) for step in steps if not step.is_inlined)


def list_restore_titles(model: StateModel, workflow: Workflow) -> frozenset[str]:
    """Return what the log calls the steps that fetch state."""
    titles = set()
    jobs = {job.id: job for job in workflow.jobs}
    for restore in (*model.downloads, *model.release_restores):
        job, index = jobs.get(restore.step.job.id), restore.step.index
        if job is not None and index < len(job.steps) and not restore.step.is_inlined:
            titles.add(job.steps[index].title)
    return frozenset(titles)


_Place = tuple[Step, Command]


def _iter_commands(job: Job) -> Iterator[_Place]:
    """Yield the commands of a job's own steps; a probe is put into these alone."""
    for step in job.steps:
        if not step.is_inlined:
            for command in step.commands:
                yield step, command


def _find_training(model: StateModel, job: Job, wanted: str) -> list[_Place]:
    """Return the commands of a job that train."""
    if wanted:
        return [place for place in _iter_commands(job) if _is_wanted(place, wanted)]
    candidates = []
    for step, command in _iter_commands(job):
        if is_work(command) and not is_test(command):
            candidates.append((step, command))
    saves = list(iter_job_saves(model, job))
    saved = [path for save in saves for path in save.paths]
    certain = []
    for step, command in candidates:
        names_saved = any(mentions_path(command, path) for path in saved)
        if trains_model(command) or names_saved:
            certain.append((step, command))
    if certain or not saves:
        return certain
    if not candidates:
        return _find_fetching(job, saves)
    return _find_last(candidates, saves)


def _find_last(candidates: Sequence[_Place], saves: Sequence[Save]) -> list[_Place]:
    """Return what comes last before the first save; scripts with an id find the state."""
    first_save = min(save.step.index for save in saves)
    before = [place for place in candidates if place[0].index <= first_save]
    return list(before or candidates)[-1:]


def _find_fetching(job: Job, saves: Sequence[Save]) -> list[_Place]:
    """Return what fetches or writes where nothing works: `curl ... > data.json`."""
    first_save = min(save.step.index for save in saves)
    fetching: list[_Place] = []
    writing: list[_Place] = []
    for step, command in _iter_commands(job):
        if step.index > first_save:
            continue
        if command.name in _FETCHERS or is_missing(command, step):
            fetching.append((step, command))
        elif command.name != "git" and list_outputs(command):
            writing.append((step, command))
    return (fetching or writing)[-1:]


def _is_wanted(place: _Place, wanted: str) -> bool:
    step, command = place
    if wanted == step.name:
        return is_work(command)
    return wanted in " ".join(command.words)


def _sort_paths(
    model: StateModel, job: Job, training: Sequence[_Place]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the paths of state, and of reports, that the training of a job writes."""
    state: dict[str, None] = {}
    reports: dict[str, None] = {}
    restored = [path for item in model.downloads for path in item.paths]
    for save in iter_job_saves(model, job):
        for path in save.paths:
            cleaned = clean_path(_EXPRESSION.sub("x", path))
            if save.store is Store.CACHE and is_dependency_path(cleaned):
                continue
            # What is committed is there for the next run, whatever it is called.
            is_committed = save.store is Store.GIT
            if not is_committed and _is_report(save.name, cleaned, restored):
                reports[cleaned] = None
            else:
                state[cleaned] = None
    for cache in model.caches:
        # A step of the cache is the save of its job, whatever its key.
        if cache.step.job is job and not any(map(is_dependency_path, cache.paths)):
            state.update(dict.fromkeys(map(clean_path, cache.paths)))
    for _, command in training:
        state |= dict.fromkeys(_list_named(command, state))
    for path in state:
        reports.pop(path, None)
    # Everything is no path that a counter could write to.
    if "." in state:
        state.pop(".")
        state.setdefault("wfgen-state.json", None)
    return tuple(state), tuple(reports)


def _list_named(command: Command, known: Iterable[str]) -> Iterator[str]:
    """Yield the paths of state that a command names and that are not known yet."""
    for path in (*list_outputs(command), *list_updated(command)):
        is_known = any(covers_path(outer, path) for outer in known)
        if is_state_path(path) and "$" not in path and not is_known:
            yield path


def _is_report(name: str, path: str, restored: Iterable[str]) -> bool:
    if is_state_path(path) or is_state_path(name):
        return False
    if any(clean_path(other) == path for other in restored):
        return False
    lowered = f"{name} {path}".lower()
    return any(word in lowered for word in _REPORT_WORDS)


def _is_stubbed(step: Step, command: Command) -> bool:
    """Whether a command is left out in `--model`: installations, and other work.

    What comes before the training in a step with an id is there for its outputs.
    """
    if is_installation(command) or is_missing(command, step):
        return True
    if not is_work(command):
        return False
    return not step.id


def is_missing(command: Command, step: Step) -> bool:
    """Whether a command is a program that this machine does not have."""
    if not command.words or _PROGRAM.fullmatch(command.words[0]) is None:
        return False
    name = command.words[0]
    is_function = step.script is not None and name in step.script.functions
    return not is_function and not _BUILTINS.fullmatch(name) and not shutil.which(name)


def is_installation(command: Command) -> bool:
    """Whether a command installs packages."""
    words = " ".join(command.words[:6])
    if _INSTALLERS.search(command.name) and _INSTALLS.search(words):
        return True
    return " -m pip " in f" {words} " and _INSTALLS.search(words) is not None
