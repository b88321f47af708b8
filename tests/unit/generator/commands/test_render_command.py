"""`wfgen render` and `wfgen check` as a stranger uses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.cli import main

WORKFLOW = ".github/workflows/train.yml"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WFGEN_CACHE_DIR", str(tmp_path / ".cache"))
    return tmp_path


SCHEDULE = '[schedule]\ncron = ["7 3 * * *"]\n'


def wfgen(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert isinstance(caught.value.code, int)
    return caught.value.code


def test_the_command_of_the_brief(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wfgen("render", "--iterations", "5", "--retention", "7") == 0
    text = (here / WORKFLOW).read_text(encoding="utf-8")
    assert "|| '5' }}" in text
    assert text.count("retention-days: 7\n") == 3
    assert capsys.readouterr().out.splitlines() == [
        "wrote      wfgen.toml",
        f"wrote      {WORKFLOW}",
        "wrote      .github/scripts/find_state.py",
    ]
    assert wfgen("render", "--iterations", "5", "--retention", "7") == 0
    assert capsys.readouterr().out.splitlines()[0] == f"unchanged  {WORKFLOW}"


def test_what_a_render_was_told_holds_for_the_next_one(here: Path) -> None:
    assert wfgen("render", "--iterations", "5", "--retention", "7") == 0
    text = (here / WORKFLOW).read_text(encoding="utf-8")
    assert wfgen("render", "--check") == 0
    assert wfgen("render") == 0
    assert (here / WORKFLOW).read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        (
            "wfgen.toml",
            "# mine\nretention = 9 # days\n\n[pipeline]\ntarget = 'y'\n",
            "# mine\nretention = 7 # days\n\n[pipeline]\ntarget = 'y'\n\n" + SCHEDULE,
        ),
        (
            "pyproject.toml",
            "[project] # x\nname = 'x'\n\n[tool.wfgen]\niterations = 2\n",
            (
                "[project] # x\nname = 'x'\n\n[tool.wfgen]\niterations = 2\nretention = 7\n\n"
                + SCHEDULE.replace("[", "[tool.wfgen.", 1)
            ),
        ),
    ],
)
def test_flags_are_kept_where_the_settings_stand(
    here: Path, file: str, before: str, after: str
) -> None:
    (here / file).write_text(before, encoding="utf-8")
    assert wfgen("render", "--retention", "7", "--cron", "7 3 * * *") == 0
    assert (here / file).read_text(encoding="utf-8") == after
    assert wfgen("render", "--check") == 0


def test_settings_stay_where_the_workflow_is_somebodys_work(here: Path) -> None:
    wfgen("render")
    workflow = here / WORKFLOW
    workflow.write_text(workflow.read_text(encoding="utf-8") + "# mine\n")
    assert wfgen("render", "--iterations", "5") == 2
    assert not (here / "wfgen.toml").exists()


def test_check_and_diff_write_nothing(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wfgen("render", "--check") == 1
    assert wfgen("render", "--diff") == 0
    assert wfgen("render", "--stdout") == 0
    assert not (here / ".github").exists()
    wfgen("render")
    assert wfgen("render", "--check") == 0
    capsys.readouterr()
    assert wfgen("render", "--check", "--retention", "9") == 1
    said = capsys.readouterr()
    assert "+          retention-days: 9" in said.out
    assert f"{WORKFLOW}: out of date" in said.err


def test_an_orphan_fails_the_check_and_is_cleaned(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wfgen("render", "--set", "workflow=old.yml")
    wfgen("render", "--set", "workflow=train.yml")
    assert (
        "orphan     .github/workflows/old.yml  (--clean removes it)"
        in capsys.readouterr().out
    )
    assert wfgen("render", "--check") == 1
    assert wfgen("render", "--clean") == 0
    assert not (here / ".github/workflows/old.yml").exists()
    assert wfgen("render", "--check") == 0


def test_what_will_disappoint_is_said_and_still_written(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wfgen("render", "--cron", "0 3 * * 1") == 0
    assert (
        "note: the state is kept 5 days and the schedule pauses for up to 7:"
        in capsys.readouterr().err
    )
    assert (here / WORKFLOW).exists()


def test_an_edited_file_needs_force(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wfgen("render")
    (here / WORKFLOW).write_text("on: push\n", encoding="utf-8")
    assert wfgen("render") == 2
    said = capsys.readouterr().err
    assert f"wfgen: nothing was written: {WORKFLOW} is not written by wfgen" in said
    assert "--force" in said
    assert wfgen("render", "--force") == 0
    assert wfgen("check", "--only", "jactionlint") == 0


def test_what_would_be_invalid_is_not_written(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = "jobs={other = {steps = [{run = 'x'}], runs_on = 'y'}}"
    assert wfgen("render", "--set", bad) == 1
    assert (
        "jobs.other.runs_on: Additional properties are not allowed ('runs_on' was unexpected)"
        in capsys.readouterr().err
    )
    assert not (here / ".github").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--retention", "0"],
            "flag --retention: retention must be a whole number from 1 to 90, not 0",
        ),
        (["--retention", "91"], "not 91"),
        (["--retention", "abc"], "not 'abc'"),
        (["--iterations", "-1"], "not -1"),
        (["--branch", "my branch"], "' ', which a branch name cannot have"),
        (["--cron", "0 0 * * 7"], "Sunday is 0"),
        (["--set", "iteration=3"], "did you mean iterations?"),
        (["--set", "iterations"], "needs KEY=VALUE"),
        (["--check", "--diff"], "write nothing: give one of them"),
        (["--stdout", "--force"], "without --clean or --force"),
        (["nowhere"], "does not exist"),
    ],
)
def test_bad_input_is_a_line_with_the_reason(
    words: list[str], said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wfgen("render", *words) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err
    assert not (here / ".github").exists()


def test_a_place_that_cannot_be_written_is_a_line(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / ".github").write_text("a file", encoding="utf-8")
    assert wfgen("render") == 2
    assert "cannot be" in capsys.readouterr().err


def test_check_says_so_where_there_is_nothing(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wfgen("check") == 2
    assert str(here) not in capsys.readouterr().err


def test_check_exits_1_with_findings_in_any_file_given(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "x.yml").write_text("on: push\n\tjobs:\n", encoding="utf-8")
    assert wfgen("check", "x.yml") == 1
    assert "x.yml:2:1: breaks [yaml/syntax] not YAML" in capsys.readouterr().out


def test_in_a_subfolder_the_top_of_the_repository_is_rendered(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / ".git").mkdir()
    (here / "wfgen.toml").write_text("retention = 9\n", encoding="utf-8")
    (here / "sub").mkdir()
    monkeypatch.chdir(here / "sub")
    assert wfgen("render") == 0
    assert (
        "note: GitHub reads workflows at the top of the repository alone"
        in capsys.readouterr().err
    )
    assert "retention-days: 9" in (here / WORKFLOW).read_text(encoding="utf-8")
    assert not (here / "sub" / ".github").exists()
    assert wfgen("check", "--only", "jactionlint") == 0
    assert wfgen("settings") == 0
    assert "= 9  # wfgen.toml:1" in capsys.readouterr().out
