"""The rendered script that finds the state of an earlier run.

Run as it is against an API on loopback.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from generator.config.settings import load
from generator.process import Completed, SystemRunner
from generator.rendering.render import render_all

OWN_RUN, REPOSITORY, FORK = 900, 7, 8
WORKFLOW = ".github/workflows/train.yml"
TOKEN = "ghs_a-token-nobody-may-see"


@dataclass
class Api:
    """Runs and their artifacts as GitHub's REST API lists them.

    `trouble` answers before anything else does.
    """

    url: str = ""
    runs: dict[int, dict[str, object]] = field(default_factory=dict)
    artifacts: list[dict[str, object]] = field(default_factory=list)
    trouble: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    authorization: set[str] = field(default_factory=set)

    def run(  # noqa: PLR0913 - what a run is known by
        self,
        run_id: int,
        *names: str,
        expired: tuple[str, ...] = (),
        event: str = "push",
        branch: str = "main",
        head: int = REPOSITORY,
        path: str = WORKFLOW,
        attempt: int = 1,
    ) -> None:
        """Add a run, newer than those before it, with its artifacts."""
        self.runs[run_id] = {
            "id": run_id,
            "path": path,
            "run_attempt": attempt,
            "run_started_at": f"2026-11-01T00:00:{len(self.runs):02}Z",
            "event": event,
            "head_branch": branch,
            "repository": {"id": REPOSITORY},
            "head_repository": {"id": head},
        }
        origin = {
            "id": run_id,
            "repository_id": REPOSITORY,
            "head_repository_id": head,
            "head_branch": branch,
        }
        for name in names or ("model-state", "data-state"):
            self.artifacts.insert(
                0,
                {
                    "id": len(self.artifacts) + 1,
                    "name": name,
                    "expired": name in expired,
                    "created_at": "2026-11-01T00:00:00Z",
                    "workflow_run": origin,
                },
            )

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of a GET."""
        self.asked.append(path)
        if self.trouble:
            return self.trouble[0] if len(self.trouble) == 1 else self.trouble.pop(0)
        parts, query = urlsplit(path), parse_qs(urlsplit(path).query)
        words = parts.path.removeprefix("/repos/o/r/actions/").split("/")
        found: object
        if words == ["artifacts"]:
            found = self._page(
                [a for a in self.artifacts if a["name"] == query["name"][0]], query
            )
        elif words[0] == "workflows":
            assert words[1:] == ["train.yml", "runs"]
            found = {"workflow_runs": [*self.runs.values()][::-1]}
        elif words[0] == "runs" and int(words[1]) not in self.runs:
            return 404, {}, b'{"message": "Not Found"}'
        elif words[2:] == ["artifacts"]:
            ours = [
                a
                for a in self.artifacts
                if a["workflow_run"] == self._origin(int(words[1]))
            ]
            found = self._page(ours, query)
        else:
            found = self.runs[int(words[1])]
        return 200, {}, json.dumps(found).encode()

    def _origin(self, run_id: int) -> object:
        origins = (a["workflow_run"] for a in self.artifacts)
        return next(
            (o for o in origins if isinstance(o, dict) and o["id"] == run_id), None
        )

    @staticmethod
    def _page(
        listed: list[dict[str, object]], query: dict[str, list[str]]
    ) -> dict[str, object]:
        size, page = int(query["per_page"][0]), int(query["page"][0])
        return {
            "total_count": len(listed),
            "artifacts": listed[(page - 1) * size : page * size],
        }


@pytest.fixture
def api() -> Iterator[Api]:
    served = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.authorization.add(self.headers.get("Authorization", ""))
            status, headers, body = served.answer(self.path)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        thread.start()
        yield served
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("script")
    files = {file.template: file.text for file in render_all(load(root, {}), root)}
    path = root / "find_state.py"
    path.write_text(files["find_state.py.j2"], encoding="utf-8")
    return path


@dataclass
class Found:
    """How the script ended and what it told the runner."""

    done: Completed
    output: str
    summary: str


def find(script: Path, url: str, **env: str) -> Found:
    folder = script.parent
    output, summary = folder / "output", folder / "summary"
    for file in (output, summary):
        file.write_text("", encoding="utf-8")
    environment = {
        "PATH": os.environ["PATH"],
        "GITHUB_API_URL": url,
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_RUN_ID": str(OWN_RUN),
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(summary),
        "STATE_ARTIFACTS": "model-state/data-state",
        "STATE_BRANCH": "main",
        "STATE_WORKFLOW": WORKFLOW,
        "STATE_TRIES": "2",
        "STATE_RETRY_SECONDS": "0.01",
        **env,
    }
    done = SystemRunner().run(
        [sys.executable, "-W", "error", "-I", str(script)],
        env=environment,
        timeout_seconds=60,
    )
    assert TOKEN not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return Found(
        done, output.read_text(encoding="utf-8"), summary.read_text(encoding="utf-8")
    )


def assert_continues(found: Found, run_id: int) -> None:
    assert (found.done.exit_code, found.output) == (0, f"run-id={run_id}\n"), (
        found.done.stdout
    )
    assert f"Continuing the state of run {run_id}" in found.summary


