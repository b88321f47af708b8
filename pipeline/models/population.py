"""Everything that learns, as one value: what `population-*.pkl` and `best_model.pkl` hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..features.encoder import Encoder, Views
from ..tasks import BINARY, MULTICLASS, REGRESSION, for_classes, log_shares
from . import candidates as models
from . import drift
from .ensemble import Mean, Weighted
from .metrics import Prequential, score

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from ..features.schema import Schema, Table
    from .candidates import Candidate

    Array = NDArray[np.float64]
    Step = Callable[[Candidate, Any, Array, int, bool], tuple[Candidate, Array | None]]
    Engine = Callable[
        [Step, Sequence[tuple[Any, ...]]], list[tuple[Candidate, Array | None]]
    ]

T = TypeVar("T")

BASELINE, CHAMPION = "baseline", "champion"
MARGIN = 0.0025
"""A challenger takes over when its fading loss is lower than the champion's by this share of it."""


class Champion:
    """The model that predicts.

    What it needs to turn cells into a score, and nothing of its rivals.
    """

    def __init__(
        self,
        name: str,
        encoder: Encoder,
        members: dict[str, Candidate],
        blend: Any,
        scale: Any,
    ) -> None:  # noqa: ANN401
        self.name = name
        self.encoder = encoder
        self.members = members
        self.blend = blend
        self.scale = scale

    def predict(self, cells: Mapping[str, Any]) -> Array:
        """Probabilities of shape (rows, classes), or values of shape (rows, 1)."""
        views = Views(self.encoder, cells)
        scores = {
            name: member.raw(views.view(member.view))
            for name, member in self.members.items()
        }
        raw = self.blend.raw(scores) if self.blend is not None else scores[self.name]
        schema = self.encoder.schema
        if schema.task == REGRESSION:
            mean, deviation = self.scale
            return np.asarray(raw * deviation + mean)
        if schema.task == BINARY:
            share = 1 / (1 + np.exp(-raw[:, 0]))
            return np.column_stack([1 - share, share])
        return np.exp(log_shares(for_classes(raw, len(schema.classes))))


