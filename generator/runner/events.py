"""Events: the payload, the ref and the rights that GitHub gives a run for each.

docs.github.com, "Events that trigger workflows" and "Webhook events and payloads".
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..errors import SettingsError
from ..workflow.model import DispatchInput, Workflow
from ..workflow.triggers import PULL_REQUEST_TYPES, Occurrence, check_event
from .models import RunRequest
from .payloads.common import Addresses, Payload, make_repository, make_user
from .payloads.history import History, make_history
from .payloads.pull_request import (
    PULL_REQUEST_NUMBER,
    PullRequest,
    make_pull_request,
)
from .payloads.push import make_push
from .repository import Repository

EVENTS = ("push", "pull_request", "schedule", "workflow_dispatch")
# Python's `float` would also take `1_000`, `nan` and the digits of other scripts.
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
GITHUB_API = "https://api.github.com"


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


class _Occasion(NamedTuple):
    """What an event is made of."""

    request: RunRequest
    repository: Repository
    history: History
    addresses: Addresses


def _check(
    workflow: Workflow,
    request: RunRequest,
    repository: Repository,
    branch: str,
    paths: Sequence[str] | None,
) -> None:
    """Raise WorkflowProblemError where the workflow does not react to an event."""
    occurrence = Occurrence(
        event=request.event,
        branch=branch,
        tag=request.tag,
        activity=_choose_activity(request),
        paths=paths,
        message=repository.message,
    )
    check_event(workflow, occurrence)


def choose_base(request: RunRequest, repository: Repository) -> str:
    """Return the branch that a pull request is into; "" for another event."""
    if request.event != "pull_request":
        return ""
    return request.branch or repository.default_branch


def make_event(  # noqa: PLR0913 - what each of them tells cannot be made of the others
    workflow: Workflow,
    request: RunRequest,
    repository: Repository,
    paths: Sequence[str] | None = None,
    *,
    history: History | None = None,
    api: str = GITHUB_API,
) -> Event:
    """Return the event of a run; `paths` are the files that changed, where that is known.

    `history` is what git says of its commit, where it knows it; `api` is where the links
    of the payload lead.

    Raises WorkflowProblemError where the workflow does not react to it, SettingsError
    for inputs that it lacks.
    """
    name = request.event
    if request.inputs and name != "workflow_dispatch":
        raise SettingsError(f"inputs go with workflow_dispatch, not with {name}")
    branch = _choose_branch(request, repository)
    _check(workflow, request, repository, branch, paths)
    known = history or make_history(
        repository.sha, repository.parent_sha, request.actor
    )
    occasion = _Occasion(request, repository, known, Addresses(api))
    common = _make_common(occasion)
    if name == "pull_request":
        return _make_pull_request(occasion, branch, common)
    payload = _make_payload(workflow, occasion, branch)
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


def _make_common(occasion: _Occasion) -> Payload:
    """Return what the payloads of all events have in common."""
    at = occasion.history.committed_at
    return {
        "repository": make_repository(occasion.addresses, occasion.repository, at),
        "sender": make_user(occasion.addresses, occasion.request.actor),
    }


def _make_payload(workflow: Workflow, occasion: _Occasion, branch: str) -> Payload:
    request = occasion.request
    if request.event == "push":
        return make_push(
            occasion.addresses,
            occasion.repository,
            occasion.history,
            _make_ref(request, branch),
            request.actor,
        )
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


def _make_pull_request(occasion: _Occasion, base: str, common: Payload) -> Event:
    request, repository = occasion.request, occasion.repository
    fork = ""
    if request.from_fork:
        fork = f"contributor/{repository.name.partition('/')[2]}"
    activity = _choose_activity(request)
    pull = PullRequest(base, request.head_branch, fork, activity, request.actor)
    payload = make_pull_request(occasion.addresses, repository, occasion.history, pull)
    return Event(
        name="pull_request",
        ref=f"refs/pull/{PULL_REQUEST_NUMBER}/merge",
        sha=repository.sha,
        head_branch=request.head_branch,
        head_repository=fork or None,
        trusted=not request.from_fork,
        payload={**common, **payload},
        environment={
            "GITHUB_HEAD_REF": request.head_branch,
            "GITHUB_BASE_REF": base,
        },
    )