def assert_fresh(found: Found) -> None:
    assert (found.done.exit_code, found.output) == (0, "run-id=\n"), found.done.stdout
    assert (
        "::notice title=State::No earlier state on branch main: training starts fresh."
        in found.done.stdout
    )
    assert "training starts fresh" in found.summary


def assert_gone(found: Found, run_id: int) -> None:
    assert (found.done.exit_code, found.output) == (0, "run-id=\n"), found.done.stdout
    assert (
        f"::warning title=State::The earlier state on branch main is gone (run {run_id}: "
        in found.done.stdout
    )
    assert "has expired): training starts fresh." in found.summary


def assert_cannot_tell(found: Found, reason: str) -> None:
    assert (found.done.exit_code, found.output) == (1, ""), found.done.stdout
    errors = [
        line for line in found.done.stdout.splitlines() if line.startswith("::error")
    ]
    assert len(errors) == 1
    assert reason in errors[0]
    assert "the saved state is untouched" in errors[0]
    assert "untouched" in found.summary


def test_nothing_there_is_a_fresh_start(script: Path, api: Api) -> None:
    assert_fresh(find(script, api.url))


def test_the_newest_full_state_is_continued(script: Path, api: Api) -> None:
    api.run(100)
    api.run(200)
    assert_continues(find(script, api.url), 200)
    assert api.authorization == {f"Bearer {TOKEN}"}
    assert not any(TOKEN in path for path in api.asked)
    assert len(api.asked) == 4


@pytest.mark.parametrize(
    "spoilt",
    [
        {"event": "pull_request"},
        {"event": "pull_request_target"},
        {"branch": "feature"},
        {"path": ".github/workflows/other.yml"},
        {"head": FORK},
        {"expired": ("model-state",)},
        {"expired": ("data-state",)},
    ],
)
def test_a_newer_run_that_must_not_be_continued_is_passed_over(
    spoilt: dict[str, object], script: Path, api: Api
) -> None:
    api.run(100)
    api.run(200, **spoilt)  # type: ignore[arg-type]
    assert_continues(find(script, api.url), 100)
    del api.runs[100]
    api.artifacts = api.artifacts[:2]
    if "expired" in spoilt:
        assert_gone(find(script, api.url), 200)
    else:
        assert_fresh(find(script, api.url))


def test_a_fork_that_calls_its_branch_main_is_told_by_the_run_too(
    script: Path, api: Api
) -> None:
    api.run(100)
    api.run(200)
    api.runs[200]["head_repository"] = {"id": FORK}
    assert_continues(find(script, api.url), 100)
    api.runs[200]["head_repository"] = None  # the fork was deleted
    assert_continues(find(script, api.url), 100)


def test_half_a_pair_is_no_state(script: Path, api: Api) -> None:
    api.run(100)
    api.run(200, "model-state")
    found = find(script, api.url)
    assert_continues(found, 100)
    older = "The state of run 100 is older than the newest: run 200 succeeded after it"
    assert f"\n{older}.\n" in found.done.stdout
    assert f"\n::warning title=State::{older}, and" in found.done.stdout


def test_the_newest_state_is_not_called_older(script: Path, api: Api) -> None:
    api.run(100)
    api.run(200)
    api.run(300, event="pull_request")
    api.run(400, head=FORK)
    api.run(500, branch="feature")
    api.run(OWN_RUN, "training-logs")
    found = find(script, api.url)
    assert_continues(found, 200)
    assert "older than the newest" not in found.done.stdout
    # Run 100 was run again after it.
    api.runs[100]["run_started_at"] = "2026-11-02T00:00:00Z"
    assert "run 100 succeeded after it" in find(script, api.url).done.stdout


def test_a_list_of_runs_that_says_nothing_stops_nothing(script: Path, api: Api) -> None:
    api.run(100)
    api.runs[100]["run_started_at"] = None
    api.run(200, "training-logs")
    del api.runs[200]["head_branch"]
    found = find(script, api.url)
    assert_continues(found, 100)
    assert "Whether a run came after it is not known" in found.done.stdout


def test_a_rerun_that_stopped_between_its_uploads_is_no_state(
    script: Path, api: Api
) -> None:
    api.run(100)
    api.run(200, "model-state", "data-state", "model-state")
    assert_continues(find(script, api.url), 100)


def test_a_rerun_that_stopped_while_it_replaced_the_state_left_none(
    script: Path, api: Api
) -> None:
    """Where names are unique per run, the model of before is gone."""
    api.run(100)
    api.run(200, "data-state", "model-state", attempt=2)
    assert_continues(find(script, api.url), 100)


def test_a_rerun_that_replaced_the_state_is_one(script: Path, api: Api) -> None:
    api.run(200, "model-state", "data-state", attempt=2)
    assert_continues(find(script, api.url), 200)


def test_a_rerun_that_finished_is_a_state(script: Path, api: Api) -> None:
    api.run(200, "model-state", "data-state", "model-state", "data-state")
    assert_continues(find(script, api.url), 200)


