"""What can be asked of a state: status, verify, history, reset, sign, predict."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from pipeline import libraries
from pipeline.atomic import PART
from pipeline.errors import SettingsError, StateFormatError, StateTamperedError
from pipeline.store import State, Store

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.population import Champion
    from pipeline.sources.tables import Reader

PREDICT_ROWS = 50_000


def loaded(store: Store) -> State:
    """The state. Raises StateFormatError where there is none."""
    state = store.load()
    if state is None:
        raise StateFormatError(f"there is no state in {store.runtime}", hint="`python -m pipeline update` makes one")
    return state


def status(store: Store) -> dict[str, Any]:
    """What the state is, for people and for --json; every file is checked, none is unpickled."""
    document = loaded(store).document
    places = document["source"]["cursor"]["files"]
    return {
        "state_id": document["state_id"],
        "parent_state_id": document["parent_state_id"],
        "signed": "signature" in document,
        "source": document["source"]["name"],
        "files_learnt": len(places),
        "target": document["target"],
        "task": document["task"],
        **document["counters"],
        "champion": document["champion"],
        "metric": document["metric"],
        "figures": document["figures"],
        "libraries": document["libraries"],
        "bytes": sum(entry["bytes"] for entry in document["files"].values()),
    }


def verify(store: Store, models: Sequence[str] = ()) -> list[str]:
    """Check everything that loading checks, and unpickle both files by the list; a line for each check that held.

    `models` are the candidates by the settings: the user's own among them are imported, those the state names are not.
    """
    from pipeline import persist  # noqa: PLC0415  # brings scikit-learn
    from pipeline.population import Champion, Population  # noqa: PLC0415

    state = loaded(store)
    held = [f"sha256 of {name}: {entry['sha256'][:16]}" for name, entry in sorted(state.document["files"].items())]
    held.append("signature: " + ("made with the key" if store.signs else "not checked, no key is set"))
    libraries.check(state.document["libraries"])
    held.append("libraries: as recorded")
    _check_own(state, models)
    for name, content, kind in (
        (state.document["population"], state.population, Population),
        ("best_model.pkl", state.champion, Champion),
    ):
        if not isinstance(persist.loads(content, name, models), kind):
            raise StateTamperedError(f"{name} holds no {kind.__name__}")
        held.append(f"{name}: only classes that are listed")
    return held


def _check_own(state: State, models: Sequence[str]) -> None:
    """Raises SettingsError where the state holds candidates of the user's own that the settings do not name.

    The state's word alone imports nothing: whoever can write a state could name any module.
    """
    strange = [name for name in state.document["figures"] if ":" in name and name not in models]
    if strange:
        raise SettingsError(
            f"the state holds {', '.join(strange)}, which `models` does not name",
            hint="name it in the settings, or with `--models`, if that code is yours: it is imported",
        )


def champion(store: Store, models: Sequence[str] = ()) -> Champion:
    """The model that predicts, after every check; `models` as for `verify`."""
    from pipeline import persist  # noqa: PLC0415  # brings scikit-learn
    from pipeline.population import Champion  # noqa: PLC0415

    state = loaded(store)
    libraries.check(state.document["libraries"])
    _check_own(state, models)
    model = persist.loads(state.champion, "best_model.pkl", models)
    if not isinstance(model, Champion):
        raise StateTamperedError("best_model.pkl holds no Champion")
    return model


def predict(store: Store, reader: Reader, output: Path, models: Sequence[str] = ()) -> int:
    """Score every row of a source with the champion into a CSV file, in bounded memory; how many rows.

    The columns are `prediction` and, for classes, one share a class.
    """
    model = champion(store, models)
    schema = model.encoder.schema
    rows = 0
    numbers = schema.numbers()
    known = set(schema.names())
    with _replacing(output) as sink:
        while (chunk := reader.read(PREDICT_ROWS, numbers, known.__contains__)) is not None:
            missing = known - set(map(str, chunk.frame.columns))
            if missing:
                raise SettingsError(f"the rows to score lack {', '.join(sorted(missing))}")
            scored(model, chunk.frame).to_csv(sink, index=False, header=rows == 0)
            rows += len(chunk.frame)
    return rows


@contextlib.contextmanager
def _replacing(output: Path) -> Iterator[TextIO]:
    """A file that takes its name when it is whole. Raises SettingsError where it cannot be written."""
    aside = output.with_name(output.name + PART)
    try:
        with aside.open("w", encoding="utf-8", newline="") as sink:
            yield sink
        aside.replace(output)
    except OSError as error:
        raise SettingsError(f"{output} cannot be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)


def scored(model: Champion, frame: pd.DataFrame) -> pd.DataFrame:
    """Predictions for a frame, in its row order."""
    import pandas as pd  # noqa: PLC0415  # not needed for the other commands

    from pipeline.schema import features  # noqa: PLC0415
    from pipeline.tasks import REGRESSION  # noqa: PLC0415

    schema = model.encoder.schema
    said = model.predict(features(schema, frame))
    if schema.task == REGRESSION:
        return pd.DataFrame({"prediction": said[:, 0]})
    classes = schema.classes if len(schema.classes) > 1 else [*schema.classes, "other"]
    best = [classes[index] for index in said.argmax(axis=1)]
    return pd.DataFrame({"prediction": best, **{f"share_{name}": said[:, at] for at, name in enumerate(classes)}})


def as_text(facts: dict[str, Any]) -> str:
    """Facts for people, one a line."""
    return "\n".join(
        f"{name.replace('_', ' ')}: {json.dumps(value) if isinstance(value, dict) else value}"
        for name, value in facts.items()
    )
