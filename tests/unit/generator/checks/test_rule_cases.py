"""Each rule about state: cases in which it speaks, at which lines, and in which it is silent.

A file in `cases/` is called like its rule. `=== title` begins a case; lines with `# <-` are
those of its findings, and a case without any is silent. A case that begins with `-` is
the steps of a job; `--- name.yml` begins another workflow of the repository.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from generator.checks.registry import RULES
from generator.checks.repository import Repository
from generator.checks.rules.base import Stage

CASES = Path(__file__).parent / "cases"
MARK = "# <-"
FRAME = """on:
  schedule:
    - cron: '23 4 * * *'
  workflow_dispatch:
permissions:
  contents: write
  actions: read
concurrency:
  group: state
  cancel-in-progress: false
jobs:
  work:
    runs-on: ubuntu-latest
    steps:
"""
LEAST = 3
STATE_RULES = [rule for rule in RULES if rule.stage is Stage.STATE]


@dataclass(frozen=True)
class Case:
    """A workflow under test, its siblings by name, and the lines of its findings."""

    rule: str
    title: str
    text: str
    siblings: dict[str, str]
    lines: list[int]


def read_cases(path: Path) -> list[Case]:
    cases = []
    for block in re.split(r"^=== ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        title, _, body = block.partition("\n")
        parts = re.split(r"^--- (\S+)\n", body, flags=re.MULTILINE)
        text = make_workflow(parts[0])
        siblings = dict(zip(parts[1::2], map(make_workflow, parts[2::2]), strict=True))
        lines = [n for n, line in enumerate(text.split("\n"), 1) if MARK in line]
        cases.append(Case(path.stem, title, text, siblings, lines))
    return cases


def make_workflow(body: str) -> str:
    if body.startswith("-"):
        return FRAME + textwrap.indent(body, "      ")
    return body


ALL = [case for path in sorted(CASES.glob("*.txt")) for case in read_cases(path)]


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.rule}: {case.title}")
def test_a_rule_speaks_where_it_should_and_nowhere_else(
    case: Case, tmp_path: Path
) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "work.yml").write_text(case.text, encoding="utf-8")
    for name, text in case.siblings.items():
        (folder / name).write_text(text, encoding="utf-8")
    subject = Repository(tmp_path).open_file(Path(".github/workflows/work.yml"))
    (rule,) = [rule for rule in RULES if rule.id == case.rule]
    found = sorted(finding.line for finding in rule.check(subject))
    assert found == case.lines


@pytest.mark.parametrize("rule", STATE_RULES, ids=lambda rule: rule.id)
def test_each_rule_has_cases_of_both_kinds(rule: object) -> None:
    name = getattr(rule, "id", "")
    own = [case for case in ALL if case.rule == name]
    assert len([case for case in own if case.lines]) >= LEAST
    assert len([case for case in own if not case.lines]) >= LEAST


def test_no_case_is_of_a_rule_that_is_not_there() -> None:
    assert {case.rule for case in ALL} <= {rule.id for rule in STATE_RULES}
