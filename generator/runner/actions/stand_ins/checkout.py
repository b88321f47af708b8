"""Stand-in for actions/checkout, for what act does not do itself.

act copies the working directory for a checkout of the repository and ref that the run
is about, so this is asked only for other ones. The repository of the run is cloned from
this machine; any other from its server.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from ....errors import WfgenError
from ....process import Completed, SystemRunner
from .toolkit import (
    ActionError,
    Inputs,
    get_repository_url,
    get_workspace,
    info,
    run_action,
    set_output,
)

REPOSITORY_VARIABLE = "WFGEN_REPOSITORY_FOLDER"
TIMEOUT_SECONDS = 600.0
DEFAULT_BRANCHES = ("main", "master")
REMOTE = "refs/remotes/origin"


class CheckoutRequest(NamedTuple):
    """What to clone from where; an empty `ref` is the default branch."""

    repository: str
    origin: str
    ref: str
    target: Path


def main() -> int:
    """Run the step; return its exit code."""
    return run_action(check_out)


def check_out(inputs: Inputs) -> None:
    """Clone into `path` and check the ref out. Raises ActionError."""
    request = read_inputs(inputs)
    target, ref = request.target, request.ref
    info(f"Syncing repository: {request.repository}")
    target.mkdir(parents=True, exist_ok=True)
    _git(target, "init", "--quiet")
    # All of them, as the ref may be any commit of any branch.
    branches = f"+refs/heads/*:{REMOTE}/*"
    _git(target, "fetch", "--quiet", "--tags", request.origin, branches)
    _git(target, "checkout", "--quiet", "--force", *_resolve_ref(target, ref))
    commit = _git(target, "rev-parse", "HEAD").stdout.strip()
    info(f"Checked out {ref or 'the default branch'} at {commit}")
    set_output("ref", ref)
    set_output("commit", commit)


def read_inputs(inputs: Inputs) -> CheckoutRequest:
    """Read the inputs; without a repository, the run's own is meant."""
    own_repository = os.environ.get("GITHUB_REPOSITORY", "")
    repository = inputs.get_text("repository") or own_repository
    ref = inputs.get_text("ref")
    if repository.lower() == own_repository.lower():
        origin = os.environ[REPOSITORY_VARIABLE]
        ref = ref or os.environ.get("GITHUB_REF", "")
    else:
        origin = get_repository_url(repository)
    target = get_workspace() / inputs.get_text("path")
    return CheckoutRequest(repository, origin, ref, target)


def _resolve_ref(target: Path, ref: str) -> list[str]:
    """Return arguments of `git checkout`: a branch by its name, anything else detached."""
    if not ref:
        return _resolve_default_branch(target)
    name = ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
    branch = f"{REMOTE}/{name}"
    if _is_commit(target, branch):
        return ["-B", name, branch]
    # The bare name last: it may be a commit.
    for candidate in (f"refs/tags/{name}", name):
        if _is_commit(target, candidate):
            return ["--detach", candidate]
    raise ActionError(f"A branch or tag with the name '{name}' could not be found")


def _resolve_default_branch(target: Path) -> list[str]:
    listing = _git(target, "for-each-ref", "--format=%(refname)", REMOTE).stdout
    branches = listing.split()
    if not branches:
        raise ActionError("The repository has no branch")
    # A fetch does not say which branch is the default.
    chosen = branches[0]
    for branch in branches:
        if branch.rsplit("/", 1)[-1] in DEFAULT_BRANCHES:
            chosen = branch
            break
    return ["-B", chosen.removeprefix(f"{REMOTE}/"), chosen]


def _is_commit(target: Path, name: str) -> bool:
    arguments = ("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    return _run_git(target, *arguments).exit_code == 0


def _git(target: Path, *arguments: str) -> Completed:
    """Run git; raises ActionError where it fails."""
    completed = _run_git(target, *arguments)
    if completed.exit_code:
        raise ActionError(f"git {arguments[0]} failed: {completed.stderr.strip()}")
    return completed


def _run_git(target: Path, *arguments: str) -> Completed:
    try:
        return SystemRunner().run(
            ["git", *arguments], cwd=target, timeout_seconds=TIMEOUT_SECONDS
        )
    except WfgenError as error:
        raise ActionError(error.message) from error
