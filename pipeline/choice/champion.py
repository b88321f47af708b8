"""The model that predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..features.views import EncodedBatch
from ..tasks import (
    BINARY,
    REGRESSION,
    align_classes,
    compute_log_probabilities,
    limit_scores,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ..features.encoder import Encoder
    from ..features.reading.columns import ColumnValues
    from ..models.ensemble import Ensemble
    from ..models.estimators import Candidate

    Array = NDArray[np.float64]


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
        schema = self.encoder.schema
        for name, member in self.members.items():
            matrix = batch.get_matrix(member.view)
            scores = member.decision_scores(matrix)
            member_scores[name] = limit_scores(schema.task, scores)
        if self.ensemble is None:
            scores = member_scores[self.name]
        else:
            scores = self.ensemble.decision_scores(member_scores)
        if schema.task == REGRESSION:
            mean, deviation = self.scale
            return np.asarray(scores * deviation + mean)
        if schema.task == BINARY:
            share = 1 / (1 + np.exp(-scores[:, 0]))
            return np.column_stack([1 - share, share])
        scores = align_classes(scores, len(schema.classes))
        return np.exp(compute_log_probabilities(scores))
