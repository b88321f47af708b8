"""Why a job failed, where its steps do not show it."""

from __future__ import annotations

import json

from ...errors import ToolFailedError
from ...process import Completed
from ..models import Conclusion, JobResult
from .log_reader import LogReader


def find_problem(
    jobs: tuple[JobResult, ...], reader: LogReader, completed: Completed, stderr: str
) -> str:
    """Say why act failed beyond what its steps show; "" where nothing is to be added.

    `stderr` is what act said there, without secrets. Raises ToolFailedError where a
    signal ended act.
    """
    if completed.exit_code < 0:
        raise ToolFailedError(f"act was ended by signal {-completed.exit_code}")
    messages = [*reader.act_messages, *list_errors(stderr)]
    steps: set[Conclusion] = set()
    for job in jobs:
        steps.update(step.conclusion for step in job.steps)
    has_failed = any(job.conclusion is Conclusion.FAILURE for job in jobs)
    if not jobs or (has_failed and not steps - {Conclusion.SKIPPED}):
        # All of it: act tells nowhere else what it could not begin with.
        said = "; ".join(dict.fromkeys([*messages, *list_lines(stderr)]))
        return f"no step ran: {said or 'act does not say why'}"
    if not has_failed or Conclusion.FAILURE in steps:
        return ""
    if messages:
        return messages[-1].removeprefix("Error: ")
    return f"act ended with exit code {completed.exit_code}"


def list_lines(stderr: str) -> list[str]:
    """Return what act's standard error says, without what only informs."""
    lines = []
    for line in stderr.splitlines():
        try:
            level = json.loads(line)["level"]
        except (ValueError, KeyError, TypeError):
            level = "error"
        if line.strip() and level in {"error", "fatal", "panic"}:
            lines.append(line)
    return lines


def list_errors(stderr: str) -> list[str]:
    """Return what act's standard error says went wrong."""
    return [line for line in stderr.splitlines() if line.startswith("Error")]
