"""One row far out must not ruin the scale of a column, nor a target."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.features.standard_scaler import StandardScaler
from pipeline.features.target_outliers import clip_target


@pytest.mark.parametrize("batch", [0, 1, 5])
@pytest.mark.parametrize("size", [1e6, -1e99])
def test_an_outlier_in_any_batch_leaves_the_scale(batch: int, size: float) -> None:
    chance = np.random.default_rng(1)
    scaler = StandardScaler()
    for number in range(8):
        values = chance.normal(10, 2, 200)
        if number == batch:
            values[17] = size
        scaler.partial_fit("a", values)
    # A spread that is 50 % off is no loss; today's outlier made it 20,000 times as wide.
    inside = scaler.transform("a", np.array([8.0, 10.0, 12.0]))
    np.testing.assert_allclose(inside, [-1, 0, 1], atol=0.4)


def test_a_column_that_really_moves_is_followed() -> None:
    chance = np.random.default_rng(1)
    scaler = StandardScaler()
    scaler.partial_fit("a", chance.normal(0, 1, 1000))
    for _ in range(40):
        scaler.partial_fit("a", chance.normal(1000, 100, 10_000))
    moved = scaler.transform("a", np.array([1000.0]))
    assert abs(moved[0]) < 1


@given(st.integers(0, 2**32 - 1), st.sampled_from(["normal", "lognormal", "pareto"]))
def test_no_row_of_a_usual_target_is_an_outlier(seed: int, kind: str) -> None:
    """Incomes and populations reach far; that is no mistake."""
    chance = np.random.default_rng(seed)
    stream = {
        "normal": chance.normal(size=(20, 200)),
        "lognormal": chance.lognormal(0, 1.5, (20, 200)),
        "pareto": np.minimum(chance.pareto(2, (20, 200)), 30),
    }[kind]
    cut, reach = 0, 0.0
    for batch in stream:
        clipped = clip_target(batch, reach)
        cut, reach = cut + clipped.outliers, clipped.reach
    assert cut <= 8


@pytest.mark.parametrize("reach", [0.0, 3.0])
def test_one_amount_far_out_is_cut_and_the_others_stay(reach: float) -> None:
    values = np.random.default_rng(1).normal(size=200)
    values[3] = 1e6
    clipped = clip_target(values, reach)
    assert clipped.outliers == 1
    assert np.abs(clipped.amounts).max() <= 4
    np.testing.assert_array_equal(clipped.amounts[4:], values[4:])


def test_a_target_that_has_moved_is_no_outlier() -> None:
    values = np.random.default_rng(1).normal(500, 1, size=200)
    clipped = clip_target(values, 3.0)
    assert clipped.outliers == 0
    assert clipped.reach > 400
