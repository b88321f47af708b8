"""Everything that is trained, as one value.

It is what `population-*.pkl` and `best_model.pkl` hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from ..features.encoder import Encoder
from ..features.views import EncodedBatch
from ..tasks import (
    BINARY,
    MULTICLASS,
    REGRESSION,
    align_classes,
    compute_log_probabilities,
)
from .candidates import create_candidates
from .drift import Drift, DriftMonitor
from .ensemble import AverageEnsemble, Ensemble, OnlineStacking
from .linear import LinearModel
from .metrics import PrequentialMetrics, score_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from ..features.columns import ColumnValues
    from ..features.schema import Schema, Table
    from .estimators import Candidate, Matrix

    Array = NDArray[np.float64]
    Job = tuple[Candidate, Matrix, Array, int, bool]
    JobResult = tuple[Candidate, Array | None]
    Step = Callable[[Candidate, Matrix, Array, int, bool], JobResult]
    Engine = Callable[[Step, Sequence[Job]], list[JobResult]]

T = TypeVar("T")

BASELINE, CHAMPION = "baseline", "champion"
# A challenger takes over when its recent loss is lower than the champion's by this
# share.
#
# Without it the champion of 27 candidates switched ten times on the flights stream.
MARGIN = 0.0025
# The views that hold target rates.
RATE_VIEWS = frozenset({"wide", "dense"})
# Rows that the base rate adds to each class (Krichevsky and Trofimov 1981).
SMOOTHING = 0.5


class Champion:
    """The model that predicts.

    It holds what turns columns into a score, and nothing of its rivals. `scale` is mean
    and standard deviation of the target.
    """

    def __init__(
        self,
        name: str,
        encoder: Encoder,
        members: dict[str, Candidate],
        ensemble: Ensemble | None,
        scale: tuple[float, float],
    ) -> None:
        self.name = name
        self.encoder = encoder
        self.members = members
        self.ensemble = ensemble
        self.scale = scale

    def predict(self, columns: Mapping[str, ColumnValues]) -> Array:
        """Probabilities of shape (rows, classes), or values of shape (rows, 1)."""
        batch = EncodedBatch(self.encoder, columns)
        member_scores = {}
        for name, member in self.members.items():
            matrix = batch.get_matrix(member.view)
            member_scores[name] = member.decision_scores(matrix)
        if self.ensemble is None:
            scores = member_scores[self.name]
        else:
            scores = self.ensemble.decision_scores(member_scores)
        schema = self.encoder.schema
        if schema.task == REGRESSION:
            mean, deviation = self.scale
            return np.asarray(scores * deviation + mean)
        if schema.task == BINARY:
            share = 1 / (1 + np.exp(-scores[:, 0]))
            return np.column_stack([1 - share, share])
        scores = align_classes(scores, len(schema.classes))
        return np.exp(compute_log_probabilities(scores))


class Population:
    """Candidates and ensembles, the encoder they share and the metrics that judge them."""

    def __init__(self, schema: Schema, names: Sequence[str], seed: int) -> None:
        self.schema = schema
        self.encoder = Encoder(schema)
        self.names = tuple(names)
        self.seed = seed
        self.rows = 0
        self.target_sums = np.zeros(0)
        self.scale = (0.0, 1.0)
        self.drift_monitor = DriftMonitor()
        self._create_models()

    def _create_models(self) -> None:
        """Start every candidate and metric of the task at hand."""
        task = self.schema.task
        self.encoder.target_encoder.as_log_odds = task != REGRESSION
        self.candidates = create_candidates(self.names, task, self.seed)
        self.ensembles: dict[str, Ensemble] = {}
        if len(self.candidates) > 1:
            self.ensembles["mean"] = AverageEnsemble()
            self.ensembles["weighted"] = OnlineStacking(task)
        self.metrics: dict[str, PrequentialMetrics] = {}
        for name in (*self.candidates, *self.ensembles, BASELINE, CHAMPION):
            self.metrics[name] = PrequentialMetrics(task)
        self.best = "mean" if self.ensembles else next(iter(self.candidates))
        self.switches = 0
        self.is_trained = False

    def score_and_train(self, table: Table, engine: Engine) -> list[Drift]:
        """Score a batch with everything as it was, then train on it; what drifted."""
        target = self._standardize_target(table.target)
        is_first = not self.rows
        self.encoder.add_new_columns(table.columns)
        batch = EncodedBatch(self.encoder, table.columns)
        scores = self._train_candidates(batch, target, engine)
        drifts: list[Drift] = []
        if scores:
            drifts = self._judge(scores, batch, target)
        rate_target = None
        if self.schema.task != MULTICLASS and self.uses_target_rates():
            rate_target = target
        self.encoder.partial_fit(table.columns, batch, rate_target, is_first=is_first)
        self._count_target(target)
        return drifts

    def _train_candidates(
        self, batch: EncodedBatch, target: Array, engine: Engine
    ) -> dict[str, Array]:
        """The scores from before training, by name; none for the first batch."""
        classes = len(self.schema.classes)
        jobs: list[Job] = []
        for candidate in self.candidates.values():
            matrix = batch.get_matrix(candidate.view)
            jobs.append((candidate, matrix, target, classes, self.is_trained))
        results = engine(score_then_fit, jobs)
        trained: dict[str, Candidate] = {}
        scores: dict[str, Array] = {}
        for name, (candidate, score) in zip(self.candidates, results, strict=True):
            trained[name] = candidate
            if score is not None:
                scores[name] = score
        self.candidates = trained
        return scores

    def create_champion(self) -> Champion:
        """The model to predict with."""
        ensemble = self.ensembles.get(self.best)
        if ensemble is None:
            members = {self.best: self.candidates[self.best]}
        else:
            members = self._select_members(self.candidates)
        return Champion(self.best, self.encoder, members, ensemble, self.scale)

    def uses_target_rates(self) -> bool:
        """Whether any candidate looks at target rates; else none are counted."""
        return any(one.view in RATE_VIEWS for one in self.candidates.values())

    def switch_to_multiclass(self) -> bool:
        """Where two classes have become more, go over to many; whether that was so.

        All models start again, except the linear one, which can grow.
        """
        if self.schema.task != BINARY or not self.schema.has_many_classes:
            return False
        linear = self.candidates.get("linear")
        self.schema.task = MULTICLASS
        self._create_models()
        if isinstance(linear, LinearModel):
            linear.task = MULTICLASS
            self.candidates["linear"] = linear
        return True

    def _judge(
        self, scores: dict[str, Array], batch: EncodedBatch, target: Array
    ) -> list[Drift]:
        task = self.schema.task
        classes = len(self.schema.classes)
        baseline = self._score_baseline(len(target))
        if task == MULTICLASS:
            baseline = align_classes(baseline, classes)
            for name, score in scores.items():
                scores[name] = align_classes(score, classes)
        members = self._select_members(scores)
        rivals = dict(scores)
        for name, ensemble in self.ensembles.items():
            rivals[name] = ensemble.decision_scores(members)
        rivals[BASELINE] = baseline
        results = {
            name: score_batch(task, score, target) for name, score in rivals.items()
        }
        results[CHAMPION] = results[self.best]
        for name, result in results.items():
            self.metrics[name].add(result)
        for ensemble in self.ensembles.values():
            ensemble.partial_fit(members, target)
        self._choose_champion()
        champion_loss = results[CHAMPION].loss / len(target)
        return self.drift_monitor.check_batch(
            batch, self.encoder, target, champion_loss, task
        )

    def _select_members(self, values: dict[str, T]) -> dict[str, T]:
        """What belongs to the candidates that an ensemble is made of.

        Those that lately gained on the baseline at least half of what the best one did;
        others drag an ensemble down.
        """
        if not self.metrics[BASELINE].rows:
            return values
        baseline = self.metrics[BASELINE].recent
        best = min(self.metrics[name].recent for name in values)
        bound = (baseline + best) / 2
        members = {
            name: value
            for name, value in values.items()
            if self.metrics[name].recent <= bound
        }
        # None is left where all are worse than the baseline.
        return members or values

    def _choose_champion(self) -> None:
        rivals = (*self.candidates, *self.ensembles)
        challenger = min(rivals, key=lambda name: self.metrics[name].recent)
        champion_loss = self.metrics[self.best].recent
        if self.metrics[challenger].recent < champion_loss * (1 - MARGIN):
            self.best = challenger
            self.switches += 1

    def _score_baseline(self, rows: int) -> Array:
        """The scores of who knows only how often each class came, or the mean so far."""
        task = self.schema.task
        sums = self.target_sums
        if task == REGRESSION:
            return np.full((rows, 1), sums[0] / max(self.rows, 1))
        shares = (sums + SMOOTHING) / (sums.sum() + SMOOTHING * len(sums))
        if task == BINARY:
            return np.full((rows, 1), np.log(shares[1] / shares[0]))
        return np.tile(np.log(shares), (rows, 1))

    def _standardize_target(self, target: Array) -> Array:
        if self.schema.task != REGRESSION:
            return target
        if not self.rows:
            # Fixed by the first batch: a scale that moved would move the target under
            # the models.
            self.scale = (float(target.mean()), float(target.std()) or 1.0)
            for metrics in self.metrics.values():
                metrics.unit = self.scale[1]
        return (target - self.scale[0]) / self.scale[1]

    def _count_target(self, target: Array) -> None:
        self.rows += len(target)
        self.is_trained = True
        if self.schema.task == REGRESSION:
            before = self.target_sums if len(self.target_sums) else np.zeros(1)
            self.target_sums = before + target.sum()
            return
        classes = max(2, len(self.schema.classes))
        counts = np.bincount(target.astype(np.int64), minlength=classes)
        before = np.pad(self.target_sums, (0, classes - len(self.target_sums)))
        self.target_sums = before + counts.astype(np.float64)


def score_then_fit(
    candidate: Candidate, matrix: Matrix, target: Array, classes: int, score: bool
) -> tuple[Candidate, Array | None]:
    """Score a batch, then train on it: a unit of work, which may be done elsewhere."""
    scores = candidate.decision_scores(matrix) if score else None
    candidate.partial_fit(matrix, target, classes, scores)
    return candidate, scores
