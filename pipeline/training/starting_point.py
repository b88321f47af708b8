"""Where a run starts: from which state, and from which place in the source."""

from typing import TYPE_CHECKING, NamedTuple

from ..errors import SettingsError, SourceRewrittenError, StateLibrariesError
from ..program import COMMAND
from ..redaction import hide_credentials
from ..reporting.log import Log
from ..settings import Settings
from ..sources.cursor import Cursor, RowOrder
from ..state.compatibility import check_versions
from ..state.verification import State

if TYPE_CHECKING:
    from ..sources.protocol import Source


class StartingPoint(NamedTuple):
    """Without a state new models are made, without a cursor the source is read anew."""

    state: State | None
    cursor: Cursor | None
    has_new_rows: bool = True


def find_starting_point(
    settings: Settings, source: "Source", state: State | None, log: Log
) -> StartingPoint:
    """Look into the source for rows that the state was not trained on.

    Raises SettingsError where the state was trained on another source, and
    SourceRewrittenError where its rows changed and the settings say to stop then.
    """
    cursor = None
    if state is not None:
        _check_source_name(settings, state)
        cursor = source.follow_files(state.document.source.cursor)
    try:
        has_new_rows = source.has_new_rows(cursor)
        if has_new_rows:
            # Opening compares the rows before the cursor with those it was made of.
            with source.open_reader(cursor):
                pass
    except SourceRewrittenError as error:
        return _start_after_rewrite(settings, source, state, log, error)
    if not has_new_rows and state is not None and settings.on_end == "again":
        log.note("the data is used up: another pass")
        return StartingPoint(state, None, source.has_new_rows(None))
    return StartingPoint(state, cursor, has_new_rows)


def _start_after_rewrite(
    settings: Settings,
    source: "Source",
    state: State | None,
    log: Log,
    error: SourceRewrittenError,
) -> StartingPoint:
    if settings.on_rewrite == "stop":
        raise error
    log.note(f"{error.message} (on_rewrite: {settings.on_rewrite})")
    if settings.on_rewrite == "restart":
        return StartingPoint(None, None, source.has_new_rows(None))
    key = None if state is None else state.document.source.cursor.order.key
    if key is None:
        raise SettingsError(
            "no `key` was kept when the rows were trained on, "
            "so they cannot be told from new ones now"
        ) from error
    log.note(f"going on with rows whose {settings.key} is beyond {key}")
    cursor = Cursor({}, order=RowOrder(key=key, after=key))
    return StartingPoint(state, cursor, source.has_new_rows(None))


def check_libraries(
    settings: Settings, start: StartingPoint, log: Log
) -> StartingPoint:
    """The same starting point, or one without a state, as `on_library_change` says.

    Raises StateLibrariesError where the libraries changed and the settings say to stop
    then, or the models do not predict what they did.
    """
    state = start.state
    if state is None:
        return start
    try:
        check_versions(state.document.libraries)
    except StateLibrariesError as error:
        if settings.on_library_change == "stop":
            raise
        if settings.on_library_change == "retrain":
            log.note(
                f"{error.message}: training new models, from the start of the source"
            )
            return StartingPoint(None, None)
        outcome = _try_models(state, settings, error)
        log.note(f"{error.message}; tried: {outcome}; going on")
    return start


def _check_source_name(settings: Settings, state: State) -> None:
    before, now = state.document.source.name, hide_credentials(settings.source)
    if before != now:
        raise SettingsError(
            f"the state was trained on {before!r}, the settings say {now!r}",
            hint=f"set `source` back, or start over: `{COMMAND} reset`",
        )


def _try_models(state: State, settings: Settings, changed: StateLibrariesError) -> str:
    from ..state import prediction_check  # noqa: PLC0415  # brings pandas

    try:
        return prediction_check.try_state(state, settings.models)
    except StateLibrariesError as error:
        raise StateLibrariesError(
            f"{changed.message}; tried: {error.message}", hint=changed.hint
        ) from error
