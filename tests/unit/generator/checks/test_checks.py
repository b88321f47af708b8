"""`wfgen check`: one list of findings, and a tool that broke is never "no findings"."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from generator.checks import external_tools as external
from generator.checks import reporters as report
from generator.checks import runner as checks
from generator.workflow.files import require_workflow_files
from generator.checks.runner import Checked, check_files
from generator.cli import main
from generator.commands import check as check_command
from generator.config.settings import load
from generator.errors import OutputError, ToolFailedError
from generator.findings import Finding, Severity
from generator.process import Completed, SystemRunner, find_tool
from generator.rendering.render import render_all

FILE = Path("w.yml")
GOOD = "name: x\non: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: 'true'\n"


class Canned:
    """A runner that answers every call with one result."""

    def __init__(self, exit_code: int, stdout: str = "", stderr: str = "") -> None:
        self.result = Completed((), exit_code, stdout, stderr)
        self.calls: list[tuple[Sequence[str], Mapping[str, str] | None]] = []

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        input_text: str | None = None,
        timeout_seconds: float | None = None,
    ) -> Completed:
        assert cwd is not None
        assert input_text is None
        assert timeout_seconds is not None
        self.calls.append((argv, env))
        return self.result

    def stream(
        self,
        argv: Sequence[str],
        on_line: Callable[[str], None],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout_seconds: float | None = None,
    ) -> Completed:
        raise NotImplementedError


def schema_findings(root: Path, text: str) -> list[tuple[int, int, str]]:
    (root / FILE).write_text(text, encoding="utf-8")
    checked = check_files([FILE], root, SystemRunner(), {}, only=("none",))
    assert checked.ran == ("schema",)
    return [(f.line, f.column, f.message) for f in checked.findings]


def test_a_sound_workflow_has_no_findings(tmp_path: Path) -> None:
    assert schema_findings(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "words"),
    [
        ("on: push", "on: pusch", 2, 1, "pusch"),
        ("runs-on: ubuntu-latest", "runs_on: x", 5, 5, "runs_on"),
        ("on: push", "on: {push: {branch: main}}", 2, 13, "'branch' was unexpected"),
        ("- run: 'true'", "- runn: 'true'", 7, 9, "runn"),
        ("steps:", "steps: {}\n    stepss:", 6, 5, 'steps: {} is not of type "array"'),
        (
            "name: x",
            "name: x\npermissions: {contents: wirte}",
            2,
            15,
            '"wirte" is not one of',
        ),
        ("on: push", "on: {schedule: [{croon: x}]}", 2, 18, "'croon' was unexpected"),
        ("name: x", "name: x\nname: y", 2, 1, "stands here twice"),
        ("on: push\n", "", 1, 1, '"on" is a required property'),
    ],
)
def test_faults_are_found_where_they_are(  # noqa: PLR0913, PLR0917 - one parameter a column
    old: str, new: str, line: int, column: int, words: str, tmp_path: Path
) -> None:
    found = schema_findings(tmp_path, GOOD.replace(old, new))
    assert any(
        (at, from_) == (line, column) and words in message
        for at, from_, message in found
    ), found
    assert all(len(message) < 400 for *_, message in found)


def test_no_workflow_files_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no workflow files"):
        require_workflow_files(tmp_path)


def real(root: Path, *only: str) -> Checked:
    for tool in only:
        if find_tool(tool) is None:
            pytest.skip(f"{tool} is not installed")
    return check_files([FILE], root, SystemRunner(), {"PATH": "/usr/bin:/bin"}, only)


def test_zizmor_finds_what_is_unsafe(tmp_path: Path) -> None:
    unsafe = GOOD.replace("'true'", "echo ${{ github.event.issue.title }}")
    (tmp_path / FILE).write_text(unsafe, encoding="utf-8")
    found = {f.rule: f for f in real(tmp_path, "zizmor").findings}
    assert (found["template-injection"].line, found["template-injection"].path) == (
        7,
        FILE,
    )


def test_jactionlint_finds_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(
        GOOD.replace("'true'", "echo ${{ github.nothing }}"), encoding="utf-8"
    )
    found = {f.rule: f for f in real(tmp_path, "jactionlint").findings}
    assert found["undefined-property"].line == 7


def test_act_finds_what_it_cannot_run(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(
        GOOD.replace("name: x", "name: x ${{ github.ref }}"), encoding="utf-8"
    )
    (finding,) = real(tmp_path, "act").findings
    assert (finding.line, finding.column) == (1, 7)
    assert "not valid" in finding.message


def test_act_is_not_led_astray_by_files_it_would_obey(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(GOOD, encoding="utf-8")
    (tmp_path / ".actrc").write_text("--no-such-flag\n", encoding="utf-8")
    assert real(tmp_path, "act").findings == ()


def test_our_rendering_has_no_finding_by_any_tool(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(
        render_all(load(tmp_path, {}), tmp_path)[0].text, encoding="utf-8"
    )
    checked = real(tmp_path, "act", "zizmor", "jactionlint")
    assert (checked.ran, checked.findings) == (
        ("schema", "act", "zizmor", "jactionlint"),
        (),
    )


@pytest.mark.parametrize(
    ("tool", "result"),
    [
        (external.zizmor, (1, "[]", "fatal: no audit was performed")),
        (external.zizmor, (2, "", "error: unexpected argument")),
        (external.zizmor, (3, "", "error: no inputs collected")),
        (external.zizmor, (-9, "", "")),
        (external.zizmor, (14, "not json", "")),
        (external.zizmor, (0, "", "")),
        (external.zizmor, (0, "{}", "")),
        (external.jactionlint, (2, "", "invalid option")),
        (external.jactionlint, (3, "", "open w.yml: no such file")),
        (external.jactionlint, (1, "<html>", "")),
        (external.jactionlint, (-11, "", "")),
        (external.act, (2, "", "panic: runtime error")),
        (external.act, (1, "", "Error: unknown flag: --validate")),
        (external.act, (-15, "", "")),
    ],
)
def test_a_tool_that_broke_is_an_error(
    tool: Callable[..., object], result: tuple[int, str, str], tmp_path: Path
) -> None:
    with pytest.raises(ToolFailedError, match="broke with exit code") as caught:
        list(tool(Path("tool"), [FILE], tmp_path, Canned(*result), {}))  # type: ignore[call-overload]
    assert caught.value.exit_code == 3


class OneBroken:
    """zizmor breaks, the other tools do as they do."""

    def run(self, argv: Sequence[str], **more: Any) -> Completed:  # noqa: ANN401 - handed on
        if Path(argv[0]).name == "zizmor":
            return Completed(tuple(argv), 1, "", "no audit was performed")
        return SystemRunner().run(argv, **more)

    def stream(
        self, argv: Sequence[str], on_line: Callable[[str], None], **more: Any
    ) -> Completed:  # noqa: ANN401
        return SystemRunner().stream(argv, on_line, **more)


def test_a_tool_that_broke_hides_nothing_of_what_the_others_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = Path("sound.yml")
    (tmp_path / FILE).write_text(GOOD.replace("push", "pusch", 1), encoding="utf-8")
    (tmp_path / sound).write_text(
        GOOD.replace("'true'", "echo ${{ nope.nope }}", 1), encoding="utf-8"
    )
    checked = check_files([FILE, sound], tmp_path, OneBroken(), os.environ)
    assert [error.message for error in checked.broken] == [
        "zizmor broke with exit code 1: no audit was performed"
    ]
    assert {(finding.path, finding.tool) for finding in checked.findings} >= {
        (FILE, "schema"),
        (sound, "jactionlint"),
    }
    assert "zizmor" not in checked.ran
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(check_command, "SystemRunner", OneBroken)
    with pytest.raises(SystemExit) as caught:
        main(["check", str(FILE), "sound.yml"])
    assert caught.value.code == 3
    said = capsys.readouterr()
    assert str(FILE) in said.out
    assert "wfgen: zizmor broke with exit code 1" in said.err


@pytest.mark.parametrize("tool", [external.zizmor, external.jactionlint])
def test_exit_code_0_with_an_empty_list_is_no_findings(
    tool: Callable[..., object], tmp_path: Path
) -> None:
    assert list(tool(Path("tool"), [FILE], tmp_path, Canned(0, "[]"), {})) == []  # type: ignore[call-overload]


def test_a_missing_tool_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FILE).write_text(GOOD, encoding="utf-8")

    def nowhere(_: str) -> Path | None:
        return None

    monkeypatch.setattr(checks, "find_tool", nowhere)
    checked = check_files([FILE], tmp_path, SystemRunner(), {})
    assert [tool.name for tool in checked.missing] == ["act", "zizmor", "jactionlint"]
    assert checked.ran == ("schema",)


def test_tools_see_nothing_secret_of_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FILE).write_text(GOOD, encoding="utf-8")
    monkeypatch.setattr(checks, "find_tool", Path)
    canned = Canned(0, "[]")
    check_files(
        [FILE], tmp_path, canned, {"PATH": "/bin", "GH_TOKEN": "t", "KAGGLE_KEY": "k"}
    )
    assert len(canned.calls) == 3
    assert all(
        env is not None and {"GH_TOKEN", "KAGGLE_KEY"}.isdisjoint(env)
        for _, env in canned.calls
    )


FOUND = Finding(
    Path("a b.yml"),
    3,
    5,
    "zizmor",
    "rule",
    Severity.WARNING,
    "50% of,\nthis: bad",
    "a hint",
)
CHECKED = Checked(
    (Path("a b.yml"),), (FOUND,), ("schema", "zizmor"), (external.TOOLS[0],), ()
)


def test_report_as_text() -> None:
    assert (
        report.render(CHECKED, "text").splitlines()[-1]
        == "1 file checked by schema, zizmor: 1 finding"
    )
    assert report.render(CHECKED, "text").startswith(
        "a b.yml:3:5: warning [zizmor/rule] 50% of"
    )


def test_report_as_json() -> None:
    data = json.loads(report.render(CHECKED, "json"))
    assert (data["format"], data["ran"], data["missing"]) == (
        1,
        ["schema", "zizmor"],
        ["act"],
    )
    assert data["findings"][0]["line"] == 3


def test_report_as_sarif() -> None:
    data = json.loads(report.render(CHECKED, "sarif"))
    results = {run["tool"]["driver"]["name"]: run["results"] for run in data["runs"]}
    assert data["version"] == "2.1.0"
    place = results["zizmor"][0]["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 3, "startColumn": 5}
    assert results["schema"] == []


def test_report_as_annotations() -> None:
    assert report.render(CHECKED, "github") == (
        "::warning file=a b.yml,line=3,col=5,title=zizmor/rule::50%25 of,%0Athis: bad"
    )
