"""Artifacts: uploads, downloads of this run, and those that look for another run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..steps.jobs import Job, Step
from ..steps.operations import Restore, Save, Source, Store

UPLOAD = "actions/upload-artifact"
DOWNLOAD = "actions/download-artifact"
DAWIDD6 = "dawidd6/action-download-artifact"
_OTHER_DOWNLOADS = frozenset(
    {
        DAWIDD6,
        "bettermarks/action-artifact-download",
        "aochmann/actions-download-artifact",
        "ishworkh/docker-image-artifact-download",
        "levonet/action-download-last-artifact",
    }
)
OWN_RUN = re.compile(r"\{\{\s*github\.run_id\s*\}\}")
_API = re.compile(
    r"/actions/(artifacts|runs)|actions\.(list|download)\w*Artifact", re.IGNORECASE
)
_FILTERS = ("event", "branch", "commit", "pr", "allow_forks", "run_number", "repo")
_RUN_FILTERS = {
    "-e": "event",
    "--event": "event",
    "-b": "branch",
    "--branch": "branch",
    "-c": "commit",
    "--commit": "commit",
    "-u": "user",
    "--user": "user",
}
DEFAULT_NAME = "artifact"


def list_uploads(job: Job) -> Iterator[Save]:
    """Yield the artifacts that a job uploads."""
    for step in job.steps:
        action = step.action
        if action is not None and action.name == UPLOAD:
            name = step.get_input("name") or DEFAULT_NAME
            paths = tuple(list_paths(step.get_input("path")))
            yield Save(Store.ARTIFACT, step, step.position, name, paths)


def list_paths(text: str) -> list[str]:
    """Return the paths of an input that takes several lines, without exclusions."""
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith(("!", "#"))]


def list_downloads(job: Job) -> Iterator[Restore]:
    """Yield what a job downloads of artifacts, of this run or another."""
    for step in job.steps:
        action = step.action
        if action is not None and action.name == DOWNLOAD:
            yield _read_download(step)
        elif action is not None and action.name in _OTHER_DOWNLOADS:
            yield _read_other(step)
        yield from _read_commands(step)


def mentions_artifact_api(text: str) -> bool:
    """Whether a script speaks to the API of artifacts or runs in a way not followed here."""
    return _API.search(text) is not None


def _read_download(step: Step) -> Restore:
    run = step.get_input("run-id")
    source = Source.OWN
    if run and not OWN_RUN.search(run):
        source = Source.GIVEN
    name = step.get_input("name") or step.get_input("pattern")
    paths = (step.get_input("path") or ".",)
    filters = frozenset({"run"}) if run else frozenset[str]()
    if "workflow_run" in run:
        filters |= {"triggering"}
    return Restore(
        Store.ARTIFACT, step, step.position, name, paths, source, filters=filters
    )


def _read_other(step: Step) -> Restore:
    given = {name for name in _FILTERS if step.get_input(name)}
    source = Source.NEWEST
    if step.get_input("run_id", "run-id"):
        source = Source.GIVEN
        given.add("run")
    return Restore(
        Store.ARTIFACT,
        step,
        step.position,
        step.get_input("name"),
        (step.get_input("path") or ".",),
        source,
        workflow=step.get_input("workflow"),
        filters=frozenset(given),
    )


def _read_commands(step: Step) -> Iterator[Restore]:
    """Yield `gh run download`, with what `gh run list` asks for in the same job."""
    for command in step.commands:
        if command.words[:3] != ("gh", "run", "download"):
            continue
        words = command.words[3:]
        run = ""
        if words and not words[0].startswith("-"):
            run = words[0]
        name = command.get_option("-n", "--name", "-p", "--pattern")
        folder = command.get_option("-D", "--dir") or name or "."
        workflow, filters = read_run_list(step)
        source = Source.GIVEN
        if filters is not None and "workflow_run" not in run:
            source = Source.NEWEST
        yield Restore(
            Store.ARTIFACT,
            step,
            step.place_command(command),
            name,
            (folder,),
            source,
            command,
            workflow,
            filters or frozenset(),
        )


def read_run_list(step: Step) -> tuple[str, frozenset[str] | None]:
    """Return workflow and filters of the last `gh run list` up to a step.

    The filters are None where there is no such command.
    """
    workflow, filters = "", None
    for other in step.job.steps[: step.index + 1]:
        for command in other.commands:
            if command.words[:3] != ("gh", "run", "list"):
                continue
            workflow = command.get_option("-w", "--workflow")
            names = [word.partition("=")[0] for word in command.words]
            found = {_RUN_FILTERS[name] for name in names if name in _RUN_FILTERS}
            filters = frozenset(found)
    return workflow, filters
