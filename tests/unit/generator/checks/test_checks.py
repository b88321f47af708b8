"""`wfgen check`: one list of findings, and a tool that broke is never "no findings"."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from generator.checks import runner as checks
from generator.checks.external import act, jactionlint, zizmor
from generator.checks.external.tool import Tool, ToolCall
from generator.checks.registry import RULES, TOOLS, list_families, run_rules
from generator.checks.reporters import ReportOptions, render_report
from generator.checks.runner import CheckResult, check_files
from generator.cli import main
from generator.commands import check as check_command
from generator.config.settings import load
from generator.errors import OutputError, ToolCutOffError, ToolFailedError
from generator.findings import Finding, Severity
from generator.process import Completed, StreamControl, SystemRunner, find_tool
from generator.rendering.render import render_all
from generator.workflow.files import require_workflow_files
from generator.workflow.source import read_yaml

FILE = Path("w.yml")
GOOD = """name: x
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: 'true'
"""


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
        control: StreamControl | None = None,
    ) -> Completed:
        raise NotImplementedError


def schema_findings(root: Path, text: str) -> list[tuple[int, int, str]]:
    (root / FILE).write_text(text, encoding="utf-8")
    document = read_yaml(root / FILE)
    return [(f.line, f.column, f.message) for f in run_rules(document)]


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
    findings = schema_findings(tmp_path, GOOD.replace(old, new))
    messages = [text for *place, text in findings if place == [line, column]]
    assert any(words in text for text in messages), findings
    assert all(len(text) < 400 for *_, text in findings)


def test_no_workflow_files_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no workflow files"):
        require_workflow_files(tmp_path)


def require_tools(*names: str) -> None:
    for name in names:
        if find_tool(name) is None:
            pytest.skip(f"{name} is not installed")


def real(root: Path, *only: str) -> CheckResult:
    require_tools(*only)
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


@pytest.mark.parametrize("tool", ["act", "jactionlint"])
def test_only_a_tool_prints_what_that_tool_finds_and_nothing_else(
    tool: str, tmp_path: Path
) -> None:
    twice = "name: y\n" + GOOD.replace("on: push", "on: pusch\nnope: 1")
    (tmp_path / FILE).write_text(twice, encoding="utf-8")
    checked = real(tmp_path, tool)
    assert {finding.tool for finding in checked.findings} <= {tool}
    assert (checked.ran, checked.broken) == ((tool,), ())
    (tmp_path / FILE).write_text("a: [\n", encoding="utf-8")
    checked = real(tmp_path, tool)
    assert {finding.tool for finding in checked.findings} == {tool}


def test_what_zizmor_alone_would_pass_over_is_no_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    require_tools("zizmor")
    (tmp_path / FILE).write_text("a: [\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        main(["check", "--only", "zizmor", str(FILE)])
    assert caught.value.code == 3
    output = capsys.readouterr()
    assert output.out == "1 file checked by no tool: no findings\n"
    assert "zizmor does not look at what is no workflow: w.yml" in output.err


def test_act_is_not_led_astray_by_files_it_would_obey(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(GOOD, encoding="utf-8")
    (tmp_path / ".actrc").write_text("--no-such-flag\n", encoding="utf-8")
    assert real(tmp_path, "act").findings == ()


def test_our_rendering_has_no_finding_by_any_tool(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(
        render_all(load(tmp_path, {}), tmp_path)[0].text, encoding="utf-8"
    )
    require_tools("act", "zizmor", "jactionlint")
    checked = real(tmp_path)
    assert (checked.ran, checked.findings) == (
        (*list_families(RULES), "zizmor", "jactionlint"),
        (),
    )


def make_call(root: Path, runner: Canned) -> ToolCall:
    return ToolCall(Path("tool"), root, runner, {})


@pytest.mark.parametrize(
    ("tool", "result"),
    [
        (zizmor.TOOL, (1, "[]", "fatal: no audit was performed")),
        (zizmor.TOOL, (2, "", "error: unexpected argument")),
        (zizmor.TOOL, (3, "", "error: no inputs collected")),
        (zizmor.TOOL, (-9, "", "")),
        (zizmor.TOOL, (14, "not json", "")),
        (zizmor.TOOL, (0, "", "")),
        (zizmor.TOOL, (0, "{}", "")),
        (jactionlint.TOOL, (2, "", "invalid option")),
        (jactionlint.TOOL, (3, "", "open w.yml: no such file")),
        (jactionlint.TOOL, (1, "<html>", "")),
        (jactionlint.TOOL, (-11, "", "")),
        (act.TOOL, (2, "", "panic: runtime error")),
        (act.TOOL, (1, "", "Error: unknown flag: --validate")),
        (act.TOOL, (-15, "", "")),
    ],
)
def test_a_tool_that_broke_is_an_error(
    tool: Tool, result: tuple[int, str, str], tmp_path: Path
) -> None:
    with pytest.raises(ToolFailedError, match="broke with exit code") as caught:
        list(tool.check(make_call(tmp_path, Canned(*result)), [FILE]))
    assert caught.value.exit_code == 3


class OneBroken:
    """zizmor breaks, the other tools do as they do."""

    def run(self, argv: Sequence[str], **more: Any) -> Completed:  # noqa: ANN401 - handed on
        if Path(argv[0]).name == "zizmor":
            return Completed(tuple(argv), 1, "", "no audit was performed")
        return SystemRunner().run(argv, **more)

    def stream(
        self,
        argv: Sequence[str],
        on_line: Callable[[str], None],
        **more: Any,  # noqa: ANN401 - handed on
    ) -> Completed:
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
        "sound.yml: zizmor broke with exit code 1: no audit was performed"
    ]
    (broke,) = [finding for finding in checked.findings if finding.rule == "broke"]
    assert (broke.path, broke.tool) == (sound, "zizmor")
    assert "zizmor broke with exit code 1" in broke.message
    assert {(finding.path, finding.tool) for finding in checked.findings} >= {
        (FILE, "schema"),
        (sound, "jactionlint"),
    }
    assert "zizmor" not in checked.ran
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(check_command, "BoundedRunner", lambda *_: OneBroken())
    with pytest.raises(SystemExit) as caught:
        main(["check", str(FILE), "sound.yml"])
    assert caught.value.code == 3
    output = capsys.readouterr()
    assert str(FILE) in output.out
    assert "wfgen: sound.yml: zizmor broke with exit code 1" in output.err


class Crashing(OneBroken):
    """zizmor crashes at one file, also among others, or at any."""

    def __init__(self, at: str) -> None:
        self.at = at

    def run(self, argv: Sequence[str], **_more: Any) -> Completed:  # noqa: ANN401 - for others
        if Path(argv[0]).name == "zizmor" and self.at in " ".join(argv):
            return Completed(tuple(argv), -11, "", "fatal: out of stack")
        return Completed(tuple(argv), 0, "[]", "")


def test_a_tool_that_crashes_on_a_file_is_a_finding_there(tmp_path: Path) -> None:
    require_tools("act", "zizmor", "jactionlint")
    other = Path("other.yml")
    for file in (FILE, other):
        (tmp_path / file).write_text(GOOD, encoding="utf-8")
    checked = check_files([FILE, other], tmp_path, Crashing("w.yml"), os.environ)
    assert [error.message for error in checked.broken] == [
        "w.yml: zizmor broke with exit code -11: fatal: out of stack"
    ]
    (finding,) = checked.findings
    assert (finding.path, finding.tool, finding.rule) == (FILE, "zizmor", "broke")
    # Where it crashes at any file, none of them is at fault.
    checked = check_files([FILE, other], tmp_path, Crashing("zizmor"), os.environ)
    assert len(checked.broken) == 1
    assert checked.findings == ()


QUEUED = """\
name: x
on: push
permissions: {}
concurrency:
  group: a
  queue: max
