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
from typing import Any, TypeAlias

from ...workflow.expressions import has_expression
from ...workflow.model import Job, Step, Workflow
from ..models import Annotation, Conclusion, JobResult, StepResult
from ..redaction import Redactor

# One object of the log, as JSON has it.
Entry: TypeAlias = Mapping[str, Any]

# Of the output of each step, the last ones.
KEPT_LINES = 400
LEVELS = {"warning", "error", "notice"}
MAIN_STAGE = "Main"
_NANOSECONDS = 1e9
# act writes a star before the name of a step that begins.
_STEP_STARTED_MARK = "\u2b50"
# What act says of the step under way when it is interrupted, or the step's time is up.
_STEP_KILLED = "this step has been cancelled"


class EventKind(StrEnum):
    """What a line of the log says."""

    JOB_STARTED = "job-started"
    STEP_STARTED = "step-started"
    OUTPUT = "output"
    GROUP = "group"
    GROUP_END = "group-end"
    ANNOTATION = "annotation"
    STEP_ENDED = "step-ended"
    JOB_ENDED = "job-ended"
    ACT_MESSAGE = "act-message"


@dataclass(frozen=True, slots=True)
class LogEvent:
    """Something that happened, without secrets.

    `text` is the stage ("Pre", "Main", "Post") where a step starts or ends, and else
    what was written. `seconds` is how long a step took that has ended.
    """

    kind: EventKind
    job: str
    step: str = ""
    text: str = ""
    level: str = ""
    conclusion: Conclusion = Conclusion.SUCCESS
    seconds: float = 0.0


@dataclass(slots=True)
class _StepState:
    """What the log said of a step so far."""

    id: str
    name: str
    stage: str
    output: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    outcome: Conclusion | None = None
    is_forgiven: bool = False
    is_killed: bool = False
    seconds: float = 0.0

    @property
    def conclusion(self) -> Conclusion:
        if self.is_forgiven:
            return Conclusion.SUCCESS
        # Without a result the step was under way when the run was stopped.
        return self.outcome or Conclusion.CANCELLED

    @property
    def is_listed(self) -> bool:
        """Whether it is among the results.

        What act adds (setting up, pre and post steps) is noise where it did not fail.
        """
        if self.outcome is Conclusion.FAILURE:
            return True
        return self.stage == MAIN_STAGE and not self.id.startswith("--")

    def make_result(self) -> StepResult:
        name = self.name
        if self.stage != MAIN_STAGE:
            name = f"{self.stage} {name}"
        return StepResult(
            name=name,
            conclusion=self.conclusion,
            duration_seconds=self.seconds,
            outcome=self.outcome or Conclusion.CANCELLED,
            id=self.id,
            summary=self.summary,
            output=tuple(self.output),
            outputs=self.outputs,
        )


@dataclass(slots=True)
class _JobState:
    """What the log said of a job so far; `parsed` is the job as the workflow has it."""

    id: str
    name: str
    parsed: Job | None
    steps: dict[tuple[str, str], _StepState] = field(default_factory=dict)
    conclusion: Conclusion | None = None

    def make_result(self, *, cancelled: bool) -> JobResult:
        conclusion = self.conclusion or Conclusion.FAILURE
        if cancelled:
            conclusion = Conclusion.CANCELLED
            for step in self.steps.values():
                if step.is_killed:
                    step.outcome = Conclusion.CANCELLED
        steps = [step.make_result() for step in self.steps.values() if step.is_listed]
        if self.parsed is not None:
            steps = self._add_skipped(steps, self.parsed)
        duration = sum(step.duration_seconds for step in steps)
        return JobResult(self.id, self.name, conclusion, tuple(steps), duration)

    def _add_skipped(self, steps: list[StepResult], job: Job) -> list[StepResult]:
        """Return the steps in the workflow's order, with those that never started."""
        ranks = {step.id: rank for rank, step in enumerate(job.steps)}
        missing = [
            step for step in job.steps if (step.id, MAIN_STAGE) not in self.steps
        ]
        results = steps + [make_skipped_step(step) for step in missing]
        # What act added is in no workflow, and comes last.
        return sorted(results, key=lambda step: ranks.get(step.id, len(ranks)))


