"""`wfgen watch`: whether a repository's schedule does what it says, seen from elsewhere."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TypedDict, Unpack

import click

from ...config.settings import load
from ...errors import (
    EXIT_CANNOT_TELL,
    EXIT_OK,
    EXIT_PROBLEMS,
    SettingsError,
    ToolFailedError,
)
from ...process import SystemRunner
from ...rendering.render import render_page
from ...runner.options import check_repository_name
from ...terminal import show

_SCRIPT = "watch_schedule.py"
_TOKENS = ("GH_TOKEN", "GITHUB_TOKEN")
# What a child needs of the environment: where the API is, and how to reach it.
_PASSED_ON = (
    "GITHUB_API_URL",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "PATH",
)
_CODES = (EXIT_OK, EXIT_PROBLEMS, EXIT_CANNOT_TELL)


class _Words(TypedDict):
    """What click hands over."""

    repository: str
    workflow: str
    tolerance_hours: float
    artifacts: tuple[str, ...]
    issue: bool
    now: str


@click.command("watch")
@click.argument("repository", metavar="OWNER/NAME")
@click.option(
    "--workflow",
    "-w",
    default="train.yml",
    show_default=True,
    metavar="FILE",
    help="The file name of the scheduled workflow.",
)
@click.option(
    "--tolerance-hours",
    type=click.FloatRange(min=0, max=24 * 31),
    default=13.0,
    show_default=True,
    help="How late a run may succeed; GitHub has started some 12 hours late.",
)
@click.option(
    "--artifact",
    "artifacts",
    multiple=True,
    metavar="NAME",
    help="An artifact that the newest state must be in; may be repeated.",
)
@click.option(
    "--issue", is_flag=True, help="Keep an issue in the repository about what is wrong."
)
@click.option(
    "--now", hidden=True, default="", help="The present instant, for tests of yours."
)
def command(**words: Unpack[_Words]) -> int:
    """Look whether the scheduled runs of OWNER/NAME came, succeeded and left state.

    The token is taken from GH_TOKEN or GITHUB_TOKEN. Exit codes: 0 all is well, 1 the
    workflow is DISABLED, STALE, FAILING or its STATE is LOST, 2 usage, 3 could not tell.
    """
    check_repository_name(words["repository"])
    environment = {
        "GITHUB_REPOSITORY": words["repository"],
        "GITHUB_TOKEN": _find_token(),
        "WATCH_WORKFLOW": Path(words["workflow"]).name,
        "WATCH_TOLERANCE_HOURS": str(words["tolerance_hours"]),
        "WATCH_ARTIFACTS": "/".join(words["artifacts"]),
        "WATCH_ISSUE": str(words["issue"]).lower(),
        "WATCH_NOW": words["now"],
    }
    for name in _PASSED_ON:
        if name in os.environ:
            environment[name] = os.environ[name]
    completed = SystemRunner().run(
        [sys.executable, "-I", "-"], env=environment, input_text=_render_script()
    )
    for line in completed.stdout.splitlines():
        show(_translate(line))
    if completed.exit_code not in _CODES:
        raise ToolFailedError(f"the check broke: {completed.stderr.strip()[-500:]}")
    return completed.exit_code


def _find_token() -> str:
    for name in _TOKENS:
        if os.environ.get(name):
            return os.environ[name]
    raise SettingsError(
        "there is no token to ask GitHub with",
        hint="set GH_TOKEN; reading actions and contents is enough",
    )


def _render_script() -> str:
    """Return the very script that `workflows.watchdog` renders."""
    nowhere = Path("nowhere")
    settings = load(nowhere, {}, {})
    return render_page(f"{_SCRIPT}.j2", _SCRIPT, settings, nowhere, {}).text


def _translate(line: str) -> str:
    """Return a line for people: `::error title=STALE::why` is for GitHub's runner."""
    head, found, message = line.removeprefix("::error title=").partition("::")
    if line.startswith("::error") and found:
        return f"{head}: {message.replace('%25', '%')}"
    return line
