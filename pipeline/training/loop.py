"""The loop: score a batch, train on it, commit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from ..choice.baselines import BASELINE, CHAMPION
from ..choice.gate import RunFigures, check_gate
from ..choice.importance import measure_importance
from ..choice.quality import QualityCounter, choose_metric
from ..features.leakage import find_leakage
from ..features.ordering import check_order
from ..features.reading.columns import mark_missing
from ..features.reading.hints import describe_look_alikes, describe_passed_over
from ..features.reading.styles import ReadingChoice
from ..features.schema import (
    add_columns,
    convert_batch,
    describe_columns,
    infer_schema,
    mark_unlabelled,
)
from ..missing_words import resolve_words
from ..models.metrics import PrequentialMetrics
from ..models.population import Population
from ..redaction import hide_credentials
from ..refit.rows import KeptRows
from ..reporting.summary import TrainedBatch
from ..sources.cursor import RowOrder
from ..state.compatibility import read_versions
from ..state.document import (
    Counters,
    Metric,
    RunRecord,
    SourceRecord,
    StateDocument,
)
from ..state.pickles import dump_pickle
from ..state.prediction_check import record_predictions
from .restore import restore_population
from .row_keeping import RowKeeping, pack_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from ..choice.champion import Champion
    from ..choice.quality import Quality
    from ..features.schema import Table
    from ..models.population import BatchOutcome, Engine
    from ..settings import Settings
    from ..sources.cursor import Cursor
    from ..sources.protocol import Reader
    from ..state.store import Store
    from .starting_point import StartingPoint

# So many runs are remembered: the state must not grow with its age.
HISTORY = 100
# Metrics are rounded for people.
DECIMALS = 6


class NewRows(NamedTuple):
    """Rows to train on, the cursor behind them, and notes on their order."""

    frame: pd.DataFrame
    cursor: Cursor
    notes: list[str]


class Origin(NamedTuple):
    """Where a run comes from, and whether it keeps rows.

    `parent` is the id of the state before the run, None for none: of one that goes on
    and of one that new models take the place of.
    """

    parent: str | None
    keeping: RowKeeping


class Training:
    """One run over one state."""

    def __init__(
        self,
        settings: Settings,
        target: str,
        store: Store,
        start: StartingPoint,
        origin: Origin,
    ) -> None:
        """Raises SettingsError where state and settings do not go together."""
        self.state = start.state
        self.cursor = start.cursor
        self.population: Population | None = None
        self.counters = Counters()
        self._history: tuple[RunRecord, ...] = ()
        self._own: dict[str, PrequentialMetrics] = {}
        self._quality: QualityCounter | None = None
        self._last: Table | None = None
        if start.state is not None:
            document = start.state.document
            self.counters = document.counters
            self._history = document.history
            self.population = restore_population(
                start.state, settings, target, origin.keeping
            )
        self.counters = self.counters._replace(runs=self.counters.runs + 1)
        self._settings = settings
        self._target = target
        self._store = store
        self._parent = origin.parent
        self._keeping = origin.keeping
        self._started_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

    def run(
        self,
        reader: Reader,
        engine: Engine,
        on_batch: Callable[[TrainedBatch], None],
        should_stop: Callable[[], bool],
    ) -> None:
        """Train on up to `iterations` batches, and commit at the end.

        And in between, whenever `checkpoint_seconds` have passed.
        """
        iterations = self._settings.iterations
        committed_at = time.monotonic()
        trained = 0
        while trained < iterations and not should_stop():
            batch = self._train_batch(reader, engine)
            if batch is None:
                break
            trained += 1
            on_batch(batch)
            waited = time.monotonic() - committed_at
            is_due = waited >= self._settings.checkpoint_seconds
            # A gate looks at the run as a whole.
            may_commit = trained < iterations and self._settings.gate == "none"
            if is_due and may_commit:
                self.commit()
                committed_at = time.monotonic()
        if trained:
            self._check_gate()
            self.commit()

    def _check_gate(self) -> None:
        """Raise QualityGateError where the run is worse than the settings ask for."""
        if not self._own:
            return
        champion, baseline = self._own[CHAMPION], self._own[BASELINE]
        figures = RunFigures(self._get_own_metric(), champion.loss, baseline.loss)
        before = None
        if self._history:
            before = self._history[-1].own_metric
        check_gate(self._settings.gate, figures, before)

    def _get_own_metric(self) -> Metric | None:
        """The metric of this run's own rows; None before any was scored."""
        if self._quality is None:
            return None
        chosen = choose_metric(
            self._settings.metric, self._quality.task, self._quality.compute_metrics()
        )
        if chosen is None:
            return None
        return Metric(chosen[0], round(chosen[1], DECIMALS))

    def describe_quality(self) -> Quality | None:
        """Metrics, classes, calibration and importances of this run's own rows."""
        if self._quality is None or self.population is None:
            return None
        quality = self._quality.describe(self.population.schema.classes)
        metric = self._get_own_metric()
        quality["metric"] = None if metric is None else metric.to_json()
        if self._last is not None:
            champion = self.population.create_champion()
            quality["importances"] = measure_importance(
                champion, self._last.columns, self._last.target, self._settings.seed
            )
        return quality

    def _count_own(self, population: Population, outcome: BatchOutcome) -> None:
        """Count the scores of one batch for the figures of this run alone."""
        task, scores = population.schema.task, outcome.scores
        if outcome.champion is not None:
            if self._quality is None or self._quality.task != task:
                unit = population.metrics[CHAMPION].unit
                self._quality = QualityCounter(task, unit)
            self._quality.add(*outcome.champion)
        for name in (CHAMPION, BASELINE):
            if name not in scores:
                continue
            if name not in self._own or self._own[name].task != task:
                self._own[name] = PrequentialMetrics(task)
                self._own[name].unit = population.metrics[name].unit
            self._own[name].add(scores[name])

    def _train_batch(self, reader: Reader, engine: Engine) -> TrainedBatch | None:
        started = time.monotonic()
        rows = self._read_rows(reader)
        if rows is None:
            return None
        population, frame, notes = self._prepare_population(rows.frame)
        notes += rows.notes
        table, set_aside, found = self._make_table(population, frame)
        notes += found
        if len(table):
            notes += self._train_table(population, table, engine)
        self.cursor = rows.cursor
        left_out = table.unlabelled + set_aside
        self._count(batches=1, rows=len(table), unlabelled=left_out)
        champion = population.metrics[CHAMPION]
        return TrainedBatch(
            batch=self.counters.batches,
            rows=len(table),
            rows_total=self.counters.rows,
            unlabelled=left_out,
            champion=population.best,
            headline=champion.headline,
            loss=champion.loss,
            baseline=population.metrics[BASELINE].loss,
            seconds=time.monotonic() - started,
            notes=tuple(notes),
        )

    def _make_table(
        self, population: Population, frame: pd.DataFrame
    ) -> tuple[Table, int, list[str]]:
        """The batch converted, how many rows are set aside, and notes on what was odd."""
        schema = population.schema
        known = list(schema.classes)
        explicit = self._settings.task != "auto"
        frame = mark_unlabelled(schema, frame)
        labels = population.set_labels_aside(frame, explicit=explicit)
        table = convert_batch(schema, labels.frame)
        notes = [*labels.notes, *table.notes]
        if known:
            joined = schema.classes[len(known) :]
            notes += describe_look_alikes(self._target, known, joined)
        if not population.rows:
            notes += find_leakage(schema, table)
        if population.switch_to_multiclass():
            classes = len(schema.classes)
            notes.append(
                "a third class came: the task is now multiclass, "
                f"with {classes} classes"
            )
        return table, labels.set_aside, notes

    def _train_table(
        self, population: Population, table: Table, engine: Engine
    ) -> list[str]:
        """Score and train; notes on what stood out."""
        outcome = population.score_and_train(table, engine)
        self._count_own(population, outcome)
        self._last = table
        notes = [f"drift: {drift.message}" for drift in outcome.drifts]
        return notes + describe_outliers(population, outcome.outliers)

    def _count(self, *, batches: int = 0, rows: int = 0, unlabelled: int = 0) -> None:
        self.counters = self.counters._replace(
            batches=self.counters.batches + batches,
            rows=self.counters.rows + rows,
            unlabelled=self.counters.unlabelled + unlabelled,
        )

    def _read_rows(self, reader: Reader) -> NewRows | None:
        """The next rows to train on, without the columns that only order them.

        None where nothing is left. Rows that the cursor says to skip, and those before
        the first one with a target, are passed over.
        """
        settings = self._settings
        order_columns = {settings.time, settings.key} - {"", self._target}
        ignored = set(settings.ignore) - order_columns
        numbers = None
        if self.population is not None:
            numbers = self.population.schema.number_names
        passed_over: list[str] = []
        while True:
            chunk = reader.read(
                settings.batch_rows, numbers, lambda name: name not in ignored
            )
            if chunk is None:
                return None
            order = RowOrder() if self.cursor is None else self.cursor.order
            frame, notes, order = check_order(chunk.frame, settings, order)
            cursor = chunk.cursor._replace(order=order)
            if len(frame) and not self._lacks_any_target(frame):
                if order_columns:
                    frame = frame.drop(columns=list(order_columns))
                return NewRows(frame, cursor, [*passed_over, *notes])
            passed_over += describe_passed_over(frame, self._target)
            self._count(unlabelled=len(frame))
            self.cursor = cursor

    def _lacks_any_target(self, frame: pd.DataFrame) -> bool:
        """Whether no row had a target so far: nothing is known of the task then."""
        if self.population is not None or self._target not in frame.columns:
            return False
        words = resolve_words(self._settings.missing)
        return not mark_missing(frame[self._target], words).notna().any()

    def _prepare_population(
        self, frame: pd.DataFrame
    ) -> tuple[Population, pd.DataFrame, list[str]]:
        """The population, which knows the frame's columns, and notes on those.

        The frame is given back as far as deciding on them has converted it.
        """
        settings = self._settings
        choice = make_reading_choice(settings)
        if self.population is not None:
            schema = self.population.schema
            inferred = add_columns(schema, frame, settings.ignore, choice)
            notes = list(inferred.warnings)
            if inferred.added:
                notes.append(f"columns joined: {', '.join(inferred.added)}")
            return self.population, inferred.frame, notes
        task = None if settings.task == "auto" else settings.task
        schema, inferred = infer_schema(
            frame, self._target, task, settings.ignore, choice
        )
        kept_rows = None
        if self._keeping.keeps:
            kept_rows = KeptRows(settings.refit_rows, settings.seed)
        self.population = Population(
            schema, settings.models, settings.seed, kept_rows=kept_rows
        )
        self.population.refit_seconds = settings.refit_seconds
        origin = "as set" if task else "inferred from the target"
        note = (
            f"task: {schema.task} ({origin}); "
            f"{len(schema.columns)} columns: {describe_columns(schema)}"
        )
        return self.population, inferred.frame, [note, *inferred.warnings]

    def commit(self) -> None:
        """Make what was trained so far the state. Raises StateWriteError."""
        if self.population is None or self.cursor is None:
            return
        champion = self.population.create_champion()
        document = self._make_document(self.population, champion, self.cursor)
        pack_rows(self.population, self._keeping)
        # The models first: what the Python objects hold now is what both files and the
        # document speak of.
        self.state = self._store.commit(
            document,
            dump_pickle(self.population),
            dump_pickle(champion),
            self._parent,
        )

    def _make_document(
        self, population: Population, champion: Champion, cursor: Cursor
    ) -> StateDocument:
        schema = population.schema
        metric = _get_metric(population.metrics[CHAMPION])
        run = RunRecord(
            at=self._started_at,
            batches=self.counters.batches,
            rows=self.counters.rows,
            champion=champion.name,
            metric=metric,
            parent_state_id=self._parent,
            own_metric=self._get_own_metric(),
        )
        return StateDocument(
            counters=self.counters,
            champion=champion.name,
            metric=metric,
            metrics=_round_metrics(population),
            task=schema.task,
            target=self._target,
            models=self._settings.models,
            classes=tuple(schema.classes),
            columns={column.name: column.kind for column in schema.columns},
            source=SourceRecord(hide_credentials(self._settings.source), cursor),
            libraries=read_versions(),
            probe=record_predictions(population),
            history=(*self._history, run)[-HISTORY:],
        )


