"""Where each action of a workflow comes from: upstream if it can be had, else a stand-in."""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from ...errors import ToolFailedError, WfgenError
from ...process import Runner
from ..models import ActionChoice
from .registry import STAND_INS
from .writer import StandInWriter

FETCH_TIMEOUT_SECONDS = 60.0
PROBE_TIMEOUT_SECONDS = 3.0
HTTPS_PORT = 443
SERVER = "https://github.com"
SETUP_PYTHON = "actions/setup-python"
_PROXY_VARIABLES = {"https_proxy", "all_proxy"}
_USES = re.compile(
    r"(?P<owner>[^/@]+)/(?P<name>[^/@]+)(?:/(?P<path>[^@]*))?@(?P<ref>.+)"
)


@dataclass(frozen=True, slots=True)
class ActionSources:
    """Folders for act's `--local-repository`, by "owner/name@ref".

    `stand_ins` names the repositories that wfgen stands in for.
    """

    folders: Mapping[str, Path]
    stand_ins: tuple[str, ...]


class ActionReference(NamedTuple):
    """What a step's `uses: owner/name/path@ref` names."""

    repository: str
    path: str
    ref: str

    @property
    def key(self) -> str:
        """What act calls the repository."""
        return f"{self.repository}@{self.ref}"

    @property
    def action(self) -> str:
        """The action without its ref."""
        if not self.path:
            return self.repository
        return f"{self.repository}/{self.path}"


def parse_reference(uses: str) -> ActionReference | None:
    """Parse a step's `uses`; None for what names no action in a repository."""
    match = _USES.fullmatch(uses)
    if match is None:
        return None
    repository = f"{match['owner']}/{match['name']}"
    path = (match["path"] or "").strip("/")
    return ActionReference(repository, path, match["ref"])


@dataclass(slots=True)
class ActionFinder:
    """Finds actions; one network failure is taken for all of them.

    `actions_folder` is the user's own folder of actions, `cache` keeps what was fetched,
    and `programs` is the PATH of the jobs. `fork_server` is a socket, for the stand-ins.
    """

    choice: ActionChoice
    actions_folder: Path | None
    cache: Path
    stand_in_folder: Path
    variables: Mapping[str, str]
    runner: Runner
    programs: str
    server: str = SERVER
    fork_server: Path | None = None
    _is_reachable: bool | None = field(default=None, init=False)
    """Whether the server answers; None before it was tried."""

    def find(self, uses: Iterable[str]) -> ActionSources:
        """Find a folder for every action.

        Raises ToolFailedError for one that cannot be had in any way.
        """
        folders: dict[str, Path] = {}
        stand_ins: dict[str, None] = {}
        for text in uses:
            reference = parse_reference(text)
            # act says what is wrong with one that cannot be parsed.
            if reference is None or reference.key in folders:
                continue
            folder = self._find_upstream(reference)
            if folder is None:
                folder = self._write_stand_in(reference)
                stand_ins[reference.repository] = None
            folders[reference.key] = folder
        return ActionSources(folders, tuple(stand_ins))

    def _write_stand_in(self, reference: ActionReference) -> Path:
        is_allowed = self.choice is not ActionChoice.UPSTREAM
        if not is_allowed or reference.action not in STAND_INS:
            raise ToolFailedError(
                f"the action {reference.key} cannot be fetched, and wfgen has no "
                "stand-in for it",
                hint="unpack it below a folder as OWNER/NAME and give that with "
                "--actions-folder",
            )
        writer = StandInWriter(
            self.variables, has_node=self._has_node, server=self.fork_server
        )
        folder = self.stand_in_folder / reference.key.replace("/", "+")
        return writer.write(reference.repository, folder)

    @property
    def _has_node(self) -> bool:
        return shutil.which("node", path=self.programs) is not None

    def _find_upstream(self, reference: ActionReference) -> Path | None:
        """Find the action as it was published: the user's copy, a fetched one, or a new one."""
        folder = self._find_given(reference)
        if folder is not None:
            return folder
        if self._prefers_stand_in(reference.repository):
            return None
        target = self.cache / reference.key.replace("/", "+")
        if target.is_dir():
            return target
        if self._can_reach_server() and self._fetch(reference, target):
            return target
        return None

    def _find_given(self, reference: ActionReference) -> Path | None:
        if self.actions_folder is not None:
            # A folder for one ref goes before one for all of them.
            for name in (reference.key, reference.repository):
                folder = self.actions_folder / name
                if folder.is_dir():
                    return folder
        return None

    def _prefers_stand_in(self, repository: str) -> bool:
        """Tell whether a stand-in is taken even where upstream could be fetched."""
        if repository not in STAND_INS or self.choice is ActionChoice.UPSTREAM:
            return False
        if self.choice is ActionChoice.STAND_IN:
            return True
        # setup-python would download interpreters; whether it may is for the user to say.
        return repository == SETUP_PYTHON or not self._has_node

    def _can_reach_server(self) -> bool:
        """Tell whether there is any point in fetching.

        git by itself would wait for minutes where nothing answers.
        """
        if self._is_reachable is None:
            address = urlsplit(self.server)
            # A proxy may reach what this machine cannot.
            if address.hostname is None or _has_proxy():
                self._is_reachable = True
            else:
                port = address.port or HTTPS_PORT
                self._is_reachable = can_connect(address.hostname, port)
        return self._is_reachable

    def _fetch(self, reference: ActionReference, target: Path) -> bool:
        """Fetch one commit, without history, into a folder that appears once it is whole."""
        # In the folder of the run: a run that is killed leaves nothing in the cache.
        temporary = self.stand_in_folder / "fetched"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        url = f"{self.server}/{reference.repository}"
        steps = (
            ["init", "--quiet"],
            ["fetch", "--quiet", "--depth=1", url, reference.ref],
            ["checkout", "--quiet", "FETCH_HEAD"],
        )
        try:
            for step in steps:
                completed = self.runner.run(
                    ["git", *step],
                    cwd=temporary,
                    timeout_seconds=FETCH_TIMEOUT_SECONDS,
                )
                if completed.exit_code:
                    # An action that is not there says nothing about the others.
                    self._is_reachable = "unable to access" not in completed.stderr
                    return False
        except WfgenError:
            self._is_reachable = False
            return False
        shutil.rmtree(temporary / ".git")
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.rename(target)
        except OSError:
            # Another run may have been quicker.
            return target.is_dir()
        return True


def can_connect(host: str, port: int) -> bool:
    """Tell whether something listens there."""
    try:
        with socket.create_connection((host, port), timeout=PROBE_TIMEOUT_SECONDS):
            return True
    except OSError:
        return False


def _has_proxy() -> bool:
    names = {name.lower() for name in os.environ}
    return not names.isdisjoint(_PROXY_VARIABLES)
