"""Rules of ours are rows: each in a file of its own, and one more touches nothing else."""

from __future__ import annotations

import json
from importlib import util
from pathlib import Path

from generator.checks import rules
from generator.checks.registry import RULES, TOOLS, list_families
from generator.checks.reporters import render_report
from generator.checks.rules.base import Rule
from generator.checks.runner import CheckResult, check_files
from generator.process import SystemRunner

FILE = Path("w.yml")
MADE_UP = '''
"""No job is called like this."""

from generator.checks.rules.base import Rule, Stage
from generator.findings import Finding, Severity


def check(subject):
    for job in subject.workflow.jobs:
        if job.id == "forbidden":
            yield Finding(
                subject.document.path, *job.position, "names", "job-name",
                Severity.INSECURE, "a job is called forbidden",
            )


RULE = Rule(
    "job-name", "names", "Jobs have good names", "Why, and what to do.", Stage.WORKFLOW, check
)
'''
WORKFLOW = """on: push
jobs:
  forbidden:
    runs-on: ubuntu-latest
    steps: [{run: "true"}]
"""


def load_rule(path: Path) -> Rule:
    spec = util.spec_from_file_location("made_up", path)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    rule = module.RULE
    assert isinstance(rule, Rule)
    return rule


def check_with(rule: Rule, root: Path, text: str) -> CheckResult:
    (root / FILE).write_text(text, encoding="utf-8")
    return check_files([FILE], root, SystemRunner(), {}, rules=(*RULES, rule))


def test_a_rule_more_is_one_file_and_one_row(tmp_path: Path) -> None:
    (tmp_path / "made_up.py").write_text(MADE_UP, encoding="utf-8")
    rule = load_rule(tmp_path / "made_up.py")
    result = check_with(rule, tmp_path, WORKFLOW)
    families = list_families(RULES)
    assert result.ran[: len(families) + 1] == (*families, "names")
    line = "w.yml:3:3: insecure [names/job-name] a job is called forbidden\n"
    assert line in render_report(result, "text")
    document = json.loads(render_report(result, "sarif"))
    drivers = {
        run["tool"]["driver"]["name"]: run["results"] for run in document["runs"]
    }
    assert [found["ruleId"] for found in drivers["names"]] == ["job-name"]
    result = check_with(rule, tmp_path, WORKFLOW.replace("forbidden", "a"))
    assert "names" not in {finding.tool for finding in result.findings}


def test_a_rule_about_workflows_is_not_asked_about_what_is_none(tmp_path: Path) -> None:
    (tmp_path / "made_up.py").write_text(MADE_UP, encoding="utf-8")
    rule = load_rule(tmp_path / "made_up.py")
    for text in ("a: [", "jobs: 3\n", "- a\n", ""):
        result = check_with(rule, tmp_path, text)
        assert result.findings
        assert {finding.tool for finding in result.findings} <= {
            rule.family for rule in RULES
        }


def test_each_rule_has_a_file_a_name_and_a_text_of_its_own() -> None:
    folder = Path(rules.__path__[0])
    files = {path.stem for path in folder.rglob("*.py")} - {"__init__", "base"}
    assert files == {rule.id.replace("-", "_") for rule in RULES}
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.title
        assert rule.docs.endswith(".")


def test_no_rule_is_called_like_a_tool() -> None:
    families = {rule.family for rule in RULES}
    assert families.isdisjoint(tool.name for tool in TOOLS)
