"""The loop: score the batch, learn it, commit."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline import persist
from pipeline import schema as schemas
from pipeline.errors import StateTamperedError
from pipeline.population import Population

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.sources.tables import Reader
    from pipeline.store import State, Store


@dataclass(frozen=True)
class Plan:
    """What one run is asked for."""

    iterations: int
    batch_rows: int
    target: str
    ignore: tuple[str, ...]
    task: str | None
    seed: int
    checkpoint_seconds: float


@dataclass(frozen=True)
class Learnt:
    """One batch that was learnt, with the figures after it."""

    batch: int
    rows: int
    rows_total: int
    auc: float | None
    logloss: float | None
    baseline: float | None
    seconds: float


class Training:
    """One run over one state."""

    def __init__(self, plan: Plan, store: Store, state: State | None) -> None:
        self.plan = plan
        self._store = store
        self.parent = None if state is None else state.state_id
        self.state = state
        self.counters = {"rows": 0, "batches": 0, "unlabelled": 0, "runs": 0}
        self.population: Population | None = None
        if state is not None:
            self.counters |= state.document["counters"]
            self.population = persist.loads(state.population, state.document["population"])
            if not isinstance(self.population, Population):
                raise StateTamperedError(f"{state.document['population']} holds no population")
        self.counters["runs"] += 1
        self.cursor: dict[str, Any] | None = None if state is None else state.document["source"]["cursor"]

    def run(self, reader: Reader, on_batch: Callable[[Learnt], None], stop: Callable[[], bool]) -> int:
        """Learn up to `iterations` batches and commit; how many were learnt."""
        done, committed = 0, time.monotonic()
        while done < self.plan.iterations and not stop():
            learnt = self._iterate(reader)
            if learnt is None:
                break
            done += 1
            on_batch(learnt)
            if done < self.plan.iterations and time.monotonic() - committed >= self.plan.checkpoint_seconds:
                self.commit()
                committed = time.monotonic()
        if done:
            self.commit()
        return done

    def _iterate(self, reader: Reader) -> Learnt | None:
        begun = time.monotonic()
        population = self.population
        numbers = None if population is None else population.schema.numbers()
        ignored = set(self.plan.ignore)
        chunk = reader.read(self.plan.batch_rows, numbers, lambda name: name not in ignored)
        if chunk is None:
            return None
        if population is None:
            schema = schemas.infer(chunk.frame, self.plan.target, self.plan.task, self.plan.ignore)
            self.population = population = Population(schema, self.plan.seed)
        else:
            schemas.add_columns(population.schema, chunk.frame, self.plan.ignore)
        table = schemas.convert(population.schema, chunk.frame)
        if len(table):
            population.take(table)
        self.cursor = chunk.cursor
        self.counters["rows"] += len(table)
        self.counters["unlabelled"] += table.unlabelled
        self.counters["batches"] += 1
        figures = population.figures
        return Learnt(
            self.counters["batches"],
            len(table),
            self.counters["rows"],
            figures["linear"].auc,
            figures["linear"].logloss,
            figures["baseline"].logloss,
            time.monotonic() - begun,
        )

    def commit(self) -> None:
        """Make what was learnt so far the state."""
        population = self.population
        if population is None:
            return
        champion = population.champion()
        document = {
            "counters": self.counters,
            "champion": champion.name,
            "metric": self.metric(),
            "source": {"cursor": self.cursor},
            "classes": population.schema.classes,
        }
        self.state = self._store.commit(document, persist.dumps(population), persist.dumps(champion), self.parent)

    def metric(self) -> dict[str, Any] | None:
        """The figure a run is judged by."""
        population = self.population
        auc = None if population is None else population.figures["linear"].auc
        return None if auc is None else {"name": "auc", "value": round(auc, 6)}
