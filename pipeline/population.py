"""Everything that learns, as one value: what `population-*.pkl` and `best_model.pkl` hold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.features import Encoder
from pipeline.metrics import Prequential
from pipeline.models import Linear

if TYPE_CHECKING:
    from pipeline.schema import Schema, Table


class Champion:
    """The model that predicts: what it needs to turn cells into a score, and nothing of its rivals."""

    def __init__(self, name: str, schema: Schema, encoder: Encoder, model: Any) -> None:  # noqa: ANN401  # any candidate
        self.name = name
        self.schema = schema
        self.encoder = encoder
        self.model = model


class Population:
    """Candidates, the encoder they share and their figures."""

    def __init__(self, schema: Schema, seed: int) -> None:
        self.schema = schema
        self.encoder = Encoder()
        self.candidates = {"linear": Linear(schema.task, seed)}
        self.figures = {name: Prequential() for name in (*self.candidates, "baseline")}
        self.positives = 0
        self.rows = 0

    def take(self, table: Table) -> None:
        """Score a batch with every candidate as it was, then learn it."""
        matrix = self.encoder.take(self.schema, table.cells)
        if self.rows:
            positive = table.target == 1
            for name, candidate in self.candidates.items():
                self.figures[name].add(candidate.raw(matrix)[:, 0], positive)
            rate = (self.positives + 0.5) / (self.rows + 1)
            self.figures["baseline"].add(np.full(len(table), math.log(rate / (1 - rate))), positive)
        for candidate in self.candidates.values():
            candidate.learn(matrix, table.target, len(self.schema.classes))
        self.rows += len(table)
        self.positives += int((table.target == 1).sum())

    def champion(self) -> Champion:
        """The model to predict with."""
        return Champion("linear", self.schema, self.encoder, self.candidates["linear"])
