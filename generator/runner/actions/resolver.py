"""Where each action of a workflow comes from.

Upstream where it can be had, else a stand-in of ours.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ...errors import ToolFailedError, WfgenError
from ...process import Runner
from ..models import ActionChoice
from .writer import STAND_INS, write_stand_ins

FETCH_TIMEOUT_SECONDS = 60.0
PROBE_TIMEOUT_SECONDS = 3.0
_PROXIES = {"https_proxy", "all_proxy"}
SERVER = "https://github.com"
_USES = re.compile(
    r"(?P<owner>[^/@]+)/(?P<name>[^/@]+)(?:/(?P<path>[^@]*))?@(?P<ref>.+)"
)


@dataclass(frozen=True, slots=True)
class ActionSources:
    """Folders for act's `--local-repository`, by "owner/name@ref".

    `stand_ins` names those that are ours.
    """

    folders: Mapping[str, Path]
    stand_ins: tuple[str, ...]


@dataclass(slots=True)
class ActionFinder:
    """Finds actions; one network failure is taken for all of them."""

    choice: ActionChoice
    given: Path | None
    cache: Path
    stand_in_folder: Path
    variables: Mapping[str, str]
    runner: Runner
    path: str
    server: str = SERVER
    reachable: bool | None = None

    def find(self, uses: Iterable[str]) -> ActionSources:
        """A folder for every action; raises ToolFailedError for one that cannot be had in any way."""
        folders: dict[str, Path] = {}
        stand_ins: list[str] = []
        for whole in uses:
            found = _USES.fullmatch(whole)
            if found is None:
                continue  # act says what is wrong with it
            action, key = (
                f"{found['owner']}/{found['name']}",
                f"{found['owner']}/{found['name']}@{found['ref']}",
            )
            if key in folders:
                continue
            upstream = self._upstream(action, found["ref"])
            if upstream is not None:
                folders[key] = upstream
            elif self._stands_in(action, found["path"]):
                folders[key] = write_stand_ins(
                    action,
                    self.stand_in_folder / key.replace("/", "+"),
                    self.variables,
                    node=self._has_node,
                )
                stand_ins.append(action)
            else:
                raise ToolFailedError(
                    f"the action {key} cannot be fetched, and wfgen has no stand-in for it",
                    hint="unpack it below a folder as OWNER/NAME and give that with --actions-folder",
                )
        return ActionSources(folders, tuple(dict.fromkeys(stand_ins)))

    def _stands_in(self, action: str, path: str | None) -> bool:
        whole = f"{action}/{path.strip('/')}" if path else action
        return self.choice is not ActionChoice.UPSTREAM and whole in STAND_INS

    @property
    def _has_node(self) -> bool:
        return shutil.which("node", path=self.path) is not None

    def _upstream(self, action: str, ref: str) -> Path | None:
        if self.given is not None:
            for name in (f"{action}@{ref}", action):
                if (self.given / name).is_dir():
                    return self.given / name
        known = action in STAND_INS
        # setup-python would download interpreters; whether it may is for the user to say.
        if known and (
            self.choice is ActionChoice.STAND_IN
            or (self.choice is ActionChoice.AUTO and _ours(action))
        ):
            return None
        if known and self.choice is ActionChoice.AUTO and not self._has_node:
            return None
        target = self.cache / f"{action}@{ref}".replace("/", "+")
        if target.is_dir() or (self._can_reach() and self._fetch(action, ref, target)):
            return target
        return None

    def _can_reach(self) -> bool:
        """Whether there is any point in fetching.

        Git by itself would wait for minutes where nothing answers.
        """
        if self.reachable is None:
            address = urlsplit(self.server)
            direct = address.hostname and not any(
                name.lower() in _PROXIES for name in os.environ
            )
            self.reachable = not direct or _answers(
                str(address.hostname), address.port or 443
            )
        return self.reachable

    def _fetch(self, action: str, ref: str, target: Path) -> bool:
        """Fetch one commit, without history, into a folder that appears only when it is whole."""
        aside = self.stand_in_folder / "fetched"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        steps = (
            ["init", "--quiet"],
            ["fetch", "--quiet", "--depth=1", f"{self.server}/{action}", ref],
            ["checkout", "--quiet", "FETCH_HEAD"],
        )
        try:
            for step in steps:
                done = self.runner.run(
                    ["git", *step], cwd=aside, timeout_seconds=FETCH_TIMEOUT_SECONDS
                )
                if done.exit_code:
                    # An action that is not there says nothing about the others.
                    self.reachable = "unable to access" not in done.stderr
                    return False
        except WfgenError:
            self.reachable = False
            return False
        shutil.rmtree(aside / ".git")
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            aside.rename(target)
        except OSError:
            return target.is_dir()  # another run was quicker
        return True


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=PROBE_TIMEOUT_SECONDS):
            return True
    except OSError:
        return False


def _ours(action: str) -> bool:
    return action == "actions/setup-python"