class LogReader:
    """Reads the log of one act; `on_event` gets every event as it comes.

    `name` is what a job of the workflow itself is called, where that is known better
    than by act.
    """

    def __init__(
        self,
        workflow: Workflow,
        redact: Redactor,
        on_event: Callable[[LogEvent], None],
        name: str = "",
    ) -> None:
        self._workflow = workflow
        self._name = name
        self._redact = redact
        self._on_event = on_event
        self._jobs: dict[str, _JobState] = {}
        self._annotations: list[Annotation] = []
        self._act_messages: list[str] = []

    def read_line(self, text: str) -> None:
        """Read one line of standard output."""
        try:
            entry = json.loads(text)
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            self.add_act_message(text)
        elif "jobID" in entry:
            self._read_job_entry(entry)
        elif entry.get("level") in {"error", "fatal"}:
            self.add_act_message(str(entry.get("msg", "")))

    def collect_results(self, *, cancelled: bool = False) -> tuple[JobResult, ...]:
        """Return every job that started; `cancelled` says that act was interrupted."""
        states = self._jobs.values()
        return tuple(state.make_result(cancelled=cancelled) for state in states)

    @property
    def annotations(self) -> tuple[Annotation, ...]:
        """Warnings, errors and notices so far."""
        return tuple(self._annotations)

    @property
    def act_messages(self) -> tuple[str, ...]:
        """What act said of itself: a bad file, an empty plan."""
        return tuple(self._act_messages)

    def add_act_message(self, text: str) -> None:
        """Note what act says of itself, on whichever stream."""
        message = self._redact(text).strip()
        if message:
            self._act_messages.append(message)
            self._on_event(LogEvent(EventKind.ACT_MESSAGE, "", text=message))

    def _read_job_entry(self, entry: Entry) -> None:
        job = self._find_job(entry)
        if entry.get("command") == "add-mask":
            self._redact.add(str(entry.get("arg", "")))
            return
        # The setup and completion of a job spell the key in small letters. Steps inside
        # an action have the ids of all the steps around them before their own.
        ids = entry.get("stepID") or entry.get("stepid") or []
        step = None
        if ids:
            step = self._find_step(job, entry, str(ids[0]))
        if "jobResult" in entry:
            self._end_job(job, entry)
        elif step is None:
            self._read_job_message(job, entry)
        else:
            self._read_step_entry(job, step, entry, is_inner=len(ids) > 1)

    def _read_step_entry(
        self, job: _JobState, step: _StepState, entry: Entry, *, is_inner: bool
    ) -> None:
        if "command" in entry:
            self._read_command(job, step, entry, is_inner=is_inner)
        elif "stepResult" not in entry:
            self._read_message(job, step, entry, is_inner=is_inner)
        elif not is_inner:
            self._end_step(job, step, entry)

    def _end_job(self, job: _JobState, entry: Entry) -> None:
        job.conclusion = Conclusion(str(entry["jobResult"]))
        self._on_event(
            LogEvent(EventKind.JOB_ENDED, job.name, conclusion=job.conclusion)
        )

    def _read_job_message(self, job: _JobState, entry: Entry) -> None:
        """Read what act says of a whole job."""
        message = self._redact(str(entry.get("msg", "")))
        if "Skipping unsupported platform" in message:
            # act calls that a success. On GitHub such a job waits for a runner that
            # never comes.
            job.conclusion = Conclusion.FAILURE
            message = f"no runner has the label that the job {job.name} asks for"
        elif entry.get("level") != "error":
            return
        self._annotate(job, "", "error", message)

    def _read_message(
        self, job: _JobState, step: _StepState, entry: Entry, *, is_inner: bool
    ) -> None:
        """Read what a step wrote, or what act says of it."""
        message = self._redact(str(entry.get("msg", ""))).rstrip("\r\n")
        if message.startswith(_STEP_KILLED):
            step.is_killed = True
        if message.startswith("Failed but continue"):
            step.is_forgiven = True
        elif entry.get("raw_output") or entry.get("level") == "error":
            step.output.append(message)
            self._on_event(LogEvent(EventKind.OUTPUT, job.name, step.name, message))
        elif message.startswith(_STEP_STARTED_MARK) and not is_inner:
            self._on_event(
                LogEvent(EventKind.STEP_STARTED, job.name, step.name, step.stage)
            )

    def _read_command(
        self, job: _JobState, step: _StepState, entry: Entry, *, is_inner: bool
    ) -> None:
        """Read a workflow command, an output or a summary."""
        command = str(entry["command"])
        text = self._redact(str(entry.get("arg", "")))
        if command in LEVELS:
            self._annotate(job, step.name, command, text)
            step.output.append(f"{command}: {text}")
        elif command == "group":
            step.output.append(text)
            self._on_event(LogEvent(EventKind.GROUP, job.name, step.name, text))
        elif command == "endgroup":
            self._on_event(LogEvent(EventKind.GROUP_END, job.name, step.name))
        elif command == "set-output" and not is_inner:
            step.outputs[str(entry.get("name", ""))] = text
        elif command == "summary":
            step.summary += self._redact(str(entry.get("content", "")))

    def _annotate(self, job: _JobState, step: str, level: str, text: str) -> None:
        self._annotations.append(Annotation(level, text, job.name, step))
        self._on_event(
            LogEvent(EventKind.ANNOTATION, job.name, step, text, level=level)
        )

    def _end_step(self, job: _JobState, step: _StepState, entry: Entry) -> None:
        step.outcome = Conclusion(str(entry["stepResult"]))
        step.seconds = float(entry.get("executionTime") or 0) / _NANOSECONDS
        self._on_event(
            LogEvent(
                EventKind.STEP_ENDED,
                job.name,
                step.name,
                step.stage,
                conclusion=step.conclusion,
                seconds=step.seconds,
            )
        )

    def _find_job(self, entry: Entry) -> _JobState:
        # A reusable workflow's jobs come as "caller/called"; a matrix job's name holds
        # its number.
        job_id = str(entry["jobID"])
        matrix = json.dumps(entry.get("matrix") or {}, sort_keys=True)
        key = f"{job_id}\n{entry.get('job', '')}\n{matrix}"
        if key not in self._jobs:
            parsed = _find_parsed_job(self._workflow, job_id)
            name = _make_job_name(self._workflow, entry)
            if parsed is not None and self._name:
                name = self._name
            name = self._redact(name)
            self._jobs[key] = _JobState(job_id, name, parsed)
            self._on_event(LogEvent(EventKind.JOB_STARTED, name))
        return self._jobs[key]

    def _find_step(self, job: _JobState, entry: Entry, step_id: str) -> _StepState:
        stage = str(entry.get("stage") or MAIN_STAGE)
        key = (step_id, stage)
        if key not in job.steps:
            name = _make_step_name(job, step_id, str(entry.get("step", "")))
            job.steps[key] = _StepState(step_id, self._redact(name), stage)
        return job.steps[key]


