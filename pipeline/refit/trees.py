"""A candidate that is grown anew on kept rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..features.encoder import POSITIONS
from ..features.views import CATEGORY, NUMBER_CODE
from ..tasks import (
    BINARY,
    MULTICLASS,
    REGRESSION,
    align_classes,
    compute_log_probabilities,
    compute_losses,
)
from .growing import Growth, count_outputs, grow_forest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .forest import Forest
    from .rows import KeptRows

    Array = NDArray[np.float64]
    Matrix = NDArray[np.floating]

# Of the newest rows alone, for streams that drift.
WINDOW_ROWS = 4000
# It is grown again once so large a share of its rows is new: what that costs a row is
# bounded, however small the batches are.
NEW_SHARE = 0.04
# A window that holds nearly all rows would only do the same work twice.
LEAST_WINDOW_SHARE = 1.25
MOST_ROUNDS, LEAST_ROUNDS, LEAST_REFIT_ROWS = 120, 40, 200
# Rows, columns, rounds and outputs multiplied that take about a second on a runner of
# GitHub's. Work is counted, not time: a model must not depend on how busy a machine is.
WORK_A_SECOND = 6e7
# What a tree costs beside its rows and columns, in the same unit.
WORK_A_TREE = 10_000
# Shares of the rounds after which it is scored: the one that did best lately predicts.
STAGES = (0.1, 0.2, 0.4, 0.7, 1.0)
KEEP = 0.9
# One row that is far off says no more than this of classes.
MOST_LOSS = 20.0
# Rows that a category's mean counts for, of all rows, where categories are put in order.
PRIOR_ROWS = 10.0


class RefitTrees:
    """Boosted trees on kept rows: all of them, or the newest `window`.

    It is judged after each stage of its growth by rows it was not grown on, and
    predicts with the stage that did best: no rows have to be held back for that.
    """

    view = "refit"
    refits = True

    def __init__(self, task: str, seed: int, window: int = 0) -> None:
        self.task = task
        self.seed = seed
        self.window = window
        self.new_rows = 0
        self.classes: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self.forest: Forest | None = None
        self.columns: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self.ranks: Array = np.zeros((0, POSITIONS + 1))
        self.stage_losses: Array = np.zeros(len(STAGES))
        self.rows = 0

    def partial_fit(
        self, matrix: Array, target: Array, classes: int, scores: Array | None
    ) -> None:
        """Judge the stages by a batch; `refit` is what trains."""
        self.new_rows += len(target)
        if self.forest is None or scores is None:
            return
        losses = []
        for stage in self._predict_stages(matrix):
            aligned = align_classes(stage, max(classes, stage.shape[1]))
            if self.task == REGRESSION:
                aligned = stage
            loss = compute_losses(self.task, aligned, target)
            losses.append(float(np.minimum(loss, MOST_LOSS).sum()))
        self.stage_losses = KEEP * self.stage_losses + np.array(losses)

    @property
    def is_fitted(self) -> bool:
        """Whether it was trained: one with a window waits for more rows than that."""
        return bool(self.rows)

    def wants(self, kept: KeptRows) -> bool:
        """Whether enough rows are new."""
        rows = len(kept)
        if self.window:
            if rows < self.window * LEAST_WINDOW_SHARE:
                return False
            rows = self.window
        return self.forest is None or self.new_rows >= NEW_SHARE * rows

    def refit(self, kept: KeptRows, seconds: float) -> None:
        """Grow a new forest in about `seconds` of work."""
        self.new_rows = 0
        matrix, target = self._select_rows(kept, len(kept))
        outputs = 1
        if self.task != REGRESSION:
            outputs = count_outputs(self.task, len(np.unique(target)))
        trees = seconds * WORK_A_SECOND / (matrix.size + WORK_A_TREE)
        rounds = min(MOST_ROUNDS, int(trees / outputs))
        if rounds < LEAST_ROUNDS:
            rounds = LEAST_ROUNDS
            values = seconds * WORK_A_SECOND / (rounds * outputs) - WORK_A_TREE
            most = max(LEAST_REFIT_ROWS, int(values / matrix.shape[1]))
            matrix, target = self._select_rows(kept, most)
        self._grow(matrix, target, kept.kinds, rounds)

    def _select_rows(self, kept: KeptRows, most: int) -> tuple[Matrix, Array]:
        if self.window:
            return kept.select_newest(min(self.window, most))
        return kept.select(most)

    def _grow(
        self, matrix: Matrix, target: Array, kinds: NDArray[np.int8], rounds: int
    ) -> None:
        self.rows = len(target)
        self.columns = np.flatnonzero(kinds != NUMBER_CODE)
        is_category = kinds[self.columns] == CATEGORY
        matrix = matrix[:, self.columns]
        self.ranks = rank_categories(matrix, target, is_category, self.task)
        self.forest = None
        self.classes = np.zeros(0, dtype=np.int64)
        labels = target
        if self.task != REGRESSION:
            self.classes = np.unique(target).astype(np.int64)
            labels = np.searchsorted(self.classes, target).astype(np.float64)
            if len(self.classes) == 1:
                return
        growth = Growth(self.task, len(self.classes), rounds, self.seed)
        self.forest = grow_forest(growth, self._reorder(matrix), labels)

    def decision_scores(self, matrix: Array) -> Array:
        """Scores of the stage that did best lately."""
        if self.forest is None:
            return self._score_one_class(len(matrix))
        best = len(STAGES) - 1
        if self.stage_losses.any():
            best = int(self.stage_losses.argmin())
        return self._predict_stages(matrix)[best]

    def _predict_stages(self, matrix: Array) -> list[Array]:
        forest: Any = self.forest
        stages = [max(1, round(share * forest.rounds)) for share in STAGES]
        raw = forest.predict_stages(self._reorder(matrix[:, self.columns]), stages)
        return list(map(self._convert_scores, raw))

    def _convert_scores(self, raw: Array) -> Array:
        """Raw scores by the classes of all, those that never came among its rows last."""
        if self.task == REGRESSION:
            return raw
        if self.task == BINARY:
            return raw
        if raw.shape[1] == 1:
            raw = np.column_stack([-raw[:, 0] / 2, raw[:, 0] / 2])
        shares = compute_log_probabilities(raw)
        absent = np.log(0.5 / (self.rows + 1))
        scores = np.full((len(raw), int(self.classes.max()) + 1), absent)
        scores[:, self.classes] = shares
        return scores

    def _score_one_class(self, rows: int) -> Array:
        """Sure of the one class that came, as far as so many rows can tell."""
        odds = np.log(2.0 * self.rows + 1)
        if self.task == REGRESSION or not len(self.classes):
            return np.zeros((rows, 1))
        only = int(self.classes[0])
        if self.task == BINARY:
            return np.full((rows, 1), odds if only else -odds)
        scores = np.full((rows, only + 1), -odds)
        scores[:, only] = 0.0
        return scores

    def _reorder(self, matrix: Matrix) -> Array:
        """Codes of categories in the order of their targets; numbers as they are."""
        reordered = np.array(matrix, dtype=np.float64)
        for column, ranks in enumerate(self.ranks):
            if np.isnan(ranks[0]):
                continue
            reordered[:, column] = ranks[find_codes(reordered[:, column])]
        return reordered


def rank_categories(
    matrix: Matrix, target: Array, is_category: NDArray[np.bool_], task: str
) -> Array:
    """For each column and code (-1 first) the mean target; NaN where it stays as it is.

    Trees cut an ordered column in two. Put in the order of their targets, the best cut
    of a set of categories is one such (Breiman et al. 1984, section 4.2). More than two
    classes have no order.
    """
    ranks = np.full((matrix.shape[1], POSITIONS + 1), np.nan)
    if task == MULTICLASS:
        return ranks
    overall = float(target.mean())
    # Different categories stay different where their means are one.
    apart = 1e-9 * np.arange(POSITIONS + 1)
    for column in np.flatnonzero(is_category):
        codes = find_codes(matrix[:, column])
        counts = np.bincount(codes, minlength=POSITIONS + 1)
        sums = np.bincount(codes, target, minlength=POSITIONS + 1)
        means = (sums + PRIOR_ROWS * overall) / (counts + PRIOR_ROWS)
        ranks[column] = means + apart
    return ranks


def find_codes(column: Matrix) -> NDArray[np.int64]:
    """The places of codes, from 0 for a value without one, of shape (rows,)."""
    codes = np.clip(np.nan_to_num(column, nan=-1.0), -1, POSITIONS - 1)
    return codes.astype(np.int64) + 1
