"""What settings change.

Seen in runs of the rendered workflow under act on the local GitHub (R9, R10).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from generator.runner.models import Conclusion, RunResult

if TYPE_CHECKING:
    from tests.integration.conftest import Project

pytestmark = pytest.mark.act
Rows = Callable[[RunResult], int]
Why = Callable[[RunResult], str]
OWN_TRAINING = """
import runpy, sys
assert sys.argv[1:] == ["-mode", "update"]
sys.argv = ["", "--iterations", "1"]
runpy.run_module("pipeline", run_name="__main__")
"""


@pytest.mark.shows_settings("store")
@pytest.mark.parametrize("store", ["release", "branch", "cache"])
def test_state_in_a_store_is_carried_over_five_runs(
    store: str, project: Project, total_rows: Rows, why: Why
) -> None:
    project.render(**{"store": store, "install.requirements": ""})
    git = project.local_github.build_git_environment("https://github.com/local/project")
    results = [project.run(environment=git) for _ in range(4)]
    trial = project.run("pull_request", environment=git)
    results.append(project.run(environment=git))
    assert [result.conclusion for result in results] == [Conclusion.SUCCESS] * 5, why(
        results[0]
    )
    one = total_rows(results[0])
    assert [total_rows(result) for result in results] == [
        one * count for count in range(1, 6)
    ]
    assert {artifact.name for artifact in results[0].artifacts} == {"training-logs"}
    assert (trial.conclusion, total_rows(trial)) == (Conclusion.SUCCESS, 5 * one)


AMONG_ITS_CODE = """
from pathlib import Path
seen = Path("src/seen.txt")
rows = int(seen.read_text()) + 1 if seen.exists() else 1
seen.write_text(str(rows))
Path("src/models").mkdir(exist_ok=True)
Path("src/models/best.txt").write_text(f"{rows} by version 1")
print("rows", rows)
"""


@pytest.mark.shows_settings("state_paths")
@pytest.mark.parametrize("store", ["artifact", "release", "cache"])
def test_a_training_goes_on_from_its_own_files(
    store: str, bare: Project, why: Why
) -> None:
    bare.write("src/train.py", AMONG_ITS_CODE)
    bare.write(".gitignore", "/runtime/\n/.wfgen/\n")
    settings = {
        "state_paths": "src/seen.txt\nsrc/models",
        "train.command": "python src/train.py",
        "store": store,
    }
    bare.render(**settings)
    bare.commit()
    results = [bare.run()]
    # Code that changed in between is not put back by the state.
    bare.write("src/train.py", AMONG_ITS_CODE.replace("version 1", "version 2"))
    bare.commit()
    results.append(bare.run())
    assert [result.conclusion for result in results] == [Conclusion.SUCCESS] * 2, why(
        results[-1]
    )
    logs = [result.log.read_text(encoding="utf-8") for result in results]
    assert "rows 1" in logs[0]
    assert "rows 2" in logs[1]
    assert "Put 2 files of state in their places" in logs[1]


@pytest.mark.shows_settings("read_only_cache")
@pytest.mark.parametrize("store", ["release", "branch"])
def test_a_pull_request_runs_in_a_job_that_keeps_no_state(
    store: str, project: Project, total_rows: Rows, why: Why
) -> None:
    project.render(
        **{"store": store, "install.requirements": "", "read_only_cache": "true"}
    )
    git = project.local_github.build_git_environment("https://github.com/local/project")
    first = project.run(environment=git)
    trial = project.run("pull_request", environment=git)
    second = project.run(environment=git)
    assert [result.conclusion for result in (first, trial, second)] == [
        Conclusion.SUCCESS
    ] * 3, why(trial)
    assert "act knows no cache-mode: run without it" in trial.notes
    done = project.map_conclusions(first)
    assert done["Keep the state"] == "success", why(first)
    (job,) = (job for job in trial.jobs if job.conclusion == "success")
    names = {step.name for step in job.steps}
    assert (job.name, "Train" in names, "Keep the state" in names) == (
        "Trial",
        True,
        False,
    ), why(trial)
    one = total_rows(first)
    assert [total_rows(trial), total_rows(second)] == [2 * one, 2 * one]


def test_another_store_carries_on_from_the_artifacts_there_are(
    project: Project, total_rows: Rows, why: Why
) -> None:
    project.render(**{"install.requirements": ""})
    first = project.run()
    project.render(**{"store": "release", "install.requirements": ""})
    second, third = project.run(), project.run()
    assert third.conclusion is Conclusion.SUCCESS, why(third)
    assert [total_rows(result) for result in (first, second, third)] == [30, 60, 90], (
        why(second)
    )


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[str]]]:
    told: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/hook", told
        server.shutdown()
        thread.join()


@pytest.mark.shows_settings("notify.issue", "notify.webhook", "notify.command")
def test_failure_and_recovery_are_told(
    project: Project, webhook: tuple[str, list[str]], why: Why
) -> None:
    url, told = webhook
    breaks = {
        "notify.issue": "true",
        "notify.webhook": "CHAT",
        "notify.command": 'echo "heard of $EVENT"',
        "train.command": "exit 3",
    }
    secrets = {"CHAT": url}
    project.render(**breaks)
    for _ in range(2):
        failed = project.run(secrets=secrets)
        assert failed.conclusion is Conclusion.FAILURE, why(failed)
        assert project.map_conclusions(failed)["Tell what happened"] == "success", why(
            failed
        )
    (issue,) = project.local_github.list_issues()
    assert (issue.state, issue.title) == ("open", "Incremental training fails on main")
    del breaks["train.command"]
    project.render(**breaks)
    fine = project.run(secrets=secrets)
    assert fine.conclusion is Conclusion.SUCCESS, why(fine)
    assert [issue.state for issue in project.local_github.list_issues()] == ["closed"]
    words = [
        next(word for word in ("failed", "works again") if word in message)
        for message in told
    ]
    assert words == ["failed", "failed", "works again"]
    heard = [line for line in project.list_output(fine) if "heard of recovery" in line]
    assert heard


@pytest.mark.shows_settings("notify.on")
def test_completion_alone_is_told_where_that_is_wanted(
    project: Project, webhook: tuple[str, list[str]], why: Why
) -> None:
    url, told = webhook
    settings = {
        "notify.webhook": "CHAT",
        "notify.on": "completion",
        "notify.command": 'echo "heard of $EVENT"',
    }
    project.render(**settings)
    fine = project.run(secrets={"CHAT": url})
    assert "heard of completion" in project.list_output(fine), why(fine)
    project.render(**settings, **{"train.command": "exit 3"})
    failed = project.run(secrets={"CHAT": url})
    assert project.map_conclusions(failed)["Tell what happened"] == "success", why(
        failed
    )
    assert (
        project.map_conclusions(failed)["Run the command of the settings"] == "skipped"
    )
    assert ["completed on main" in message for message in told] == [True]


@pytest.mark.shows_settings("train.command", "train.loop")
def test_the_command_of_the_reference_document(
    project: Project, total_rows: Rows, why: Why
) -> None:
    project.write("src/run.py", OWN_TRAINING)
    command = 'PYTHONPATH=. python src/run.py -mode "update"'
    project.render(
        **{"train.command": command, "train.loop": "each", "iterations": "4"}
    )
    first, second = project.run(), project.run()
    assert second.conclusion is Conclusion.SUCCESS, why(second)
    assert [total_rows(first), total_rows(second)] == [40, 80]
    wrong = project.run("workflow_dispatch", inputs={"iterations": "many"})
    assert wrong.conclusion is Conclusion.FAILURE
    assert any(
        "must be a whole number from 1, not 'many'" in note.message
        for note in wrong.annotations
    )


@pytest.mark.shows_settings("jobs")
def test_extra_steps_and_jobs_run_in_their_places(project: Project, why: Why) -> None:
    project.render(
        **{
            "steps.before_train": "[{name = 'Before', "
            "run = 'test ! -e runtime/logs/summary.json'}]",
            "steps.after_train": "[{name = 'After', run = 'test -e runtime/logs/summary.json'}]",
            "artifacts.extra": "[{name = 'plots', path = 'runtime/data/*.json', retention = 2}]",
            "jobs": "{report = {needs = 'train', steps = [{name = 'Report', run = 'echo done'}]}}",
        }
    )
    result = project.run()
    assert result.conclusion is Conclusion.SUCCESS, why(result)
    ran = project.map_conclusions(result)
    assert (ran["Before"], ran["After"], ran["Report"]) == (
        "success",
        "success",
        "success",
    )
    assert "plots" in {artifact.name for artifact in result.artifacts}


@pytest.mark.shows_settings("train.env", "artifacts.model.name", "artifacts.data.name")
def test_names_folders_and_environment_reach_the_training(
    project: Project, why: Why
) -> None:
    nasty = "it's ${{ github.actor }} \"#$(touch pwned)"
    project.render(
        **{
            "artifacts.model.name": "the model #1",
            "artifacts.data.name": "it's data",
            "train.env": "{NASTY = '''" + nasty + "'''}",
            "steps.before_train": "[{name = 'Look', run = 'ls -A'}]",
            "train.command": 'echo "nasty=$NASTY"; python -m pipeline update --iterations 1',
        }
    )
    first, second = project.run(), project.run()
    assert second.conclusion is Conclusion.SUCCESS, why(second)
    assert {artifact.name for artifact in first.artifacts} == {
        "the model #1",
        "it's data",
        "training-logs",
    }
    assert second.restored_from == (first.run.id,)
    lines = project.list_output(second)
    assert any(f"nasty={nasty}" in line for line in lines), why(second)


MEMBER = """
import json, os
from pathlib import Path

