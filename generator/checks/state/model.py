"""What one workflow does with state, worked out once for every rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from ...workflow.nodes import Node
from ...workflow.source import Position, YamlDocument
from ..steps.inlining import FindAction, inline_actions
from ..steps.jobs import Job, read_jobs
from ..steps.operations import Push, Restore, Save, Source, Work
from ..steps.words import is_state_path, names_state
from ..steps.work import list_work
from ..stores.artifacts import list_downloads, list_uploads, mentions_artifact_api
from ..stores.caches import CacheStep, list_cache_steps
from ..stores.git import list_git_saves, list_pushes
from ..stores.releases import list_release_restores, list_release_saves

_Operation = TypeVar("_Operation")
PULL_REQUESTS = frozenset({"pull_request", "pull_request_target"})
# Nobody looks on when these start a run.
UNATTENDED = frozenset({"schedule", "workflow_run", "repository_dispatch", "push"})


class StateModel:
    """Jobs, triggers and operations of a file.

    `find_siblings` reads the repository's other workflows. Steps of its own composite
    actions, which `find_action` reads, stand behind the steps that use them.
    """

    def __init__(
        self,
        document: YamlDocument,
        find_siblings: Callable[[], tuple[StateModel, ...]] | None = None,
        find_action: FindAction | None = None,
    ) -> None:
        self.document = document
        self._find_siblings = find_siblings
        self.top = Node(document, (), document.data)
        self.jobs = read_jobs(document)
        if find_action is not None:
            for job in self.jobs:
                inline_actions(job, find_action)

    @cached_property
    def siblings(self) -> tuple[StateModel, ...]:
        """The other workflows of the repository, where it is known."""
        if self._find_siblings is None:
            return ()
        return self._find_siblings()

    @property
    def is_cut_off(self) -> bool:
        """Whether the file has more steps or commands than are looked at."""
        return any(job.budget.is_exceeded for job in self.jobs)

    @property
    def path(self) -> Path:
        """The file."""
        return self.document.path

    @cached_property
    def is_action(self) -> bool:
        """Whether the file is a composite action, of which any job may be the caller."""
        return any(job.is_action for job in self.jobs)

    @cached_property
    def triggers(self) -> dict[str, Node]:
        """The events that start it."""
        on = self.top.get("on")
        if isinstance(on.value, dict):
            return {str(event): on.get(event) for event in on.value}
        return dict.fromkeys(on.list_texts(), on)

    @cached_property
    def causes(self) -> frozenset[str]:
        """The events that start it, or a workflow of the repository that calls it."""
        found = set(self.triggers)
        if "workflow_call" in found:
            for sibling in self.siblings:
                if any(self._is_called_by(job) for job in sibling.jobs):
                    found |= set(sibling.triggers)
        return frozenset(found)

    def _is_called_by(self, job: Job) -> bool:
        return job.uses.startswith("./") and job.uses.endswith(f"/{self.path.name}")

    @cached_property
    def crons(self) -> list[tuple[str, Position]]:
        """The cron lines, each with its place."""
        found = []
        entries = self.triggers.get("schedule")
        if entries is None or not isinstance(entries.value, list):
            return []
        for index, entry in enumerate(entries.value):
            node = Node(self.document, (*entries.path, index), entry)
            if isinstance(entry, dict) and entry.get("cron"):
                found.append((node.get_text("cron"), node.get("cron").position))
        return found

    @property
    def is_scheduled(self) -> bool:
        """Whether a schedule starts it."""
        return "schedule" in self.causes

    @property
    def runs_on_pull_requests(self) -> bool:
        """Whether pull requests start it."""
        return not PULL_REQUESTS.isdisjoint(self.causes)

    @property
    def is_unattended(self) -> bool:
        """Whether anything but people starts it."""
        return not UNATTENDED.isdisjoint(self.causes)

    @cached_property
    def work(self) -> list[Work]:
        """The commands that work."""
        return self._collect(list_work)

    @cached_property
    def pushes(self) -> list[Push]:
        """The pushes of commits."""
        pushes = self._collect(list_pushes)
        return [push for push in pushes if push.has_commit]

    @cached_property
    def git_saves(self) -> list[Save]:
        """What is added to commits."""
        return self._collect(list_git_saves)

    @cached_property
    def uploads(self) -> list[Save]:
        """The artifacts that are uploaded."""
        return self._collect(list_uploads)

    @cached_property
    def downloads(self) -> list[Restore]:
        """The artifacts that are downloaded."""
        return self._collect(list_downloads)

    @cached_property
    def caches(self) -> list[CacheStep]:
        """The steps that use the cache."""
        return self._collect(list_cache_steps)

    @cached_property
    def release_saves(self) -> list[Save]:
        """What is put into releases or stores elsewhere."""
        return self._collect(list_release_saves)

    @cached_property
    def release_restores(self) -> list[Restore]:
        """What is fetched from releases or stores elsewhere."""
        return self._collect(list_release_restores)

    @cached_property
    def kept_names(self) -> frozenset[str]:
        """Names of artifacts that some run restores from another."""
        found = set()
        for model in (self, *self.siblings):
            for restore in model.downloads:
                if restore.source is not Source.OWN or model.is_misled(restore):
                    found.add(restore.name)
        return frozenset(found)

    def is_misled(self, restore: Restore) -> bool:
        """Whether a restore looks for the artifact of an earlier run in its own.

        So it is where only later steps or jobs of this run upload it.
        """
        if restore.source is not Source.OWN or not restore.name or self.is_action:
            return False
        writers = [save for save in self.uploads if is_same_name(save, restore)]
        if not writers:
            return False
        job = restore.step.job
        earlier = self.list_needed(job)
        for save in writers:
            before = save.step.job is job and save.step.index < restore.step.index
            if before or save.step.job.id in earlier:
                return False
            # Jobs side by side: one may wait for the other in ways not seen here.
            if save.step.job is not job and job.id not in self.list_needed(
                save.step.job
            ):
                return False
        return (
            not any(other.uses for other in self.jobs if other.id in earlier)
            and "workflow_call" not in self.triggers
        )

    def _collect(self, find: Callable[[Job], Iterable[_Operation]]) -> list[_Operation]:
        """Return what is found in each job, in order."""
        found: list[_Operation] = []
        for job in self.jobs:
            found += find(job)
        return found

    def list_needed(self, job: Job) -> set[str]:
        """Return the ids of the jobs that have ended before a job begins."""
        by_id = {other.id: other for other in self.jobs}
        found: set[str] = set()
        waiting = list(job.needs)
        while waiting:
            needed = waiting.pop()
            if needed not in found and needed in by_id:
                found.add(needed)
                waiting += by_id[needed].needs
        return found

    def is_kept(self, save: Save) -> bool:
        """Whether an uploaded artifact is state: restored by later runs, or called so."""
        if save.name in self.kept_names:
            return True
        return names_state(save.name) and any(
            is_state_path(path) for path in save.paths
        )

    @cached_property
    def follows_unknown_runs(self) -> bool:
        """Whether some script asks the API for artifacts in a way that is not followed."""
        for model in (self, *self.siblings):
            for job in model.jobs:
                for step in job.steps:
                    script = step.get_input("script") + step.node.get_text("run")
                    if mentions_artifact_api(script):
                        return True
        return False


def is_same_name(save: Save, restore: Restore) -> bool:
    """Whether a download takes what an upload stored; patterns are not followed."""
    return save.name == restore.name
