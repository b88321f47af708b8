"""What can be asked of a state: status, verify, history, predict."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from ..atomic import PART
from ..errors import SettingsError, SourceSchemaError, StateLibrariesError
from ..reporting.summary import format_candidate, format_metric, format_number
from ..settings import Settings
from ..state.compatibility import check_versions
from ..state.document import BEST
from ..state.store import Store
from ..state.verification import KEY_VARIABLE, State, describe_missing_state

if TYPE_CHECKING:
    import pandas as pd

    from ..features.schema import Schema
    from ..models.population import Champion
    from ..sources.protocol import Reader

PREDICT_ROWS = 50_000
DEFAULTS = Settings()
BASELINE, CHAMPION = "baseline", "champion"
HEADLINES = ("auc", "accuracy", "rmse")

Facts = dict[str, Any]
"""`status --json`, whose keys are read by programs of others."""


def load_state(store: Store) -> State:
    """Load the state. Raises StateFormatError where there is none."""
    state = store.load()
    if state is None:
        raise describe_missing_state(store.runtime)
    return state


def describe_state(store: Store) -> Facts:
    """Describe the state, for people and for --json.

    Every file is checked, none is unpickled.
    """
    state = load_state(store)
    document = state.document
    previous_id = None
    if document.previous is not None:
        previous_id = document.previous.state_id
    metric = document.metric
    return {
        "state_id": document.state_id,
        "parent_state_id": document.parent_state_id,
        "previous_state_id": previous_id,
        "signed": state.is_signed,
        "signature_checked": state.is_signed and store.signs,
        "source": document.source.name,
        "files_learnt": len(document.source.cursor.files),
        "target": document.target,
        "task": document.task,
        **document.counters.to_json(),
        "champion": document.champion,
        "metric": None if metric is None else metric.to_json(),
        "figures": document.metrics,
        "libraries": document.libraries,
        "bytes": sum(record.size for record in document.files.values()),
    }


def verify_state(store: Store, settings: Settings = DEFAULTS) -> list[str]:
    """Check everything that loading checks, and unpickle the files by the list of classes.

    Returns a line for each check that passed. The user's own candidates are imported
    where the settings name them, those that only the state names are not.
    """
    # Brings scikit-learn.
    from ..models.population import Champion, Population  # noqa: PLC0415
    from ..state.pickles import load_instance  # noqa: PLC0415

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
        # Brings scipy.
        from ..state.prediction_check import try_state  # noqa: PLC0415

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
    # Brings scikit-learn.
    from ..models.population import Champion  # noqa: PLC0415
    from ..state.pickles import load_instance  # noqa: PLC0415

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
    import pandas as pd  # noqa: PLC0415  # not needed for the other commands

    classes = _list_classes(model.encoder.schema)
    return pd.DataFrame(columns=["prediction", *(f"share_{name}" for name in classes)])


def predict_frame(model: Champion, frame: pd.DataFrame) -> pd.DataFrame:
    """Predict for a frame, in its row order."""
    import pandas as pd  # noqa: PLC0415  # not needed for the other commands

    from ..features.schema import convert_features  # noqa: PLC0415

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
    from ..tasks import REGRESSION  # noqa: PLC0415  # brings numpy

    if schema.task == REGRESSION:
        return []
    if len(schema.classes) > 1:
        return schema.classes
    # A model of one class says how sure it is that others come.
    return [*schema.classes, "other"]


def format_facts(facts: Facts) -> str:
    """Format facts for people.

    One a line, the libraries in one, the metrics as a table with the best first.
    """
    shown = dict(facts)
    del shown["figures"], shown["libraries"]
    shown["files_read"] = shown.pop("files_learnt")
    shown["champion"] = format_candidate(facts["champion"])
    shown["metric"] = format_metric(facts["metric"])
    lines = []
    for name, value in shown.items():
        lines.append(f"{name.replace('_', ' ')}: {'-' if value is None else value}")
    versions = [f"{name} {version}" for name, version in facts["libraries"].items()]
    lines.append(f"libraries: {', '.join(versions)}")
    return "\n".join([*lines, "metrics:", *_format_metrics(facts)])


def _format_metrics(facts: Facts) -> list[str]:
    metrics = {name: row for name, row in facts["figures"].items() if name != CHAMPION}
    labels: dict[str, str] = {}
    for name in metrics:
        labels[name] = format_candidate(name)
        if name == facts["champion"]:
            labels[name] += " *"
    headline = _find_headline(metrics)
    width = max(map(len, labels.values())) + 2
    lines = [f"  {'':{width}}{headline:>11}{'loss':>11}"]
    for name in sorted(metrics, key=lambda name: _rank_loss(metrics[name]["loss"])):
        numbers = ""
        for value in (metrics[name].get(headline), metrics[name]["loss"]):
            number = "-" if value is None else format_number(value)
            numbers += f"{number:>11}"
        lines.append(f"  {labels[name]:{width}}{numbers}")
    return [*lines, "  * the champion"]


def _find_headline(metrics: Mapping[str, Mapping[str, float | None]]) -> str:
    for row in metrics.values():
        for name in HEADLINES:
            if name in row:
                return name
    return HEADLINES[0]


def _rank_loss(loss: float | None) -> tuple[bool, float]:
    """Rank what was not scored last."""
    return loss is None, loss or 0.0
