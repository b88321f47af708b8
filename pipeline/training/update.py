"""One `update`, from the lock to the summary."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from ..errors import (
    EXIT_INTERRUPTED,
    EXIT_OK,
    PipelineError,
    SettingsError,
    SourceError,
    SourceRewrittenError,
    StateKeyError,
    StateLibrariesError,
)
from ..redaction import hide_credentials
from ..reporting import log as report
from ..reporting.summary import (
    TrainedBatch,
    count_between,
    describe_batch,
    summarize_run,
)
from ..settings import Settings
from ..sources.cursor import Cursor, RowOrder
from ..sources.protocol import Source
from ..state import compatibility as libraries
from ..state.store import Mode, Store
from ..state.verification import KEY_VARIABLE, State, get_signing_key
from . import source_factory as sources


def update(root: Path, settings: Settings, environment: Mapping[str, str]) -> int:
    """Learn the next batches below `root / "runtime"`; the exit code. Raises PipelineError."""
    runtime = root / "runtime"
    key = get_signing_key(environment)
    store = Store(runtime, key)
    with store.lock():
        log = report.Log(runtime / "logs", environment)
        before = None
        try:
            before = store.load()
            store = Store(
                runtime,
                key,
                mode=_choose_mode(store, environment, log),
                previous=before if settings.keep_previous else None,
            )
            store.recover(before)
            source, target = sources.open_source(settings, root, environment)
            summary, after, stopped = _update(
                source, target, settings, store, before, log=log
            )
            if store.mode is Mode.TRIAL:
                summary |= {"state_id": summary["parent_state_id"], "stored": False}
            report.write_figures(log, environment, summary)
            if settings.report and summary["status"] == "learnt":
                report.write_page(
                    log,
                    report.Outcome(
                        summary, after and after.document, source.label, stopped
                    ),
                )
        except PipelineError as error:
            with suppress(PipelineError):
                _tell_failure(log, settings, store, before, error)
            raise
        finally:
            log.close()
    return EXIT_INTERRUPTED if stopped else EXIT_OK


def _choose_mode(store: Store, environment: Mapping[str, str], log: report.Log) -> Mode:
    """Choose what a commit does, by whether what was loaded is signed and there is no key.

    Then a pull request goes on as a trial, anything else ends here with StateKeyError.

    GitHub hands no secrets to pull requests from forks and from Dependabot, whose state
    is thrown away anyhow. Elsewhere a state without signature would take the place of
    one with it, which the next run with the key refuses.
    """
    if not store.skipped_signature:
        return Mode.STORE
    what = f"{store.document_path} is signed and {KEY_VARIABLE} is not set"
    if environment.get("GITHUB_EVENT_NAME") != "pull_request":
        raise StateKeyError(f"{what}: what this run learnt could not be signed")
    log.note(
        f"warning: {what}: its signature is not checked, and this run is a trial that stores nothing"
    )
    return Mode.TRIAL


def _tell_failure(
    log: report.Log,
    settings: Settings,
    store: Store,
    before: State | None,
    error: PipelineError,
) -> None:
    log.keep(f"error: {error.message}")
    after = before
    with suppress(PipelineError):
        # A run may have committed before it failed.
        after = store.load()
    summary = summarize_run("failed", after, before, count_between(before, after)) | {
        "stored": store.mode is Mode.STORE
    }
    report.write_summary(log.path.parent, summary)
    if settings.report:
        document = None if after is None else after.document
        said = (error.message, error.hint)
        report.write_page(
            log,
            report.Outcome(
                summary, document, hide_credentials(settings.source), error=said
            ),
        )


def _update(  # noqa: PLR0913  # the parts of one run
    source: Source,
    target: str,
    settings: Settings,
    store: Store,
    before: State | None,
    *,
    log: report.Log,
) -> tuple[dict[str, Any], State | None, bool]:
    log.say(f"source: {source.label}")
    log.say(
        f"started from {'nothing' if before is None else 'state ' + before.state_id}"
    )
    _check_source(settings, before)
    cursor = None if before is None else before.document.source.cursor
    state, cursor, new = _look(settings, source, before, cursor, log)
    if not new:
        log.say("nothing new")
        after = (
            before
            if state is None or cursor is None
            else _remembered(store, state, source.update_cursor(cursor))
        )
        return summarize_run("nothing-new", after, before, (0, 0)), after, False
    state, cursor = _usable(settings, state, cursor, log)
    store.prepare()
    # Nothing heavy is imported before there is something to learn.
    from ..models.engine import open_engine  # noqa: PLC0415
    from .loop import Training  # noqa: PLC0415

    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    training = Training(settings, target, store, state, now)
    training.parent = None if before is None else before.state_id
    training.cursor = cursor
    first = dict(training.counters)

    def tell(learnt: TrainedBatch) -> None:
        with log.group(f"Iteration {learnt.batch}: {learnt.rows} rows"):
            for line in learnt.notes:
                log.note(line, learnt.batch)
            log.say(describe_batch(learnt))

    with (
        _stop_on_signals() as stopped,
        open_engine(settings) as where,
        source.open_reader(training.cursor) as reader,
    ):
        training.run(reader, where, tell, lambda: bool(stopped))
    if training.state is None:
        raise SourceError(f"{source.label} holds no rows to start from")
    done = (
        training.counters["rows"] - first["rows"],
        training.counters["batches"] - first["batches"],
    )
    if stopped:
        log.note("stopped by a signal; what was learnt is kept")
    after = training.state
    return (
        summarize_run("learnt" if done[1] else "nothing-new", after, before, done),
        after,
        bool(stopped),
    )


def _look(
    settings: Settings,
    source: Source,
    state: State | None,
    cursor: Cursor | None,
    log: report.Log,
) -> tuple[State | None, Cursor | None, bool]:
    """The state and the cursor to go on from.

    Whether there is anything new, as the settings want it.

    Raises SourceRewrittenError where learnt data changed and the settings say to stop
    then.
    """
    try:
        new = source.has_new_rows(cursor)
        if new:
            with source.open_reader(cursor):
                pass
    except SourceRewrittenError as error:
        if settings.on_rewrite == "stop":
            raise
        log.note(f"{error.message} (on_rewrite: {settings.on_rewrite})")
        if settings.on_rewrite == "restart":
            return None, None, source.has_new_rows(None)
        after = None if cursor is None else cursor.order.key
        if after is None:
            raise SettingsError(
                "no `key` was kept when the rows were learnt, so none can be told apart now"
            ) from error
        log.note(f"going on with rows whose {settings.key} is beyond {after}")
        return (
            state,
            Cursor({}, order=RowOrder(key=after, after=after)),
            source.has_new_rows(None),
        )
    if not new and state is not None and settings.on_end == "again":
        log.note("the data is used up: another pass")
        return state, None, source.has_new_rows(None)
    return state, cursor, new


def _remembered(store: Store, state: State, looked: Cursor) -> State:
    """The state, with the cursor that a look left behind where that differs.

    A version without new rows would be fetched again by every run; a runner's disk is
    gone by then, the state is not.
    """
    return (
        state
        if looked == state.document.source.cursor
        else store.commit_cursor(state, looked)
    )


def _check_source(settings: Settings, state: State | None) -> None:
    """Raises SettingsError where the state learnt from another source."""
    name = hide_credentials(settings.source)
    if state is not None and state.document.source.name != name:
        raise SettingsError(
            f"the state learnt from {state.document.source.name!r}, the settings say {name!r}",
            hint="set `source` back, or start over: `python -m pipeline reset`",
        )


def _usable(
    settings: Settings, state: State | None, cursor: Cursor | None, log: report.Log
) -> tuple[State | None, Cursor | None]:
    """What to go on from: the state, unless its libraries are others; then as the settings say."""
    if state is None:
        return None, cursor
    try:
        libraries.check_versions(state.document.libraries)
    except StateLibrariesError as error:
        if settings.on_library_change == "stop":
            raise
        if settings.on_library_change == "retrain":
            log.note(
                f"{error.message}: learning everything again, from the start of the source"
            )
            return None, None
        log.note(f"{error.message}; tried: {_tried(state, settings, error)}; going on")
    return state, cursor


def _tried(state: State, settings: Settings, changed: StateLibrariesError) -> str:
    from ..state import prediction_check  # noqa: PLC0415  # brings pandas

    try:
        return prediction_check.try_state(state, settings.models)
    except StateLibrariesError as error:
        raise StateLibrariesError(
            f"{changed.message}; tried: {error.message}", hint=changed.hint
        ) from error


@contextmanager
def _stop_on_signals() -> Iterator[list[int]]:
    """SIGINT and SIGTERM (a cancelled job sends both) end the run after the batch at hand.

    With a commit.
    """
    import signal  # noqa: PLC0415  # only where there is something to learn

    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    before = {
        number: signal.signal(number, note)
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
