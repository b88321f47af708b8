"""What can be asked of a state: status, verify, history, predict."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from ..atomic import PART
from ..errors import (
    SettingsError,
    SourceSchemaError,
    StateLibrariesError,
    StateTamperedError,
)
from ..reporting.summary import format_number
from ..settings import Settings
from ..state import compatibility as libraries
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


def loaded(store: Store) -> State:
    """The state. Raises StateFormatError where there is none."""
    state = store.load()
    if state is None:
        raise describe_missing_state(store.runtime)
    return state


def status(store: Store) -> dict[str, Any]:
    """What the state is, for people and for --json; every file is checked, none is unpickled."""
    state = loaded(store)
    document = state.document
    previous = document.previous
    metric = document.metric
    return {
        "state_id": document.state_id,
        "parent_state_id": document.parent_state_id,
        "previous_state_id": None if previous is None else previous.state_id,
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


def verify(store: Store, settings: Settings = DEFAULTS) -> list[str]:
    """Check everything that loading checks, and unpickle the files by the list.

    A line for each check that held.

    The user's own candidates are imported where the settings name them, those that only
    the state names are not.
    """
    from ..models.population import Champion, Population  # noqa: PLC0415
    from ..state.pickles import load_pickle  # noqa: PLC0415  # brings scikit-learn

    state = loaded(store)
    lines = [
        f"sha256 of {name}: {record.sha256[:16]}"
        for name, record in sorted(state.document.files.items())
    ]
    lines.append("signature: " + signature(store, state))
    _check_own(state, settings.models)
    lines.append("libraries: " + check_libraries(state, settings))
    for name, content, kind in (
        (state.document.population, state.population, Population),
        (BEST, state.champion, Champion),
    ):
        if not isinstance(load_pickle(content, name, settings.models), kind):
            raise StateTamperedError(f"{name} holds no {kind.__name__}")
        lines.append(f"{name}: only classes that are listed")
    previous = store.load_previous(state.document)
    lines.append(
        "previous state: "
        + ("none kept" if previous is None else f"{previous.state_id}, whole")
    )
    return lines


def signature(store: Store, state: State) -> str:
    """What can be said of the signature of a state that was loaded."""
    if not state.is_signed:
        return "none"
    return (
        "made with the key"
        if store.signs
        else f"not checked, {KEY_VARIABLE} is not set"
    )


def check_libraries(state: State, settings: Settings = DEFAULTS) -> str:
    """What can be said of the libraries.

    Raises StateLibrariesError, after a try where the settings want one.
    """
    try:
        libraries.check_versions(state.document.libraries)
    except StateLibrariesError:
        if settings.on_library_change != "try":
            raise
        from ..state import prediction_check  # noqa: PLC0415  # brings pandas

        return "others than recorded; " + prediction_check.try_state(
            state, settings.models
        )
    return "as recorded"


def _check_own(state: State, models: Sequence[str]) -> None:
    """Raises SettingsError where the state holds candidates of the user's own that the settings do not name.

    The state's word alone imports nothing: whoever can write a state could name any
    module.
    """
    strange = [
        name for name in state.document.metrics if ":" in name and name not in models
    ]
    if strange:
        raise SettingsError(
            f"the state holds {', '.join(strange)}, which `models` does not name",
            hint="name it in the settings, or with `--models`, if that code is yours: it is imported",
        )


def champion(store: Store, settings: Settings = DEFAULTS) -> Champion:
    """The model that predicts, after every check; the user's own candidates as for `verify`."""
    from ..models.population import Champion  # noqa: PLC0415
    from ..state.pickles import load_pickle  # noqa: PLC0415  # brings scikit-learn

    state = loaded(store)
    _check_own(state, settings.models)
    check_libraries(state, settings)
    model = load_pickle(state.champion, BEST, settings.models)
    if not isinstance(model, Champion):
        raise StateTamperedError(f"{BEST} holds no Champion")
    return model


class Predicted(NamedTuple):
    """So many rows were scored, and which of the columns that were learnt they lacked.

    These count as missing.
    """

    rows: int
    lacked: list[str]


