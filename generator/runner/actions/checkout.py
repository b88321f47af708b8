"""Stand-in for actions/checkout, for what act does not do itself.

Another ref, or another repository.

act copies the working directory for a checkout of the repository and ref that the run
is about, so this is asked only for other ones. The repository of the run is cloned from
this machine; any other from its server.
"""

from __future__ import annotations

import os
from pathlib import Path

from ...errors import WfgenError
from ...process import Completed, SystemRunner
from .toolkit import ActionError, Inputs, info, run_action, set_output, workspace

REPOSITORY_VARIABLE = "WFGEN_REPOSITORY_FOLDER"
TIMEOUT_SECONDS = 600.0


def main() -> int:
    """Run the step; gives back its exit code."""
    return run_action(check_out)


def check_out(inputs: Inputs) -> None:
    """Clone into `path` and check the ref out."""
    repository = inputs.text("repository") or os.environ.get("GITHUB_REPOSITORY", "")
    target = workspace() / inputs.text("path")
    own = repository.lower() == os.environ.get("GITHUB_REPOSITORY", "").lower()
    origin = (
        os.environ[REPOSITORY_VARIABLE]
        if own
        else f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{repository}"
    )
    ref = inputs.text("ref") or (os.environ.get("GITHUB_REF", "") if own else "")
    info(f"Syncing repository: {repository}")
    target.mkdir(parents=True, exist_ok=True)
    _git(target, "init", "--quiet")
    _git(
        target,
        "fetch",
        "--quiet",
        "--tags",
        origin,
        "+refs/heads/*:refs/remotes/origin/*",
    )
    _git(target, "checkout", "--quiet", "--force", *_resolved(target, ref))
    commit = _git(target, "rev-parse", "HEAD").stdout.strip()
    info(f"Checked out {ref or 'the default branch'} at {commit}")
    set_output("ref", ref)
    set_output("commit", commit)


def _resolved(target: Path, ref: str) -> list[str]:
    """Arguments of `git checkout`: a branch by its name, anything else detached."""
    short = ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
    for candidate in (f"refs/remotes/origin/{short}", f"refs/tags/{short}", short):
        if (
            short
            and _run(
                target, "rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}"
            ).exit_code
            == 0
        ):
            if candidate == f"refs/remotes/origin/{short}":
                return ["-B", short, candidate]
            return ["--detach", candidate]
    if short:
        raise ActionError(f"A branch or tag with the name '{short}' could not be found")
    heads = _git(
        target, "for-each-ref", "--format=%(refname)", "refs/remotes/origin"
    ).stdout.split()
    preferred = [
        head for head in heads if head.rsplit("/", 1)[-1] in {"main", "master"}
    ] + heads
    if not preferred:
        raise ActionError("The repository has no branch")
    return ["-B", preferred[0].removeprefix("refs/remotes/origin/"), preferred[0]]


def _run(target: Path, *arguments: str) -> Completed:
    try:
        return SystemRunner().run(
            ["git", *arguments], cwd=target, timeout_seconds=TIMEOUT_SECONDS
        )
    except WfgenError as error:
        raise ActionError(error.message) from error


def _git(target: Path, *arguments: str) -> Completed:
    done = _run(target, *arguments)
    if done.exit_code:
        raise ActionError(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done