def _find_parsed_job(workflow: Workflow, job_id: str) -> Job | None:
    for job in workflow.jobs:
        if job.id == job_id:
            return job
    return None


def make_skipped_step(step: Step) -> StepResult:
    """Return the result of a step that never started."""
    return StepResult(
        step.title, Conclusion.SKIPPED, 0.0, Conclusion.SKIPPED, id=step.id
    )


def _make_job_name(workflow: Workflow, entry: Entry) -> str:
    """Return the name of a job as GitHub shows it, with the values of its matrix."""
    name = str(entry.get("job", "")).strip()
    # act calls a workflow without a name by its file.
    for prefix in (workflow.name, workflow.path.name):
        name = name.removeprefix(f"{prefix}/")
    name = name or str(entry["jobID"])
    matrix = entry.get("matrix") or {}
    if not matrix:
        return name
    # act numbers the jobs of a matrix.
    name = re.sub(r"-[0-9]+$", "", name)
    values = ", ".join(map(str, matrix.values()))
    return f"{name} ({values})"


def _make_step_name(job: _JobState, step_id: str, logged_name: str) -> str:
    """Return the name in the workflow.

    Where that holds an expression, the one act worked out, first line only.
    """
    title = _find_title(job, step_id)
    if title and not has_expression(title):
        return title
    lines = logged_name.strip().splitlines()
    name = lines[0] if lines else step_id
    # Of a step without a name GitHub says that it runs something, act says only what.
    if title.startswith("Run ") and not logged_name.startswith("Run "):
        return f"Run {name}"
    return name


def _find_title(job: _JobState, step_id: str) -> str:
    """Return what the workflow calls a step, "" for a step that is not in it."""
    if job.parsed is not None:
        for step in job.parsed.steps:
            if step.id == step_id:
                return step.title
    return ""
