"""What is asked of the models in a state: verify and predict.

Unlike the other commands, these bring pandas and scikit-learn.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

import pandas as pd

from ..atomic import PART
from ..choice.champion import Champion
from ..errors import SettingsError, SourceSchemaError, StateLibrariesError
from ..features.schema import Schema, convert_features
from ..models.population import Population
from ..settings import Settings
from ..state.compatibility import check_versions
from ..state.document import BEST
from ..state.pickles import load_instance
from ..state.prediction_check import try_state
from ..state.store import Store
from ..state.verification import KEY_VARIABLE, State
from ..tasks import REGRESSION
from .queries import load_state

if TYPE_CHECKING:
    from ..sources.protocol import Reader

# Rows in memory at once.
PREDICT_ROWS = 50_000
DEFAULTS = Settings()


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
    _check_own_candidates(state, settings.models)
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


def check_libraries(state: State, settings: Settings = DEFAULTS) -> str:
    """Say whether the libraries are those of the state.

    Raises StateLibrariesError, after a try where the settings want one.
    """
    try:
        check_versions(state.document.libraries)
    except StateLibrariesError:
        if settings.on_library_change != "try":
            raise
        return "others than recorded; " + try_state(state, settings.models)
    return "as recorded"


def _check_own_candidates(state: State, models: Sequence[str]) -> None:
    """Refuse a state with candidates of the user's own that the settings do not name.

    The state's word alone imports nothing: whoever can write a state could name any
    module.
    """
    unnamed = [
        name for name in state.document.metrics if ":" in name and name not in models
    ]
    if unnamed:
        raise SettingsError(
            f"the state holds {', '.join(unnamed)}, which `models` does not name",
            hint="name it in the settings, or with `--models`, "
            "if that code is yours: it is imported",
        )


def load_champion(store: Store, settings: Settings = DEFAULTS) -> Champion:
    """Load the model that predicts, after every check.

    The user's own candidates are imported as for `verify_state`.
    """
    state = load_state(store)
    _check_own_candidates(state, settings.models)
    check_libraries(state, settings)
    return load_instance(Champion, state.champion, BEST, settings.models)


class ScoredRows(NamedTuple):
    """How many rows were scored, and which columns of the training they lacked.

    What is lacking counts as missing.
    """

    rows: int
    missing_columns: list[str]


def predict_rows(
    store: Store, reader: Reader, output: Path, settings: Settings = DEFAULTS
) -> ScoredRows:
    """Score every row of a source with the champion into a CSV file, in bounded memory.

    The columns are `prediction` and, for classes, one share a class. Raises
    SourceSchemaError for rows without a single column of the training, or with one of
    another type.
    """
    model = load_champion(store, settings)
    schema = model.encoder.schema
    known = schema.names
    rows, present = 0, set[str]()
    with _open_replacement(output) as sink:
        sink.write(make_empty_predictions(model).to_csv(index=False))
        while True:
            chunk = reader.read(
                PREDICT_ROWS, schema.number_names, set(known).__contains__
            )
            if chunk is None:
                break
            if chunk.frame.columns.empty:
                raise SourceSchemaError(
                    "the rows to score have no column that the model was trained on",
                    hint=f"it was trained on {', '.join(known)}",
                )
            present.update(map(str, chunk.frame.columns))
            try:
                predictions = predict_frame(model, chunk.frame)
            except SourceSchemaError as error:
                raise SourceSchemaError(
                    error.message,
                    hint="mend the rows to score; a column may also be left out",
                ) from error
            predictions.to_csv(sink, index=False, header=False)
            rows += len(chunk.frame)
    missing = []
    if rows:
        missing = [name for name in known if name not in present]
    return ScoredRows(rows, missing)


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


def make_empty_predictions(model: Champion) -> pd.DataFrame:
    """Make a frame with the columns of predictions and no rows."""
    classes = _list_classes(model.encoder.schema)
    return pd.DataFrame(columns=["prediction", *(f"share_{name}" for name in classes)])


def predict_frame(model: Champion, frame: pd.DataFrame) -> pd.DataFrame:
    """Predict for a frame, in its row order."""
    schema = model.encoder.schema
    predicted = model.predict(convert_features(schema, frame))
    classes = _list_classes(schema)
    if not classes:
        return pd.DataFrame({"prediction": predicted[:, 0]})
    best = [classes[index] for index in predicted.argmax(axis=1)]
    columns: dict[str, Any] = {"prediction": best}
    for index, name in enumerate(classes):
        columns[f"share_{name}"] = predicted[:, index]
    return pd.DataFrame(columns)


def _list_classes(schema: Schema) -> list[str]:
    """List what the shares are of; empty for amounts."""
    if schema.task == REGRESSION:
        return []
    if len(schema.classes) > 1:
        return schema.classes
    # A model of one class says how sure it is that others come.
    return [*schema.classes, "other"]