class Population:
    """Candidates, blends of them, the encoder they share and the figures they are judged by."""

    def __init__(self, schema: Schema, names: Sequence[str], seed: int) -> None:
        self.schema = schema
        self.encoder = Encoder(schema)
        self.names = tuple(names)
        self.seed = seed
        self.rows = 0
        self.sums = np.zeros(0)
        self.scale = (0.0, 1.0)
        self.watch = drift.Watch()
        self.begin()

    def begin(self) -> None:
        """Start every candidate and figure of the task at hand."""
        task = self.schema.task
        self.encoder.rates.odds = task != REGRESSION
        self.candidates = models.make(self.names, task, self.seed)
        self.blends: dict[str, Any] = {}
        if len(self.candidates) > 1:
            self.blends = {"mean": Mean(), "weighted": Weighted(task)}
        self.figures = {
            name: Prequential(task)
            for name in (*self.candidates, *self.blends, BASELINE, CHAMPION)
        }
        self.best = "mean" if self.blends else next(iter(self.candidates))
        self.switches = 0
        self.scored = False

    def take(self, table: Table, engine: Engine) -> list[drift.Drift]:
        """Score a batch with everything as it was, then learn it; what drifted."""
        target = self._scaled(table.target)
        first = not self.rows
        self.encoder.begin(table.cells)
        views = Views(self.encoder, table.cells)
        jobs = [
            (
                candidate,
                views.view(candidate.view),
                target,
                len(self.schema.classes),
                self.scored,
            )
            for candidate in self.candidates.values()
        ]
        outcome = dict(zip(self.candidates, engine(step, jobs), strict=True))
        self.candidates = {name: candidate for name, (candidate, _) in outcome.items()}
        scores = {name: raw for name, (_, raw) in outcome.items() if raw is not None}
        found = self._judge(scores, views, target) if scores else []
        rated = target if self.schema.task != MULTICLASS and self.uses_rates() else None
        self.encoder.learn(table.cells, views, rated, first=first)
        self._count(target)
        return found

    def champion(self) -> Champion:
        """The model to predict with."""
        blend = self.blends.get(self.best)
        names = (
            self._members(dict.fromkeys(self.candidates))
            if blend is not None
            else (self.best,)
        )
        members = {name: self.candidates[name] for name in names}
        return Champion(self.best, self.encoder, members, blend, self.scale)

    def uses_rates(self) -> bool:
        """Whether any candidate looks at rates; where none does, none are counted."""
        return any(
            candidate.view in {"wide", "dense"}
            for candidate in self.candidates.values()
        )

    def widen_task(self) -> bool:
        """Two classes have become more.

        Go over to many, keeping what the linear model learnt; whether that was so.
        """
        if self.schema.task != BINARY or len(self.schema.classes) <= 2:  # noqa: PLR2004  # two classes
            return False
        old = self.candidates
        self.schema.task = MULTICLASS
        self.begin()
        if "linear" in old and "linear" in self.candidates:
            old["linear"].task = MULTICLASS  # type: ignore[attr-defined]  # models.Linear
            self.candidates["linear"] = old["linear"]
        return True

    def _judge(
        self, scores: dict[str, Array], views: Views, target: Array
    ) -> list[drift.Drift]:
        if self.schema.task == MULTICLASS:
            scores = {
                name: for_classes(raw, len(self.schema.classes))
                for name, raw in scores.items()
            }
        members = self._members(scores)
        blended = {name: blend.raw(members) for name, blend in self.blends.items()}
        said = {**scores, **blended, BASELINE: self._base_rate(len(target))}
        if self.schema.task == MULTICLASS:
            said[BASELINE] = for_classes(said[BASELINE], len(self.schema.classes))
        came_to = {
            name: score(self.schema.task, raw, target) for name, raw in said.items()
        }
        came_to[CHAMPION] = came_to[self.best]
        for name, scored in came_to.items():
            self.figures[name].add(scored)
        for blend in self.blends.values():
            blend.learn(members, target)
        self._choose()
        return self.watch.look(
            views,
            self.encoder,
            target,
            came_to[CHAMPION].loss / len(target),
            self.schema.task,
        )

    def _members(self, scores: dict[str, T]) -> dict[str, T]:
        """Those that of late gained on the base rate at least half of what the best did.

        Others drag a blend down.
        """
        if not self.figures[BASELINE].rows:
            return scores
        base = self.figures[BASELINE].recent
        best = min(self.figures[name].recent for name in scores)
        return {
            name: raw
            for name, raw in scores.items()
            if self.figures[name].recent <= (base + best) / 2
        } or scores

    def _choose(self) -> None:
        recent = {
            name: self.figures[name].recent for name in (*self.candidates, *self.blends)
        }
        challenger = min(recent, key=lambda name: recent[name])
        if recent[challenger] < recent[self.best] * (1 - MARGIN):
            self.best = challenger
            self.switches += 1

    def _base_rate(self, rows: int) -> Array:
        """What someone says who knows only how often each class came, or the mean so far."""
        task = self.schema.task
        if task == REGRESSION:
            return np.full((rows, 1), self.sums[0] / max(self.rows, 1))
        shares = (self.sums + 0.5) / (self.sums.sum() + 0.5 * len(self.sums))
        if task == BINARY:
            return np.full((rows, 1), np.log(shares[1] / shares[0]))
        return np.tile(np.log(shares), (rows, 1))

    def _scaled(self, target: Array) -> Array:
        if self.schema.task != REGRESSION:
            return target
        if not self.rows:
            # Fixed by the first batch: a scale that moved would move the target under the models.
            self.scale = (float(target.mean()), float(target.std()) or 1.0)
            for figure in self.figures.values():
                figure.unit = self.scale[1]
        return (target - self.scale[0]) / self.scale[1]

    def _count(self, target: Array) -> None:
        self.rows += len(target)
        self.scored = True
        if self.schema.task == REGRESSION:
            self.sums = (self.sums if len(self.sums) else np.zeros(1)) + target.sum()
            return
        classes = max(2, len(self.schema.classes))
        counted = np.bincount(target.astype(np.int64), minlength=classes).astype(
            np.float64
        )
        self.sums = np.pad(self.sums, (0, classes - len(self.sums))) + counted


def step(
    candidate: Candidate, matrix: Any, target: Array, classes: int, score: bool
) -> tuple[Candidate, Array | None]:  # noqa: ANN401
    """Score a batch, then learn it: one unit of work, which an engine may do elsewhere."""
    raw = candidate.raw(matrix) if score else None
    candidate.learn(matrix, target, classes, raw)
    return candidate, raw
