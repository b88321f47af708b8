"""The rendered script that keeps state in a release, on a branch or in the cache.

Against the local GitHub.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from generator.config.settings import load
from generator.github.core.faults import Fault
from generator.github.core.models import NewRun, RunTicket
from generator.github.local_github import LocalGitHub
from generator.process import Completed, SystemRunner
from generator.rendering.render import render_all

RIGHTS = {"contents": "write", "actions": "read"}
SERVER = "https://github.example"


@dataclass
class Keeper:
    """A repository whose runs restore, change and keep state with the script.

    Each in a folder of its own.
    """

    local_github: LocalGitHub
    root: Path
    script: Path
    store: str
    env: dict[str, str] = field(default_factory=dict)
    runs: int = 0

    def begin(
        self,
        branch: str = "main",
        event: str = "push",
        rights: dict[str, str] | None = None,
    ) -> RunTicket:
        return self.local_github.begin_run(
            NewRun(
                workflow_path=".github/workflows/train.yml",
                workflow_name="Incremental training",
                event=event,
                head_branch=branch,
                head_sha="0" * 40,
                permissions=RIGHTS if rights is None else rights,
            )
        )

    def step(
        self,
        ticket: RunTicket,
        verb: str,
        branch: str = "main",
        workflow: str = "train",
    ) -> Completed:
        folder = self.folder(ticket)
        folder.mkdir(exist_ok=True)
        address = f"{SERVER}/local/repository"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            **self.local_github.build_git_environment(address),
            "GITHUB_API_URL": self.local_github.url,
            "GITHUB_SERVER_URL": SERVER,
            "GITHUB_REPOSITORY": "local/repository",
            "GITHUB_TOKEN": ticket.token,
            "GITHUB_RUN_ID": str(ticket.run.id),
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_SHA": "0" * 40,
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary"),
            "STATE_STORE": self.store,
            "STATE_FOLDERS": "runtime/model/\nruntime/data/",
            "STATE_ARTIFACTS": "model-state/data-state",
            "STATE_BRANCH": branch,
            "STATE_WORKFLOW": f".github/workflows/{workflow}.yml",
            "STATE_TRIES": "2",
            "STATE_RETRY_SECONDS": "0",
            **self.env,
        }
        argv = [sys.executable, "-W", "error", "-I", str(self.script), verb]
        done = SystemRunner().run(argv, cwd=folder, env=environment, timeout_seconds=60)
        assert "Traceback" not in done.stderr, done.stderr
        assert ticket.token not in done.stdout + done.stderr
        return done

    def folder(self, ticket: RunTicket) -> Path:
        return self.root / str(ticket.run.id)

    def train(self, ticket: RunTicket, model: bytes, data: bytes = b"{}") -> None:
        for name, content in (
            ("model/best_model.pkl", model),
            ("data/data_state.json", data),
        ):
            path = self.folder(ticket) / "runtime" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def model(self, ticket: RunTicket) -> bytes | None:
        path = self.folder(ticket) / "runtime" / "model" / "best_model.pkl"
        return path.read_bytes() if path.exists() else None

    def whole_run(self, model: bytes, branch: str = "main") -> tuple[str, bytes | None]:
        """Restore, train, save; gives back where the state came from and what it was."""
        ticket = self.begin(branch)
        restored = self.step(ticket, "restore", branch)
        assert restored.exit_code == 0, restored.stdout + restored.stderr
        found = self.model(ticket)
        self.train(ticket, model)
        saved = self.step(ticket, "save", branch)
        assert saved.exit_code == 0, saved.stdout + saved.stderr
        self.local_github.finish_run(ticket.run.id, "success")
        return self.output(ticket), found

    def output(self, ticket: RunTicket) -> str:
        lines = (
            (self.folder(ticket) / "output").read_text(encoding="utf-8").splitlines()
        )
        return next(
            line.removeprefix("run-id=") for line in lines if line.startswith("run-id=")
        )


@pytest.fixture(params=["release", "branch"])
def keeper(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Keeper]:
    settings = load(tmp_path, {}, {"store": ("store", request.param)})
    files = {file.template: file.text for file in render_all(settings, tmp_path)}
    script = tmp_path / "keep_state.py"
    script.write_text(files["keep_state.py.j2"], encoding="utf-8")
    with LocalGitHub.open(tmp_path / "github") as local_github:
        yield Keeper(local_github, tmp_path, script, request.param)


def test_state_is_carried_from_run_to_run(keeper: Keeper) -> None:
    models = [os.urandom(200_000) for _ in range(4)]
    found = [keeper.whole_run(model) for model in models]
    ids = [str(run.id) for run in keeper.local_github.list_runs()]
    assert found == [("", None), *zip(ids, models[:-1], strict=False)]


def test_a_state_that_is_older_than_the_newest_run_is_said(keeper: Keeper) -> None:
    keeper.whole_run(b"good")
    kept = keeper.begin()
    assert "older than" not in keeper.step(kept, "restore").stdout
    # Its state was taken away, or an older one was put in its place.
    keeper.local_github.finish_run(kept.run.id, "success")
    ticket = keeper.begin()
    done = keeper.step(ticket, "restore")
    assert done.exit_code == 0
    assert (
        f"::warning title=State::The state of run {int(keeper.output(ticket))} is older "
        f"than the newest: run {kept.run.id} succeeded after it" in done.stdout
    )


@pytest.mark.parametrize("keeper", ["branch"], indirect=True)
def test_an_archive_that_its_branch_does_not_name_is_refused(keeper: Keeper) -> None:
    keeper.script.write_text(
        keeper.script.read_text(encoding="utf-8").replace(
            "sha256(packed).hexdigest()}\n            Path",
            "sha256(b'').hexdigest()}\n            Path",
        ),
        encoding="utf-8",
    )
    keeper.whole_run(b"good")
    done = keeper.step(keeper.begin(), "restore")
    assert done.exit_code == 1
    assert "is not the one that its state.json names" in done.stdout


def test_a_fresh_start_is_said(keeper: Keeper) -> None:
    ticket = keeper.begin()
    done = keeper.step(ticket, "restore")
    assert (
        "::notice title=State::No earlier state on branch main: training starts fresh."
        in done.stdout
    )
    assert "starts fresh" in (keeper.folder(ticket) / "summary").read_text(
        encoding="utf-8"
    )


def test_the_newest_state_is_found_behind_a_hundred_other_files(keeper: Keeper) -> None:
    if keeper.store != "release":
        pytest.skip("a branch holds one state")
    keeper.whole_run(b"older")
    ticket = keeper.begin()
    headers = {"Authorization": f"token {ticket.token}"}
    release = f"{keeper.local_github.url}/api/uploads/repos/local/repository/releases/1"
    for number in range(100):
        address = f"{release}/assets?name=other-{number}"
        request = Request(address, b"x", headers)  # noqa: S310 - to the local GitHub
        urlopen(request).close()  # noqa: S310 - as above
    keeper.whole_run(b"newest")
    assert keeper.whole_run(b"next")[1] == b"newest"


def test_branches_and_workflows_have_states_of_their_own(keeper: Keeper) -> None:
    keeper.whole_run(b"main")
    assert keeper.whole_run(b"feature", "feature/x")[1] is None
    assert keeper.whole_run(b"again", "feature/x")[1] == b"feature"
    assert keeper.whole_run(b"more")[1] == b"main"
    ticket = keeper.begin()
    assert keeper.step(ticket, "restore", workflow="other").exit_code == 0
    assert keeper.output(ticket) == ""


def test_a_read_only_token_restores_and_cannot_save(keeper: Keeper) -> None:
    keeper.whole_run(b"good")
    ticket = keeper.begin(
        event="pull_request", rights={"contents": "read", "actions": "read"}
    )
    assert keeper.step(ticket, "restore").exit_code == 0
    assert keeper.model(ticket) == b"good"
    if keeper.store == "release":
        keeper.train(ticket, b"evil")
        assert keeper.step(ticket, "save").exit_code == 1
        assert keeper.whole_run(b"next")[1] == b"good"


@pytest.mark.parametrize("missing", ["model", "data"])
def test_an_empty_state_is_not_kept(missing: str, keeper: Keeper) -> None:
    keeper.whole_run(b"good")
    ticket = keeper.begin()
    keeper.train(ticket, b"bad")
    for path in (keeper.folder(ticket) / "runtime" / missing).iterdir():
        path.unlink()
    done = keeper.step(ticket, "save")
    assert done.exit_code == 1
    assert "holds no file: an empty state is not kept" in done.stdout
    assert keeper.whole_run(b"next")[1] == b"good"


def test_trouble_is_no_fresh_start_and_the_next_run_goes_on(keeper: Keeper) -> None:
    keeper.whole_run(b"good")
    if keeper.store == "release":
        keeper.local_github.faults.add(
            Fault(method="GET", path="/repos/*/releases*", status=500)
        )
    else:
        keeper.env = {
            "GITHUB_REPOSITORY": "local/gone",
            "GIT_CONFIG_COUNT": "0",
            "GITHUB_SERVER_URL": "http://127.0.0.1:9",
        }
    ticket = keeper.begin()
    done = keeper.step(ticket, "restore")
    assert done.exit_code == 1
    assert "::error title=State::" in done.stdout
    assert "untouched" in done.stdout
    assert not (keeper.folder(ticket) / "output").exists()
    keeper.local_github.faults.clear()
    keeper.env = {}
    assert keeper.whole_run(b"next")[1] == b"good"


@pytest.mark.parametrize("keeper", ["release"], indirect=True)
def test_a_release_keeps_the_newest_states_only(keeper: Keeper) -> None:
    for number in range(5):
        keeper.whole_run(str(number).encode())
    request = Request(f"{keeper.local_github.url}/repos/local/repository/releases")  # noqa: S310 - loopback
    request.add_header(
        "Authorization", f"Bearer {keeper.local_github.create_owner_token()}"
    )
    with urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
        (release,) = json.loads(answer.read())
    assert release["tag_name"] == "wfgen-state/train/main"
    assert release["prerelease"]
    runs = [run.id for run in keeper.local_github.list_runs()]
    assert sorted(asset["name"] for asset in release["assets"]) == [
        f"{run}-1.tar.gz" for run in runs[-3:]
    ]


@pytest.mark.parametrize("keeper", ["branch"], indirect=True)
@pytest.mark.parametrize(
    "name", ["../../outside", "/etc/passwd", "elsewhere/x", "model/../../x"]
)
def test_an_archive_that_climbs_out_is_refused(name: str, keeper: Keeper) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo(name), io.BytesIO(b""))
    namespace: dict[str, object] = {"__name__": "keep_state"}
    script = keeper.script.read_text(encoding="utf-8")
    exec(compile(script, "keep_state.py", "exec"), namespace)  # noqa: S102 - ours
    state_class = namespace["State"]
    assert callable(state_class)
    env = {
        "STATE_FOLDERS": "m/\nd/",
        "STATE_BRANCH": "b",
        "STATE_WORKFLOW": "w.yml",
        "GITHUB_RUN_ID": "1",
    }
    with pytest.raises(Exception, match="no part of a state"):
        state_class(env).unpack(packed.getvalue())


@pytest.mark.parametrize("keeper", ["branch"], indirect=True)
def test_a_state_too_large_for_a_branch_is_refused_before_anything_is_pushed(
    keeper: Keeper,
) -> None:
    keeper.whole_run(b"good")
    keeper.script.write_text(
        keeper.script.read_text(encoding="utf-8").replace("100 * 1000 * 1000", "1000"),
        encoding="utf-8",
    )
    ticket = keeper.begin()
    keeper.train(ticket, os.urandom(5000))
    done = keeper.step(ticket, "save")
    assert done.exit_code == 1
    assert "use the store `release`" in done.stdout


@pytest.mark.parametrize(
    ("listed", "key", "run"),
    [
        ([], "", ""),
        ([(1, "7-1", "main"), (2, "8-1", "main")], "wfgen-state/train/8-1", "8"),
        ([(1, "7-1", "main"), (2, "8-1", "other")], "wfgen-state/train/7-1", "7"),
        ([(1, "7-1", "main"), (2, "evil", "main")], "wfgen-state/train/7-1", "7"),
        ([(1, "7-1", "main"), (3, "7-2", "main")], "wfgen-state/train/7-2", "7"),
    ],
)
def test_the_newest_cache_of_the_branch_is_named(
    listed: list[tuple[int, str, str]],
    key: str,
    run: str,
    cache_api: tuple[str, list[object]],
    cache_script: Path,
) -> None:
    url, caches = cache_api
    caches[:] = [
        {"id": n, "key": f"wfgen-state/train/{k}", "ref": f"refs/heads/{b}"}
        for n, k, b in listed
    ]
    done, output = run_cache_script(cache_script, "restore", url)
    assert done.exit_code == 0, done.stdout
    assert output == f"cache-key={key}\nrun-id={run}\n"


def test_a_cache_that_was_not_kept_fails_the_job(
    cache_api: tuple[str, list[object]], cache_script: Path
) -> None:
    url, caches = cache_api
    done, _ = run_cache_script(cache_script, "save", url)
    assert done.exit_code == 1
    assert "the cache wfgen-state/train/99-1 was not kept" in done.stdout
    caches.append({"id": 1, "key": "wfgen-state/train/99-1", "ref": "refs/heads/main"})
    assert run_cache_script(cache_script, "save", url)[0].exit_code == 0


def test_state_behind_many_caches_is_found(
    cache_api: tuple[str, list[object]], cache_script: Path
) -> None:
    url, caches = cache_api
    caches[:] = [
        {"id": n, "key": f"wfgen-state/train/x{n}", "ref": "refs/heads/main"}
        for n in range(300, 100, -1)
    ]
    caches.append({"id": 1, "key": "wfgen-state/train/7-1", "ref": "refs/heads/main"})
    assert run_cache_script(cache_script, "restore", url)[1].endswith("run-id=7\n")


def test_a_tag_has_caches_of_its_own_and_a_pull_request_those_of_its_base(
    cache_api: tuple[str, list[object]], cache_script: Path
) -> None:
    url, caches = cache_api
    caches[:] = [
        {"id": 1, "key": "wfgen-state/train/7-1", "ref": "refs/heads/main"},
        {"id": 2, "key": "wfgen-state/train/99-1", "ref": "refs/tags/v1"},
    ]
    assert (
        run_cache_script(cache_script, "save", url, GITHUB_REF="refs/tags/v1")[
            0
        ].exit_code
        == 0
    )
    trial = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/3/merge"}
    assert run_cache_script(cache_script, "restore", url, **trial)[1].endswith(
        "run-id=7\n"
    )


def test_caches_that_cannot_be_listed_are_no_fresh_start(cache_script: Path) -> None:
    done, output = run_cache_script(cache_script, "restore", "http://127.0.0.1:9")
    assert (done.exit_code, output) == (1, "")


@pytest.fixture
def cache_script(tmp_path: Path) -> Path:
    settings = load(tmp_path, {}, {"store": ("store", "cache")})
    files = {file.template: file.text for file in render_all(settings, tmp_path)}
    script = tmp_path / "keep_state.py"
    script.write_text(files["keep_state.py.j2"], encoding="utf-8")
    return script


@pytest.fixture
def cache_api() -> Iterator[tuple[str, list[object]]]:
    caches: list[object] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if "/actions/artifacts?" in self.path:
                return self.answer({"total_count": 0, "artifacts": []})
            assert "key=wfgen-state%2Ftrain%2F&ref=refs%2F" in self.path
            page = int(self.path.rpartition("page=")[2])
            shown = caches[100 * (page - 1) : 100 * page]
            return self.answer({"total_count": len(caches), "actions_caches": shown})

        def answer(self, found: object) -> None:
            body = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", caches
        server.shutdown()
        thread.join()


def run_cache_script(
    script: Path, verb: str, url: str, **env: str
) -> tuple[Completed, str]:
    output = script.with_name("output")
    output.write_text("", encoding="utf-8")
    environment = {
        "PATH": os.environ["PATH"],
        "GITHUB_API_URL": url,
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_TOKEN": "t",
        "GITHUB_RUN_ID": "99",
        "GITHUB_OUTPUT": str(output),
        "STATE_STORE": "cache",
        "STATE_FOLDERS": "m/\nd/",
        "STATE_ARTIFACTS": "model-state/data-state",
        "STATE_BRANCH": "main",
        "STATE_WORKFLOW": ".github/workflows/train.yml",
        "STATE_TRIES": "2",
        "STATE_RETRY_SECONDS": "0",
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_REF": "refs/heads/main",
        **env,
    }
    done = SystemRunner().run(
        [sys.executable, "-W", "error", "-I", str(script), verb], env=environment
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done, output.read_text(encoding="utf-8")