def make_reading_choice(settings: Settings) -> ReadingChoice:
    """What the settings say of cells."""
    return ReadingChoice(
        settings.decimal, settings.dates, dict(settings.types), settings.missing
    )


def describe_outliers(population: Population, outliers: int) -> list[str]:
    """A warning where amounts were cut, which says where."""
    if not outliers:
        return []
    mean, deviation = population.scale
    reach = population.target_reach * deviation
    schema = population.schema
    warning = (
        f"warning: {outliers} rows have a {schema.target!r} far outside of all others "
        f"({mean - reach:.6g} to {mean + reach:.6g}): they are trained on, and scored, "
        "as if it lay at the end of that range"
    )
    return [warning]


def _get_metric(metrics: PrequentialMetrics) -> Metric | None:
    """The metric that a run is judged by; None before anything was scored."""
    if metrics.headline is None:
        return None
    name, value = metrics.headline
    return Metric(name, round(value, DECIMALS))


def _round_metrics(population: Population) -> dict[str, dict[str, float | None]]:
    """Loss and headline metric of every candidate, ensemble, baseline and champion."""
    rounded: dict[str, dict[str, float | None]] = {}
    for name, metrics in population.metrics.items():
        loss = metrics.loss
        rounded[name] = {"loss": None if loss is None else round(loss, DECIMALS)}
        headline = metrics.headline
        if headline is not None:
            rounded[name][headline[0]] = round(headline[1], DECIMALS)
    return rounded
