"""The matrices of a batch."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from pipeline.features.encoder import POSITIONS_A_COLUMN, Encoder
from pipeline.features.schema import Schema, convert_features, infer_schema
from pipeline.features.views import VIEWS, EncodedBatch, count_features

ROWS = 300


def make_schema() -> tuple[Schema, pd.DataFrame]:
    chance = np.random.default_rng(1)
    days = pd.date_range("2024-01-01", periods=ROWS, freq="h")
    frame = pd.DataFrame(
        {
            "size": chance.normal(size=ROWS),
            "hour": np.arange(ROWS) % 24,
            "colour": chance.choice(["red", "green"], ROWS),
            "name": [f"n{number}" for number in range(ROWS)],
            "day": days.strftime("%Y-%m-%d %H:%M"),
            "target": np.arange(ROWS) % 2,
        }
    )
    frame.loc[::5, "size"] = np.nan
    frame.loc[::6, "colour"] = None
    schema, inferred = infer_schema(frame, "target", None, ())
    return schema, inferred.frame


def encode(schema: Schema, encoder: Encoder, frame: pd.DataFrame) -> EncodedBatch:
    columns = convert_features(schema, frame)
    encoder.add_new_columns(columns)
    return EncodedBatch(encoder, columns)


@pytest.mark.parametrize("view", VIEWS)
def test_a_matrix_is_as_wide_as_its_view_says(view: str) -> None:
    schema, frame = make_schema()
    encoder = Encoder(schema)
    matrix = encode(schema, encoder, frame).get_matrix(view)
    assert matrix.shape == (ROWS, count_features(encoder, view))


@pytest.mark.parametrize("view", ["wide", "plain", "tokens"])
def test_every_row_of_a_sparse_matrix_has_equally_many_entries(view: str) -> None:
    schema, frame = make_schema()
    matrix = encode(schema, Encoder(schema), frame).get_matrix(view)
    assert scipy.sparse.isspmatrix_csr(matrix)
    entries = np.diff(matrix.indptr)
    assert entries.min() == entries.max() > len(schema.columns)
    assert matrix.indices.max() < matrix.shape[1]


def test_a_matrix_is_built_once() -> None:
    schema, frame = make_schema()
    batch = encode(schema, Encoder(schema), frame)
    assert batch.get_matrix("dense") is batch.get_matrix("dense")


def test_a_column_of_ids_leaves_positions_to_others() -> None:
    schema, frame = make_schema()
    encoder = Encoder(schema)
    batch = encode(schema, encoder, frame)
    assert len(encoder.value_positions["name"]) == POSITIONS_A_COLUMN
    unseen = encoder.measure_unseen_share("name", batch.categories["name"])
    assert unseen == 0.0
    positions = encoder.find_positions("colour", batch.categories["colour"])
    assert positions.min() >= 0
