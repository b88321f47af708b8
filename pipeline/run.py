"""One `update`, from the lock to the summary."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from pipeline import report
from pipeline.errors import PipelineError, SourceError
from pipeline.sources.sample import TARGET, sample
from pipeline.store import KEY_VARIABLE, State, Store


@dataclass(frozen=True)
class Request:
    """What the command line asked for."""

    root: Path
    iterations: int
    batch_rows: int


def update(request: Request, environment: Mapping[str, str]) -> None:
    """Learn the next batches below `request.root / "runtime"`; raises PipelineError."""
    runtime = request.root / "runtime"
    key = environment.get(KEY_VARIABLE)
    store = Store(runtime, key.encode() if key else None)
    with store.locked():
        log = report.Log(runtime / "logs", environment)
        try:
            summary = _update(request, store, log)
        except PipelineError as error:
            with suppress(PipelineError):
                log.say(f"error: {error.message}")
                report.write_summary(runtime / "logs", _summary("failed", None, None, (0, 0)))
            raise
        finally:
            log.close()
        report.write_summary(runtime / "logs", summary)
        report.append_job_summary(environment, summary)


def _update(request: Request, store: Store, log: report.Log) -> dict[str, Any]:
    state = store.load()
    store.recover(state)
    source = sample()
    log.say(f"source: {source.label}")
    log.say(f"started from {'nothing' if state is None else 'state ' + state.state_id}")
    if not source.has_new(None if state is None else state.document["source"]["cursor"]):
        log.say("nothing new")
        return _summary("nothing-new", state, state, (0, 0))
    # Nothing heavy is imported before there is something to learn.
    from pipeline.train import Learnt, Plan, Training  # noqa: PLC0415

    plan = Plan(request.iterations, request.batch_rows, TARGET, (), None, 1, 5.0)
    training = Training(plan, store, state)
    before = dict(training.counters)

    def tell(learnt: Learnt) -> None:
        with log.group(f"Iteration {learnt.batch}"):
            log.say(_line(learnt))

    with _stop_on_signals() as stopped:
        training.run(source.reader(training.cursor), tell, lambda: bool(stopped))
    if training.state is None:
        raise SourceError(f"{source.label} holds no rows to start from")
    after = training.counters
    done = (after["rows"] - before["rows"], after["batches"] - before["batches"])
    return _summary("learnt" if done[1] else "nothing-new", training.state, state, done)


def _line(learnt: Any) -> str:  # noqa: ANN401  # train.Learnt, which is not imported here
    figures = "first batch, nothing to score yet"
    if learnt.auc is not None:
        figures = f"auc {learnt.auc:.4f}, logloss {learnt.logloss:.4f} (base rate {learnt.baseline:.4f})"
    return f"batch {learnt.batch}: {learnt.rows} rows in {learnt.seconds:.2f} s, {learnt.rows_total} in all; {figures}"


def _summary(status: str, state: State | None, parent: State | None, done: tuple[int, int]) -> dict[str, Any]:
    document = {} if state is None else state.document
    counters = document.get("counters", {"rows": 0, "batches": 0})
    return {
        "status": status,
        "rows_this_run": done[0],
        "rows_total": counters["rows"],
        "batches_this_run": done[1],
        "batches_total": counters["batches"],
        "metric": document.get("metric"),
        "champion": document.get("champion"),
        "started_from": "nothing" if parent is None else "state",
        "state_id": None if state is None else state.state_id,
        "parent_state_id": None if parent is None else parent.state_id,
    }


@contextmanager
def _stop_on_signals() -> Iterator[list[int]]:
    """SIGINT and SIGTERM (a cancelled job sends both) end the run after the batch at hand, with a commit."""
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