jobs:
  a:
    runs-on: ubuntu-24.04
    cache-mode: read
    steps:
      - run: 'true'
"""


def test_what_a_run_under_act_leaves_out_is_no_finding_of_act(tmp_path: Path) -> None:
    require_tools("act")
    flow = QUEUED.replace("    cache-mode: read\n", "").replace(
        "runs-on: ubuntu-24.04", "{cache-mode: read, runs-on: x, steps: [{run: x}]}"
    )
    flow = flow.partition("    steps:")[0]
    for text in (QUEUED, flow):
        (tmp_path / FILE).write_text(text, encoding="utf-8")
        checked = real(tmp_path, "act")
        assert checked.findings == ()
        assert checked.ran == ("act",)
    # What else it finds stands where it stands in the file.
    wrong = QUEUED.replace("      - run: 'true'", "      - runn: 'true'")
    (tmp_path / FILE).write_text(wrong, encoding="utf-8")
    (finding,) = real(tmp_path, "act").findings
    assert "Line: 12 Column 9: Unknown Property runn" in finding.message
    assert "cache-mode" not in finding.message


class CutOff(OneBroken):
    """zizmor is cut off at one file, also among others."""

    def run(self, argv: Sequence[str], **more: Any) -> Completed:  # noqa: ANN401 - handed on
        if Path(argv[0]).name != "zizmor":
            return Completed(tuple(argv), 0, "[]", "")
        if str(FILE) in argv:
            raise ToolCutOffError("zizmor was stopped after 0.6 s of processor time")
        return SystemRunner().run(argv, **more)


def test_a_file_that_a_tool_was_cut_off_at_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    require_tools("act", "zizmor", "jactionlint")
    other = Path("other.yml")
    (tmp_path / FILE).write_text(GOOD, encoding="utf-8")
    (tmp_path / other).write_text(GOOD, encoding="utf-8")
    checked = check_files([FILE, other], tmp_path, CutOff(), os.environ)
    (finding,) = [finding for finding in checked.findings if finding.rule == "cut-off"]
    assert (finding.path, finding.tool, finding.severity) == (
        FILE,
        "zizmor",
        Severity.FRAGILE,
    )
    assert "what it would have found here is not known" in finding.message
    assert [error.message for error in checked.broken] == [
        "zizmor was stopped after 0.6 s of processor time on w.yml"
    ]
    # It has looked at the other one.
    assert {finding.path for finding in checked.findings} == {FILE, other}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(check_command, "BoundedRunner", lambda *_: CutOff())
    with pytest.raises(SystemExit) as caught:
        main(["check", str(FILE)])
    assert caught.value.code == 3
    assert "[zizmor/cut-off]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], 0),
        (["--require", "zizmor"], 3),
        (["--require", "all"], 3),
        (["--require", "act"], 0),
        (["--only", "zizmor"], 3),
    ],
)
def test_a_required_tool_that_is_missing_could_not_tell(
    words: list[str],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / FILE).write_text(GOOD, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        checks, "find_tool", lambda name: None if name == "zizmor" else Path(name)
    )
    monkeypatch.setattr(check_command, "BoundedRunner", lambda *_: Canned(0, "[]"))
    with pytest.raises(SystemExit) as caught:
        main(["check", *words, str(FILE)])
    assert caught.value.code == code
    assert "zizmor did not look: it is not installed" in capsys.readouterr().err


@pytest.mark.parametrize("tool", [zizmor.TOOL, jactionlint.TOOL])
def test_exit_code_0_with_an_empty_list_is_no_findings(
    tool: Tool, tmp_path: Path
) -> None:
    assert list(tool.check(make_call(tmp_path, Canned(0, "[]")), [FILE])) == []


def test_a_missing_tool_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FILE).write_text(GOOD, encoding="utf-8")

    def nowhere(_: str) -> Path | None:
        return None

    monkeypatch.setattr(checks, "find_tool", nowhere)
    checked = check_files([FILE], tmp_path, SystemRunner(), {})
    assert [tool.name for tool in checked.missing] == ["zizmor", "jactionlint"]
    assert checked.ran == tuple(list_families(RULES))


def test_tools_see_nothing_secret_of_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FILE).write_text(GOOD, encoding="utf-8")
    monkeypatch.setattr(checks, "find_tool", Path)
    canned = Canned(0, "[]")
    check_files(
        [FILE], tmp_path, canned, {"PATH": "/bin", "GH_TOKEN": "t", "KAGGLE_KEY": "k"}
    )
    assert len(canned.calls) == 2
    assert all(
        env is not None and {"GH_TOKEN", "KAGGLE_KEY"}.isdisjoint(env)
        for _, env in canned.calls
    )


EVERYTHING = ReportOptions(show_all=True)
FINDING = Finding(
    Path("a b.yml"),
    3,
    5,
    "zizmor",
    "rule",
    Severity.FRAGILE,
    "50% of,\nthis: bad",
    "a hint",
)
RESULT = CheckResult(
    (Path("a b.yml"),), (FINDING,), ("schema", "zizmor"), (TOOLS[0],), ()
)


def test_report_as_text() -> None:
    assert (
        render_report(RESULT, "text")
        == "1 file checked by schema, zizmor: no findings (1 more with --all: 1 fragile)"
    )
    assert render_report(RESULT, "text", EVERYTHING).startswith(
        "a b.yml:3:5: fragile [zizmor/rule] 50% of"
    )


def test_report_as_json() -> None:
    data = json.loads(render_report(RESULT, "json"))
    assert (data["format"], data["ran"], data["missing"]) == (
        1,
        ["schema", "zizmor"],
        ["act"],
    )
    assert (data["findings"], data["hidden"]) == ([], {"fragile": 1})
    data = json.loads(render_report(RESULT, "json", EVERYTHING))
    assert data["findings"][0]["line"] == 3
    assert data["findings"][0]["tools"] == ["zizmor"]
    assert data["hidden"] == {}


def test_report_as_sarif() -> None:
    data = json.loads(render_report(RESULT, "sarif", EVERYTHING))
    results = {run["tool"]["driver"]["name"]: run["results"] for run in data["runs"]}
    assert data["version"] == "2.1.0"
    place = results["zizmor"][0]["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 3, "startColumn": 5}
    assert results["schema"] == []
    rules = next(
        run["tool"]["driver"]["rules"]
        for run in data["runs"]
        if run["tool"]["driver"]["name"] == "schema"
    )
    rule = next(rule for rule in rules if rule["id"] == "schema")
    assert "SchemaStore" in rule["shortDescription"]["text"]


def test_report_as_annotations() -> None:
    assert render_report(RESULT, "github") == ""
    assert render_report(RESULT, "github", EVERYTHING) == (
        "::warning file=a b.yml,line=3,col=5,title=zizmor/rule::50%25 of,%0Athis: bad"
    )


@pytest.mark.parametrize("home", [{}, {"HOME": ""}])
def test_a_tool_that_needs_a_home_has_one(tmp_path: Path, home: dict[str, str]) -> None:
    """zizmor crashes without, as it did in a container without a name."""
    require_tools("zizmor")
    (tmp_path / FILE).write_text(GOOD, encoding="utf-8")
    homes = set()

    class Watching(SystemRunner):
        def run(self, argv: Sequence[str], **more: Any) -> Completed:  # noqa: ANN401 - handed on
            homes.add(more["env"]["HOME"])
            return Completed(tuple(argv), 0, "[]", "")

    environment = {"PATH": os.environ["PATH"], **home}
    check_files([FILE], tmp_path, Watching(), environment, ["zizmor"])
    assert homes == {"/"}
