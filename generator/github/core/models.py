"""The records of the local GitHub, frozen: what stores return and handlers pass on.

Most are named tuples: making a dataclass takes eight times as long, and every
`wfgen run` waits for these. Those that clients' JSON is read into are dataclasses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class NewRun:
    """A workflow run that is about to start.

    `workflow_path` counts from the repository's root; `permissions` is the effective
    set of the run's token (scope to `read` or `write`); `head_repository` None means
    the repository itself, another name is a fork. `ref` is the scope of the run's
    caches: None makes it the head branch, or the merge ref of a pull request, whose
    `base_branch` is then the default branch unless it is named.
    """

    workflow_path: str
    workflow_name: str
    event: str
    head_branch: str
    head_sha: str
    permissions: Mapping[str, str]
    head_repository: str | None = None
    ref: str | None = None
    base_branch: str | None = None


class Run(NamedTuple):
    """A workflow run; `number` counts per workflow from 1, `attempt` per run from 1."""

    id: int
    number: int
    attempt: int
    workflow_id: int
    workflow_path: str
    workflow_name: str
    event: str
    head_branch: str
    head_sha: str
    head_repository: str
    head_repository_id: int
    status: str
    conclusion: str | None
    created_at: datetime
    started_at: datetime
    updated_at: datetime
    backend_id: str
    ref: str
    base_branch: str


class WorkflowState(StrEnum):
    """Whether events start a workflow: those of GitHub's states that occur here."""

    ACTIVE = "active"
    # GitHub switches the schedule of a public repository off after 60 quiet days.
    DISABLED_INACTIVITY = "disabled_inactivity"
    DISABLED_MANUALLY = "disabled_manually"


class Workflow(NamedTuple):
    """A workflow file of the repository; `path` counts from its root."""

    id: int
    path: str
    name: str
    state: WorkflowState
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a job that has ended."""

    name: str
    conclusion: str
    duration_seconds: float = 0.0


class Job(NamedTuple):
    """A job of one attempt of a run."""

    id: int
    run_id: int
    attempt: int
    name: str
    status: str
    conclusion: str | None
    started_at: datetime
    completed_at: datetime | None
    steps: tuple[Step, ...]


class Cache(NamedTuple):
    """A finished cache; `ref` is where it was saved, and so who can restore it."""

    id: int
    key: str
    version: str
    ref: str
    blob: str
    size_bytes: int
    created_at: datetime
    used_at: datetime


class Issue(NamedTuple):
    """An issue, or the issue side of a pull request; `comments` is how many it has.

    `milestone` is a number; `lock_reason` None is not locked, "" locked without a reason.
    """

    number: int
    title: str
    body: str
    state: str
    state_reason: str | None
    author: str
    labels: tuple[str, ...]
    comments: int
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    is_pull: bool = False
    assignees: tuple[str, ...] = ()
    milestone: int | None = None
    lock_reason: str | None = None

    @property
    def is_locked(self) -> bool:
        """Whether only those who may write can comment."""
        return self.lock_reason is not None


class Label(NamedTuple):
    """A label that issues can bear; `color` in six hex digits."""

    id: int
    name: str
    color: str
    description: str


class Comment(NamedTuple):
    """A comment on an issue."""

    id: int
    issue_number: int
    author: str
    body: str
    created_at: datetime
    updated_at: datetime


class Variable(NamedTuple):
    """A variable of the repository; `name` in capitals."""

    name: str
    value: str
    created_at: datetime
    updated_at: datetime


class Release(NamedTuple):
    """A release; a draft has no `published_at`."""

    id: int
    tag: str
    name: str
    body: str
    target: str
    draft: bool
    prerelease: bool
    author: str
    created_at: datetime
    published_at: datetime | None


class Asset(NamedTuple):
    """A file attached to a release."""

    id: int
    release_id: int
    name: str
    label: str
    content_type: str
    blob: str
    size_bytes: int
    digest: str
    author: str
    created_at: datetime
    updated_at: datetime


class NameScope(StrEnum):
    """Within what the name of an artifact can be used once.

    Of GitHub both have been reported for runs that are run again.
    """

    ATTEMPT = "attempt"
    RUN = "run"


class Artifact(NamedTuple):
    """A finished artifact; `expired` by the local GitHub's clock when the record was read."""

    id: int
    run_id: int
    attempt: int
    name: str
    mime_type: str
    size_bytes: int
    digest: str
    blob: str
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    expired: bool
    job_backend_id: str


@dataclass(frozen=True, slots=True)
class RunTicket:
    """A run and its credentials: the REST token (GITHUB_TOKEN), the services' runtime token."""

    run: Run
    token: str
    runtime_token: str

    def __repr__(self) -> str:
        """Show the run only."""
        # Tickets turn up in logs and tracebacks, where a token must not.
        return f"RunTicket(run={self.run!r}, token='***', runtime_token='***')"
