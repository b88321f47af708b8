"""One verdict: merged, without harm, with severities that mean something, mended where safe."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from generator.checks.merging.verdict import merge_findings
from generator.checks.registry import RULES, run_rules
from generator.checks.rules.base import Stage
from generator.checks.runner import CheckResult
from generator.checks.state.model import StateModel
from generator.checks.text_report import ReportOptions, render_finding
from generator.cli import main
from generator.findings import Finding, Severity
from generator.process import find_tool
from generator.workflow.source import parse_yaml, read_yaml

FILE = Path("w.yml")
WRITER = """name: writer
on:
  schedule:
    - cron: '17 * * * *'
permissions: {}
jobs:
  work:
    permissions:
      contents: read
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - run: |
          python work.py data.json
          git add data.json
          git commit -m data
          git push
"""
PLAIN = """on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: 'true'
"""


def make_finding(rule: str, tool: str, line: int = 3, column: int = 1) -> Finding:
    return Finding(FILE, line, column, tool, rule, Severity.FRAGILE, f"{tool} says so")


def merge(*findings: Finding, text: str = PLAIN) -> list[Finding]:
    model = StateModel(parse_yaml(text, FILE))
    return merge_findings(findings, {FILE: model})


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(["check", *words])
    return int(caught.value.code or 0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, without other tools: they take time and say other things."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("generator.checks.runner.find_tool", lambda _: None)
    return tmp_path


def read_json(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    found = json.loads(capsys.readouterr().out)["findings"]
    assert isinstance(found, list)
    return found


def test_what_two_tools_say_of_one_place_is_one_finding() -> None:
    (found,) = merge(
        make_finding("template-injection", "jactionlint", column=9),
        make_finding("template-injection", "zizmor", column=4),
    )
    assert (found.tool, found.tools) == ("zizmor", ("zizmor", "jactionlint"))
    assert found.message == "zizmor says so"
    assert len(merge(make_finding("a", "zizmor"), make_finding("b", "zizmor"))) == 2
    apart = (make_finding("a", "zizmor", 3), make_finding("a", "zizmor", 4))
    assert len(merge(*apart)) == 2


def test_one_name_for_what_tools_call_differently() -> None:
    (found,) = merge(
        make_finding("pipeline-without-pipefail", "jactionlint", 6),
        make_finding("pipe-hides-failure", "state", 6),
    )
    assert (found.rule, found.tools) == (
        "pipe-hides-failure",
        ("state", "jactionlint"),
    )


def test_what_is_true_of_a_whole_file_is_said_once() -> None:
    (found,) = merge(
        make_finding("unpinned-uses", "zizmor", 3),
        make_finding("unpinned-uses", "zizmor", 5),
        make_finding("unpinned-uses", "jactionlint", 9),
    )
    assert (found.line, found.message) == (3, "zizmor says so (and 2 lines more)")


@pytest.mark.parametrize("rule", ["concurrency-limits", "artipacked"])
def test_advice_that_costs_a_writer_its_state_is_dropped(rule: str) -> None:
    assert merge(make_finding(rule, "zizmor"), text=WRITER) == []
    assert len(merge(make_finding(rule, "zizmor"))) == 1


def test_inputs_at_the_wrong_depth_are_one_finding_a_step() -> None:
    text = (
        PLAIN.replace("- run: 'true'", "- uses: actions/upload-artifact@v7")
        + "        with:\n        name: a\n        path: x\n        retention-days: 5\n"
    )
    document = parse_yaml(text, FILE)
    found = merge_findings(run_rules(document), {FILE: StateModel(document)})
    broken = [item.rule for item in found if item.severity is Severity.BREAKS]
    assert broken == ["wrong-depth"]


def test_the_worst_three_are_shown_and_the_rest_is_counted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / FILE).write_text(WRITER, encoding="utf-8")
    assert run(str(FILE)) == 1
    output = capsys.readouterr().out
    assert "w.yml:17:11: breaks [state/no-contents-write]" in output
    assert "    17 |           git push\n                   ^" in output
    assert "no-writer-group" not in output
    assert "more with --all:" in output
    assert run("--all", str(FILE)) == 1
    assert "[state/no-writer-group]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], 0),
        (["--all"], 0),
        (["--fail-on", "fragile"], 1),
        (["--fail-on", "never"], 0),
        (["--fail-on", "fragile", "--ignore", "state"], 0),
        (["--fail-on", "fragile", "--ignore", "no-writer-group"], 1),
        (["--fail-on", "fragile", "--select", "style"], 0),
        (["--select", "nothing"], 2),
    ],
)
def test_the_exit_code_is_for_what_is_as_bad_as_asked(
    words: list[str], code: int, folder: Path
) -> None:
    fragile = WRITER.replace("contents: read", "contents: write")
    fragile = fragile.replace("17 * * * *", "17 4 * * *")
    (folder / FILE).write_text(fragile, encoding="utf-8")
    assert run(*words, str(FILE)) == code


def test_a_comment_with_a_reason_leaves_a_finding_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def check(text: str) -> list[object]:
        (folder / FILE).write_text(text, encoding="utf-8")
        run("--all", "--format", "json", str(FILE))
        return [item["rule"] for item in read_json(capsys)]

    assert "no-contents-write" in check(WRITER)
    same = WRITER.replace(
        "git push\n", "git push # wfgen: ignore[no-contents-write] a mirror\n"
    )
    assert "no-contents-write" not in check(same)
    above = WRITER.replace(
        "          git push\n",
        "          # wfgen: ignore[no-contents-write, other] a mirror\n"
        "          git push\n",
    )
    assert "no-contents-write" not in check(above)
    for wrong in (same.replace(" a mirror", ""), same.replace("[no-", "[nothing-")):
        assert "no-contents-write" in check(wrong)
    assert "ignore-without-reason" in check(same.replace(" a mirror", ""))


def test_a_baseline_reports_what_is_new_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / FILE).write_text(WRITER, encoding="utf-8")
    assert run("--write-baseline", "known.json", str(FILE)) == 0
    assert run("--baseline", "known.json", str(FILE)) == 0
    # Lines above come and go.
    (folder / FILE).write_text(f"# new\n{WRITER}", encoding="utf-8")
    assert run("--baseline", "known.json", str(FILE)) == 0
    worse = WRITER.replace("git push\n", "git push || true\n")
    (folder / FILE).write_text(worse, encoding="utf-8")
    capsys.readouterr()
    assert run("--baseline", "known.json", str(FILE)) == 1
    assert "push-swallowed" in capsys.readouterr().out
    (folder / "known.json").write_text("[]", encoding="utf-8")
    assert run("--baseline", "known.json", str(FILE)) == 2


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_fix_changes_what_it_must_and_nothing_else(
    ending: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    daily = WRITER.replace("17 * * * *", "17 4 * * *")
    text = daily.replace("\n", ending).encode()
    (folder / FILE).write_bytes(text)
    run("--diff", str(FILE))
    changed = [
        line.rstrip()
        for line in capsys.readouterr().out.splitlines()
        if line.startswith(("+ ", "- "))
    ]
    assert changed == ["-      contents: read", "+      contents: write"]
    assert (folder / FILE).read_bytes() == text
    assert run("--fix", str(FILE)) == 0
    mended = (folder / FILE).read_bytes()
    assert mended == text.replace(b"contents: read", b"contents: write")
    assert run("--fix", str(FILE)) == 0
    assert (folder / FILE).read_bytes() == mended


def test_every_fix_mends_what_it_is_for(folder: Path) -> None:
    text = WRITER.replace("contents: read", "contents: write").replace(
        "permissions: {}\n",
        "permissions: {}\nconcurrency:\n  group: a\n  cancel-in-progress: true\n",
    )
    text = text.replace(
        "      - run: |\n",
        "      - uses: actions/download-artifact@v8\n"
        "        with:\n          name: a\n          run-id: 5\n"
        "      - run: python train.py | tee log\n"
        "      - uses: actions/upload-artifact@v7\n"
        "        with:\n          name: a\n          path: .a\n"
        "      - run: |\n",
    )
    (folder / FILE).write_text(text, encoding="utf-8")
    fixable = {item.rule for item in run_rules(read_yaml(folder / FILE)) if item.fix}
    assert fixable == {
        "cancel-in-progress-writer",
        "run-id-no-token",
        "pipe-hides-failure",
        "hidden-files",
        "empty-upload",
    }
    for _ in range(2):
        run("--fix", str(FILE))
    left = {item.rule for item in run_rules(read_yaml(folder / FILE))}
    assert left.isdisjoint(fixable)


def test_folders_repositories_links_and_actions_are_arguments(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workflows = folder / "repo/.github/workflows"
    workflows.mkdir(parents=True)
    (workflows / "a.yml").write_text(PLAIN, encoding="utf-8")
    # A mark at the beginning is no fault.
    (workflows / "b.yaml").write_bytes(b"\xef\xbb\xbf" + WRITER.encode())
    action = folder / "repo/.github/actions/x"
    action.mkdir(parents=True)
    (action / "action.yml").write_text(
        "name: x\ndescription: x\ninputs:\n  a:\n    type: string\n    default: 5\n"
        "runs:\n  using: composite\n  steps:\n    - run: 'true'\n",
        encoding="utf-8",
    )
    (folder / "link.yml").symlink_to(workflows / "a.yml")
    (folder / "loose").mkdir()
    (folder / "loose/c.yml").write_text(PLAIN, encoding="utf-8")
    run("--all", "--format", "json", "repo", "link.yml", "loose")
    report = json.loads(capsys.readouterr().out)
    assert [Path(path).name for path in report["files"]] == [
        "a.yml",
        "b.yaml",
        "action.yml",
        "c.yml",
    ]
    wrong = [item for item in report["findings"] if item["rule"] == "schema"]
    # `shell` is what a composite step needs and a step of a workflow does not.
    assert {Path(item["path"]).name for item in wrong} == {"action.yml"}
    assert "no-contents-write" in {item["rule"] for item in report["findings"]}
    (folder / "empty").mkdir()
    assert run("empty") == 2


@pytest.mark.parametrize(
    ("text", "is_valid"),
    [
        ("on: {push: {branches: main}}", True),
        ("on: {push: {branches: main, branchez: a}}", False),
        ("on: push\nname: 5", True),
        ("on: push\nconcurrency:", True),
        ("on: push\nenv: {A: }", True),
        ("on: push\nenv:", False),
        ("on:", False),
    ],
)
def test_the_schema_takes_what_github_takes(text: str, is_valid: bool) -> None:
    workflow = PLAIN.replace("on: push", text)
    found = [
        item for item in run_rules(parse_yaml(workflow, FILE)) if item.tool == "schema"
    ]
    assert (found == []) is is_valid


def test_a_strategy_needs_no_matrix() -> None:
    text = PLAIN.replace("    steps", "    strategy: {fail-fast: false}\n    steps")
    assert run_rules(parse_yaml(text, FILE)) == []


def test_act_only_says_what_it_cannot_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if find_tool("act") is None:
        pytest.skip("act is not installed")
    monkeypatch.chdir(tmp_path)
    odd = PLAIN.replace("on: push", "on: push\nname: x ${{ github.ref }}")
    FILE.write_text(odd, encoding="utf-8")
    run("--tools", "act", "--all", "--format", "json", str(FILE))
    (found,) = [item for item in read_json(capsys) if item["tool"] == "act"]
    assert (found["rule"], found["severity"]) == ("cannot-run", "fragile")
    assert str(found["message"]).startswith("act cannot run this: ")
    run("--all", "--format", "json", str(FILE))
    assert [item for item in read_json(capsys) if item["tool"] == "act"] == []


def test_text_is_wrapped_to_the_terminal() -> None:
    finding = make_finding("rule", "state")
    finding = Finding(
        FILE, 3, 5, "state", "rule", Severity.BREAKS, "some words " * 30, "do it"
    )
    result = CheckResult((FILE,), (finding,), (), (), (), {FILE: PLAIN})
    lines = render_finding(finding, result, 60).splitlines()
    assert max(len(line) for line in lines) <= 60
    assert lines[0].startswith("w.yml:3:5: breaks [state/rule] some words")
    assert lines[-3:] == ["     3 |   a:", "             ^", "    mend: do it"]
    assert os.linesep not in lines[0]
    assert ReportOptions().width == 0


def test_rules_are_listed_and_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["rules"])
    listed = capsys.readouterr().out
    assert all(rule.id in listed for rule in RULES)
    with pytest.raises(SystemExit):
        main(["explain", "push-no-rebase"])
    page = capsys.readouterr().out
    for words in ("push-no-rebase (loses-state)", "Before:", "git push", "After:"):
        assert words in page
    with pytest.raises(SystemExit) as caught:
        main(["explain", "push"])
    assert caught.value.code == 2
    assert "push-swallowed" in capsys.readouterr().err


def test_each_rule_about_state_has_a_page_with_both_sides() -> None:
    for rule in RULES:
        if rule.stage is Stage.STATE:
            assert rule.before, rule.id
            assert rule.after, rule.id
            assert len(rule.docs) > 100, rule.id


@pytest.mark.parametrize(
    "more",
    [
        "      - run: python a.py m.pkl; git push\n" * 1_000,
        "      - run: |\n" + "          git commit -m a; git push || true\n" * 1_000,
    ],
    ids=["steps", "commands"],
)
def test_a_file_beyond_any_is_looked_at_in_part_and_that_is_said(
    more: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / FILE).write_text(WRITER + more, encoding="utf-8")
    assert run(str(FILE)) == 3
    output = capsys.readouterr().out
    assert "[state/cut-off] too many steps or commands" in output
    # What stands first is looked at.
    assert "w.yml:17:11: breaks [state/no-contents-write]" in output
    (folder / FILE).write_text(WRITER, encoding="utf-8")
    run(str(FILE))
    assert "cut-off" not in capsys.readouterr().out
