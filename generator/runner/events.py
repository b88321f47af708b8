"""Events: the payload, the ref and the rights that GitHub gives a run for each.

docs.github.com, "Events that trigger workflows" and "Webhook events and payloads".
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..errors import SettingsError
from ..workflow.model import DispatchInput, Workflow
from ..workflow.triggers import PULL_REQUEST_TYPES, Occurrence, check_event
from .models import RunRequest
from .repository import NO_SHA, Repository

# A part of a payload, as JSON has it.
Payload: TypeAlias = dict[str, Any]

EVENTS = ("push", "pull_request", "schedule", "workflow_dispatch")
# Python's `float` would also take `1_000`, `nan` and the digits of other scripts.
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
PULL_REQUEST_NUMBER = 1
REPOSITORY_ID = 1
FORK_ID = 2


@dataclass(frozen=True, slots=True)
class Event:
    """What starts a run.

    `head_branch` is what GitHub's API calls so: the branch of the code that runs.
    `trusted` is False for a pull request from a fork, which gets no secrets and a token
    that only reads. `environment` holds variables that the runner sets for it.
    """

    name: str
    ref: str
    sha: str
    head_branch: str
    head_repository: str | None
    trusted: bool
    payload: Mapping[str, Any]
    environment: Mapping[str, str]

    @property
    def short_ref(self) -> str:
        """The ref as people write it: `main`, `pull/1/merge`."""
        short = self.ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
        return short.removeprefix("refs/")


def choose_event(workflow: Workflow) -> str:
    """Return what a workflow is run by where nobody says: a push, if it starts it."""
    for event in ("push", "schedule", "workflow_dispatch", "pull_request"):
        if event in workflow.triggers:
            return event
    return EVENTS[0]


def make_event(
    workflow: Workflow,
    request: RunRequest,
    repository: Repository,
    paths: Sequence[str] | None = None,
) -> Event:
    """Return the event of a run; `paths` are the files that changed, where that is known.

    Raises WorkflowProblemError where the workflow does not react to it, SettingsError
    for inputs that it lacks.
    """
    name = request.event
    if request.inputs and name != "workflow_dispatch":
        raise SettingsError(f"inputs go with workflow_dispatch, not with {name}")
    branch = _choose_branch(request, repository)
    occurrence = Occurrence(
        event=name,
        branch=branch,
        tag=request.tag,
        activity=_choose_activity(request),
        paths=paths,
        message=repository.message,
    )
    check_event(workflow, occurrence)
    common = _make_common(request, repository)
    if name == "pull_request":
        return _make_pull_request(request, repository, branch, common)
    payload = _make_payload(workflow, request, repository, branch)
    return Event(
        name=name,
        ref=_make_ref(request, branch),
        sha=repository.sha,
        head_branch=request.tag or branch,
        head_repository=None,
        trusted=True,
        payload={**common, **payload},
        environment={},
    )


def _make_payload(
    workflow: Workflow, request: RunRequest, repository: Repository, branch: str
) -> Payload:
    if request.event == "push":
        return _make_push(request, repository, branch)
    if request.event == "schedule":
        return _make_schedule(workflow, request)
    return _make_dispatch(workflow, request, branch)


def _make_ref(request: RunRequest, branch: str) -> str:
    if request.tag:
        return f"refs/tags/{request.tag}"
    return f"refs/heads/{branch}"


def _choose_activity(request: RunRequest) -> str:
    if request.activity or request.event != "pull_request":
        return request.activity
    return PULL_REQUEST_TYPES[0]


def _choose_branch(request: RunRequest, repository: Repository) -> str:
    default = repository.default_branch
    if request.tag and request.event not in {"push", "workflow_dispatch"}:
        raise SettingsError(f"a tag goes with push, not with {request.event}")
    if request.activity and request.event != "pull_request":
        raise SettingsError(f"an activity goes with pull_request, not {request.event}")
    if request.event == "schedule":
        # On GitHub a schedule runs on the default branch and nowhere else.
        if request.branch not in {None, "", default}:
            raise SettingsError(
                f"a schedule runs on the default branch, which is {default}"
            )
        return default
    # A pull request is checked against its base.
    if request.event == "pull_request":
        return request.branch or default
    return request.branch or repository.branch


def check_inputs(workflow: Workflow, given: Mapping[str, str]) -> dict[str, str]:
    """Return the inputs of a dispatch with their defaults, as strings.

    They are checked as GitHub checks them. Raises SettingsError for one that the
    workflow does not have, and for a value that its type does not allow.
    """
    declared = workflow.dispatch_inputs
    for name in given:
        if name not in declared:
            raise SettingsError(
                f"{workflow.path} has no input {name}",
                hint=_suggest_input(name, declared),
            )
    values: dict[str, str] = {}
    for name, declaration in declared.items():
        value = given.get(name, _as_text(declaration.default))
        if not value and declaration.required:
            raise SettingsError(
                f"the input {name} is required",
                hint=f"give it with --input {name}=VALUE",
            )
        if value:
            _check_type(value, declaration)
        values[name] = value
    return values


def _suggest_input(name: str, declared: Mapping[str, DispatchInput]) -> str:
    similar = difflib.get_close_matches(name, declared, n=1)
    if similar:
        return f"did you mean {similar[0]}?"
    return f"its inputs: {', '.join(declared) or 'none'}"


def _check_type(value: str, declaration: DispatchInput) -> None:
    name = declaration.name
    if declaration.type == "boolean" and value not in {"true", "false"}:
        raise SettingsError(f"the input {name} takes true or false, not {value!r}")
    if declaration.type == "number" and not _NUMBER.fullmatch(value):
        raise SettingsError(f"the input {name} takes a number, not {value!r}")
    if declaration.type == "choice":
        options = [_as_text(option) for option in declaration.options]
        if value not in options:
            raise SettingsError(
                f"the input {name} takes one of {', '.join(options)}, not {value!r}"
            )


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _make_common(request: RunRequest, repository: Repository) -> Payload:
    """Return what the payloads of all events have in common."""
    owner, _, name = repository.name.partition("/")
    return {
        "repository": {
            "id": REPOSITORY_ID,
            "name": name,
            "full_name": repository.name,
            "default_branch": repository.default_branch,
            "fork": False,
            "private": False,
            "owner": {"login": owner, "id": 1, "type": "User"},
        },
        "sender": {"login": request.actor, "id": 1, "type": "User"},
    }


def _make_push(request: RunRequest, repository: Repository, branch: str) -> Payload:
    commit = {
        "id": repository.sha,
        "message": repository.message,
        "author": {"name": request.actor},
    }
    return {
        "ref": _make_ref(request, branch),
        "before": NO_SHA if request.tag else repository.parent_sha,
        "after": repository.sha,
        "created": bool(request.tag) or repository.parent_sha == NO_SHA,
        "deleted": False,
        "forced": False,
        "head_commit": commit,
        "commits": [commit],
        "pusher": {"name": request.actor},
    }


def _make_schedule(workflow: Workflow, request: RunRequest) -> Payload:
    crons = workflow.crons
    if request.cron is not None and request.cron not in crons:
        raise SettingsError(
            f"{workflow.path} has no schedule {request.cron!r}",
            hint=f"its cron lines: {', '.join(crons)}",
        )
    cron = request.cron or next(iter(crons), "")
    return {"schedule": cron, "workflow": workflow.path.as_posix()}


def _make_dispatch(workflow: Workflow, request: RunRequest, branch: str) -> Payload:
    return {
        "ref": _make_ref(request, branch),
        "inputs": check_inputs(workflow, request.inputs),
        "workflow": workflow.path.as_posix(),
    }


def _make_pull_request(
    request: RunRequest, repository: Repository, base_branch: str, common: Payload
) -> Event:
    head_repository = repository.name
    if request.from_fork:
        fork_name = repository.name.partition("/")[2]
        head_repository = f"contributor/{fork_name}"
    pull_request = {
        "number": PULL_REQUEST_NUMBER,
        "state": "open",
        "draft": False,
        "merged": False,
        "title": repository.subject,
        "user": {"login": request.actor},
        "head": _make_head(request, repository.sha, head_repository),
        "base": {
            "ref": base_branch,
            "sha": repository.sha,
            "repo": common["repository"],
        },
    }
    return Event(
        name="pull_request",
        ref=f"refs/pull/{PULL_REQUEST_NUMBER}/merge",
        sha=repository.sha,
        head_branch=request.head_branch,
        head_repository=head_repository if request.from_fork else None,
        trusted=not request.from_fork,
        payload={
            **common,
            "action": _choose_activity(request),
            "number": PULL_REQUEST_NUMBER,
            "pull_request": pull_request,
        },
        environment={
            "GITHUB_HEAD_REF": request.head_branch,
            "GITHUB_BASE_REF": base_branch,
        },
    )


def _make_head(request: RunRequest, sha: str, head_repository: str) -> Payload:
    """Return the `head` of a pull request: the branch that asks to be pulled."""
    owner = head_repository.partition("/")[0]
    return {
        "ref": request.head_branch,
        "sha": sha,
        "label": f"{owner}:{request.head_branch}",
        "repo": {
            "id": FORK_ID if request.from_fork else REPOSITORY_ID,
            "full_name": head_repository,
            "fork": request.from_fork,
        },
    }
