"""What act is told.

By files, as a process list shows every argument, and the arguments themselves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...github.core.models import Run, RunTicket
from ...github.local_github import LocalGitHub
from ...workflow.model import Workflow
from ..actions.resolver import SERVER, ActionSources
from ..events import Trigger
from ..isolation.locks import hold_folder_lock
from ..isolation.run_directory import RunFolders
from ..models import RunRequest
from ..repository import Repository
from .environment_secrets import renamed

# Labels that GitHub hosts and that a runs-on expression may come to.
HOSTED_LABELS = ("ubuntu-latest", "ubuntu-24.04", "ubuntu-22.04", "ubuntu-slim")
RETENTION_DAYS = 90


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that is settled before the run begins."""

    request: RunRequest
    state: Path
    repository: Repository
    plan: Workflow
    trigger: Trigger
    environ: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Under:
    """A run that is under way."""

    folders: RunFolders
    local_github: LocalGitHub
    ticket: RunTicket
    sources: ActionSources
    notes: tuple[str, ...] = ()


def write_files(
    prepared: Prepared, under: Under, secrets: Mapping[str, str]
) -> dict[str, Path]:
    """What act is told by file, as a process list shows every argument.

    JSON is YAML, and quotes everything.
    """
    run, local_github, trigger, request = (
        under.ticket.run,
        under.local_github,
        prepared.trigger,
        prepared.request,
    )
    owner = prepared.repository.name.split("/")[0]
    workflow_ref = (
        f"{prepared.repository.name}/{prepared.plan.path.as_posix()}@{trigger.ref}"
    )
    environment = {
        "GITHUB_API_URL": local_github.url,
        "GITHUB_GRAPHQL_URL": f"{local_github.url}/graphql",
        "GITHUB_REPOSITORY": prepared.repository.name,
        "GITHUB_REPOSITORY_OWNER": owner,
        "GITHUB_REPOSITORY_ID": "1",
        "GITHUB_REPOSITORY_OWNER_ID": "1",
        "GITHUB_RUN_ID": str(run.id),
        "GITHUB_RUN_NUMBER": str(run.number),
        "GITHUB_RUN_ATTEMPT": str(run.attempt),
        "GITHUB_REF": trigger.ref,
        "SHA_REF": trigger.sha,  # act's own name for what becomes GITHUB_SHA
        "GITHUB_WORKFLOW_REF": workflow_ref,
        "GITHUB_WORKFLOW_SHA": trigger.sha,
        "GITHUB_TRIGGERING_ACTOR": request.actor,
        "GITHUB_RETENTION_DAYS": str(RETENTION_DAYS),
        "ACTIONS_RESULTS_URL": f"{local_github.url}/",
        "ACTIONS_RUNTIME_URL": f"{local_github.url}/",
        "ACTIONS_RUNTIME_TOKEN": under.ticket.runtime_token,
        "ACTIONS_CACHE_URL": f"{local_github.url}/",
        "ACTIONS_CACHE_SERVICE_V2": "true",
        "RUNNER_ENVIRONMENT": "self-hosted",
        **_git_environment(prepared, local_github),
        **trigger.environment,
        **request.environment,
    }
    contents: dict[str, tuple[str, Mapping[str, object]]] = {
        "env": ("env.yaml", environment),
        "secret": ("secrets.yaml", secrets),
        "var": (
            "variables.yaml",
            {**request.variables, **renamed(request.environment_variables)},
        ),
        "event": ("event.json", trigger.payload),
    }
    files = {}
    for key, (name, values) in contents.items():
        files[key] = under.folders.base / "files" / name
        files[key].touch(mode=0o600)
        files[key].write_text(json.dumps(values), encoding="utf-8")
    return files


def github_texts(prepared: Prepared, run: Run) -> dict[str, str]:
    """What is known of the `github` context before a run begins, by name."""
    trigger = prepared.trigger
    ref_name = trigger.ref.removeprefix("refs/heads/").removeprefix("refs/")
    return {
        "workflow": prepared.plan.name,
        "ref": trigger.ref,
        "ref_name": ref_name.removeprefix("pull/"),
        "head_ref": trigger.environment.get("GITHUB_HEAD_REF", ""),
        "base_ref": trigger.environment.get("GITHUB_BASE_REF", ""),
        "event_name": trigger.event,
        "repository": prepared.repository.name,
        "actor": prepared.request.actor,
        "sha": trigger.sha,
        "run_id": str(run.id),
    }


def _git_environment(prepared: Prepared, local_github: LocalGitHub) -> dict[str, str]:
    """Settings that send git to the local repository.

    The job's `contents` right decides on pushing too.
    """
    right = (
        prepared.plan.token_permissions.get("contents", "none")
        if prepared.trigger.trusted
        else "read"
    )
    address = f"{SERVER}/{prepared.repository.name}"
    if right == "none":
        return {}
    # The first run makes the repository: two at once must not both.
    with hold_folder_lock(prepared.state):
        settings = local_github.git_environment(f"{address}.git", address)
    if right == "write":
        return settings
    count = int(settings["GIT_CONFIG_COUNT"])
    return settings | {
        "GIT_CONFIG_COUNT": str(count + 1),
        f"GIT_CONFIG_KEY_{count}": "url.file:///the-token-may-only-read/.pushInsteadOf",
        f"GIT_CONFIG_VALUE_{count}": address,
    }


def act_argv(
    act: Path, prepared: Prepared, under: Under, files: Mapping[str, Path]
) -> list[str]:
    """The command line.

    Host mode for every label, no server of act's own, nothing of the user's settings.
    """
    request, folders = prepared.request, under.folders
    nothing = folders.base / "files" / "none"
    argv = [
        str(act),
        prepared.trigger.event,
        "--json",
        "--rm",
        "--directory",
        str(prepared.repository.root),
    ]
    argv += ["--workflows", str(files["workflow"]), "--no-recurse"]
    argv += ["--eventpath", str(files["event"]), "--env-file", str(files["env"])]
    argv += [
        "--secret-file",
        str(files["secret"]),
        "--var-file",
        str(files["var"]),
        "--input-file",
        str(nothing),
    ]
    argv += ["--action-cache-path", str(folders.act), "--actor", request.actor]
    argv += ["--defaultbranch", prepared.repository.default_branch]
    # Neither of act's servers runs; were one to, it would listen here and nowhere else.
    argv += [
        "--no-cache-server",
        "--cache-server-addr",
        "127.0.0.1",
        "--artifact-server-addr",
        "127.0.0.1",
    ]
    argv += ["--container-daemon-socket", "-", "--network", "none"]
    # A label may come from a variable or an input: act passes over a job whose label it
    # does not know, and exits 0.
    given = [*request.variables.values(), *request.inputs.values()]
    labels = [
        *prepared.plan.labels,
        *HOSTED_LABELS,
        *(value for value in given if re.fullmatch(r"[\w.-]+", value)),
    ]
    for label in dict.fromkeys(labels):
        argv += ["--platform", f"{label.lower()}=-self-hosted"]
    for key, folder in under.sources.folders.items():
        argv += ["--local-repository", f"{key}={folder}"]
    if request.job:
        argv += ["--job", request.job]
    return argv
