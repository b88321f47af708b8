"""Why a job failed, where its steps do not show it."""

from __future__ import annotations

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
    message = _find_last_message(reader, stderr)
    steps: set[Conclusion] = set()
    for job in jobs:
        steps.update(step.conclusion for step in job.steps)
    has_failed = any(job.conclusion is Conclusion.FAILURE for job in jobs)
    if not jobs or (has_failed and not steps - {Conclusion.SKIPPED}):
        if message:
            return f"no step ran: {message}"
        return "no step ran"
    if not has_failed or Conclusion.FAILURE in steps:
        return ""
    if message:
        return message.removeprefix("Error: ")
    return f"act ended with exit code {completed.exit_code}"


def _find_last_message(reader: LogReader, stderr: str) -> str:
    """Return the last that act said of itself, "" where it said nothing."""
    messages = list(reader.act_messages)
    messages += [line for line in stderr.splitlines() if line.startswith("Error")]
    if not messages:
        return ""
    return messages[-1]
