"""The local GitHub, as the rest of wfgen uses it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from ..errors import LocalGitHubError
from ..process import Runner, SystemRunner
from .client_setup import build_gh_environment
from .context import AppContext, AppSettings
from .core.clock import Clock, SystemClock
from .core.faults import FaultPlan
from .core.models import (
    Artifact,
    Cache,
    Issue,
    Job,
    NameScope,
    NewRun,
    Run,
    RunTicket,
    Step,
    Workflow,
    WorkflowState,
)
from .core.rate_limits import Limits
from .core.tokens import Grant
from .launcher import Launcher
from .run_lifecycle import (
    begin_attempt,
    begin_run,
    close_abandoned_runs,
    create_job_token,
    end_run,
    run_environment,
)
from .server import ServerThread
from .storage.artifacts import ArtifactFilter
from .storage.releases import AssetFilter


class LocalGitHub:
    """One repository on a GitHub of its own, served on loopback while the `with` lasts."""

    def __init__(self, context: AppContext, server: ServerThread) -> None:
        self._context = context
        self._server = server
        self.url = server.url
        self.repository = context.repository

    @classmethod
    def open(  # noqa: PLR0913 - each says something else of the repository
        cls,
        root: Path,
        *,
        repository: str = "local/repository",
        default_branch: str = "main",
        clock: Clock | None = None,
        port: int = 0,
        limits: Limits | None = None,
        runner: Runner | None = None,
        artifact_names: NameScope = NameScope.ATTEMPT,
    ) -> LocalGitHub:
        """Open the stores in `root` (made where missing); the server runs from `with` on.

        Raises LocalGitHubError where the stores cannot be read or the port is taken.
        """
        settings = AppSettings(
            repository=repository,
            default_branch=default_branch,
            clock=clock or SystemClock(),
            limits=limits or Limits(),
            runner=runner or SystemRunner(),
            path=os.environ.get("PATH", os.defpath),
            artifact_names=artifact_names,
        )
        context = AppContext.open(root.resolve(), settings)
        try:
            close_abandoned_runs(context)
            return cls(context, ServerThread(context, port))
        except LocalGitHubError:
            context.close()
            raise

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The server first, as requests under way still use the stores.
        self._server.stop()
        self._context.close()

    @property
    def clock(self) -> Clock:
        """The time the server goes by."""
        return self._context.clock

    @property
    def faults(self) -> FaultPlan:
        """The faults that requests are to have."""
        return self._context.faults

    def begin_run(self, new: NewRun) -> RunTicket:
        """Enter a run and give out its tokens, which end with it."""
        return begin_run(self._context, new)

    def begin_attempt(self, run_id: int, permissions: Mapping[str, str]) -> RunTicket:
        """Run a finished run again: same id and number, next attempt.

        KeyError for one that is unknown or not finished.
        """
        return begin_attempt(self._context, run_id, permissions)

    def create_job_token(self, run: Run, permissions: Mapping[str, str]) -> str:
        """A token for one job of a run that is going on; it ends with the run."""
        return create_job_token(self._context, run, permissions)

    def run_environment(self, ticket: RunTicket) -> dict[str, str]:
        """The variables that a step of the run finds; its token is not among them."""
        return run_environment(self.url, ticket)

    def build_gh_environment(self) -> dict[str, str]:
        """The variables that make `gh` speak to this server, as the repository's owner."""
        return build_gh_environment(
            self.url, self.repository, self.create_owner_token()
        )

    def record_job(
        self, run_id: int, name: str, conclusion: str, steps: Sequence[Step] = ()
    ) -> Job:
        """Enter a job of a run's present attempt that has just ended."""
        return self._context.runs.record_job(
            self._context.runs.get(run_id), name, conclusion, steps
        )

    def create_owner_token(self) -> str:
        """A token that may do everything, as the repository's owner has."""
        return self._context.tokens.create_token(
            Grant(None, {"*": "write"}, login=self._context.owner), prefix="ghp_"
        )

    def finish_run(self, run_id: int, conclusion: str) -> Run:
        """Enter how a run ended, and end its tokens; KeyError for a run that is unknown."""
        return end_run(self._context, run_id, conclusion)

    def set_launcher(self, launcher: Launcher | None) -> None:
        """Set who starts, repeats and stops runs for clients; None refuses their requests."""
        self._context.launcher = launcher

    def get_variables(self) -> dict[str, str]:
        """The variables of the repository."""
        variables = self._context.variables.list_all()
        return {variable.name: variable.value for variable in variables}

    def register_workflow(self, path: str, name: str) -> Workflow:
        """Enter a workflow file of the repository."""
        # GitHub knows a workflow as soon as it is on the default branch, before any run.
        return self._context.workflows.register(path, name)

    def list_workflows(self) -> tuple[Workflow, ...]:
        """Every workflow, those that are switched off among them."""
        return tuple(self._context.workflows.list_all())

    def switch_workflow(self, file: str, state: WorkflowState) -> Workflow:
        """Switch a workflow on or off, by its file name; KeyError for one that is unknown."""
        return self._context.workflows.switch(file, state)

    def list_runs(self) -> tuple[Run, ...]:
        """Every run, oldest first."""
        return tuple(self._context.runs.list_runs())

    def list_artifacts(self, run_id: int | None = None) -> tuple[Artifact, ...]:
        """Finished artifacts, oldest first, of one run or of all.

        Expired ones among them, deleted ones not.
        """
        artifact_filter = ArtifactFilter(run_id=run_id)
        return tuple(self._context.artifacts.list_finished(artifact_filter))

    def get_artifact_path(self, artifact_id: int) -> Path:
        """The stored zip; KeyError for an artifact that is not there."""
        artifact = self._context.artifacts.get(artifact_id)
        return self._context.blobs.get_path(artifact.blob)

    def delete_artifact(self, artifact_id: int) -> None:
        """Delete an artifact; KeyError for one that is not there."""
        self._context.artifacts.delete(artifact_id)

    def expire_artifact(self, artifact_id: int, *, days: float = 0) -> None:
        """Let an artifact expire `days` ago, or (where negative) in so many days.

        KeyError for an artifact that is not there.
        """
        self._context.artifacts.expire(
            artifact_id, self._context.clock.now() - timedelta(days=days)
        )

    def list_downloads(self, run_id: int) -> tuple[Artifact, ...]:
        """Artifacts of other runs that this run fetched: where its state came from."""
        return tuple(self._context.artifacts.list_downloads(run_id))

    def list_caches(self) -> tuple[Cache, ...]:
        """Finished caches, oldest first."""
        return tuple(self._context.caches.list_finished())

    def list_cache_paths(self) -> tuple[Path, ...]:
        """The stored archives of the finished caches, oldest first."""
        context = self._context
        # GitHub evicts what was idle when anybody looks.
        caches = context.caches.list_living()
        return tuple(context.blobs.get_path(cache.blob) for cache in caches)

    def list_asset_paths(self) -> tuple[Path, ...]:
        """The stored files that are attached to releases."""
        context = self._context
        assets = context.releases.list_assets(AssetFilter())
        return tuple(context.blobs.get_path(asset.blob) for asset in assets)

    def list_issues(self) -> tuple[Issue, ...]:
        """Every issue, oldest first."""
        return tuple(reversed(self._context.issues.list_issues()))

    def build_git_environment(self, *addresses: str) -> dict[str, str]:
        """Variables that make git use the repository kept here for `addresses`."""
        return self._context.git.build_environment(*addresses)

    def get_git_folder(self) -> Path:
        """The bare repository that runs push to, made where it is missing."""
        return self._context.git.ensure()
