"""Everything that is trained, as one value.

It is what `population-*.pkl` and `best_model.pkl` hold.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from ..choice.baselines import (
    BASELINE,
    CHAMPION,
    ConstantModel,
    create_from_sums,
    create_recent,
    list_baselines,
    sum_targets,
)
from ..choice.champion import Champion
from ..choice.selection import choose_champion, select_members
from ..features.encoder import Encoder
from ..features.rare_labels import Labels, correct_first_task, set_labels_aside
from ..features.standard_scaler import cut_outliers
from ..features.target_outliers import clip_target
from ..features.views import VIEWS, EncodedBatch, list_refit_kinds
from ..refit.rows import KeptRows
from ..tasks import (
    BINARY,
    MULTICLASS,
    REGRESSION,
    align_classes,
    limit_scores,
)
from .candidates import AUTO, REFIT_NAMES, create_candidates
from .drift import Drift, DriftMonitor
from .ensemble import AverageEnsemble, Ensemble, OnlineStacking
from .linear import LinearModel
from .metrics import BatchScore, PrequentialMetrics, score_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from ..features.schema import Schema, Table
    from .estimators import Candidate, Matrix, Refitted

    Array = NDArray[np.float64]
    Job = tuple[Candidate, Matrix, Array, int, bool]
    JobResult = tuple[Candidate, Array | None]
    Step = Callable[[Candidate, Matrix, Array, int, bool], JobResult]
    Engine = Callable[[Step, Sequence[Job]], list[JobResult]]

# Beyond so many classes a candidate takes no part: `linear` has two megabytes for each,
# `bayes` a quarter of one.
MOST_CLASSES_BY_NAME = {"linear": 20, "bayes": 60}
# The views that hold target rates.
RATE_VIEWS = frozenset({"wide", "dense"})


class BatchOutcome(NamedTuple):
    """What one batch came to.

    Its score by name, drifts, the champion's decision scores and the target that they
    are compared with (None for the first batch), and outliers of the target.
    """

    scores: dict[str, BatchScore]
    drifts: list[Drift]
    champion: tuple[Array, Array] | None = None
    outliers: int = 0


class Population:
    """Candidates and ensembles, the encoder they share and the metrics that judge them.

    `kept_rows` are what some candidates are trained anew on, None where no rows are
    kept; a pickle holds them as `packed_rows`, encrypted where that is asked for.
    """

    packed_rows: bytes | None = None
    kept_rows: KeptRows | None = None
    refit_seconds = 1.5

    def __init__(
        self,
        schema: Schema,
        names: Sequence[str],
        seed: int,
        *,
        kept_rows: KeptRows | None = None,
    ) -> None:
        self.schema = schema
        self.encoder = Encoder(schema)
        self.names = tuple(names)
        self.seed = seed
        self.rows = 0
        self.target_sums = np.zeros(0)
        self.scale = (0.0, 1.0)
        self.target_reach = 0.0
        self.waiting_labels: dict[str, int] = {}
        self.kept_rows = kept_rows
        self.drift_monitor = DriftMonitor()
        self._create_models()

    def _create_models(self) -> None:
        """Start every candidate and metric of the task at hand."""
        task = self.schema.task
        self.encoder.target_encoder.as_log_odds = task != REGRESSION
        self.candidates = self._create_candidates()
        self.untrained = list(self.candidates)
        self.ensembles: dict[str, Ensemble] = {}
        if len(self.candidates) > 1:
            self.ensembles["mean"] = AverageEnsemble()
            self.ensembles["weighted"] = OnlineStacking(task)
        self.metrics: dict[str, PrequentialMetrics] = {}
        self.baselines: dict[str, ConstantModel] = {}
        self._add_metrics()
        self.best = "mean" if self.ensembles else next(iter(self.candidates))
        self.switches = 0
        self.is_trained = False

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        state.pop("kept_rows", None)
        state.pop("refit_seconds", None)
        return state

    def list_trained(self) -> dict[str, Candidate]:
        """The candidates that can be asked: those that joined just now cannot yet."""
        untrained = self.__dict__.get("untrained", ())
        trained = dict(self.candidates)
        for name in untrained:
            del trained[name]
        return trained

    def _create_candidates(self) -> dict[str, Candidate]:
        keeps_rows = self.kept_rows is not None
        return create_candidates(
            self.names, self.schema.task, self.seed, keeps_rows=keeps_rows
        )

    def set_kept_rows(self, kept_rows: KeptRows | None) -> None:
        """Train on these rows anew from now on, or on none: who needs them joins or leaves."""
        self.kept_rows = kept_rows
        if kept_rows is None:
            for name in REFIT_NAMES & set(self.candidates):
                del self.candidates[name], self.metrics[name]
            self.untrained = [name for name in self.untrained if name in self.metrics]
        elif AUTO in self.names:
            candidates = self._create_candidates()
            for name in candidates:
                if name in REFIT_NAMES and name not in self.candidates:
                    self.candidates[name] = candidates[name]
                    self.untrained.append(name)
        self._add_metrics()
        if self.best not in self.metrics:
            self.best = min(self.metrics, key=lambda name: self.metrics[name].recent)

    def _add_metrics(self) -> None:
        """Metrics for everything that is judged and has none yet."""
        task = self.schema.task
        judged = (*self.candidates, *self.ensembles, *list_baselines(task), CHAMPION)
        for name in judged:
            if name not in self.metrics:
                self.metrics[name] = PrequentialMetrics(task)
                if task == REGRESSION and self.rows:
                    self.metrics[name].unit = self.scale[1]

    def upgrade(self) -> None:
        """Add what a population of an older version does not have."""
        self.__dict__.setdefault("target_reach", 0.0)
        self.__dict__.setdefault("baselines", {})
        self.__dict__.setdefault("untrained", [])
        self.__dict__.setdefault("waiting_labels", {})
        self._add_metrics()

    def set_labels_aside(self, frame: pd.DataFrame, *, explicit: bool) -> Labels:
        """Leave out rows with labels that came too seldom so far."""
        labels = set_labels_aside(
            self.schema, frame, self.waiting_labels, explicit=explicit
        )
        correct_first_task(self.schema, labels, explicit=explicit)
        if self.schema.task == BINARY and not self.is_trained:
            self._create_models()
        return labels

    def _drop_heavy_candidates(self) -> None:
        """Leave those out that hold a table for each of many classes."""
        classes = len(self.schema.classes)
        for name, most in MOST_CLASSES_BY_NAME.items():
            light = set(self.candidates) - set(MOST_CLASSES_BY_NAME)
            if classes > most and name in self.candidates and light:
                del self.candidates[name], self.metrics[name]
                self.untrained = [one for one in self.untrained if one != name]
        if self.best not in self.metrics:
            self.best = min(self.metrics, key=lambda name: self.metrics[name].recent)

    def score_and_train(self, table: Table, engine: Engine) -> BatchOutcome:
        """Score a batch with everything as it was, then train on it."""
        target, outliers = self._standardize_target(table.target)
        is_first = not self.rows
        self._drop_heavy_candidates()
        self.encoder.add_new_columns(table.columns)
        batch = EncodedBatch(self.encoder, table.columns)
        scores = self._train_candidates(batch, target, engine)
        outcome = BatchOutcome({}, [])
        if scores:
            outcome = self._judge(scores, batch, target)
        rate_target = None
        if self.schema.task != MULTICLASS and self.uses_target_rates():
            rate_target = target
        self.encoder.partial_fit(table.columns, batch, rate_target, is_first=is_first)
        self._refit(batch, target, engine)
        self._count_target(target)
        return outcome._replace(outliers=outliers)

    def _train_candidates(
        self, batch: EncodedBatch, target: Array, engine: Engine
    ) -> dict[str, Array]:
        """The scores from before training, by name; none for the first batch."""
        classes = len(self.schema.classes)
        jobs: list[Job] = []
        for name, candidate in self.candidates.items():
            matrix = batch.get_matrix(candidate.view)
            is_trained = name not in self.untrained
            jobs.append((candidate, matrix, target, classes, is_trained))
        results = engine(score_then_fit, jobs)
        trained: dict[str, Candidate] = {}
        scores: dict[str, Array] = {}
        for name, (candidate, score) in zip(self.candidates, results, strict=True):
            trained[name] = candidate
            if score is not None:
                scores[name] = limit_scores(self.schema.task, score)
        self.candidates = trained
        self.untrained = []
        return scores

    def _refit(self, batch: EncodedBatch, target: Array, engine: Engine) -> None:
        """Keep the rows of a batch, and train those anew that want it."""
        kept = self.kept_rows
        if kept is None:
            return
        # As the encoder knows values now, those that came with this batch too.
        matrix = VIEWS["refit"].build(self.encoder, batch)
        kept.add(matrix, target, self.rows, list_refit_kinds(self.encoder))
        waiting: dict[str, Candidate] = {}
        jobs: list[Job] = []
        for name, candidate in self.candidates.items():
            if name in REFIT_NAMES and cast("Refitted", candidate).wants(kept):
                waiting[name] = candidate
                jobs.append((candidate, kept, target, 0, False))
        step = partial(refit_candidate, seconds=self.refit_seconds)
        results = engine(step, jobs)
        for name, (candidate, _) in zip(waiting, results, strict=True):
            self.candidates[name] = candidate
        for name in REFIT_NAMES & set(self.candidates):
            if not cast("Refitted", self.candidates[name]).is_fitted:
                self.untrained.append(name)

    def create_champion(self) -> Champion:
        """The model to predict with."""
        ensemble = self.ensembles.get(self.best)
        members: dict[str, Candidate] = {}
        if ensemble is not None:
            members = select_members(self.list_trained(), self.metrics, BASELINE)
        elif self.best in self.candidates:
            members[self.best] = self.candidates[self.best]
        else:
            members[self.best] = self._list_baselines()[self.best]
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
    ) -> BatchOutcome:
        task = self.schema.task
        rivals = dict(scores)
        for name, baseline in self._list_baselines().items():
            rivals[name] = np.tile(baseline.scores, (len(target), 1))
        if task == MULTICLASS:
            for name, score in rivals.items():
                rivals[name] = align_classes(score, len(self.schema.classes))
        candidates = {name: rivals[name] for name in scores}
        members = select_members(candidates, self.metrics, BASELINE)
        for name, ensemble in self.ensembles.items():
            rivals[name] = ensemble.decision_scores(members)
        known = None
        if task == MULTICLASS:
            known = target < len(self.target_sums)
        results = {
            name: score_batch(task, score, target, known)
            for name, score in rivals.items()
        }
        results[CHAMPION] = results[self.best]
        champion_scores = rivals[self.best]
        for name, result in results.items():
            self.metrics[name].add(result)
        for ensemble in self.ensembles.values():
            ensemble.partial_fit(members, target)
        self._choose_champion()
        champion_loss = results[CHAMPION].loss / len(target)
        drifts = self.drift_monitor.check_batch(
            batch, self.encoder, target, champion_loss, task
        )
        return BatchOutcome(results, drifts, (champion_scores, target))

    def _choose_champion(self) -> None:
        rivals = (*self.candidates, *self.ensembles)
        baselines = self._list_baselines()
        best = choose_champion(self.metrics, rivals, baselines, self.best)
        if best != self.best:
            self.best = best
            self.switches += 1

    def _list_baselines(self) -> dict[str, ConstantModel]:
        """The baselines of what was trained on so far, by name."""
        task = self.schema.task
        total = create_from_sums(task, self.target_sums, self.rows)
        return {BASELINE: total, **self.baselines}

    def _standardize_target(self, target: Array) -> tuple[Array, int]:
        """Amounts in deviations, and how many were cut as outliers."""
        if self.schema.task != REGRESSION:
            return target, 0
        if not self.rows:
            # Fixed by the first batch: a scale that moved would move the target under
            # the models.
            ordinary = cut_outliers(target)
            self.scale = (float(ordinary.mean()), float(ordinary.std()) or 1.0)
            for metrics in self.metrics.values():
                metrics.unit = self.scale[1]
        mean, deviation = self.scale
        clipped = clip_target((target - mean) / deviation, self.target_reach)
        self.target_reach = clipped.reach
        return clipped.amounts, clipped.outliers

    def _count_target(self, target: Array) -> None:
        task, classes = self.schema.task, len(self.schema.classes)
        self.rows += len(target)
        self.is_trained = True
        sums = sum_targets(task, target, classes)
        before = np.pad(self.target_sums, (0, len(sums) - len(self.target_sums)))
        self.target_sums = before + sums
        self.baselines = create_recent(task, target, classes)


def refit_candidate(
    candidate: Candidate,
    kept: Matrix,
    _target: Array,
    _classes: int,
    _score: bool,
    *,
    seconds: float,
) -> tuple[Candidate, Array | None]:
    """Train one candidate on kept rows: a unit of work, as `score_then_fit` is."""
    cast("Refitted", candidate).refit(kept, seconds)
    return candidate, None


def score_then_fit(
    candidate: Candidate, matrix: Matrix, target: Array, classes: int, score: bool
) -> tuple[Candidate, Array | None]:
    """Score a batch, then train on it: a unit of work, which may be done elsewhere."""
    scores = candidate.decision_scores(matrix) if score else None
    candidate.partial_fit(matrix, target, classes, scores)
    return candidate, scores
