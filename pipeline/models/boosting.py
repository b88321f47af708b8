"""Gradient boosting that goes on, where LightGBM is installed."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import MissingLibraryError
from ..tasks import BINARY, REGRESSION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

TASKS = (BINARY, REGRESSION)


class Boosting:
    """Gradient boosting that goes on: each batch adds trees on what the trees so far leave over.

    Only the newest CHUNKS lots are kept, so that the cost of a batch does not grow with
    the stream. Trees are kept as LightGBM's text, which is data: reading it back runs
    no code of the file's.
    """

    view = "tree"
    CHUNKS, ROUNDS = 30, 10

    def __init__(self, task: str, seed: int) -> None:
        """Raises MissingLibraryError where LightGBM is not there."""
        _lightgbm()
        self.task = task
        self.seed = seed
        self.start = 0.0
        self.chunks: list[str] = []
        self.width = 0
        self._boosters: dict[str, Any] = {}

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_boosters": {}}

    def learn(
        self, matrix: Any, target: Array, classes: int, raw: Array | None
    ) -> None:  # noqa: ANN401, ARG002
        """Take one batch."""
        lightgbm = _lightgbm()
        if raw is None:
            mean = float(target.mean())
            share = min(max(mean, 1e-3), 1 - 1e-3)
            self.start = (
                mean if self.task == REGRESSION else float(np.log(share / (1 - share)))
            )
            raw, self.width = np.full((len(target), 1), self.start), matrix.shape[1]
        options = {
            "objective": "regression" if self.task == REGRESSION else "binary",
            "learning_rate": 0.03,
            "num_leaves": 15,
            "min_data_in_leaf": max(2, min(100, len(target) // 20)),
            "boost_from_average": False,
            "deterministic": True,
            # Left alone it takes whichever way of adding up a first try finds faster,
            # which is not the same every day.
            "force_col_wise": True,
            "num_threads": 1,
            "seed": self.seed,
            "verbose": -1,
        }
        data = lightgbm.Dataset(
            matrix[:, : self.width], target, init_score=raw[:, 0], params=options
        )
        trees = lightgbm.train(options, data, self.ROUNDS).model_to_string()
        self.chunks = [*self.chunks[-self.CHUNKS + 1 :], trees]

    def raw(self, matrix: Any) -> Array:  # noqa: ANN401
        """Log-odds or values; columns that joined later are not looked at."""
        lightgbm = _lightgbm()
        self._boosters = {
            text: self._boosters.get(text) or lightgbm.Booster(model_str=text)
            for text in self.chunks
        }
        total = np.full(len(matrix), self.start)
        for booster in self._boosters.values():
            total += booster.predict(
                matrix[:, : self.width], raw_score=True, num_threads=1
            )
        return total.reshape(-1, 1)


def installed() -> bool:
    """Whether LightGBM is there; it is not imported to know."""
    return importlib.util.find_spec("lightgbm") is not None


def _lightgbm() -> Any:  # noqa: ANN401  # without types
    try:
        return importlib.import_module("lightgbm")
    except ImportError as error:
        raise MissingLibraryError(
            "boosting needs LightGBM",
            hint="pip install lightgbm; or leave it out of `models`, which a state takes up after "
            "`python -m pipeline reset`",
        ) from error
