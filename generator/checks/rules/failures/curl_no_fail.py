"""An error page is stored as data."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....findings import Severity
from ...shell.model import Command, Role
from ...state.kept import iter_job_saves
from ...state.model import StateModel
from ...steps.jobs import Step
from ...steps.operations import Save, Store
from ...steps.words import covers_path
from ...stores.releases import find_download_target
from ..base import Fault, make_state_rule

_FAILS = re.compile(r"^(-[a-zA-Z]*f[a-zA-Z]*|--fail|--fail-with-body|-w|--write-out)$")
_WORTHLESS = ("/dev/null", "/tmp", "$RUNNER_TEMP", "~", "/")  # noqa: S108 - a path to know
_SETUP = (".sh", ".tar.gz", ".tgz", ".zip", ".deb", ".gpg", ".asc", ".AppImage", ".whl")


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the downloads without --fail whose file is committed as it came."""
    if not model.pushes:
        return
    for job in model.jobs:
        saves = [save for save in iter_job_saves(model, job) if save.store is Store.GIT]
        for step in job.steps:
            for command in step.commands:
                if saves and _takes_errors(command):
                    yield from _check_command(step, command, saves)


def _check_command(step: Step, command: Command, saves: list[Save]) -> Iterator[Fault]:
    target = find_download_target(command)
    if not target or target.startswith(_WORTHLESS) or target.endswith(_SETUP):
        return
    if _is_looked_at(step, target):
        return
    for save in saves:
        is_after = save.step.index >= step.index
        if is_after and any(covers_path(path, target) for path in save.paths):
            yield Fault(
                step.place_command(command),
                f"where the server answers with an error, its page is committed as {target}",
                "curl --fail",
            )
            return


def _takes_errors(command: Command) -> bool:
    """Whether curl writes an answer of 404 or 500 and ends with success."""
    if command.name != "curl" or command.find_parent(Role.PIPE):
        return False
    return not any(_FAILS.match(word) for word in command.words)


def _is_looked_at(step: Step, target: str) -> bool:
    """Whether any command after it names the file: what it makes of it is not known."""
    name = target.rpartition("/")[2]
    for other in step.job.steps[step.index :]:
        for command in other.commands:
            if command.name in {"curl", "git", "echo", "ls"}:
                continue
            if any(name in word for word in command.words):
                return True
            if any(name in redirect.target for redirect in command.redirects):
                return True
    return False


RULE = make_state_rule(
    "curl-no-fail",
    Severity.LOSES_STATE,
    "A download that fails fails the run",
    "curl ends with success whatever the server answers: the page of an error 500 becomes "
    "the data of the day, and is committed. `--fail` makes it an error.",
    check,
    before="- run: curl -o data.json https://example.org/data.json",
    after="- run: curl --fail -o data.json https://example.org/data.json",
)
