"""Redaction, slots, the environment, repositories and act's log."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from generator.process import SystemRunner
from generator.runner.act.host_environment import (
    act_environment,
    installed_pythons,
    make_programs,
)
from generator.runner.act.log_reader import EventKind, LogEvent, LogReader
from generator.runner.isolation.run_directory import prepare_state, run_folders, sweep
from generator.runner.isolation.virtualenvs import (
    HeldLock,
    give_back,
    is_held,
    take_slot,
)
from generator.runner.models import Conclusion
from generator.runner.redaction import Redactor, passwords_in
from generator.runner.repository import find_root, read_repository
from generator.runner.results.progress import (
    ASCII_MARKS,
    MARKS,
    Progress,
    fitted,
    marks_for,
    seconds_text,
    shortened,
)
from generator.workflow.parser import read_workflow


def test_secrets_are_masked_in_every_form() -> None:
    redact = Redactor(['a"b\nsecond line', "x&y", ""])
    text = 'raw a"b\nsecond line, json a\\"b\\nsecond line, alone: second line, url x%26y, base64 eCZ5, plain x&y'
    assert (
        redact(text) == "raw ***, json ***, alone: ***, url ***, base64 ***, plain ***"
    )
    assert Redactor()("nothing to hide") == "nothing to hide"


def test_secrets_are_masked_as_a_workflow_command_leaves_them() -> None:
    redact = Redactor(["pa%0Ay%25z"])
    assert (
        redact("::error::pa%0Ay%25z became pa\ny%z and y%z")
        == "::error::*** became *** and ***"
    )


def test_the_longer_secret_is_masked_first() -> None:
    assert Redactor(["abc", "abcdef"])("abcdef abc") == "*** ***"


def test_passwords_in_addresses_are_secrets() -> None:
    environment = {
        "PIP_INDEX_URL": "https://me:hunter2@host/simple https://host/other",
        "A": "b@c",
        "B": "http://[@",
    }
    assert passwords_in(environment) == ["hunter2"]


def test_a_lock_is_held_until_it_is_let_go(tmp_path: Path) -> None:
    lock = HeldLock(tmp_path / "lock")
    assert is_held(lock.path)
    lock.release()
    assert not is_held(lock.path)
    assert not is_held(tmp_path / "none")


def test_slots_go_to_one_run_each_and_come_back(tmp_path: Path) -> None:
    pool = tmp_path / "pool"
    first, second = HeldLock(tmp_path / "1.lock"), HeldLock(tmp_path / "2.lock")
    slots = [take_slot(pool / "key", lock.path) for lock in (first, first, second)]
    assert [slot.name for slot in slots] == ["0", "1", "2"]
    (slots[0] / "env").mkdir()
    give_back(pool, first.path)
    assert take_slot(pool / "key", second.path) == slots[0]
    assert (slots[0] / "env").is_dir()


def test_what_a_killed_run_left_in_its_slot_is_gone(tmp_path: Path) -> None:
    dead, alive = HeldLock(tmp_path / "dead.lock"), HeldLock(tmp_path / "alive.lock")
    slot = take_slot(tmp_path / "pool/key", dead.path)
    (slot / "half-made").touch()
    dead.release()
    assert take_slot(tmp_path / "pool/key", alive.path) == slot
    assert not (slot / "half-made").exists()


def test_slots_are_taken_by_many_at_once_without_a_double(tmp_path: Path) -> None:
    lock = HeldLock(tmp_path / "lock")
    taken: list[Path] = []
    threads = [
        threading.Thread(
            target=lambda: taken.append(take_slot(tmp_path / "p/k", lock.path))
        )
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(taken)) == 12


def test_run_folders_go_and_sweep_what_died(tmp_path: Path) -> None:
    state = prepare_state(tmp_path / "state")
    assert (state / ".gitignore").read_text() == "*\n"
    dead = state / "runs" / "dead"
    (dead / "locked").mkdir(parents=True)
    (dead / "locked" / "file").touch()
    (dead / "locked").chmod(0o500)
    (state / "runs" / "dead.lock").write_text("17")
    (state / "runs" / "died-early.lock").touch()
    with run_folders(state) as folders:
        folders.belong_to(18)
        assert folders.died == (17,)
        assert sweep(state / "runs") == ()
        assert not dead.exists()
        assert folders.home.is_dir()
        assert folders.base.stat().st_mode & 0o077 == 0
    assert list((state / "runs").iterdir()) == []


def test_the_environment_holds_what_installing_needs_and_no_more(
    tmp_path: Path,
) -> None:
    (tmp_path / "user/.config/pip").mkdir(parents=True)
    settings = tmp_path / "user/.config/pip/pip.conf"
    settings.touch()
    users = {
        "HOME": str(tmp_path / "user"), "KAGGLE_KEY": "k", "PYTHONPATH": "p", "AWS_SECRET_ACCESS_KEY": "s",
        "PIP_INDEX_URL": "https://index", "PIP_TARGET": "/elsewhere", "SSL_CERT_FILE": "/c", "https_proxy": "http://p",
        "NO_PROXY": "intra",
    }  # fmt: skip
    made = act_environment(users, tmp_path / "home", tmp_path / "bin")
    assert not {
        "KAGGLE_KEY",
        "PYTHONPATH",
        "AWS_SECRET_ACCESS_KEY",
        "PIP_TARGET",
    } & set(made)
    assert made["HOME"] == str(tmp_path / "home")
    assert made["PATH"].startswith(f"{tmp_path}/bin:{tmp_path}/bin/python/bin:/usr")
    assert made["PIP_CACHE_DIR"] == str(tmp_path / "user/.cache/pip")
    assert made["PIP_CONFIG_FILE"] == str(settings)
    assert made["NO_PROXY"] == "intra,127.0.0.1,localhost"
    assert {"PIP_INDEX_URL", "SSL_CERT_FILE", "https_proxy"} <= set(made)


def test_what_a_step_installs_stays_with_the_run(tmp_path: Path) -> None:
    make_programs(tmp_path / "bin", os.environ, SystemRunner())
    environment = act_environment(os.environ, tmp_path / "home", tmp_path / "bin")
    code = "import sys, sysconfig; print(sysconfig.get_path('purelib')); print(sys.prefix != sys.base_prefix)"
    done = SystemRunner().run(
        [str(tmp_path / "bin/python/bin/python3"), "-c", code], env=environment
    )
    place, isolated = done.stdout.split()
    assert Path(place).is_relative_to(tmp_path)
    assert isolated == "True"
    assert {"git", "bash", "pip", "pip3"} <= {
        path.name for path in (tmp_path / "bin").iterdir()
    }


def test_the_python_that_runs_wfgen_is_among_those_installed() -> None:
    version, path = installed_pythons(os.environ)[0]
    done = SystemRunner().run(
        [path, "-c", "import platform; print(platform.python_version())"]
    )
    assert done.stdout.strip().startswith(version)


def git(folder: Path, *arguments: str) -> None:
    identity = (
        "-c",
        "user.name=T",
        "-c",
        "user.email=t@localhost",
        "-c",
        "commit.gpgsign=false",
    )
    done = SystemRunner().run(["git", *identity, *arguments], cwd=folder)
    assert done.exit_code == 0, done.stderr


def test_a_repository_as_git_knows_it(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "master")
    (tmp_path / "sub").mkdir()
    assert read_repository(tmp_path, SystemRunner()).made_up
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "One")
    git(tmp_path, "checkout", "-q", "-b", "topic")
    git(tmp_path, "remote", "add", "origin", "git@github.com:me/my.repo.git")
    about = read_repository(tmp_path, SystemRunner())
    assert (about.name, about.branch, about.default_branch, about.message) == (
        "me/my.repo",
        "topic",
        "master",
        "One",
    )
    assert not about.made_up
    assert find_root(tmp_path / "sub", SystemRunner()).resolve() == tmp_path.resolve()


def test_a_folder_without_git_has_a_name_and_a_made_up_sha(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder = tmp_path / "my work!"
    folder.mkdir()
    about = read_repository(folder, SystemRunner())
    assert about.name == "local/my-work"
    assert about.made_up
    assert len(about.sha) == 40
    assert find_root(folder, SystemRunner()) == folder


WORKFLOW = """
name: W
on: push
jobs:
  a:
    steps: [{name: First, run: x}, {name: "Second ${{ 1 }}", run: x}, {name: Third, run: x}]
  b: {steps: [{run: y}]}
