"""A log of act, and a reader for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import pytest

from generator.runner.act.log_reader import LogEvent, LogReader
from generator.runner.redaction import Redactor
from generator.workflow.parser import read_workflow

WORKFLOW = """
name: W
on: push
jobs:
  a:
    steps: [{name: First, run: x}, {name: "Second ${{ 1 }}", run: x}, {name: Third, run: x}]
  b: {steps: [{run: y}]}
"""


JOB = {"job": "W/a   ", "jobID": "a", "matrix": {}, "level": "info"}
# The setup of a job spells the key of its step in small letters.
SETUP = {**JOB, "step": "Set up job", "stepid": ["--setup-job"]}
FIRST = {**JOB, "step": "First", "stepID": ["0"], "stage": "Main"}
# A step inside the action that the first step uses.
INNER = {**FIRST, "stepID": ["0", "inner"]}
SECOND = {**JOB, "step": "Second 1", "stepID": ["1"], "stage": "Main"}


@pytest.fixture
def entries() -> list[dict[str, object]]:
    """Return a log as act writes it, as the objects of its lines."""
    return [
        {**SETUP, "stepResult": "success", "msg": "ok"},
        {**FIRST, "msg": "\u2b50 Run Main First"},
        {**FIRST, "msg": "said hush\n", "raw_output": True},
        {**FIRST, "command": "add-mask", "arg": "later", "msg": "***"},
        {**FIRST, "msg": "later\n", "raw_output": True},
        {**FIRST, "command": "group", "arg": "Folded", "msg": "x"},
        {**INNER, "stepResult": "success", "executionTime": 1_500_000_000, "msg": "x"},
        {**FIRST, "msg": "Failed but continue next step"},
        {**FIRST, "stepResult": "failure", "executionTime": 2_500_000_000, "msg": "x"},
        {**FIRST, "command": "set-output", "name": "size", "arg": "3 hush", "msg": "x"},
        {**INNER, "command": "set-output", "name": "inner", "arg": "4", "msg": "x"},
        {**FIRST, "command": "summary", "content": "# hush", "msg": "x"},
        {**SECOND, "msg": "\u2b50 Run Main Second 1"},
        {**SECOND, "command": "error", "arg": "broken", "msg": "x", "level": "error"},
        {**SECOND, "stepResult": "failure", "executionTime": 1000, "msg": "x"},
        {**JOB, "jobResult": "failure", "msg": "x"},
    ]


ReadLog: TypeAlias = Callable[[Sequence[object]], tuple[LogReader, list[LogEvent]]]


@pytest.fixture
def read_log(tmp_path: Path) -> ReadLog:
    """Read a log, given as lines or as the objects in them."""
    (tmp_path / "w.yml").write_text(WORKFLOW)
    workflow = read_workflow(tmp_path, Path("w.yml"))

    def read(entries: Sequence[object]) -> tuple[LogReader, list[LogEvent]]:
        events: list[LogEvent] = []
        reader = LogReader(workflow, Redactor(["hush"]), events.append)
        for entry in entries:
            line = entry if isinstance(entry, str) else json.dumps(entry)
            reader.read_line(line)
        return reader, events

    return read
