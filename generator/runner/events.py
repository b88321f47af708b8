"""Events: the payload, the ref and the rights that GitHub gives a run for each."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import SettingsError
from ..workflow.model import DispatchInput, Workflow
from ..workflow.triggers import check_event
from .models import RunRequest
from .repository import NO_SHA, Repository

EVENTS = ("push", "pull_request", "schedule", "workflow_dispatch")
PULL_REQUEST_NUMBER = 1


@dataclass(frozen=True, slots=True)
class Trigger:
    """What starts a run.

    `head_branch` is what GitHub's API calls so: the branch of the code that runs;
    `trusted` is False for a pull request from a fork, which gets no secrets and a token
    that only reads.
    """

    event: str
    ref: str
    sha: str
    head_branch: str
    head_repository: str | None
    trusted: bool
    payload: Mapping[str, Any]
    environment: Mapping[str, str]


def make_trigger(
    plan: Workflow, request: RunRequest, repository: Repository
) -> Trigger:
    """Work an event out.

    Raises WorkflowProblemError where the workflow does not react to it, SettingsError
    for inputs that it lacks.
    """
    event = request.event
    if request.inputs and event != "workflow_dispatch":
        raise SettingsError(f"inputs go with workflow_dispatch, not with {event}")
    # A schedule runs on the default branch and nowhere else; a pull request is checked
    # against its base.
    fixed = event in {"schedule", "pull_request"}
    branch = request.branch or (
        repository.default_branch if fixed else repository.branch
    )
    if event == "schedule" and branch != repository.default_branch:
        raise SettingsError(
            f"a schedule runs on the default branch, which is {repository.default_branch}"
        )
    check_event(plan, event, branch)
    common = _common(request, repository)
    if event == "pull_request":
        return _pull_request(request, repository, branch, common)
    return Trigger(
        event=event,
        ref=f"refs/heads/{branch}",
        sha=repository.sha,
        head_branch=branch,
        head_repository=None,
        trusted=True,
        payload={**common, **_payload(plan, request, repository, branch)},
        environment={},
    )


def _payload(
    plan: Workflow, request: RunRequest, repository: Repository, branch: str
) -> dict[str, Any]:
    if request.event == "push":
        return _push(request, repository, branch)
    if request.event == "schedule":
        return {"schedule": _cron(plan, request), "workflow": plan.path.as_posix()}
    inputs = check_inputs(plan, request.inputs)
    return {
        "ref": f"refs/heads/{branch}",
        "inputs": inputs,
        "workflow": plan.path.as_posix(),
    }


def check_inputs(plan: Workflow, given: Mapping[str, str]) -> dict[str, str]:
    """The inputs of a dispatch with their defaults, as strings, checked as GitHub checks them.

    Raises SettingsError for one that the workflow does not have, and for a value that
    its type does not allow.
    """
    declared = plan.dispatch_inputs
    for name in given:
        if name not in declared:
            near = difflib.get_close_matches(name, declared, n=1)
            hint = (
                f"did you mean {near[0]}?"
                if near
                else f"its inputs: {', '.join(declared) or 'none'}"
            )
            raise SettingsError(f"{plan.path} has no input {name}", hint=hint)
    values: dict[str, str] = {}
    for name, about in declared.items():
        value = given.get(name, _as_text(about.default))
        if not value and about.required:
            raise SettingsError(
                f"the input {name} is required",
                hint=f"give it with --input {name}=VALUE",
            )
        _check_type(name, value, about)
        values[name] = value
    return values


def _check_type(name: str, value: str, about: DispatchInput) -> None:
    if not value:
        return
    if about.type == "boolean" and value not in {"true", "false"}:
        raise SettingsError(f"the input {name} takes true or false, not {value!r}")
    if about.type == "number":
        try:
            float(value)
        except ValueError as error:
            raise SettingsError(
                f"the input {name} takes a number, not {value!r}"
            ) from error
    options = [_as_text(option) for option in about.options]
    if about.type == "choice" and value not in options:
        raise SettingsError(
            f"the input {name} takes one of {', '.join(options)}, not {value!r}"
        )


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _cron(plan: Workflow, request: RunRequest) -> str:
    if request.cron is not None and request.cron not in plan.crons:
        raise SettingsError(
            f"{plan.path} has no schedule {request.cron!r}",
            hint=f"its cron lines: {', '.join(plan.crons)}",
        )
    return request.cron or next(iter(plan.crons), "")


def _common(request: RunRequest, repository: Repository) -> dict[str, Any]:
    owner = repository.name.split("/")[0]
    return {
        "repository": {
            "id": 1,
            "name": repository.name.split("/")[1],
            "full_name": repository.name,
            "default_branch": repository.default_branch,
            "fork": False,
            "private": False,
            "owner": {"login": owner, "id": 1, "type": "User"},
        },
        "sender": {"login": request.actor, "id": 1, "type": "User"},
    }


def _push(request: RunRequest, repository: Repository, branch: str) -> dict[str, Any]:
    commit = {
        "id": repository.sha,
        "message": repository.message,
        "author": {"name": request.actor},
    }
    return {
        "ref": f"refs/heads/{branch}",
        "before": repository.parent_sha,
        "after": repository.sha,
        "created": repository.parent_sha == NO_SHA,
        "deleted": False,
        "forced": False,
        "head_commit": commit,
        "commits": [commit],
        "pusher": {"name": request.actor},
    }


def _pull_request(
    request: RunRequest, repository: Repository, base: str, common: Mapping[str, Any]
) -> Trigger:
    head_name = (
        f"contributor/{repository.name.split('/')[1]}"
        if request.from_fork
        else repository.name
    )
    head = {
        "ref": request.head_branch,
        "sha": repository.sha,
        "label": f"{head_name.split('/')[0]}:{request.head_branch}",
        "repo": {
            "id": 2 if request.from_fork else 1,
            "full_name": head_name,
            "fork": request.from_fork,
        },
    }
    pull = {
        "number": PULL_REQUEST_NUMBER,
        "state": "open",
        "draft": False,
        "merged": False,
        "title": repository.message,
        "user": {"login": request.actor},
        "head": head,
        "base": {"ref": base, "sha": repository.sha, "repo": common["repository"]},
    }
    return Trigger(
        event="pull_request",
        ref=f"refs/pull/{PULL_REQUEST_NUMBER}/merge",
        sha=repository.sha,
        head_branch=request.head_branch,
        head_repository=head_name if request.from_fork else None,
        trusted=not request.from_fork,
        payload={
            **common,
            "action": "opened",
            "number": PULL_REQUEST_NUMBER,
            "pull_request": pull,
        },
        environment={"GITHUB_HEAD_REF": request.head_branch, "GITHUB_BASE_REF": base},
    )
