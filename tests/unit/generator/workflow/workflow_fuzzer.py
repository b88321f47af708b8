"""Workflow files gone wrong: seeded mutations of good ones, and what must come of each."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from generator.checks.registry import run_rules
from generator.errors import WfgenError
from generator.findings import Finding
from generator.workflow.parser import parse_workflow
from generator.workflow.source import YamlDocument, read_yaml
from generator.workflow.triggers import Occurrence, check_event

SEEDS = (
    """name: x
on:
  push: {branches: [main, 'release/**', '!x?']}
  schedule: [{cron: '1 2 * * *', timezone: Europe/Berlin}]
  workflow_dispatch:
    inputs:
      n: {type: number, default: 3}
      c: {type: choice, options: [a, b], required: true}
permissions: {contents: read}
env: &shared {A: '1', B: "${{ vars.B || 'x' }}"}
concurrency: {group: '${{ github.ref }}', cancel-in-progress: true}
jobs:
  plan:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    outputs: {n: '${{ steps.s.outputs.n }}'}
    steps:
      - id: s
        run: |
          echo "n=1" >> "$GITHUB_OUTPUT"
  train:
    needs: [plan]
    if: ${{ github.event_name != 'pull_request' && needs.plan.outputs.n > 0 }}
    runs-on: ${{ matrix.os == 'a' && 'ubuntu-24.04' || 'self-hosted' }}
    strategy:
      fail-fast: false
      matrix: {os: [a, b], n: [1, 2.5, 0x1F], include: [{os: c}]}
    env: *shared
    environment: {name: production, url: 'https://example.com'}
    permissions: write-all
    container: python:3.12
    services: {db: {image: postgres, ports: ['5432:5432']}}
    steps:
      - uses: actions/checkout@v4
        with: {fetch-depth: 0, persist-credentials: false}
      - {name: n, run: "true", shell: bash, continue-on-error: true}
  call:
    uses: ./.github/workflows/other.yml
    with: {a: b}
    secrets: inherit
""",
    "on: push\njobs: {a: {runs-on: x, steps: [{run: x}]}}\n",
    "on: [push, pull_request]\njobs:\n  a:\n    runs-on: [self-hosted, gpu]\n",
)
# What readers of YAML, of numbers and of expressions stumble over.
# fmt: off
TOKENS = (
    "null", "~", "true", ".nan", "-.inf", "0x", "0o8", "1e999", "-0", "9" * 22, "010",
    "2026-11-22", "''", '""', "[]", "{}", "[[[[", "{a: {a: ", "*shared", "&shared", "*a", "&a ",
    "<<: *shared", "!!int x", "!!float x", "!!binary x", "!!set {a, b}", "! x",
    "!!python/name:os.system", "---", "...", "%YAML 9.9", "%TAG ! x", "? ", ": ", "- ", "# ",
    "| ", ">-", "\t", "\r", "\r\n", "\x85", "\u2028", "\ufeff", "\U0001f600", "\x00",
    "\x1b[2J", "\ud7ff", "${{", "}}", "${{ ${{ }} }}", "${{ '}}' }}", "on: ", "jobs: ",
    "steps: ", "needs: ", "matrix: ", "include: ", "strategy: ", "permissions: ", "inputs: ",
)
# fmt: on


def _cut(draw: random.Random, text: str) -> str:
    first, last = sorted(draw.randrange(len(text) + 1) for _ in range(2))
    return text[:first] + text[last:]


def _repeat(draw: random.Random, text: str) -> str:
    first = draw.randrange(len(text) + 1)
    piece = text[first : first + draw.randrange(1, 80)]
    return text[:first] + piece * draw.choice((2, 3, 50)) + text[first:]


def _insert(draw: random.Random, text: str) -> str:
    place = draw.randrange(len(text) + 1)
    tokens = draw.choice(TOKENS) * draw.choice((1, 1, 1, 200))
    return text[:place] + tokens + text[place:]


def _replace_value(draw: random.Random, text: str) -> str:
    lines = text.split("\n")
    number = draw.randrange(len(lines))
    key, colon, _ = lines[number].partition(":")
    if colon:
        lines[number] = f"{key}: {draw.choice(TOKENS)}"
    return "\n".join(lines)


def _move_line(draw: random.Random, text: str) -> str:
    lines = text.split("\n")
    line = lines.pop(draw.randrange(len(lines)))
    indentation = " " * draw.randrange(0, 12)
    lines.insert(draw.randrange(len(lines) + 1), indentation + line.strip())
    return "\n".join(lines)


def _change_character(draw: random.Random, text: str) -> str:
    place = draw.randrange(len(text) + 1)
    return text[:place] + chr(draw.randrange(1, 0x2FF)) + text[place + 1 :]


MUTATIONS: Sequence[Callable[[random.Random, str], str]] = (
    _cut,
    _repeat,
    _insert,
    _insert,
    _replace_value,
    _replace_value,
    _move_line,
    _change_character,
)


def make_content(draw: random.Random) -> bytes:
    """Return a workflow file that is wrong in up to five ways, at times no text at all."""
    text = draw.choice(SEEDS)
    for _ in range(draw.randrange(1, 6)):
        text = draw.choice(MUTATIONS)(draw, text)[:100_000]
    content = text.encode("utf-8", "surrogatepass")
    if draw.randrange(50) == 0:
        place = draw.randrange(len(content) + 1)
        content = content[:place] + draw.randbytes(3) + content[place:]
    return content


def read_everything(path: Path) -> list[Finding]:
    """Read a file as checks and runs do; raises what is neither finding nor clean refusal."""
    document = read_yaml(path)
    findings = run_rules(document)
    for finding in findings:
        if not isinstance(finding.message, str) or finding.line < 0:
            raise AssertionError(finding)
    if document.is_readable:
        _refuse_or_parse(document)
    return findings


def _refuse_or_parse(document: YamlDocument) -> None:
    try:
        workflow = parse_workflow(document)
        for event in ("push", "schedule"):
            check_event(workflow, Occurrence(event, "main", paths=("a/b",)))
    except WfgenError:
        return
    for job in workflow.jobs:
        assert isinstance(job.max_jobs, int | None)
        assert all(isinstance(step.title, str) for step in job.steps)
    assert isinstance(workflow.token_permissions, dict)
    assert all(isinstance(label, str) for label in workflow.labels)
