"""What act is told: by files, as a process list shows every argument, and by arguments."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ...github.local_github import LocalGitHub
from ...locks import hold_folder_lock
from ..actions.resolver import SERVER
from ..plan import ActiveRun, RunPlan
from ..repository import Repository
from .host_environment import REFUSING
from .yaml_text import dump_yaml

# Labels that GitHub hosts and that a runs-on expression may come to.
HOSTED_LABELS = ("ubuntu-latest", "ubuntu-24.04", "ubuntu-22.04", "ubuntu-slim")
# What GitHub keeps artifacts for where nobody says otherwise.
RETENTION_DAYS = 90


@dataclass(frozen=True, slots=True)
class ActFiles:
    """The files that act reads, and the keys that its workflow goes without."""

    workflow: Path
    environment: Path
    secrets: Path
    variables: Path
    event: Path


class JobInput(NamedTuple):
    """What one job is given: the data of its workflow, and what its token may do.

    `folder` is where its files are written.
    """

    document: Mapping[str, Any]
    secrets: Mapping[str, str]
    variables: Mapping[str, str]
    permissions: Mapping[str, str]
    folder: Path


def write_files(plan: RunPlan, active: ActiveRun, job: JobInput) -> ActFiles:
    """Write what act is told by file."""
    folder = job.folder
    folder.mkdir(parents=True)
    variables = _make_variables(plan, active, job.permissions)
    environment = _write_values(folder / "env.yaml", variables)
    secrets_file = _write_values(folder / "secrets.yaml", job.secrets)
    variables_file = _write_values(folder / "variables.yaml", job.variables)
    event = _write_values(folder / "event.json", plan.event.payload)
    # A workflow without a name is called by its file, so that must keep its name.
    workflow = _write_values(folder / plan.workflow.path.name, job.document)
    return ActFiles(workflow, environment, secrets_file, variables_file, event)


def _write_values(path: Path, values: Mapping[str, object]) -> Path:
    """Write values for act, which reads the event as JSON and all else as YAML."""
    # Readable for nobody else before there is anything to read.
    path.touch(mode=0o600)
    text = json.dumps(values) if path.suffix == ".json" else dump_yaml(values)
    path.write_text(text, encoding="ascii")
    return path


def _make_variables(
    plan: RunPlan, active: ActiveRun, permissions: Mapping[str, str]
) -> dict[str, str]:
    """Return the environment variables that GitHub's runner sets, as far as act does not.

    docs.github.com, "Default environment variables"; those that begin with ACTIONS_ are
    how GitHub's own actions find its services.
    """
    run, url = active.run, active.local_github.url
    name, event = plan.repository.name, plan.event
    workflow_ref = f"{name}/{plan.workflow.path.as_posix()}@{event.ref}"
    return {
        "GITHUB_API_URL": url,
        "GITHUB_GRAPHQL_URL": f"{url}/graphql",
        "GITHUB_REPOSITORY": name,
        "GITHUB_REPOSITORY_OWNER": name.split("/")[0],
        "GITHUB_REPOSITORY_ID": "1",
        "GITHUB_REPOSITORY_OWNER_ID": "1",
        "GITHUB_RUN_ID": str(run.id),
        "GITHUB_RUN_NUMBER": str(run.number),
        "GITHUB_RUN_ATTEMPT": str(run.attempt),
        "GITHUB_REF": event.ref,
        "SHA_REF": event.sha,  # act's own name for what becomes GITHUB_SHA
        "GITHUB_WORKFLOW_REF": workflow_ref,
        "GITHUB_WORKFLOW_SHA": event.sha,
        "GITHUB_TRIGGERING_ACTOR": plan.request.actor,
        "GITHUB_RETENTION_DAYS": str(RETENTION_DAYS),
        "ACTIONS_RESULTS_URL": f"{url}/",
        "ACTIONS_RUNTIME_URL": f"{url}/",
        "ACTIONS_RUNTIME_TOKEN": active.ticket.runtime_token,
        "ACTIONS_CACHE_URL": f"{url}/",
        "ACTIONS_CACHE_SERVICE_V2": "true",
        "RUNNER_ENVIRONMENT": "self-hosted",
        "RUNNER_NAME": "wfgen",
        **_make_git_settings(plan, active.local_github, permissions),
        **event.environment,
        **plan.request.environment,
    }


def _make_git_settings(
    plan: RunPlan, local_github: LocalGitHub, permissions: Mapping[str, str]
) -> dict[str, str]:
    """Return settings that send git to the local repository.

    The job's `contents` right decides on pushing too.
    """
    level = "read"
    if plan.event.trusted:
        level = permissions.get("contents", "none")
    if level == "none":
        return {}
    addresses = _list_addresses(plan.repository)
    # The first run makes the repository: two at once must not both.
    with hold_folder_lock(plan.state):
        settings = local_github.build_git_environment(*addresses)
    more: list[tuple[str, str]] = []
    if level != "write":
        # Refused by a program of that name, in GitHub's words.
        key = f"url.{REFUSING}::{{}}.pushInsteadOf"
        more += [(key.format(address), address) for address in addresses]
    if not plan.repository.origin and not plan.repository.local_sha:
        # As checkout leaves it: `git push` alone knows where to.
        branch = f"branch.{plan.repository.branch}"
        more += [
            ("remote.origin.url", plan.repository.address),
            ("remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"),
            (f"{branch}.remote", "origin"),
            (f"{branch}.merge", f"refs/heads/{plan.repository.branch}"),
        ]
    return _add_git_settings(settings, more)


def _list_addresses(repository: Repository) -> list[str]:
    """Return every address of the repository, the longer ones first.

    That of its own remote is among them: no run pushes to it from here.
    """
    name = repository.name
    addresses = [f"{SERVER}/{name}", f"git@github.com:{name}"]
    addresses += [f"ssh://git@github.com/{name}", repository.origin]
    whole = []
    for address in filter(None, addresses):
        plain = address.removesuffix(".git")
        whole += [f"{plain}.git", plain]
    return list(dict.fromkeys(whole))


def _add_git_settings(
    settings: Mapping[str, str], more: Sequence[tuple[str, str]]
) -> dict[str, str]:
    """Add settings: git reads GIT_CONFIG_KEY_0, _1, ... up to the count (git-config(1))."""
    whole = dict(settings)
    count = int(settings["GIT_CONFIG_COUNT"])
    for number, (key, value) in enumerate(more, count):
        whole[f"GIT_CONFIG_KEY_{number}"] = key
        whole[f"GIT_CONFIG_VALUE_{number}"] = value
    whole["GIT_CONFIG_COUNT"] = str(count + len(more))
    return whole


def build_argv(
    act: Path, plan: RunPlan, active: ActiveRun, files: ActFiles
) -> list[str]:
    """Return act's command line.

    Host mode for every label, no server of act's own, nothing of the user's settings.
    """
    request = plan.request
    options = {
        "--directory": active.source,
        "--workflows": files.workflow,
        "--eventpath": files.event,
        "--env-file": files.environment,
        "--secret-file": files.secrets,
        "--var-file": files.variables,
        # A file that is not there, in place of the user's own `.input`.
        "--input-file": active.folders.files / "none",
        "--action-cache-path": active.folders.act,
        "--actor": request.actor,
        "--defaultbranch": plan.repository.default_branch,
        # Neither of act's servers runs; were one to, it would listen here and nowhere
        # else.
        "--cache-server-addr": "127.0.0.1",
        "--artifact-server-addr": "127.0.0.1",
        "--container-daemon-socket": "-",
        "--network": "none",
    }
    argv = [str(act), plan.event.name, "--json", "--rm"]
    argv += ["--no-recurse", "--no-cache-server"]
    for option, value in options.items():
        argv += [option, str(value)]
    for label in _list_labels(plan):
        argv += ["--platform", f"{label.lower()}=-self-hosted"]
    for key, folder in active.sources.folders.items():
        argv += ["--local-repository", f"{key}={folder}"]
    return argv


def _list_labels(plan: RunPlan) -> list[str]:
    """Return every label that a job of this run can ask for, each once.

    act passes over a job whose label it does not know, and exits 0.
    """
    labels = dict.fromkeys([*plan.workflow.labels, *HOSTED_LABELS])
    request = plan.request
    # A label may come from a variable or an input.
    for value in (*request.variables.values(), *request.inputs.values()):
        if re.fullmatch(r"[\w.-]+", value):
            labels[value] = None
    return list(labels)