def predict(
    store: Store, reader: Reader, output: Path, settings: Settings = DEFAULTS
) -> Predicted:
    """Score every row of a source with the champion into a CSV file, in bounded memory.

    The columns are `prediction` and, for classes, one share a class. Raises
    SourceSchemaError for rows without a single column that was learnt, or with one of
    another type.
    """
    model = champion(store, settings)
    schema = model.encoder.schema
    rows, known, met = 0, schema.names, set[str]()
    with _replacing(output) as sink:
        sink.write(empty(model).to_csv(index=False))
        while (
            chunk := reader.read(
                PREDICT_ROWS, schema.number_names, set(known).__contains__
            )
        ) is not None:
            if chunk.frame.columns.empty:
                raise SourceSchemaError(
                    "the rows to score have no column that the model learnt",
                    hint=f"it learnt {', '.join(known)}",
                )
            met |= set(map(str, chunk.frame.columns))
            try:
                scored(model, chunk.frame).to_csv(sink, index=False, header=False)
            except SourceSchemaError as error:
                raise SourceSchemaError(
                    error.message,
                    hint="mend the rows to score; a column may also be left out",
                ) from error
            rows += len(chunk.frame)
    return Predicted(rows, [name for name in known if rows and name not in met])


@contextlib.contextmanager
def _replacing(output: Path) -> Iterator[TextIO]:
    """A file that takes its name when it is whole; a pipe, a device or a link stays what it is.

    Raises SettingsError where it cannot be written.
    """
    try:
        if output.exists() and not output.is_file():
            with output.open("w", encoding="utf-8", newline="") as sink:
                yield sink
            return
        place = output.resolve()
        aside = place.with_name(place.name + PART)
        try:
            with aside.open("w", encoding="utf-8", newline="") as sink:
                yield sink
            aside.replace(place)
        finally:
            with contextlib.suppress(OSError):
                aside.unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(
            f"{output} cannot be written: {error.strerror or error}"
        ) from error


def empty(model: Champion) -> pd.DataFrame:
    """No predictions: the columns alone."""
    import pandas as pd  # noqa: PLC0415  # not needed for the other commands

    classes = _classes(model.encoder.schema)
    return pd.DataFrame(columns=["prediction", *(f"share_{name}" for name in classes)])


def scored(model: Champion, frame: pd.DataFrame) -> pd.DataFrame:
    """Predictions for a frame, in its row order."""
    import pandas as pd  # noqa: PLC0415  # not needed for the other commands

    from ..features.schema import convert_features  # noqa: PLC0415

    schema = model.encoder.schema
    said = model.predict(convert_features(schema, frame))
    classes = _classes(schema)
    best = [classes[index] for index in said.argmax(axis=1)] if classes else said[:, 0]
    return pd.DataFrame(
        {
            "prediction": best,
            **{f"share_{name}": said[:, at] for at, name in enumerate(classes)},
        }
    )


def _classes(schema: Schema) -> list[str]:
    """What the shares are of; empty for amounts."""
    from ..tasks import REGRESSION  # noqa: PLC0415  # brings numpy

    if schema.task == REGRESSION:
        return []
    return schema.classes if len(schema.classes) > 1 else [*schema.classes, "other"]


def as_text(facts: dict[str, Any]) -> str:
    """Facts for people.

    One a line, the libraries in one, the figures as a table with the best first.
    """
    plain = {
        name: value
        for name, value in facts.items()
        if name not in {"figures", "libraries", "metric"}
    }
    lines = [
        f"{name.replace('_', ' ')}: {'-' if value is None else value}"
        for name, value in plain.items()
    ]
    metric = facts["metric"]
    lines.insert(
        -1,
        f"metric: {metric['name']} {format_number(metric['value'])}"
        if metric
        else "metric: not scored yet",
    )
    lines.append(
        "libraries: "
        + ", ".join(f"{name} {version}" for name, version in facts["libraries"].items())
    )
    return "\n".join([*lines, "figures:", *_table(facts)])


def _table(facts: dict[str, Any]) -> list[str]:
    figures = {
        name: scores for name, scores in facts["figures"].items() if name != CHAMPION
    }
    headline = next(
        (name for scores in figures.values() for name in HEADLINES if name in scores),
        HEADLINES[0],
    )
    width = max(len(name) for name in figures) + 4
    rows = [f"  {'':{width}}{headline:>11}{'loss':>11}"]
    for name, scores in sorted(
        figures.items(), key=lambda item: (item[1]["loss"] is None, item[1]["loss"])
    ):
        shown = (
            "base rate"
            if name == BASELINE
            else name + (" *" if name == facts["champion"] else "")
        )
        values = (scores.get(headline), scores["loss"])
        rows.append(
            f"  {shown:{width}}"
            + "".join(
                f"{'-' if each is None else format_number(each):>11}" for each in values
            )
        )
    return [*rows, "  * the champion"]
