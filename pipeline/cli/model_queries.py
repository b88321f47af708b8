"""What is asked of the models in a state: verify and predict.

Unlike the other commands, these bring pandas and scikit-learn.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO

import pandas as pd

from ..atomic import PART
from ..choice.champion import Champion
from ..errors import SettingsError, SourceSchemaError
from ..models.population import Population
from ..prediction.loading import (
    DEFAULTS,
    check_libraries,
    check_own_candidates,
    load_champion,
)
from ..prediction.scoring import make_empty_predictions, predict_frame
from ..settings import Settings
from ..state.document import BEST
from ..state.pickles import load_instance
from ..state.store import Store
from ..state.verification import KEY_VARIABLE, State
from .queries import load_state

if TYPE_CHECKING:
    from ..sources.protocol import Reader

# Rows in memory at once.
PREDICT_ROWS = 50_000


def verify_state(store: Store, settings: Settings = DEFAULTS) -> list[str]:
    """Check everything that loading checks, and unpickle the files by the list of classes.

    Returns a line for each check that passed. The user's own candidates are imported
    where the settings name them, those that only the state names are not.
    """
    state = load_state(store)
    document = state.document
    lines = []
    for name, record in sorted(document.files.items()):
        lines.append(f"sha256 of {name}: {record.sha256[:16]}")
    lines.append("signature: " + describe_signature(store, state))
    check_own_candidates(state, settings.models)
    lines.append("libraries: " + check_libraries(state, settings))
    load_instance(Population, state.population, document.population, settings.models)
    lines.append(f"{document.population}: only classes that are listed")
    load_instance(Champion, state.champion, BEST, settings.models)
    lines.append(f"{BEST}: only classes that are listed")
    previous = store.load_previous(document)
    if previous is None:
        lines.append("previous state: none kept")
    else:
        lines.append(f"previous state: {previous.state_id}, complete")
    return lines


def describe_signature(store: Store, state: State) -> str:
    """Say what the signature of a state that was loaded is worth."""
    if not state.is_signed:
        return "none"
    if store.signs:
        return "made with the key"
    return f"not checked, {KEY_VARIABLE} is not set"


class ScoredRows(NamedTuple):
    """How many rows were scored, and which columns of the training they lacked.

    What is lacking counts as missing.
    """

    rows: int
    missing_columns: list[str]


def predict_rows(
    store: Store,
    reader: Reader,
    output: Path,
    settings: Settings = DEFAULTS,
    ids: Sequence[str] = (),
) -> ScoredRows:
    """Score every row of a source with the champion into a CSV file, in bounded memory.

    The columns are those of `ids` as they came, `prediction` and, for classes, one
    share a class. Raises SourceSchemaError for rows without a single column of the
    training, with one of another type, or without one of `ids`.
    """
    model = load_champion(store, settings)
    schema = model.encoder.schema
    known = schema.names
    wanted = {*known, *ids}
    # An id is written as it came, also where it was trained on as a number.
    numbers = schema.number_names - set(ids)
    rows, present = 0, set[str]()
    with _open_replacement(output) as sink:
        header = [*ids, *make_empty_predictions(model).columns]
        sink.write(pd.DataFrame(columns=header).to_csv(index=False))
        while True:
            chunk = reader.read(PREDICT_ROWS, numbers, wanted.__contains__)
            if chunk is None:
                break
            _check_columns(list(map(str, chunk.frame.columns)), known, ids)
            present.update(map(str, chunk.frame.columns))
            predictions = _predict_with_ids(model, chunk.frame, ids)
            predictions.to_csv(sink, index=False, header=False)
            rows += len(chunk.frame)
    missing = []
    if rows:
        missing = [name for name in known if name not in present]
    return ScoredRows(rows, missing)


def _predict_with_ids(
    model: Champion, frame: pd.DataFrame, ids: Sequence[str]
) -> pd.DataFrame:
    try:
        predictions = predict_frame(model, frame)
    except SourceSchemaError as error:
        raise SourceSchemaError(
            error.message,
            hint="mend the rows to score; a column may also be left out",
        ) from error
    for place, name in enumerate(ids):
        values = frame[name].to_numpy()
        predictions.insert(place, name, values, allow_duplicates=True)
    return predictions


def _check_columns(
    columns: Sequence[str], known: Sequence[str], ids: Sequence[str]
) -> None:
    if not set(columns) & set(known):
        raise SourceSchemaError(
            "the rows to score have no column that the model was trained on",
            hint=f"it was trained on {', '.join(known)}",
        )
    lacking = [name for name in ids if name not in columns]
    if lacking:
        raise SourceSchemaError(
            f"the rows to score have no column {lacking[0]!r}",
            hint="`--id` names columns to carry into the output",
        )


@contextlib.contextmanager
def _open_replacement(output: Path) -> Iterator[TextIO]:
    """Open a file that takes its name when it is complete.

    A pipe, a device or a link stays what it is. Raises SettingsError where it cannot be
    written.
    """
    try:
        if output.exists() and not output.is_file():
            with output.open("w", encoding="utf-8", newline="") as sink:
                yield sink
            return
        place = output.resolve()
        temporary = place.with_name(place.name + PART)
        try:
            with temporary.open("w", encoding="utf-8", newline="") as sink:
                yield sink
            temporary.replace(place)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(
            f"{output} cannot be written: {error.strerror or error}"
        ) from error
