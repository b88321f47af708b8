"""One `update`, from the lock to the summary."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from ..errors import (
    EXIT_INTERRUPTED,
    EXIT_OK,
    PipelineError,
    SourceError,
    StateKeyError,
)
from ..redaction import hide_credentials
from ..reporting import log as report
from ..reporting.summary import (
    TrainedBatch,
    count_between,
    describe_batch,
    describe_quality,
    summarize_run,
)
from ..settings import Settings
from ..state.document import StateDocument
from ..state.store import Mode, Store
from ..state.verification import KEY_VARIABLE, State, get_origin, get_signing_key
from .source_factory import open_source
from .starting_point import StartingPoint, check_libraries, find_starting_point

if TYPE_CHECKING:
    from ..sources.protocol import Source


def update(root: Path, settings: Settings, environment: Mapping[str, str]) -> int:
    """Train on the next batches, with all state below `root / "runtime"`.

    Returns the exit code. Raises PipelineError, after the failure was reported.
    """
    runtime = root / "runtime"
    store = Store(runtime, get_signing_key(environment), origin=get_origin(environment))
    with store.lock(), closing(report.Log(runtime / "logs", environment)) as log:
        return Update(root, settings, environment, store, log).run()


class Update:
    """One update of a state that is locked."""

    def __init__(
        self,
        root: Path,
        settings: Settings,
        environment: Mapping[str, str],
        store: Store,
        log: report.Log,
    ) -> None:
        self._root = root
        self._settings = settings
        self._environment = environment
        self._store = store
        self._log = log
        self._before: State | None = None

    def run(self) -> int:
        """Train, and write the reports; the exit code. Raises PipelineError."""
        try:
            self._load_state()
            outcome = self._train()
            self._write_reports(outcome)
        except PipelineError as error:
            with suppress(PipelineError):
                self._report_failure(error)
            raise
        return EXIT_INTERRUPTED if outcome.stopped else EXIT_OK

    def _load_state(self) -> None:
        self._before = self._store.load()
        if self._store.is_unbound:
            self._log.note(
                f"warning: the signature of {self._store.document_path} does not say "
                "where the state belongs; what this run stores is bound to "
                "this repository, branch and workflow"
            )
        previous = self._before if self._settings.keep_previous else None
        self._store = Store(
            self._store.runtime,
            get_signing_key(self._environment),
            mode=self._choose_mode(),
            previous=previous,
            origin=get_origin(self._environment),
        )
        self._store.recover(self._before)

    def _choose_mode(self) -> Mode:
        """What a commit does where the state is signed and there is no key.

        A pull request goes on as a trial; anything else raises StateKeyError. GitHub
        hands no secrets to pull requests from forks and from Dependabot, whose state is
        thrown away anyhow. Elsewhere a state without a signature would replace one that
        has it, which the next run with the key refuses.
        """
        if not self._store.skipped_signature:
            return Mode.STORE
        problem = f"{self._store.document_path} is signed and {KEY_VARIABLE} is not set"
        if self._environment.get("GITHUB_EVENT_NAME") != "pull_request":
            raise StateKeyError(f"{problem}: the new state could not be signed")
        self._log.note(
            f"warning: {problem}: its signature is not checked, "
            "and this run is a trial that stores nothing"
        )
        return Mode.TRIAL

    def _train(self) -> report.Outcome:
        settings, before = self._settings, self._before
        source, target = open_source(settings, self._root, self._environment)
        self._log.say(f"source: {source.label}")
        origin = "nothing" if before is None else f"state {before.state_id}"
        self._log.say(f"started from {origin}")
        start = find_starting_point(settings, source, before, self._log)
        self._log_notes(source.notes)
        if not start.has_new_rows:
            self._log.say("nothing new")
            after = self._commit_cursor(start, source)
            summary = summarize_run("nothing-new", after, before, (0, 0))
            return report.Outcome(summary, _get_document(after), source.label)
        start = check_libraries(settings, start, self._log)
        self._store.prepare()
        return self._train_on_new_rows(start, source, target)

    def _train_on_new_rows(
        self, start: StartingPoint, source: Source, target: str
    ) -> report.Outcome:
        gc.enable()
        # Nothing heavy is imported before there is something to train on.
        from .engine import open_engine  # noqa: PLC0415  # as above
        from .loop import Origin, Training  # noqa: PLC0415  # as above
        from .row_keeping import decide_row_keeping  # noqa: PLC0415  # as above

        parent = None if self._before is None else self._before.state_id
        keeping = decide_row_keeping(self._settings, self._environment)
        if keeping.reason:
            self._log.note(keeping.reason)
        origin = Origin(parent, keeping)
        training = Training(self._settings, target, self._store, start, origin)
        first = training.counters
        with (
            _catch_signals() as signals,
            open_engine(self._settings) as engine,
            source.open_reader(training.cursor) as reader,
        ):
            training.run(reader, engine, self._log_batch, lambda: bool(signals))
            self._log_notes(reader.notes)
        after = training.state
        if after is None:
            raise _make_empty_error(source, target, training.counters.unlabelled)
        if signals:
            self._log.note("stopped by a signal; what was trained is kept")
        rows = training.counters.rows - first.rows
        batches = training.counters.batches - first.batches
        status = "learnt" if batches else "nothing-new"
        summary = summarize_run(status, after, self._before, (rows, batches))
        summary["quality"] = training.describe_quality()
        if summary["quality"] is not None:
            for line in describe_quality(summary["quality"]):
                self._log.say(line)
        return report.Outcome(summary, after.document, source.label, bool(signals))

    def _commit_cursor(self, start: StartingPoint, source: Source) -> State | None:
        """The state, with the cursor that the look for new rows left behind.

        A version without new rows would be fetched again by every run: a runner's disk
        is gone by then, the state is not.
        """
        if start.state is None or start.cursor is None:
            return self._before
        cursor = source.update_cursor(start.cursor)
        if cursor == start.state.document.source.cursor:
            return start.state
        return self._store.commit_cursor(start.state, cursor)

    def _log_notes(self, notes: Sequence[str]) -> None:
        for note in notes:
            self._log.note(note)

    def _log_batch(self, batch: TrainedBatch) -> None:
        with self._log.group(f"Iteration {batch.batch}: {batch.rows} rows"):
            for note in batch.notes:
                self._log.note(note, batch.batch)
            self._log.say(describe_batch(batch))

    def _write_reports(self, outcome: report.Outcome) -> None:
        summary = outcome.summary
        if self._store.mode is Mode.TRIAL:
            summary["state_id"] = summary["parent_state_id"]
            summary["stored"] = False
        report.write_figures(self._log, self._environment, summary)
        if self._settings.report and summary["status"] == "learnt":
            report.write_page(self._log, outcome)

    def _report_failure(self, error: PipelineError) -> None:
        self._log.keep(f"error: {error.message}")
        after = self._before
        with suppress(PipelineError):
            # A run may have committed before it failed.
            after = self._store.load()
        counts = count_between(self._before, after)
        summary = summarize_run("failed", after, self._before, counts)
        summary["stored"] = self._store.mode is Mode.STORE
        report.write_summary(self._log.path.parent, summary)
        if self._settings.report:
            page = report.Outcome(
                summary,
                _get_document(after),
                hide_credentials(self._settings.source),
                error=(error.message, error.hint),
            )
            report.write_page(self._log, page)


def _make_empty_error(source: Source, target: str, unlabelled: int) -> SourceError:
    what = f"no row with a {target!r}" if unlabelled else "no rows"
    return SourceError(f"{source.label} holds {what} to start from")


def _get_document(state: State | None) -> StateDocument | None:
    return None if state is None else state.document


@contextmanager
def _catch_signals() -> Iterator[list[int]]:
    """The signals that came: the run ends after the batch at hand, with a commit.

    A job that is cancelled on GitHub gets SIGINT, and SIGTERM some seconds later.
    """
    import signal  # noqa: PLC0415  # only where there is something to train on

    received: list[int] = []

    def note_signal(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    handlers = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        handlers[number] = signal.signal(number, note_signal)
    try:
        yield received
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
