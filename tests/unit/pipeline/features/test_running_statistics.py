"""What is known of columns: running means, and rates of the target."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.features.hashing import mix_bits
from pipeline.features.standard_scaler import CLIP, StandardScaler
from pipeline.features.target_encoder import FADE, FADE_ROWS, PRIOR_ROWS, TargetEncoder

CHANCE = np.random.default_rng(1)


def test_a_scaler_of_batches_is_the_scaler_of_all_rows() -> None:
    values = CHANCE.normal(5, 3, size=1000)
    values[::7] = np.nan
    scaler = StandardScaler()
    for part in np.array_split(values, 9):
        scaler.partial_fit("x", part)
    expected = (values - np.nanmean(values)) / np.nanstd(values)
    np.testing.assert_allclose(scaler.transform("x", values), expected)


def test_a_scaler_leaves_what_does_not_vary_and_cuts_what_lies_far_out() -> None:
    scaler = StandardScaler()
    scaler.partial_fit("x", np.full(10, 3.0))
    scaled = scaler.transform("x", np.array([3.0, 4.0, 1e9, np.nan]))
    np.testing.assert_array_equal(scaled, [0.0, 1.0, CLIP, np.nan])


def hash_codes(codes: list[int]) -> np.ndarray:
    return mix_bits(np.array(codes, dtype=np.uint64))


def test_target_rates_are_nothing_before_anything_was_counted() -> None:
    rates = TargetEncoder().transform([hash_codes([1, 2])], rows=2)
    np.testing.assert_array_equal(rates, [[0.0], [0.0]])


def test_a_rate_lies_between_that_of_its_rows_and_that_of_all() -> None:
    encoder = TargetEncoder(as_log_odds=False)
    keys = [hash_codes([1] * 50 + [2] * 50)]
    encoder.partial_fit(keys, np.array([1.0] * 50 + [0.0] * 50))
    rates = encoder.transform([hash_codes([1, 2, 3])], rows=3)
    # 50 rows weigh as much as the belief in the mean of all.
    assert PRIOR_ROWS == 50
    np.testing.assert_allclose(rates, [[0.25], [-0.25], [0.0]])


def test_counts_fade_with_the_rows_that_pass() -> None:
    encoder = TargetEncoder(as_log_odds=False)
    encoder.partial_fit([hash_codes([1])], np.ones(1))
    rows = FADE_ROWS
    encoder.partial_fit([hash_codes([2] * rows)], np.zeros(rows))
    assert encoder.all_targets == pytest.approx(FADE)
    assert encoder.all_rows == pytest.approx(FADE + rows)


def test_the_same_value_has_counts_of_its_own_in_each_field() -> None:
    encoder = TargetEncoder(as_log_odds=False)
    one, two = hash_codes([1] * 50), hash_codes([2] * 50)
    encoder.partial_fit([one, two], np.ones(50))
    assert np.count_nonzero(encoder.row_counts) == 2
    encoder.partial_fit([two, one], np.ones(50))
    assert np.count_nonzero(encoder.row_counts) == 4
