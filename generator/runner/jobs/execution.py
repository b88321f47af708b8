"""Runs one leg: act with a workflow of that job alone, its log read as it comes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

from ...process import Completed, Runner
from ..act.compatibility import ActDocument
from ..act.invocation import JobInput, build_argv, write_files
from ..act.job_document import JobCopy, is_stand_in, make_job_document
from ..act.last_lines import take_marker
from ..act.log_reader import EventKind, LogEvent, LogReader
from ..act.problems import find_problem, list_lines
from ..isolation.concurrency import SupersededError, take_turn
from ..models import Annotation, Conclusion
from ..observer import RunObserver
from ..plan import ActiveRun, RunPlan
from ..redaction import Redactor, redact_log_line
from .planning import describe_strategy
from .records import (
    JobLeg,
    LegResult,
    combine_conclusions,
    make_job_without_steps,
    make_unstarted,
)
from .scheduler import RunningLeg


@dataclass(frozen=True, slots=True)
class LegExecutor:
    """Runs the legs of one run, several at a time; `log` gets every line of act."""

    plan: RunPlan
    active: ActiveRun
    act: Path
    document: ActDocument
    literals: Mapping[str, object]
    environment: Mapping[str, str]
    redact: Redactor
    observer: RunObserver
    runner: Runner
    log: IO[str]
    # Around the log and the observer, which threads share.
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, running: RunningLeg) -> LegResult:
        """Run a leg when it is its turn in its concurrency group."""
        leg = running.leg
        try:
            with self._take_turn(running):
                if running.reason:
                    return make_unstarted(leg, Conclusion.CANCELLED, running.reason)
                return self._run_act(running)
        except _CancelledError:
            return make_unstarted(leg, Conclusion.CANCELLED, running.reason)
        except SupersededError as error:
            why = f"a newer job of the concurrency group {error} waits in its place"
            return make_unstarted(leg, Conclusion.CANCELLED, why)

    @contextmanager
    def _take_turn(self, running: RunningLeg) -> Iterator[None]:
        group = running.leg.group
        if group is None:
            yield
            return

        def wait() -> None:
            if running.reason:
                raise _CancelledError
            self.observer.on_wait(group.name)

        with take_turn(self.plan.state / "groups", group, wait) as turn:
            running.watch(turn)
            yield

    def _run_act(self, running: RunningLeg) -> LegResult:
        leg = running.leg
        folder = self.active.folders.files / f"{leg.job.id}-{leg.index}"
        outputs_file = folder / "outputs.json" if leg.wants_outputs else None
        files = write_files(
            self.plan, self.active, self._make_input(leg, folder, outputs_file)
        )
        reader = LogReader(self.plan.workflow, self.redact, self._tell, leg.name)
        handle = partial(self._handle_line, leg, reader, files.secrets)
        argv = build_argv(self.act, self.plan, self.active, files)
        running.start_clock()
        completed = self.runner.stream(
            argv,
            handle,
            cwd=self.active.folders.base,
            env=self.environment,
            control=running.control,
        )
        files.secrets.unlink(missing_ok=True)
        return self._make_result(running, reader, completed, outputs_file)

    def _make_input(
        self, leg: JobLeg, folder: Path, outputs_file: Path | None
    ) -> JobInput:
        permissions = self.plan.limit_permissions(leg.job.permissions)
        token = self.active.local_github.create_job_token(self.active.run, permissions)
        self.redact.add(token)
        secrets = {"GITHUB_TOKEN": token}
        request = self.plan.request
        if self.plan.event.trusted:
            secrets |= request.secrets
            secrets |= _choose(request.environment_secrets, leg.environment)
        variables = {
            **request.variables,
            **_choose(request.environment_variables, leg.environment),
        }
        literals = dict(self.literals)
        for name, value in describe_strategy(leg.strategy, leg.index).items():
            literals[f"strategy.{name}"] = value
        job_copy = JobCopy(leg.job.id, leg.matrix, leg.needs, literals, outputs_file)
        document = make_job_document(self.document.data, job_copy)
        return JobInput(document, secrets, variables, permissions, folder)

    def _handle_line(
        self, leg: JobLeg, reader: LogReader, secrets: Path, line: str
    ) -> None:
        # act has read its files by now: the secrets need not lie there any longer.
        secrets.unlink(missing_ok=True)
        kept = take_marker(line, self.active.folders.programs)
        if kept is None or self._is_of_stand_in(kept, leg):
            return
        with self.lock:
            reader.read_line(kept)
            self.log.write(redact_log_line(kept, self.redact) + "\n")

    def _is_of_stand_in(self, line: str, leg: JobLeg) -> bool:
        try:
            entry = json.loads(line)
        except ValueError:
            return False
        workflow = self.plan.workflow
        name = workflow.name
        # act calls a workflow without a name by its file.
        if name == workflow.path.as_posix():
            name = workflow.path.name
        return isinstance(entry, dict) and is_stand_in(entry, name, leg.job.id)

    def _tell(self, event: LogEvent) -> None:
        self.observer.on_event(event)

    def _tell_annotation(self, leg: JobLeg, level: str, text: str) -> None:
        event = LogEvent(EventKind.ANNOTATION, leg.name, text=text, level=level)
        with self.lock:
            self.observer.on_event(event)

    def _make_result(
        self,
        running: RunningLeg,
        reader: LogReader,
        completed: Completed,
        outputs_file: Path | None,
    ) -> LegResult:
        leg, reason = running.leg, running.reason
        jobs = reader.collect_results(cancelled=bool(reason))
        if not jobs:
            self._keep_errors(reader, completed)
        annotations = list(reader.annotations)
        conclusion, outputs, problem = Conclusion.CANCELLED, {}, ""
        if reason:
            annotations.append(Annotation("error", reason, leg.name, ""))
            self._tell_annotation(leg, "error", reason)
        else:
            conclusion = combine_conclusions(job.conclusion for job in jobs)
            stderr = self.redact(completed.stderr)
            problem = find_problem(jobs, reader, completed, stderr)
            if problem:
                conclusion = Conclusion.FAILURE
            outputs = self._read_outputs(leg, outputs_file, annotations)
        if not jobs:
            jobs = (make_job_without_steps(leg.job, leg.name, conclusion),)
        return LegResult(conclusion, jobs, outputs, tuple(annotations), problem)

    def _keep_errors(self, reader: LogReader, completed: Completed) -> None:
        """Tell and log what act said on standard error: no step says anything."""
        for line in list_lines(completed.stderr):
            entry = {"level": "error", "msg": self.redact(line), "stream": "stderr"}
            with self.lock:
                reader.add_act_message(line)
                self.log.write(json.dumps(entry, ensure_ascii=False) + "\n")

    def _read_outputs(
        self, leg: JobLeg, file: Path | None, annotations: list[Annotation]
    ) -> dict[str, str]:
        """Read the outputs of a job, without those that hold a secret, as GitHub does."""
        if file is None or not file.exists():
            return {}
        outputs = {}
        for name, value in json.loads(file.read_text(encoding="utf-8") or "{}").items():
            text = str(value)
            if self.redact(text) != text:
                warning = f"Skip output '{name}' since it may contain secret."
                annotations.append(Annotation("warning", warning, leg.name, ""))
                self._tell_annotation(leg, "warning", warning)
            else:
                outputs[str(name)] = text
        return outputs


def _choose(
    values: Mapping[str, Mapping[str, str]], environment: str
) -> Mapping[str, str]:
    """Return the values of a GitHub environment, whose name's case does not count."""
    for name, own in values.items():
        if name.lower() == environment.lower():
            return own
    return {}


class _CancelledError(Exception):
    """A leg was cancelled while it waited for its turn."""
