"""Runs that clients of the local GitHub ask for: dispatched, run again, cancelled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from generator.github.core.models import NewRun, Run, WorkflowState
from generator.runner.launcher import LocalLauncher
from generator.runner.models import Conclusion

if TYPE_CHECKING:
    from tests.integration.conftest import Project

pytestmark = pytest.mark.act


@dataclass
class Client:
    """Asks by REST, as the repository's owner."""

    project: Project
    url: str
    token: str
    messages: list[str]

    def post(self, path: str, **body: object) -> tuple[int, str]:
        connection = HTTPConnection(urlsplit(self.url).netloc)
        head = {"Authorization": f"token {self.token}"}
        with closing(connection):
            connection.request(
                "POST",
                f"/repos/local/project/actions/{path}",
                json.dumps(body).encode(),
                head,
            )
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or "{}").get("message", "")

    def wait(self, until: Callable[[tuple[Run, ...]], bool]) -> tuple[Run, ...]:
        for _ in range(600):
            if until(self.project.local_github.list_runs()):
                return self.project.local_github.list_runs()
            time.sleep(0.05)
        pytest.fail(f"{self.project.local_github.list_runs()} {self.messages}")

    def wait_for(self, *conclusions: str) -> tuple[Run, ...]:
        return self.wait(
            lambda runs: tuple(run.conclusion for run in runs) == conclusions
        )


@pytest.fixture
def client(project: Project) -> Iterator[Client]:
    messages: list[str] = []
    launcher = LocalLauncher(project.local_github, project.request(), messages.append)
    project.local_github.set_launcher(launcher)
    yield Client(
        project,
        project.local_github.url,
        project.local_github.create_owner_token(),
        messages,
    )
    launcher.close()


def rows_kept(project: Project) -> list[int]:
    """The rows of each state, oldest first, which is all that the model played here holds."""
    models = [
        one
        for one in project.local_github.list_artifacts()
        if one.name == "model-state"
    ]
    kept = []
    for model in models:
        with zipfile.ZipFile(
            project.local_github.get_artifact_path(model.id)
        ) as archive:
            kept.append(int(archive.read("best_model.pkl")))
    return kept


def test_a_dispatch_runs_with_its_inputs_and_can_be_run_again(client: Client) -> None:
    assert client.post(
        "workflows/train.yml/dispatches", ref="main", inputs={"iterations": 2}
    ) == (204, "")
    (run,) = client.wait_for("success")
    assert (run.event, run.head_branch, run.number) == ("workflow_dispatch", "main", 1)
    assert client.post("variables", name="TRAINING_ITERATIONS", value="1") == (201, "")
    assert client.post("workflows/train.yml/dispatches", ref="refs/heads/main") == (
        204,
        "",
    )
    client.wait_for("success", "success")
    assert client.post(f"runs/{run.id}/rerun") == (201, "")
    again = client.wait(
        lambda runs: runs[0].attempt == 2 and runs[0].conclusion is not None
    )
    assert [one.conclusion for one in again] == ["success", "success"]
    assert client.project.run().conclusion is Conclusion.SUCCESS
    # Two iterations by the input, one by the variable, the two of the first once more,
    # one by the variable again. The second attempt of the first run replaced its state.
    assert rows_kept(client.project) == [30, 50, 60]
    assert (
        client.messages[0]
        == f"Incremental training #1 ({run.id}), workflow_dispatch: success"
    )


def test_what_github_would_not_start_is_refused(client: Client) -> None:
    project = client.project
    train = "workflows/train.yml/dispatches"
    assert client.post(train) == (422, 'Invalid request.\n\n"ref" wasn\'t supplied.')
    assert client.post(train, ref="topic") == (422, "No ref found for: topic")
    status, message = client.post(train, ref="main", inputs={"itrations": "2"})
    assert (status, "has no input itrations" in message) == (422, True)
    assert client.post(train, ref="main", inputs=["2"])[0] == 422
    assert client.post("workflows/none.yml/dispatches", ref="main")[0] == 404
    project.render(**{"triggers.dispatch": "false"})
    assert client.post(train, ref="main") == (
        422,
        "Workflow does not have 'workflow_dispatch' trigger",
    )
    project.local_github.switch_workflow("train.yml", WorkflowState.DISABLED_MANUALLY)
    assert client.post(train, ref="main") == (
        422,
        "Cannot trigger a 'workflow_dispatch' on a disabled workflow",
    )
    assert project.local_github.list_runs() == ()
    assert client.post("runs/1/rerun")[0] == 404