state = Path("runtime/data/data_state.json")
before = json.loads(state.read_text())["rows"] if state.exists() else 0
for folder in ("model", "data", "logs"):
    Path("runtime", folder).mkdir(parents=True, exist_ok=True)
rows = 10 ** int(os.environ["MEMBER"])  # the shard of this member
Path("runtime/model/best_model.pkl").write_text(str(before))
state.write_text(json.dumps({"rows": before, "new": rows}))
Path("runtime/logs/log.txt").write_text(os.environ["MEMBER"])
"""
MERGE = """
import json, os
from pathlib import Path

shards = [json.loads(Path(f"runtime/members/{n}/data/data_state.json").read_text())
          for n in range(int(os.environ["MEMBERS"]))]
assert len({shard["rows"] for shard in shards}) == 1, "members began from different states"
rows = shards[0]["rows"] + sum(shard["new"] for shard in shards)
for folder in ("model", "data", "logs"):
    Path("runtime", folder).mkdir(parents=True, exist_ok=True)
Path("runtime/model/best_model.pkl").write_text(str(rows))
Path("runtime/data/data_state.json").write_text(json.dumps({"rows": rows}))
Path("runtime/logs/summary.json").write_text(json.dumps({"rows_total": rows}))
"""


@pytest.mark.shows_settings("fanout.members", "fanout.merge")
def test_three_members_train_side_by_side_and_one_job_merges(
    project: Project, total_rows: Rows, why: Why
) -> None:
    project.write("member.py", MEMBER)
    project.write("merge.py", MERGE)
    settings = {
        "fanout.members": "3",
        "fanout.merge": "python merge.py",
        "train.command": "python member.py",
    }
    project.render(**settings, **{"install.requirements": ""})
    first, second = project.run(), project.run()
    assert (first.conclusion, second.conclusion) == (
        Conclusion.SUCCESS,
        Conclusion.SUCCESS,
    ), why(first)
    assert [total_rows(first), total_rows(second)] == [111, 222]
    state = {
        artifact.name
        for artifact in second.artifacts
        if artifact.name.endswith("-state")
    }
    assert state == {"model-state", "data-state"}
    assert set(second.restored_from) == {first.run.id}
    lines = [
        step.summary
        for job in second.jobs
        for step in job.steps
        if step.name == "Summarise the run"
    ]
    assert f"| 3 | success | {first.run.id} | 5 days |" in lines[-1], why(second)


@pytest.mark.shows_settings("dataset.source", "dataset.kaggle_json")
def test_credentials_of_kaggle_reach_file_and_training_and_no_log(
    project: Project, why: Why
) -> None:
    look = 'stat -c %a ~/.kaggle ~/.kaggle/kaggle.json; python -c "import json, os; '
    look += "print(len(json.load(open(os.path.expanduser('~/.kaggle/kaggle.json')))['key']))\""
    project.render(
        **{
            "dataset.source": "kaggle",
            "dataset.kaggle_json": "true",
            "install.requirements": "",
            "train.command": f'{look}; test -n "$KAGGLE_KEY"; '
            "python -m pipeline update --iterations 1",
        }
    )
    key = "0123456789abcdef0123456789abcdef"
    result = project.run(secrets={"KAGGLE_USERNAME": "somebody", "KAGGLE_KEY": key})
    assert result.conclusion is Conclusion.SUCCESS, why(result)
    lines = project.list_output(result)
    assert lines.count("700") == lines.count("600") == lines.count("32") == 1, why(
        result
    )
    assert not any(key in line for line in lines)
    fork = project.run("pull_request", from_fork=True)
    assert fork.conclusion is Conclusion.SUCCESS, why(fork)
    assert any("gets no secrets" in note.message for note in fork.annotations)


def test_a_queue_and_a_time_zone_keep_nothing_from_running(
    project: Project, total_rows: Rows, why: Why
) -> None:
    cron = "30 6 * * 1"
    project.render(
        **{
            "concurrency": "queue",
            "schedule.timezone": "Europe/Berlin",
            "schedule.cron": cron,
        }
    )
    first, second = project.run("schedule"), project.run("schedule")
    assert second.conclusion is Conclusion.SUCCESS, why(second)
    assert second.notes[0] == "act knows no schedule.timezone: run without it"
    assert total_rows(second) == 2 * total_rows(first)
