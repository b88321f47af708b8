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
    from pathlib import Path

    from generator.github.local_github import LocalGitHub
    from tests.contract.conftest import Begin, Serving


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
    ("arguments", "said"),
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
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "taken").write_text("-P x=y\n")
    command = [sys.executable, "-m", "wfgen_actions.generator", "serve", *arguments]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert (tmp_path / "taken").read_text() == "-P x=y\n"


def test_a_port_that_is_taken(tmp_path: Path, local_github: LocalGitHub) -> None:
    port = local_github.url.rpartition(":")[2]
    command = [sys.executable, "-m", "wfgen_actions.generator", "serve", "--port", port]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 3
    assert f"port {port} of 127.0.0.1 cannot be used" in done.stderr


def test_a_program_steers_runs_clock_and_faults(
    tmp_path: Path, serving: Serving
) -> None:
    with serving(tmp_path, "--clock", "2027-01-31") as served:
        new = {
            "workflow_path": "w.yml",
            "workflow_name": "w",
            "event": "schedule",
            "head_branch": "main",
            "head_sha": "a" * 40,
            "permissions": {"actions": "read"},
        }
        begun = served.ask("POST", "/_wfgen/runs", new)
        assert begun.status == 201
        run_id = begun.json["run_id"]
        assert begun.json["environment"]["GITHUB_RUN_ID"] == str(run_id)
        shown = served.ask("GET", f"/repos/local/repository/actions/runs/{run_id}").json
        assert (shown["event"], shown["created_at"][:10]) == ("schedule", "2027-01-31")
        job = {
            "run_id": run_id,
            "name": "train",
            "conclusion": "success",
            "steps": [{"name": "s", "conclusion": "success"}],
        }
        assert served.ask("POST", "/_wfgen/jobs", job).status == 201
        off = {"file": "w.yml", "state": "disabled_inactivity"}
        assert (
            served.ask("POST", "/_wfgen/workflows", off).json["state"]
            == "disabled_inactivity"
        )
        assert (
            served.ask("GET", "/repos/local/repository/actions/workflows/w.yml").json[
                "state"
            ]
            == off["state"]
        )
        assert (
            served.ask("POST", "/_wfgen/workflows", {**off, "state": "deleted"}).status
            == 422
        )
        assert (
            served.ask("POST", "/_wfgen/workflows", {**off, "file": "x.yml"}).status
            == 404
        )
        done = served.ask(
            "POST", "/_wfgen/runs/finish", {"run_id": run_id, "conclusion": "success"}
        )
        assert done.json["status"] == "completed"
        again = served.ask(
            "POST", "/_wfgen/runs", {"run_id": run_id, "permissions": {}}
        )
        assert again.json["run_attempt"] == 2
        moved = served.ask("POST", "/_wfgen/clock", {"advance_seconds": 86400}).json[
            "now"
        ]
        assert moved.startswith("2027-02-01")
        assert (
            served.ask("POST", "/_wfgen/clock", {"set": "2030-01-01T00:00:00Z"}).json[
                "now"
            ][:4]
            == "2030"
        )
        assert served.ask("GET", "/_wfgen/clock").json["now"][:4] == "2030"
        run = served.begin()
        artifact_id = run.upload("state", b"x")
        assert (
            served.ask(
                "POST", "/_wfgen/artifacts/expire", {"artifact_id": artifact_id}
            ).status
            == 200
        )
        assert run.download(artifact_id).status == 410
        assert (
            served.ask(
                "POST",
                "/_wfgen/artifacts/expire",
                {"artifact_id": artifact_id, "days": -1},
            ).status
            == 200
        )
        assert run.download(artifact_id).status == 200
        assert (
            served.ask("POST", "/_wfgen/artifacts/expire", {"artifact_id": 1}).status
            == 404
        )
        assert (
            served.ask(
                "POST", "/_wfgen/faults", {"path": "/rate_limit", "status": 502}
            ).status
            == 201
        )
        assert served.ask("GET", "/rate_limit").status == 502
        assert served.ask("DELETE", "/_wfgen/faults").status == 200
        assert served.ask("GET", "/rate_limit").status == 200
        assert (
            served.ask("POST", "/_wfgen/faults", {"path": "/x", "explode": True}).status
            == 422
        )
        assert served.ask("POST", "/_wfgen/runs", {"event": "push"}).status == 422
        assert (
            served.ask(
                "POST", "/_wfgen/runs/finish", {"run_id": 1, "conclusion": "success"}
            ).status
            == 404
        )
        assert served.ask("POST", "/_wfgen/clock", {"set": "soon"}).status == 422
        assert served.ask("GET", "/_wfgen/other").status == 404
        assert served.ask("GET", "/_wfgen/clock", by="token").status == 403


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
        "url = os.environ['GITHUB_API_URL'] + '/repos/local/repository/actions/runs/' + os.environ['GITHUB_RUN_ID']\n"
        "headers = {'Authorization': 'token ' + os.environ['GITHUB_TOKEN']}\n"
        "print('found', urllib.request.urlopen(urllib.request.Request(url, headers=headers)).status)\n"
    )
    (tmp_path / "ask.py").write_text(script)
    (workflows / "w.yml").write_text(
        "on: push\njobs:\n  ask:\n    runs-on: ubuntu-latest\n    steps:\n"
        f"      - run: {sys.executable} {tmp_path}/ask.py\n"
        "        env:\n          GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}\n"
    )
    with serving(tmp_path, "--write-actrc", ".actrc"):
        done = subprocess.run(
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
    assert done.returncode == 0, done.stdout + done.stderr
    assert "found 200" in done.stdout
