"""act's JSON log, line by line, into events and at the end into results.

One object a line (act 0.2.89): `jobID`, `job`, `matrix`, `step`, `stepID`, `stage`,
`msg`, and then one of `raw_output` (a line a step wrote), `command` (a workflow
command, an output or a summary), `stepResult` with `executionTime` in nanoseconds,
`jobResult`. Steps that are skipped do not appear at all.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ...workflow.model import Job, Workflow
from ..models import Annotation, Conclusion, JobResult, StepResult
from ..redaction import Redactor

KEPT_LINES = 400
LEVELS = {"warning", "error", "notice"}


class EventKind(StrEnum):
    """What a line of the log tells."""

    JOB_STARTED = "job-started"
    STEP_STARTED = "step-started"
    OUTPUT = "output"
    GROUP = "group"
    GROUP_END = "group-end"
    ANNOTATION = "annotation"
    STEP_ENDED = "step-ended"
    JOB_ENDED = "job-ended"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class LogEvent:
    """Something that happened, without secrets."""

    kind: EventKind
    job: str
    step: str = ""
    text: str = ""
    level: str = ""
    conclusion: Conclusion = Conclusion.SUCCESS
    seconds: float = 0.0


@dataclass(slots=True)
class _Step:
    name: str
    stage: str
    output: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    outcome: Conclusion | None = None
    forgiven: bool = False
    seconds: float = 0.0


@dataclass(slots=True)
class _Job:
    id: str
    title: str
    planned: Job | None
    steps: dict[tuple[str, str], _Step] = field(default_factory=dict)
    conclusion: Conclusion | None = None


class LogReader:
    """Reads the log of one run; `tell` gets every event as it comes."""

    def __init__(
        self, plan: Workflow, redact: Redactor, tell: Callable[[LogEvent], None]
    ) -> None:
        self._planned = {job.id: job for job in plan.jobs}
        self._plan = plan
        self._redact = redact
        self._tell = tell
        self._jobs: dict[str, _Job] = {}
        self._annotations: list[Annotation] = []
        self._troubles: list[str] = []

    def line(self, text: str) -> None:
        """Take one line of standard output."""
        try:
            entry = json.loads(text)
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            self._trouble(text)
        elif "jobID" not in entry:
            if entry.get("level") in {"error", "fatal"}:
                self._trouble(str(entry.get("msg", "")))
        else:
            self._job_entry(entry)

    def results(self, *, cancelled: bool = False) -> tuple[JobResult, ...]:
        """Every job of the plan, those that never started as skipped."""
        seen = [self._result(job, cancelled=cancelled) for job in self._jobs.values()]
        known = {job.id for job in seen}
        for planned in self._plan.jobs:
            if planned.id not in known and not any(
                job.id.endswith(f"/{planned.id}") for job in seen
            ):
                seen.append(
                    JobResult(
                        planned.id, planned.name, Conclusion.SKIPPED, _skipped(planned)
                    )
                )
        return tuple(seen)

    @property
    def annotations(self) -> tuple[Annotation, ...]:
        """Warnings, errors and notices so far."""
        return tuple(self._annotations)

    @property
    def troubles(self) -> tuple[str, ...]:
        """What act said of itself: a bad file, an empty plan."""
        return tuple(self._troubles)

    def _trouble(self, text: str) -> None:
        message = self._redact(text).strip()
        if message:
            self._troubles.append(message)
            self._tell(LogEvent(EventKind.TROUBLE, "", text=message))

    def _job_entry(self, entry: Mapping[str, Any]) -> None:
        job = self._job(entry)
        # The setup and completion of a job spell the key in small letters.
        ids = entry.get("stepID") or entry.get("stepid") or []
        if entry.get("command") == "add-mask":
            self._redact.add(str(entry.get("arg", "")))
            return
        step = self._step(job, entry, [str(part) for part in ids]) if ids else None
        if "jobResult" in entry:
            job.conclusion = Conclusion(str(entry["jobResult"]))
            self._tell(
                LogEvent(EventKind.JOB_ENDED, job.title, conclusion=job.conclusion)
            )
        elif step is None:
            self._of_job(job, entry)
        elif "command" in entry:
            self._command(job, step, entry, own=len(ids) == 1)
        elif "stepResult" in entry:
            if len(ids) == 1:
                self._ended(job, step, entry)
        else:
            self._message(job, step, entry, own=len(ids) == 1)

    def _of_job(self, job: _Job, entry: Mapping[str, Any]) -> None:
        """What act says of a whole job."""
        message = self._redact(str(entry.get("msg", "")))
        if "Skipping unsupported platform" in message:
            # act calls that a success. On GitHub such a job waits for a runner that never comes.
            job.conclusion = Conclusion.FAILURE
            message = f"no runner has the label that the job {job.title} asks for"
        elif entry.get("level") != "error":
            return
        self._annotate(job, "", "error", message)

    def _message(
        self, job: _Job, step: _Step, entry: Mapping[str, Any], *, own: bool
    ) -> None:
        """What a step wrote, or what act says of it.

        `own` is False for the steps inside an action.
        """
        message = self._redact(str(entry.get("msg", ""))).rstrip("\r\n")
        if message.startswith("Failed but continue"):
            step.forgiven = True
        elif entry.get("raw_output") or entry.get("level") == "error":
            step.output.append(message)
            self._tell(LogEvent(EventKind.OUTPUT, job.title, step.name, message))
        elif message.startswith("\u2b50") and own:
            self._tell(
                LogEvent(EventKind.STEP_STARTED, job.title, step.name, step.stage)
            )

    def _command(
        self, job: _Job, step: _Step, entry: Mapping[str, Any], *, own: bool
    ) -> None:
        command, text = str(entry["command"]), self._redact(str(entry.get("arg", "")))
        if command in LEVELS:
            self._annotate(job, step.name, command, text)
            step.output.append(f"{command}: {text}")
        elif command == "group":
            step.output.append(text)
            self._tell(LogEvent(EventKind.GROUP, job.title, step.name, text))
        elif command == "endgroup":
            self._tell(LogEvent(EventKind.GROUP_END, job.title, step.name))
        elif command == "set-output" and own:
            step.outputs[str(entry.get("name", ""))] = text
        elif command == "summary":
            step.summary += self._redact(str(entry.get("content", "")))

    def _annotate(self, job: _Job, step: str, level: str, text: str) -> None:
        self._annotations.append(Annotation(level, text, job.title, step))
        self._tell(LogEvent(EventKind.ANNOTATION, job.title, step, text, level=level))

    def _ended(self, job: _Job, step: _Step, entry: Mapping[str, Any]) -> None:
        step.outcome = Conclusion(str(entry["stepResult"]))
        step.seconds = float(entry.get("executionTime") or 0) / 1e9
        conclusion = Conclusion.SUCCESS if step.forgiven else step.outcome
        self._tell(
            LogEvent(
                EventKind.STEP_ENDED,
                job.title,
                step.name,
                step.stage,
                conclusion=conclusion,
                seconds=step.seconds,
            )
        )

    def _job(self, entry: Mapping[str, Any]) -> _Job:
        # A reusable workflow's jobs come as "caller/called"; a matrix job's name holds its number.
        key = f"{entry['jobID']}\n{entry.get('job', '')}\n{json.dumps(entry.get('matrix') or {}, sort_keys=True)}"
        if key not in self._jobs:
            job_id = str(entry["jobID"])
            title = self._redact(_title(self._plan, entry))
            self._jobs[key] = _Job(job_id, title, self._planned.get(job_id))
            self._tell(LogEvent(EventKind.JOB_STARTED, title))
        return self._jobs[key]

    def _step(self, job: _Job, entry: Mapping[str, Any], ids: list[str]) -> _Step:
        stage = str(entry.get("stage") or "Main")
        key = (ids[0], stage)
        if key not in job.steps:
            job.steps[key] = _Step(
                self._redact(_step_name(job, ids[0], str(entry.get("step", "")))), stage
            )
        return job.steps[key]

    def _result(self, job: _Job, *, cancelled: bool) -> JobResult:
        steps = [
            _step_result(step_id, step)
            for (step_id, stage), step in job.steps.items()
            if _counts(step_id, stage, step)
        ]
        if job.planned is not None:
            seen = {step_id for step_id, stage in job.steps if stage == "Main"}
            order = {step.id: place for place, step in enumerate(job.planned.steps)}
            steps += [step for step in _skipped(job.planned) if step.id not in seen]
            steps.sort(key=lambda step: order.get(step.id, len(order)))
        conclusion = job.conclusion or (
            Conclusion.CANCELLED if cancelled else Conclusion.FAILURE
        )
        return JobResult(
            job.id,
            job.title,
            conclusion,
            tuple(steps),
            sum(step.duration_seconds for step in steps),
        )


def _counts(step_id: str, stage: str, step: _Step) -> bool:
    """What act adds (setting up, pre and post steps) counts where it failed.

    Is noise where not.
    """
    own = stage == "Main" and not step_id.startswith("--")
    return own or step.outcome is Conclusion.FAILURE


def _step_result(step_id: str, step: _Step) -> StepResult:
    # Without a result the step was under way when the run was stopped.
    outcome = step.outcome or Conclusion.CANCELLED
    return StepResult(
        name=step.name if step.stage == "Main" else f"{step.stage} {step.name}",
        conclusion=Conclusion.SUCCESS if step.forgiven else outcome,
        duration_seconds=step.seconds,
        outcome=outcome,
        id=step_id,
        summary=step.summary,
        output=tuple(step.output),
        outputs=step.outputs,
    )


def _skipped(planned: Job) -> tuple[StepResult, ...]:
    return tuple(
        StepResult(step.title, Conclusion.SKIPPED, 0.0, Conclusion.SKIPPED, id=step.id)
        for step in planned.steps
    )


def _title(plan: Workflow, entry: Mapping[str, Any]) -> str:
    name = str(entry.get("job", "")).strip()
    # act calls a workflow without a name by its file.
    name = name.removeprefix(f"{plan.name}/").removeprefix(f"{plan.path.name}/") or str(
        entry["jobID"]
    )
    matrix = entry.get("matrix") or {}
    if matrix:
        name = f"{re.sub(r'-[0-9]+$', '', name)} ({', '.join(str(value) for value in matrix.values())})"
    return name


def _step_name(job: _Job, step_id: str, logged: str) -> str:
    """The name in the workflow.

    Where that holds an expression, the one act worked out, first line only.
    """
    planned = (
        next((step for step in job.planned.steps if step.id == step_id), None)
        if job.planned
        else None
    )
    if planned is not None and "${{" not in planned.title:
        return planned.title
    lines = logged.strip().splitlines()
    first = lines[0] if lines else step_id
    unnamed = (
        planned is not None
        and planned.title.startswith("Run ")
        and not logged.startswith("Run ")
    )
    return f"Run {first}" if unnamed else first
