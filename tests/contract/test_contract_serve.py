"""`wfgen serve` as a program of its own, and the owner's endpoints to steer it."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from generator.process import find_tool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from generator.github.local_github import LocalGitHub
    from tests.contract.clients import Begin
    from tests.contract.programs import Served, Serving


@pytest.mark.usefixtures("heed_sigint")
def test_it_serves_until_it_is_told_to_stop(tmp_path: Path, serving: Serving) -> None:
    actrc = tmp_path / ".actrc"
    with serving(
        tmp_path, "--write-actrc", ".actrc", "--permission", "actions=read"
    ) as served:
        assert (
            served.ask("GET", "/repos/local/repository/actions/runs", by="token").json[
                "total_count"
            ]
            == 1
        )
        lines = actrc.read_text().splitlines()
        assert stat.S_IMODE(actrc.stat().st_mode) == 0o600
        assert f"-s GITHUB_TOKEN={served.facts['token']}" in lines
        assert f"--env GITHUB_API_URL={served.facts['url']}" in lines
        assert (
            served.facts["git_environment"]["GIT_CONFIG_VALUE_0"]
            == "https://github.com/local/repository"
        )
        served.process.send_signal(signal.SIGINT)
        assert served.process.wait(timeout=10) == 0
    assert not actrc.exists()
    with serving(tmp_path) as again:
        found = again.ask("GET", "/repos/local/repository/actions/runs").json[
            "workflow_runs"
        ]
        assert [run["conclusion"] for run in found] == [None, "success"]
        again.process.terminate()
        assert again.process.wait(timeout=10) == 0


def test_runs_begun_under_a_killed_server_are_closed_by_the_next(
    tmp_path: Path, serving: Serving
) -> None:
    with serving(tmp_path) as killed:
        killed.begin()
        killed.process.kill()
        killed.process.wait(timeout=10)
    with serving(tmp_path) as again:
        listed = again.ask("GET", "/repos/local/repository/actions/runs").json
        conclusions = [run["conclusion"] for run in listed["workflow_runs"]]
        assert conclusions == [None, "cancelled", "cancelled"]


@pytest.mark.usefixtures("heed_sigint")
def test_text_for_people(tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-m", "wfgen_actions.generator", "serve"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
    assert first.startswith("local GitHub on http://127.0.0.1:")
    assert "act --env GITHUB_API_URL=" in rest
    assert "export GH_HOST=github.localhost" in rest


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--permission", "actions"], "is not SCOPE=LEVEL"),
        (["--permission", "actions=all"], "is not SCOPE=LEVEL"),
        (["--clock", "tomorrow"], "is no ISO date"),
        (["--repository", "bad"], "is not OWNER/NAME"),
        (["--repository", "a/.."], "is not OWNER/NAME"),
        (["--write-actrc", "taken"], "was not written by wfgen"),
    ],
)
def test_what_it_is_told_wrongly(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "taken").write_text("-P x=y\n")
    command = [sys.executable, "-m", "wfgen_actions.generator", "serve", *arguments]
    process = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert process.returncode == 2
    assert message in process.stderr
    assert (tmp_path / "taken").read_text() == "-P x=y\n"


def test_a_port_that_is_taken(tmp_path: Path, local_github: LocalGitHub) -> None:
    port = local_github.url.rpartition(":")[2]
    command = [sys.executable, "-m", "wfgen_actions.generator", "serve", "--port", port]
    process = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert process.returncode == 3
    assert f"port {port} of 127.0.0.1 cannot be used" in process.stderr


NEW_RUN = {
    "workflow_path": "w.yml",
    "workflow_name": "w",
    "event": "schedule",
    "head_branch": "main",
    "head_sha": "a" * 40,
    "permissions": {"actions": "read"},
}


@pytest.fixture
def steered(tmp_path: Path, serving: Serving) -> Iterator[Served]:
    with serving(tmp_path, "--clock", "2027-01-31") as served:
        yield served


def test_a_program_begins_and_ends_runs(steered: Served) -> None:
    begun = steered.ask("POST", "/_wfgen/runs", NEW_RUN)
    assert begun.status == 201
    run_id = begun.json["run_id"]
    assert begun.json["environment"]["GITHUB_RUN_ID"] == str(run_id)
    shown = steered.ask("GET", f"/repos/local/repository/actions/runs/{run_id}").json
    assert (shown["event"], shown["created_at"][:10]) == ("schedule", "2027-01-31")
    job = {
        "run_id": run_id,
        "name": "train",
        "conclusion": "success",
        "steps": [{"name": "s", "conclusion": "success"}],
    }
    assert steered.ask("POST", "/_wfgen/jobs", job).status == 201
    end = {"run_id": run_id, "conclusion": "success"}
    done = steered.ask("POST", "/_wfgen/runs/finish", end)
    assert done.json["status"] == "completed"
    again = steered.ask("POST", "/_wfgen/runs", {"run_id": run_id, "permissions": {}})
    assert again.json["run_attempt"] == 2
    assert steered.ask("POST", "/_wfgen/runs", {"event": "push"}).status == 422
    end = {"run_id": 1, "conclusion": "success"}
    assert steered.ask("POST", "/_wfgen/runs/finish", end).status == 404


def test_a_program_switches_workflows(steered: Served) -> None:
    steered.ask("POST", "/_wfgen/runs", NEW_RUN)
    off = {"file": "w.yml", "state": "disabled_inactivity"}
    switched = steered.ask("POST", "/_wfgen/workflows", off)
    assert switched.json["state"] == "disabled_inactivity"
    shown = steered.ask("GET", "/repos/local/repository/actions/workflows/w.yml")
    assert shown.json["state"] == off["state"]
    for wrong, status in (({"state": "deleted"}, 422), ({"file": "x.yml"}, 404)):
        answer = steered.ask("POST", "/_wfgen/workflows", off | wrong)
        assert answer.status == status


def test_a_program_moves_the_clock(steered: Served) -> None:
    advance = {"advance_seconds": 86400}
    moved = steered.ask("POST", "/_wfgen/clock", advance).json["now"]
    assert moved.startswith("2027-02-01")
    instant = {"set": "2030-01-01T00:00:00Z"}
    assert steered.ask("POST", "/_wfgen/clock", instant).json["now"][:4] == "2030"
    assert steered.ask("GET", "/_wfgen/clock").json["now"][:4] == "2030"
    assert steered.ask("POST", "/_wfgen/clock", {"set": "soon"}).status == 422


def test_a_program_lets_an_artifact_expire(steered: Served) -> None:
    run = steered.begin()
    artifact_id = run.upload("state", b"x")
    expire = {"artifact_id": artifact_id}
    assert steered.ask("POST", "/_wfgen/artifacts/expire", expire).status == 200
    assert run.download(artifact_id).status == 410
    later = expire | {"days": -1}
    assert steered.ask("POST", "/_wfgen/artifacts/expire", later).status == 200
    assert run.download(artifact_id).status == 200
    unknown = {"artifact_id": 1}
    assert steered.ask("POST", "/_wfgen/artifacts/expire", unknown).status == 404


def test_a_program_lets_things_go_wrong(steered: Served) -> None:
    fault = {"path": "/rate_limit", "status": 502}
    assert steered.ask("POST", "/_wfgen/faults", fault).status == 201
    assert steered.ask("GET", "/rate_limit").status == 502
    assert steered.ask("DELETE", "/_wfgen/faults").status == 200
    assert steered.ask("GET", "/rate_limit").status == 200
    unknown = {"path": "/x", "explode": True}
    assert steered.ask("POST", "/_wfgen/faults", unknown).status == 422


def test_only_the_owner_steers(steered: Served) -> None:
    assert steered.ask("GET", "/_wfgen/other").status == 404
    assert steered.ask("GET", "/_wfgen/clock", by="token").status == 403


def test_the_machines_clock_cannot_be_moved(tmp_path: Path, serving: Serving) -> None:
    with serving(tmp_path) as served:
        assert served.ask("POST", "/_wfgen/clock", {"advance_seconds": 1}).status == 409


def test_a_forks_pull_request_only_reads(begin: Begin) -> None:
    run = begin(event="pull_request", head_repository="stranger/fork")
    assert run.rest("GET", "issues").status == 200
    assert run.rest("POST", "issues", {"title": "x"}).status == 403


@pytest.mark.act
def test_any_act_finds_it_by_the_actrc(tmp_path: Path, serving: Serving) -> None:
    act = find_tool("act")
    if act is None:
        pytest.skip("act is not installed")
    git = shutil.which("git") or "git"
    subprocess.run([git, "init", "-q", str(tmp_path)], check=True)
    workflows = tmp_path / ".github" / "workflows"
    workflows.mkdir(parents=True)
    script = (
        "import os, urllib.request\n"
        "runs = os.environ['GITHUB_API_URL'] + '/repos/local/repository/actions/runs/'\n"
        "url = runs + os.environ['GITHUB_RUN_ID']\n"
        "headers = {'Authorization': 'token ' + os.environ['GITHUB_TOKEN']}\n"
        "request = urllib.request.Request(url, headers=headers)\n"
        "print('found', urllib.request.urlopen(request).status)\n"
    )
    (tmp_path / "ask.py").write_text(script)
    (workflows / "w.yml").write_text(
        "on: push\njobs:\n  ask:\n    runs-on: ubuntu-latest\n    steps:\n"
        f"      - run: {sys.executable} {tmp_path}/ask.py\n"
        "        env:\n          GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}\n"
    )
    with serving(tmp_path, "--write-actrc", ".actrc"):
        process = subprocess.run(
            [str(act), "push", "-P", "ubuntu-latest=-self-hosted"],
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "XDG_CACHE_HOME": str(tmp_path / "cache"),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert process.returncode == 0, process.stdout + process.stderr
    assert "found 200" in process.stdout
