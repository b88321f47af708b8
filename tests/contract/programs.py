"""Programs that tests drive: the official JavaScript clients, gh, and `wfgen serve`."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from generator.github.core.models import RunTicket
from generator.github.local_github import LocalGitHub
from tests.contract.clients import Answer, Client, ask, hang_up

HERE = Path(__file__).parent
NODE_FOLDER = HERE.parents[1] / ".wfgen" / "contract-node"


@dataclass(frozen=True)
class Node:
    """The official JavaScript clients, installed in a folder of their own."""

    modules: Path
    home: Path

    def drive(
        self, client: Client, package: str, calls: list[dict[str, Any]], **env: str
    ) -> list[dict[str, Any]]:
        """Let a package perform calls as a step of the client's run; gives what each call gave."""
        out = self.home / "out.json"
        order = {
            "modules": str(self.modules),
            "package": package,
            "calls": calls,
            "out": str(out),
        }
        process = subprocess.run(
            [_node(), str(HERE / "driver.mjs")],
            input=json.dumps(order),
            text=True,
            capture_output=True,
            timeout=200,
            check=False,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.home),
                "RUNNER_TEMP": str(self.home),
                "GITHUB_WORKSPACE": str(self.home),
                "GITHUB_REPOSITORY": "local/repository",
                "GITHUB_API_URL": client.local_github.url,
                "ACTIONS_RESULTS_URL": client.local_github.url + "/",
                "ACTIONS_RUNTIME_TOKEN": client.ticket.runtime_token,
                "GITHUB_TOKEN": client.ticket.token,
            }
            | env,
        )
        assert process.returncode == 0, process.stdout[-2000:] + process.stderr[-2000:]
        results: list[dict[str, Any]] = json.loads(out.read_text())
        return results


def _node() -> str:
    return shutil.which("node") or "node"


def install_node_modules() -> Path:
    """Where the packages of package.json are installed, once for all test processes."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip(
            "node and npm are not installed: the official clients cannot be driven"
        )
    NODE_FOLDER.mkdir(parents=True, exist_ok=True)
    packages = (HERE / "package.json").read_text()
    installed = NODE_FOLDER / "installed.json"
    with (NODE_FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not installed.is_file() or installed.read_text() != packages:
            (NODE_FOLDER / "package.json").write_text(packages)
            _install_packages(npm)
            installed.write_text(packages)
    return NODE_FOLDER


def _install_packages(npm: str) -> None:
    quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
    process = subprocess.run(
        [npm, "install", *quiet],
        cwd=NODE_FOLDER,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    if process.returncode:
        reason = process.stderr.strip()[-300:]
        pytest.skip(f"npm could not install the official clients: {reason}")


@dataclass
class Served:
    """A server in another process."""

    process: subprocess.Popen[str]
    facts: dict[str, Any]
    dying: bool = False
    hang_up: Callable[[], None] = hang_up

    def ask(
        self, method: str, path: str, body: object = None, by: str = "owner_token"
    ) -> Answer:
        """Send a request with one of the tokens that the server told."""
        headers = {"Authorization": f"token {self.facts[by]}"}
        data = None if body is None else json.dumps(body).encode()
        return ask(method, self.facts["url"] + path, data, headers)

    def begin(self) -> Client:
        """A client of a new run."""
        new = {
            "workflow_path": "w.yml",
            "workflow_name": "w",
            "event": "push",
            "head_branch": "main",
            "head_sha": "a" * 40,
            "permissions": {"actions": "write"},
        }
        begun = self.ask("POST", "/_wfgen/runs", new).json
        local_github = SimpleNamespace(url=self.facts["url"])
        run = SimpleNamespace(id=begun["run_id"])
        runtime_token = begun["environment"]["ACTIONS_RUNTIME_TOKEN"]
        ticket = SimpleNamespace(
            run=run, token=begun["token"], runtime_token=runtime_token
        )
        return Client(cast("LocalGitHub", local_github), cast("RunTicket", ticket))

    def memory_megabytes(self) -> float:
        """The most memory it has held so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024


@contextmanager
def serve_in(folder: Path, *arguments: str) -> Iterator[Served]:
    """Run `wfgen serve --json` in a folder."""
    command = [
        sys.executable,
        "-m",
        "wfgen_actions.generator",
        "serve",
        "--json",
        *arguments,
    ]
    env = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, text=True, env=env
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            yield Served(process, json.loads(line))
        finally:
            process.kill()


Serving = Callable[..., AbstractContextManager[Served]]


@dataclass(frozen=True)
class Gh:
    program: str
    env: dict[str, str]
    folder: Path

    def __call__(self, *arguments: str) -> str:
        """What a call prints; it has to succeed."""
        process = self.run(*arguments)
        assert process.returncode == 0, process.stderr
        return process.stdout

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.program, *arguments],
            env=self.env,
            cwd=self.folder,
            text=True,
            capture_output=True,
            check=False,
        )
