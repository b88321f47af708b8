"""Gradient boosting that continues, where LightGBM is installed."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..errors import MissingLibraryError
from ..program import COMMAND
from ..tasks import REGRESSION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .estimators import Matrix

    Array = NDArray[np.float64]

LightGBM: TypeAlias = Any  # LightGBM has no types
TREES_A_BATCH = 10
# Trees of the newest so many batches are kept, 300 in all, so that the cost of a batch
# does not grow with the stream.
KEPT_CHUNKS = 30
# With TREES_A_BATCH and these, on the flights stream in batches of 10,000 rows: AUC
# .6904, log loss .5070; better than XGBoost, worse than a refit on everything seen.
LEARNING_RATE, LEAVES = 0.03, 15
# Smaller batches take larger steps, up to this: else ten trees a batch are far from
# where they lead when a small table is over.
LARGEST_RATE, RATE_ROWS = 0.1, 300
# A leaf has at least one row in LEAF_SHARE of its batch, within these bounds; else
# small batches give trees without a split.
LEAST_LEAF_ROWS, MOST_LEAF_ROWS, LEAF_SHARE = 2, 100, 20
# Against divergence at small batches: a leaf whose rows are all of one class would else
# get an endless log-odds. Values of leaves are drawn to 0 as by so many more rows, and
# none is made that weighs less than the floor (a sure row weighs next to nothing).
LEAF_PENALTY, LEAST_LEAF_WEIGHT = 10.0, 1.0
# A first batch of one class is taken to hold this much of the other: a start of
# infinite log-odds could never be corrected.
LEAST_SHARE = 1e-3
TREES_END = "end of trees\n"


class ContinuedBoosting:
    """Each batch adds trees on what the trees so far leave over.

    Trees are kept as LightGBM's text, which is data: reading it back runs no code of
    the file's.
    """

    view = "tree"

    def __init__(self, task: str, seed: int) -> None:
        """Raises MissingLibraryError where LightGBM is not installed."""
        _import_lightgbm()
        self.task = task
        self.seed = seed
        self.base_score = 0.0
        self.tree_chunks: list[str] = []
        self.feature_count = 0
        self._boosters: dict[str, Any] = {}

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_boosters": {}}

    def partial_fit(
        self, matrix: Matrix, target: Array, _classes: int, scores: Array | None
    ) -> None:
        """Grow trees on one batch.

        Those of the first batch start from its mean, and fix which columns are used.
        """
        lightgbm = _import_lightgbm()
        if scores is None:
            self.base_score = self._compute_base_score(target)
            self.feature_count = matrix.shape[1]
            scores = np.full((len(target), 1), self.base_score)
        options = self._make_options(len(target))
        batch = lightgbm.Dataset(
            matrix[:, : self.feature_count],
            target,
            init_score=scores[:, 0],
            params=options,
        )
        trees = lightgbm.train(options, batch, TREES_A_BATCH).model_to_string()
        self.tree_chunks = [*self.tree_chunks[-KEPT_CHUNKS + 1 :], trees]

    def decision_scores(self, matrix: Matrix) -> Array:
        """Log-odds or values; columns that joined later are not looked at."""
        self._load_boosters()
        total = np.full(len(matrix), self.base_score)
        known = matrix[:, : self.feature_count]
        for booster in self._boosters.values():
            total += booster.predict(known, raw_score=True, num_threads=1)
        return total.reshape(-1, 1)

    def _load_boosters(self) -> None:
        """Parse the trees that are not parsed yet, and drop those no longer kept."""
        lightgbm = _import_lightgbm()
        boosters = {}
        for text in self.tree_chunks:
            booster = self._boosters.get(text)
            boosters[text] = booster or lightgbm.Booster(model_str=get_trees(text))
        self._boosters = boosters

    def _compute_base_score(self, target: Array) -> float:
        mean = float(target.mean())
        if self.task == REGRESSION:
            return mean
        share = min(max(mean, LEAST_SHARE), 1 - LEAST_SHARE)
        return float(np.log(share / (1 - share)))

    def _make_options(self, rows: int) -> dict[str, Any]:
        leaf_rows = max(LEAST_LEAF_ROWS, min(MOST_LEAF_ROWS, rows // LEAF_SHARE))
        rate = min(LARGEST_RATE, max(LEARNING_RATE, RATE_ROWS / rows))
        return {
            "objective": "regression" if self.task == REGRESSION else "binary",
            "learning_rate": rate,
            "num_leaves": LEAVES,
            "min_data_in_leaf": leaf_rows,
            "lambda_l2": LEAF_PENALTY,
            "min_sum_hessian_in_leaf": LEAST_LEAF_WEIGHT,
            "boost_from_average": False,
            "deterministic": True,
            # Left alone, LightGBM takes the way of adding up that a first try finds
            # faster, which is not the same every day.
            "force_col_wise": True,
            "num_threads": 1,
            "seed": self.seed,
            "verbose": -1,
        }


def get_trees(text: str) -> str:
    """The part of LightGBM's text that is predicted with.

    What follows is how the trees were trained: parameters, which its parser would take
    from a text of somebody else too.
    """
    trees, end, _ = text.partition(TREES_END)
    return trees + end


def is_lightgbm_installed() -> bool:
    """Whether LightGBM can be imported; it is not imported to know."""
    return importlib.util.find_spec("lightgbm") is not None


def _import_lightgbm() -> LightGBM:
    try:
        return importlib.import_module("lightgbm")
    except ImportError as error:
        raise MissingLibraryError(
            "boosting needs LightGBM",
            hint="pip install lightgbm; or leave it out of `models`, which needs new "
            f"models: `{COMMAND} reset`",
        ) from error