def test_only_workflow_files_of_the_repository_are_run(
    client: Client, tmp_path: Path
) -> None:
    outside = tmp_path / "evil.yml"
    outside.write_text(
        "on: workflow_dispatch\njobs: {a: {runs-on: x, steps: [{run: 'touch pwned'}]}}"
    )
    path = os.path.relpath(outside, client.project.root)
    entered = client.project.local_github.begin_run(
        NewRun(path, "Evil", "workflow_dispatch", "main", "a" * 40, {})
    )
    client.project.local_github.finish_run(entered.run.id, "success")
    status, message = client.post("workflows/evil.yml/dispatches", ref="main")
    assert (status, "no workflow file of this repository" in message) == (422, True)
    assert client.post(f"runs/{entered.run.id}/rerun")[0] in {403, 422}
    assert [run.attempt for run in client.project.local_github.list_runs()] == [1]


def test_a_run_is_run_again_once_at_a_time(client: Client) -> None:
    assert client.post("workflows/train.yml/dispatches", ref="main") == (204, "")
    (run,) = client.wait_for("success")
    answers = [client.post(f"runs/{run.id}/rerun") for _ in range(2)]
    assert answers == [(201, ""), (403, "This workflow is already running")]
    client.wait(lambda runs: runs[0].attempt == 2 and runs[0].conclusion is not None)


def test_a_run_is_cancelled(client: Client, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    client.project.render(**{"train.command": f"touch {mark}; sleep 300"})
    assert client.post("workflows/train.yml/dispatches", ref="main") == (204, "")
    (run,) = client.wait(lambda runs: bool(runs) and mark.exists())
    assert client.post(f"runs/{run.id}/rerun") == (
        403,
        "This workflow is already running",
    )
    # Another of its concurrency group waits, and can be cancelled all the same.
    assert client.post("workflows/train.yml/dispatches", ref="main") == (204, "")
    waiting = client.wait(lambda runs: len(runs) > 1)[1]
    assert client.post(f"runs/{waiting.id}/cancel") == (202, "")
    client.wait(lambda runs: [one.conclusion for one in runs] == [None, "cancelled"])
    assert client.post(f"runs/{run.id}/cancel") == (202, "")
    client.wait_for("cancelled", "cancelled")
    assert client.post(f"runs/{run.id}/cancel") == (
        409,
        "Cannot cancel a workflow run that is completed.",
    )
    other = client.project.local_github.begin_run(
        NewRun("other.yml", "Other", "push", "main", "a" * 40, {})
    )
    status, message = client.post(f"runs/{other.run.id}/cancel")
    assert (status, "another program" in message) == (409, True)


@pytest.mark.usefixtures("heed_sigint")
def test_a_server_runs_what_is_asked_for_until_it_is_stopped(
    project: Project, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    project.render(**{"train.command": f"touch {mark}; sleep 300"})
    command = [
        sys.executable,
        "-m",
        "wfgen_actions.generator",
        "serve",
        "--run",
        "--json",
        "--repository",
        "local/project",
    ]
    with subprocess.Popen(
        command,
        cwd=project.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        client = Client(project, facts["url"], facts["owner_token"], [])
        # Known before its first run.
        assert client.post("workflows/train.yml/dispatches", ref="main") == (204, "")
        client.wait(lambda runs: len(runs) == 2 and mark.exists())
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 0, told
    assert [run.conclusion for run in project.local_github.list_runs()] == [
        "success",
        "cancelled",
    ]
    assert told.endswith("workflow_dispatch: cancelled\n")
    assert not list((project.root / ".wfgen" / "runs").iterdir())