"""


@pytest.fixture
def entries() -> list[dict[str, object]]:
    job = {"job": "W/a   ", "jobID": "a", "matrix": {}, "level": "info"}
    one = {**job, "step": "First", "stepID": ["0"], "stage": "Main"}
    two = {**job, "step": "Second 1", "stepID": ["1"], "stage": "Main"}
    return [
        {
            **job,
            "step": "Set up job",
            "stepid": ["--setup-job"],
            "stepResult": "success",
            "msg": "ok",
        },
        {**one, "msg": "\u2b50 Run Main First"},
        {**one, "msg": "said hush\n", "raw_output": True},
        {**one, "command": "add-mask", "arg": "later", "msg": "***"},
        {**one, "msg": "later\n", "raw_output": True},
        {**one, "command": "group", "arg": "Folded", "msg": "x"},
        {
            **one,
            "stepResult": "success",
            "executionTime": 1_500_000_000,
            "msg": "x",
            "stepID": ["0", "inner"],
        },
        {**one, "msg": "Failed but continue next step"},
        {**one, "stepResult": "failure", "executionTime": 2_500_000_000, "msg": "x"},
        {**one, "command": "set-output", "name": "size", "arg": "3 hush", "msg": "x"},
        {
            **one,
            "command": "set-output",
            "name": "inner",
            "arg": "4",
            "msg": "x",
            "stepID": ["0", "inner"],
        },
        {**one, "command": "summary", "content": "# hush", "msg": "x"},
        {**two, "msg": "\u2b50 Run Main Second 1"},
        {**two, "command": "error", "arg": "broken", "msg": "x", "level": "error"},
        {**two, "stepResult": "failure", "executionTime": 1000, "msg": "x"},
        {**job, "jobResult": "failure", "msg": "x"},
    ]


def read(tmp_path: Path, entries: Sequence[object]) -> tuple[LogReader, list[LogEvent]]:
    (tmp_path / "w.yml").write_text(WORKFLOW)
    events: list[LogEvent] = []
    reader = LogReader(
        read_workflow(tmp_path, Path("w.yml")), Redactor(["hush"]), events.append
    )
    for entry in entries:
        reader.line(entry if isinstance(entry, str) else json.dumps(entry))
    return reader, events


def test_the_log_becomes_results(
    tmp_path: Path, entries: list[dict[str, object]]
) -> None:
    reader, _ = read(tmp_path, entries)
    job, skipped = reader.results()
    assert [(step.name, step.conclusion, step.outcome) for step in job.steps] == [
        ("First", Conclusion.SUCCESS, Conclusion.FAILURE),
        ("Second 1", Conclusion.FAILURE, Conclusion.FAILURE),
        ("Third", Conclusion.SKIPPED, Conclusion.SKIPPED),
    ]
    assert (job.name, job.conclusion, skipped.conclusion) == (
        "a",
        Conclusion.FAILURE,
        Conclusion.SKIPPED,
    )
    assert job.steps[0].duration_seconds == pytest.approx(2.5)
    assert job.steps[0].output[:2] == ("said ***", "***")
    assert job.steps[0].summary == "# ***"
    assert job.steps[0].outputs == {"size": "3 ***"}
    assert [(note.level, note.message, note.step) for note in reader.annotations] == [
        ("error", "broken", "Second 1")
    ]


def test_a_job_without_an_end_was_cut_off(
    tmp_path: Path, entries: list[dict[str, object]]
) -> None:
    reader, _ = read(tmp_path, entries[:3])
    assert reader.results(cancelled=True)[0].conclusion is Conclusion.CANCELLED
    assert reader.results()[0].conclusion is Conclusion.FAILURE
    assert reader.results()[0].steps[0].conclusion is Conclusion.CANCELLED


def test_what_act_says_of_itself_is_kept(tmp_path: Path) -> None:
    noise = {"level": "warning", "msg": "Couldn't get a valid docker connection"}
    reader, events = read(
        tmp_path, ["Error: bad file hush", noise, {"level": "error", "msg": "no plan"}]
    )
    assert reader.troubles == ("Error: bad file ***", "no plan")
    assert {event.kind for event in events} == {EventKind.TROUBLE}


def test_progress_shows_a_line_a_step(
    tmp_path: Path, entries: list[dict[str, object]]
) -> None:
    _, events = read(tmp_path, entries)
    lines: list[str] = []
    progress = Progress(lines.append, MARKS)
    for event in events:
        progress(event)
    assert lines == [
        "a",
        "  \u2713 First" + "2.5 s".rjust(80 - 9),
        "    > Folded",
        "    error: broken",
        "  \u2717 Second 1" + "0.0 s".rjust(80 - 12),
    ]


def test_texts_fit_the_terminal() -> None:
    assert marks_for("utf-8") is MARKS
    assert marks_for("ascii") is marks_for(None) is ASCII_MARKS
    assert fitted("a\n b  c", 9) == "a b c"
    assert fitted("abcdefghij", 6) == "abc..."
    assert shortened(f"Run o/a@{'0123456789' * 4}") == "Run o/a@0123456"
    assert [seconds_text(value) for value in (0.04, 59.94, 61)] == [
        "0.0 s",
        "59.9 s",
        "1 min 1 s",
    ]
