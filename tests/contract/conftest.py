"""A small client that speaks the protocols word by word, and the local GitHub it speaks to."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import quote, urlsplit

import pytest

from generator.github.client_setup import build_gh_environment
from generator.github.core.clock import SteerableClock
from generator.github.core.models import NewRun, RunTicket
from generator.github.local_github import LocalGitHub

ARTIFACTS = "/twirp/github.actions.results.api.v1.ArtifactService/"
CACHES = "/twirp/github.actions.results.api.v1.CacheService/"
HERE = Path(__file__).parent
NODE_FOLDER = HERE.parents[1] / ".wfgen" / "contract-node"
ALL = {
    "actions": "write",
    "contents": "write",
    "issues": "write",
    "checks": "read",
    "pull-requests": "read",
}


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; redirects are not followed."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON is anything
        return json.loads(self.body)


_kept = threading.local()


def ask(
    method: str,
    url: str,
    body: bytes | Iterator[bytes] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one request.

    Over a connection that is kept for the thread's next one to the same server.
    """
    parts = urlsplit(url)
    target = quote(parts.path, safe="/%:") + (f"?{parts.query}" if parts.query else "")
    held: tuple[str, http.client.HTTPConnection] | None = getattr(_kept, "held", None)
    if held is None or held[0] != parts.netloc:
        if held is not None:
            held[1].close()
        held = parts.netloc, http.client.HTTPConnection(parts.netloc, timeout=60)
        held[1].connect()
        if held[1].sock is not None:
            held[1].sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _kept.held = held
    try:
        held[1].request(method, target, body, dict(headers or {}))
        response = held[1].getresponse()
        return Answer(
            response.status,
            {k.lower(): v for k, v in response.getheaders()},
            response.read(),
        )
    except BaseException:
        held[1].close()
        _kept.held = None
        raise


def hang_up() -> None:
    """Close the connection that is kept for this thread."""
    if held := getattr(_kept, "held", None):
        held[1].close()
        _kept.held = None


@pytest.fixture(autouse=True)
def no_connection_is_left() -> Iterator[None]:
    yield
    hang_up()


def block_id(text: str) -> str:
    """A block id as Azure's clients make them."""
    return base64.b64encode(text.encode()).decode()