def test_the_runs_own_artifacts_are_not_continued(script: Path, api: Api) -> None:
    api.run(100)
    api.run(OWN_RUN)
    assert_continues(find(script, api.url), 100)


def test_an_earlier_attempt_of_the_run_is_continued_rather_than_starting_over(
    script: Path, api: Api
) -> None:
    api.run(100, expired=("data-state",))
    api.run(OWN_RUN)
    assert_continues(find(script, api.url), OWN_RUN)


def test_half_a_state_of_an_earlier_attempt_is_no_state(script: Path, api: Api) -> None:
    api.run(OWN_RUN, "model-state")
    assert_fresh(find(script, api.url))


def test_a_path_with_a_ref_behind_it_is_this_workflow(script: Path, api: Api) -> None:
    api.run(100, path=WORKFLOW + "@refs/heads/main")
    assert_continues(find(script, api.url), 100)


def test_a_deleted_run_is_passed_over(script: Path, api: Api) -> None:
    api.run(100)
    api.run(200)
    del api.runs[200]
    assert_continues(find(script, api.url), 100)


def test_state_beyond_the_first_page_is_found(script: Path, api: Api) -> None:
    api.run(100)
    for number in range(250):
        api.run(1000 + number, branch="feature")
    assert_continues(find(script, api.url), 100)
    assert sum("/actions/artifacts?" in path for path in api.asked) == 3


def test_the_search_stops_and_fails_where_it_would_never_end(
    script: Path, api: Api
) -> None:
    api.run(100)
    for number in range(2000):
        api.run(1000 + number, "model-state", head=FORK)
    assert_cannot_tell(
        find(script, api.url), "no usable state among the newest 2000 of 2001 artifacts"
    )


@pytest.mark.parametrize(
    ("status", "headers", "body", "reason", "calls"),
    [
        (500, {}, b"oops", "500", 2),
        (502, {}, b"", "502", 2),
        (429, {"Retry-After": "0"}, b"{}", "429", 2),
        (403, {"X-RateLimit-Remaining": "0"}, b"{}", "rate limit", 2),
        (403, {}, b"{}", "permissions of the job", 1),
        (401, {}, b"{}", "401", 1),
        (404, {}, b"{}", "404", 1),
        (422, {}, b"{}", "422", 1),
        (200, {}, b"<html>an error page</html>", "no usable answer", 2),
        (200, {}, b"\xff\xfe", "no usable answer", 2),
        (200, {}, b"[1, 2]", "not as expected", 1),
        (200, {}, b"{}", "not as expected", 1),
        (
            200,
            {},
            b'{"total_count": 1, "artifacts": [{"name": "model-state"}]}',
            "not as expected",
            1,
        ),
        (
            200,
            {},
            b'{"total_count": "many", "artifacts": [null]}',
            "not as expected",
            1,
        ),
        (200, {"Content-Length": "10000"}, b'{"total', "no usable answer", 2),
    ],
)
def test_trouble_is_never_a_fresh_start(  # noqa: PLR0913, PLR0917 - one parameter a column
    status: int,
    headers: dict[str, str],
    body: bytes,
    reason: str,
    calls: int,
    script: Path,
    api: Api,
) -> None:
    api.run(100)
    api.trouble = [(status, {**headers, "Connection": "close"}, body)]
    assert_cannot_tell(find(script, api.url), reason)
    assert len(api.asked) == calls


def test_an_api_that_comes_back_is_asked_again(script: Path, api: Api) -> None:
    api.run(100)
    api.trouble = [(503, {}, b"")]
    served = api.answer

    def once(path: str) -> tuple[int, dict[str, str], bytes]:
        answer = served(path)
        api.trouble = []
        return answer

    api.answer = once  # type: ignore[method-assign]
    found = find(script, api.url)
    assert_continues(found, 100)
    assert "trying again" in found.done.stdout


def test_an_api_out_of_reach_fails(script: Path) -> None:
    assert_cannot_tell(find(script, "http://127.0.0.1:9"), "no usable answer")


def test_the_token_stays_with_the_host_it_was_meant_for(script: Path, api: Api) -> None:
    api.run(100)
    elsewhere = api.url.replace("127.0.0.1", "localhost")
    api.trouble = [
        (
            301,
            {
                "Location": elsewhere
                + "/repos/o/r/actions/artifacts?name=model-state&per_page=100&page=1"
            },
            b"",
        )
    ]
    served = api.answer
    seen: list[set[str]] = []

    def once(path: str) -> tuple[int, dict[str, str], bytes]:
        seen.append(set(api.authorization))
        api.authorization.clear()
        answer = served(path)
        api.trouble = []
        return answer

    api.answer = once  # type: ignore[method-assign]
    find(script, api.url)
    assert seen[0] == {f"Bearer {TOKEN}"}
    assert seen[1] == {""}


def test_an_environment_that_lacks_something_fails(script: Path, api: Api) -> None:
    assert_cannot_tell(find(script, api.url, GITHUB_RUN_ID="none"), "environment")
