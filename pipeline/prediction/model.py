"""A stored model with the methods of scikit-learn's estimators, for notebooks."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import SettingsError, SourceSchemaError
from ..settings import load
from ..state.store import Store
from ..state.verification import KEY_VARIABLE, get_origin, get_signing_key
from ..tasks import REGRESSION
from .loading import load_champion
from .scoring import list_classes, predict_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from ..choice.champion import Champion

RUNTIME = "runtime"
PARTS = ("model", "data")


class Model:
    """The champion of a state.

    `classes_` are the names of the classes, of shape (classes,), empty for amounts;
    `feature_names_in_` the columns it was trained on; `task` is binary, multiclass or
    regression, `target` the column it predicts.
    """

    def __init__(self, champion: Champion) -> None:
        schema = champion.encoder.schema
        self._champion = champion
        self.task = schema.task
        self.target = schema.target
        self.classes_: NDArray[Any] = np.array(list_classes(schema), dtype=object)
        self.feature_names_in_: NDArray[Any] = np.array(schema.names, dtype=object)

    def __repr__(self) -> str:
        return (
            f"<{self.task} model of {self.target!r}: {self._champion.name}, "
            f"{len(self.feature_names_in_)} columns>"
        )

    def predict(self, frame: pd.DataFrame) -> NDArray[Any]:
        """Class names, or amounts, of shape (rows,). Raises SourceSchemaError."""
        return self._score(frame)["prediction"].to_numpy()

    def predict_proba(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Shares of shape (rows, classes), in the order of `classes_`.

        Raises AttributeError for amounts, as scikit-learn's regressors do.
        """
        if self.task == REGRESSION:
            raise AttributeError("a model of amounts has no predict_proba")
        shares = self._score(frame).iloc[:, 1:]
        return shares.to_numpy(dtype=np.float64)

    def _score(self, frame: pd.DataFrame) -> pd.DataFrame:
        names = list(self.feature_names_in_)
        lacking = [name for name in names if name not in frame.columns]
        if len(lacking) == len(names):
            raise SourceSchemaError(
                "the rows have no column that the model was trained on",
                hint=f"it was trained on {', '.join(names)}",
            )
        if lacking:
            warnings.warn(
                f"the rows lack {', '.join(lacking)}, which counts as missing",
                stacklevel=3,
            )
        return predict_frame(self._champion, frame)


def load_model(path: str | Path = ".", models: Sequence[str] = ()) -> Model:
    """Load the model of a state, checked as `predict` checks it.

    `path` is the folder with `runtime/`, that folder itself, or `best_model.pkl` in it;
    `models` names your own candidates, as the settings do. Raises PipelineError.
    """
    runtime = _find_runtime(Path(path))
    flags = {}
    if models:
        flags["models"] = ",".join(models)
    settings = load(runtime.parent, _drop_settings(os.environ), flags)
    store = Store(runtime, get_signing_key(os.environ), origin=get_origin(os.environ))
    champion = load_champion(store, settings)
    if store.skipped_signature:
        warnings.warn(
            f"{store.document_path} is signed; not checked, as {KEY_VARIABLE} is not set",
            stacklevel=3,
        )
    return Model(champion)


def _find_runtime(path: Path) -> Path:
    """The folder that holds `model` and `data`. Raises SettingsError."""
    candidates = [path / RUNTIME, path]
    if path.is_file():
        candidates = [path.parent.parent]
    for candidate in candidates:
        if all((candidate / part).is_dir() for part in PARTS):
            return candidate
    raise SettingsError(
        f"{path} holds no state",
        hint="name the folder with runtime/, or one with the folders model and data, "
        "as the artifacts model-state and data-state are unpacked",
    )


def _drop_settings(environment: os._Environ[str]) -> dict[str, str]:
    """The environment without settings of a training, which do not concern a notebook."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith("PIPELINE_")
    }