@dataclass(frozen=True)
class Client:
    """A run's client."""

    local_github: LocalGitHub
    ticket: RunTicket
    ask: Callable[..., Answer] = ask
    hang_up: Callable[[], None] = hang_up

    @property
    def run_id(self) -> int:
        return self.ticket.run.id

    def rest(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> Answer:
        """Call REST; a path without a leading slash is the repository's."""
        url = self.local_github.url + (
            path if path.startswith("/") else f"/repos/local/repository/{path}"
        )
        given = {"Authorization": f"token {self.ticket.token}"} | {
            k.replace("_", "-"): v for k, v in headers.items()
        }
        return ask(
            method, url, None if body is None else json.dumps(body).encode(), given
        )

    def twirp(self, method: str, service: str = ARTIFACTS, **fields: object) -> Answer:
        """Call one of the services."""
        headers = {
            "Authorization": f"Bearer {self.ticket.runtime_token}",
            "Content-Type": "application/json",
        }
        return ask(
            "POST",
            self.local_github.url + service + method,
            json.dumps(fields).encode(),
            headers,
        )

    def put_blocks(
        self, url: str, blocks: Mapping[str, bytes], order: list[str]
    ) -> Answer:
        """Put blocks as they come in the mapping, then the list of them in `order`."""
        for name, data in blocks.items():
            answer = ask(
                "PUT", f"{url}&comp=block&blockid={quote(block_id(name))}", data
            )
            assert answer.status == 201, answer
        listed = "".join(f"<Latest>{block_id(name)}</Latest>" for name in order)
        xml = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listed}</BlockList>'
        return ask("PUT", f"{url}&comp=blocklist", xml.encode())

    def put_blocks_status(self, url: str, data: bytes) -> int:
        """Try to put one block; gives the status."""
        return ask(
            "PUT", f"{url}&comp=block&blockid={quote(block_id('0'))}", data
        ).status

    def rerun(self) -> Client:
        """The client of the run's next attempt."""
        return Client(
            self.local_github, self.local_github.begin_attempt(self.run_id, ALL)
        )

    def upload(self, name: str, data: bytes, **fields: str) -> int:
        """Upload an artifact; gives its id."""
        created = self.twirp("CreateArtifact", name=name, version=4, **fields)
        assert created.status == 200, created
        assert (
            self.put_blocks(
                created.json["signed_upload_url"], {"0": data}, ["0"]
            ).status
            == 201
        )
        digest = hashlib.sha256(data).hexdigest()
        finished = self.twirp(
            "FinalizeArtifact", name=name, size=str(len(data)), hash=f"sha256:{digest}"
        )
        assert finished.status == 200, finished
        return int(finished.json["artifact_id"])

    def download(self, artifact_id: int) -> Answer:
        """Fetch an artifact by REST, through its redirect."""
        answer = self.rest("GET", f"actions/artifacts/{artifact_id}/zip")
        return (
            ask("GET", answer.headers["location"]) if answer.status == 302 else answer
        )

    def save_cache(self, key: str, data: bytes, version: str = "v") -> Answer:
        """Save a cache by the second protocol; gives the last answer."""
        created = self.twirp("CreateCacheEntry", CACHES, key=key, version=version)
        if created.status != 200 or not created.json["ok"]:
            return created
        assert (
            ask(
                "PUT",
                created.json["signed_upload_url"],
                data,
                {"x-ms-blob-type": "BlockBlob"},
            ).status
            == 201
        )
        return self.twirp(
            "FinalizeCacheEntryUpload",
            CACHES,
            key=key,
            version=version,
            size_bytes=str(len(data)),
        )

    def find_cache(
        self, key: str, *restore_keys: str, version: str = "v"
    ) -> tuple[str, bytes] | None:
        """Key and bytes of the cache that matches."""
        found = self.twirp(
            "GetCacheEntryDownloadURL",
            CACHES,
            key=key,
            restore_keys=list(restore_keys),
            version=version,
        ).json
        return (
            (found["matched_key"], ask("GET", found["signed_download_url"]).body)
            if found["ok"]
            else None
        )


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
        asked = {
            "modules": str(self.modules),
            "package": package,
            "calls": calls,
            "out": str(out),
        }
        done = subprocess.run(
            [_node(), str(HERE / "driver.mjs")],
            input=json.dumps(asked),
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
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        results: list[dict[str, Any]] = json.loads(out.read_text())
        return results


def _node() -> str:
    return shutil.which("node") or "node"


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
Begin = Callable[..., Client]
BeginOn = Callable[..., Client]


def begin_run(local_github: LocalGitHub, **changes: Any) -> Client:  # noqa: ANN401 - fields of NewRun
    """Begin a run of the usual workflow, changed as said."""
    usual = {
        "workflow_path": ".github/workflows/train.yml",
        "workflow_name": "Incremental training",
        "event": "push",
        "head_branch": "main",
        "head_sha": "a" * 40,
        "permissions": ALL,
    }
    return Client(local_github, local_github.begin_run(NewRun(**(usual | changes))))


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Where the packages of package.json are installed, once for all test processes."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip(
            "node and npm are not installed: the official clients cannot be driven"
        )
    NODE_FOLDER.mkdir(parents=True, exist_ok=True)
    with (NODE_FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted, installed = (
            (HERE / "package.json").read_text(),
            NODE_FOLDER / "installed.json",
        )
        if not installed.is_file() or installed.read_text() != wanted:
            (NODE_FOLDER / "package.json").write_text(wanted)
            command = [
                npm,
                "install",
                "--no-audit",
                "--no-fund",
                "--no-package-lock",
                "--loglevel=error",
            ]
            done = subprocess.run(
                command,
                cwd=NODE_FOLDER,
                capture_output=True,
                text=True,
                timeout=240,
                check=False,
            )
            if done.returncode:
                pytest.skip(
                    f"npm could not install the official clients: {done.stderr.strip()[-300:]}"
                )
            installed.write_text(wanted)
    return NODE_FOLDER


@pytest.fixture
def node(node_modules: Path, tmp_path: Path) -> Node:
    home = tmp_path / "home"
    home.mkdir()
    return Node(node_modules, home)


@pytest.fixture
def clock() -> SteerableClock:
    return SteerableClock()


@pytest.fixture
def local_github(tmp_path: Path, clock: SteerableClock) -> Iterator[LocalGitHub]:
    with LocalGitHub.open(tmp_path / "github", clock=clock) as opened:
        yield opened


@pytest.fixture
def begin(local_github: LocalGitHub) -> Begin:
    return lambda **changes: begin_run(local_github, **changes)


@pytest.fixture
def serving() -> Serving:
    return serve_in


@pytest.fixture
def begin_on() -> BeginOn:
    return begin_run


@pytest.fixture
def open_local_github(tmp_path: Path) -> Iterator[Callable[..., LocalGitHub]]:
    """Open more servers, which end with the test."""
    with ExitStack() as stack:
        yield lambda name="github", **options: stack.enter_context(
            LocalGitHub.open(tmp_path / name, **options)
        )


@dataclass(frozen=True)
class Gh:
    program: str
    env: dict[str, str]
    folder: Path

    def __call__(self, *arguments: str) -> str:
        """What a call prints; it has to succeed."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.program, *arguments],
            env=self.env,
            cwd=self.folder,
            text=True,
            capture_output=True,
            check=False,
        )


@pytest.fixture
def gh(local_github: LocalGitHub, tmp_path: Path) -> Gh:
    program = shutil.which("gh")
    if program is None:
        pytest.skip("gh is not installed")
    env = build_gh_environment(
        local_github.url, "local/repository", local_github.create_owner_token()
    )
    return Gh(
        program,
        {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "NO_COLOR": "1"} | env,
        tmp_path,
    )
