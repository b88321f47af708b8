"""A look at the data of the built-in training, by that training itself.

It runs as a program of its own: it needs libraries that settling in does not, and where
they are missing nothing is lost but the look.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import ToolCutOffError, ToolMissingError
from ..process import Runner
from ..training_program import PACKAGE, make_command, make_environment

SECONDS = 120
SHOWN = 8
# Of the settings that it finds, those that say how cells are read.
READING = (
    "encoding",
    "delimiter",
    "decimal",
    "dates",
    "ignore",
    "missing",
    "types",
)


class SeenData(NamedTuple):
    """Settings of the training that follow from its data, and lines to show."""

    settings: Mapping[str, object]
    lines: tuple[str, ...]


NOTHING_SEEN = SeenData({}, ())


def inspect_data(root: Path, data: str, target: str, runner: Runner) -> SeenData:
    """Look at a local source as the training will; never an error of its own."""
    argv = make_command("inspect", data, "--json", "--target", target)
    try:
        completed = runner.run(
            argv, cwd=root, env=make_environment(), timeout_seconds=SECONDS
        )
    except (ToolMissingError, ToolCutOffError) as error:
        return SeenData({}, (f"the data was not looked at: {error}",))
    if completed.exit_code:
        reason = completed.stderr.strip().splitlines() or ["no reason was given"]
        lines = [line.removeprefix("error: ").strip() for line in reason[:2]]
        return SeenData({}, ("the data was not looked at:", *lines))
    return _read_facts(json.loads(completed.stdout))


def _read_facts(facts: dict[str, Any]) -> SeenData:
    found = facts["settings"]
    settings = {name: found[name] for name in READING if name in found}
    lines = [f"the data: {facts['rows']} rows looked at, {facts['task'] or 'no task'}"]
    warnings = facts["warnings"]
    lines += warnings[:SHOWN]
    if len(warnings) > SHOWN:
        lines.append(
            f"{len(warnings) - SHOWN} more: `python -m {PACKAGE} inspect` shows them"
        )
    if facts["error"]:
        lines.append(f"a training would stop: {facts['error']['reason']}")
        lines.append(facts["error"]["hint"])
    for question in facts["questions"]:
        lines.append(f"to settle below [pipeline]: {question.removeprefix('# ')}")
    return SeenData(settings, tuple(lines))
