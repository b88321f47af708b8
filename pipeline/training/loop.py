"""The loop: score the batch, learn it, commit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ..errors import SettingsError
from ..features.leakage import find_leakage
from ..features.ordering import check_order
from ..features.schema import (
    add_columns,
    convert_batch,
    describe_columns,
    infer_schema,
)
from ..models.population import BASELINE, CHAMPION, Population
from ..redaction import hide_credentials
from ..reporting.summary import TrainedBatch
from ..sources.cursor import Cursor, RowOrder
from ..sources.protocol import Chunk
from ..state import prediction_check
from ..state.compatibility import read_versions
from ..state.document import (
    Counters,
    Metric,
    RunRecord,
    SourceRecord,
    StateDocument,
)
from ..state.pickles import dump_pickle, load_instance

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from ..models.population import Engine
    from ..settings import Settings
    from ..sources.protocol import Reader
    from ..state.store import Store
    from ..state.verification import State

HISTORY = 100
"""So many runs are remembered; more would make the state grow with its age."""


class Training:
    """One run over one state."""

    def __init__(
        self,
        settings: Settings,
        target: str,
        store: Store,
        state: State | None,
        now: str,
    ) -> None:
        self.settings = settings
        self.target = target
        self.state = state
        self.parent = None if state is None else state.state_id
        self.counters = {"rows": 0, "batches": 0, "unlabelled": 0, "runs": 0}
        self.history: tuple[RunRecord, ...] = ()
        self.population: Population | None = None
        self.cursor: Cursor | None = None
        self._store = store
        self._now = now
        if state is not None:
            self._go_on(state)
        self.counters["runs"] += 1

    def _go_on(self, state: State) -> None:
        document = state.document
        self.counters |= document.counters.to_json()
        self.history = document.history
        self.cursor = document.source.cursor
        if document.models != self.settings.models:
            raise SettingsError(
                f"the state holds the candidates {', '.join(document.models)}, "
                f"the settings say {', '.join(self.settings.models)}",
                hint="set `models` back, or start over: `python -m pipeline reset`",
            )
        self.population = load_instance(
            Population, state.population, document.population, self.settings.models
        )
        schema = self.population.schema
        if schema.target != self.target:
            raise SettingsError(
                f"the state predicts {schema.target!r}, the settings say {self.target!r}",
                hint="set `target` back, or start over: `python -m pipeline reset`",
            )
        left_out = {*self.settings.ignore, self.settings.time, self.settings.key} & set(
            schema.names
        )
        if left_out:
            names = ", ".join(map(repr, sorted(left_out)))
            raise SettingsError(
                f"the state learnt {names}, which `ignore`, `time` or `key` leave out now",
                hint="set them back, or start over: `python -m pipeline reset`",
            )
        if self.settings.task not in {"auto", schema.task}:
            raise SettingsError(
                f"the state holds a {schema.task} task, the settings say {self.settings.task}",
                hint="set `task` back, or start over: `python -m pipeline reset`",
            )

    def run(
        self,
        reader: Reader,
        engine: Engine,
        on_batch: Callable[[TrainedBatch], None],
        stop: Callable[[], bool],
    ) -> int:
        """Learn up to `iterations` batches and commit; how many were learnt."""
        done, committed = 0, time.monotonic()
        while done < self.settings.iterations and not stop():
            learnt = self._iterate(reader, engine)
            if learnt is None:
                break
            done += 1
            on_batch(learnt)
            last = done == self.settings.iterations
            if (
                not last
                and time.monotonic() - committed >= self.settings.checkpoint_seconds
            ):
                self.commit()
                committed = time.monotonic()
        if done:
            self.commit()
        return done

    def _iterate(self, reader: Reader, engine: Engine) -> TrainedBatch | None:
        begun = time.monotonic()
        population = self.population
        numbers = None if population is None else population.schema.number_names
        read = self._read(reader, numbers)
        if read is None:
            return None
        chunk, watched = read
        frame, met = self._meet(chunk.frame)
        notes = met + watched
        population = self.population
        assert population is not None  # noqa: S101  # _meet made it
        table = convert_batch(population.schema, frame)
        if not population.rows:
            notes += find_leakage(population.schema, table)
        if population.switch_to_multiclass():
            notes.append(
                f"a third class came: the task is now multiclass, with {len(population.schema.classes)} classes"
            )
        if len(table):
            notes += [
                f"drift: {found.message}"
                for found in population.score_and_train(table, engine)
            ]
        self.cursor = chunk.cursor
        self.counters["rows"] += len(table)
        self.counters["unlabelled"] += table.unlabelled
        self.counters["batches"] += 1
        return self._learnt(
            population, len(table), table.unlabelled, time.monotonic() - begun, notes
        )

    def _read(
        self, reader: Reader, numbers: frozenset[str] | None
    ) -> tuple[Chunk, list[str]] | None:
        """The next rows that were not learnt, without the columns that only order them.

        What was seen in those.
        """
        order_columns = {self.settings.time, self.settings.key} - {"", self.target}
        ignored = set(self.settings.ignore) - order_columns
        while True:
            chunk = reader.read(
                self.settings.batch_rows, numbers, lambda name: name not in ignored
            )
            if chunk is None:
                return None
            order = RowOrder() if self.cursor is None else self.cursor.order
            frame, notes, order = check_order(chunk.frame, self.settings, order)
            cursor = chunk.cursor._replace(order=order)
            if len(frame) and not self._waiting(frame):
                return Chunk(
                    frame.drop(columns=list(order_columns)) if order_columns else frame,
                    cursor,
                ), notes
            self.cursor = cursor

    def _waiting(self, frame: pd.DataFrame) -> bool:
        """Whether nothing can be told of the task yet, since no row has a target so far.

        Such rows are passed over.
        """
        if (
            self.population is not None
            or self.target not in frame.columns
            or frame[self.target].notna().any()
        ):
            return False
        self.counters["unlabelled"] += len(frame)
        return True

    def _meet(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
        """Get to know the columns.

        The frame as far as that converted it, and what there is to say.
        """
        if self.population is not None:
            joined, frame = add_columns(
                self.population.schema, frame, self.settings.ignore
            )
            return frame, [f"columns joined: {', '.join(joined)}"] if joined else []
        task = None if self.settings.task == "auto" else self.settings.task
        schema, frame = infer_schema(frame, self.target, task, self.settings.ignore)
        self.population = Population(schema, self.settings.models, self.settings.seed)
        inferred = "as set" if task else "inferred from the target"
        kinds = describe_columns(schema)
        return frame, [
            f"task: {schema.task} ({inferred}); {len(schema.columns)} columns: {kinds}"
        ]

    def _learnt(
        self,
        population: Population,
        rows: int,
        unlabelled: int,
        seconds: float,
        notes: list[str],
    ) -> TrainedBatch:
        figures = population.metrics
        return TrainedBatch(
            self.counters["batches"],
            rows,
            self.counters["rows"],
            unlabelled,
            population.best,
            figures[CHAMPION].headline,
            figures[CHAMPION].loss,
            figures[BASELINE].loss,
            seconds,
            tuple(notes),
        )

    def commit(self) -> None:
        """Make what was learnt so far the state."""
        population = self.population
        cursor = self.cursor
        if population is None or cursor is None:
            return
        champion = population.create_champion()
        counters = Counters(**self.counters)
        run = RunRecord(
            at=self._now,
            batches=counters.batches,
            rows=counters.rows,
            champion=champion.name,
            metric=self.metric(),
            parent_state_id=self.parent,
        )
        columns = {column.name: column.kind for column in population.schema.columns}
        document = StateDocument(
            counters=counters,
            champion=champion.name,
            metric=self.metric(),
            metrics=self.figures(),
            task=population.schema.task,
            target=self.target,
            models=self.settings.models,
            classes=tuple(population.schema.classes),
            columns=columns,
            source=SourceRecord(hide_credentials(self.settings.source), cursor),
            libraries=read_versions(),
            probe=prediction_check.record_predictions(population),
            history=(*self.history, run)[-HISTORY:],
        )
        # The models first: what the Python objects hold now is what both files and the
        # document speak of.
        self.state = self._store.commit(
            document, dump_pickle(population), dump_pickle(champion), self.parent
        )

    def figures(self) -> dict[str, dict[str, float | None]]:
        """Loss and headline of everything in the running, rounded for people."""
        found: dict[str, dict[str, float | None]] = {}
        for name, figure in (
            {} if self.population is None else self.population.metrics
        ).items():
            headline = figure.headline
            found[name] = {
                "loss": None if figure.loss is None else round(figure.loss, 6)
            }
            found[name] |= (
                {} if headline is None else {headline[0]: round(headline[1], 6)}
            )
        return found

    def metric(self) -> Metric | None:
        """The metric a run is judged by, rounded for people."""
        if self.population is None:
            return None
        headline = self.population.metrics[CHAMPION].headline
        if headline is None:
            return None
        name, value = headline
        return Metric(name, round(value, 6))
