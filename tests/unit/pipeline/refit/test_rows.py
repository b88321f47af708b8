"""Which rows are kept, and in what form they lie in a state."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import StateTamperedError
from pipeline.refit.rows import KeptRows
from pipeline.state.sealing import PLAIN, seal, unseal


def keep(rows: int, most: int, batch: int = 100) -> KeptRows:
    kept = KeptRows(most, seed=1)
    for start in range(0, rows, batch):
        numbers = np.arange(start, min(start + batch, rows), dtype=float)
        kept.add(np.column_stack([numbers, -numbers]), numbers / 7, start, [0, 1])
    return kept


def test_the_newest_half_is_whole_and_the_rest_a_sample_of_all_before() -> None:
    kept = keep(20_000, 1000)
    assert len(kept) == 1000
    assert kept.numbers[-500:].tolist() == list(range(19_500, 20_000))
    older = kept.numbers[:500]
    assert (np.diff(kept.numbers) > 0).all()
    # Evenly from all of the past: quarters of it differ by chance alone.
    quarters = np.histogram(older, bins=4, range=(0, 19_500))[0]
    assert quarters.min() > 80
    np.testing.assert_array_equal(kept.matrix[:, 0], kept.numbers)
    np.testing.assert_allclose(kept.target, kept.numbers / 7, rtol=1e-6)


def test_wide_rows_are_fewer() -> None:
    kept = KeptRows(1_000_000, seed=1)
    for start in range(0, 10_000, 1000):
        kept.add(np.zeros((1000, 2000)), np.zeros(1000), start, [0] * 2000)
    assert kept.matrix.size <= 6_000_000


def test_a_column_that_joins_is_missing_before() -> None:
    kept = keep(100, 1000)
    kept.add(np.ones((10, 3)), np.ones(10), 100, [0, 1, 0])
    assert np.isnan(kept.matrix[:100, 2]).all()
    assert (kept.matrix[100:, 2] == 1).all()


@given(st.integers(0, 300), st.sampled_from([None, b"key", b"\xff" * 90]))
def test_they_come_back_from_a_state_as_they_were(rows: int, key: bytes | None) -> None:
    kept = keep(rows, 200)
    sealed = seal(kept.pack(), key)
    assert sealed == seal(kept.pack(), key)
    content = unseal(sealed, key)
    assert content is not None
    back = KeptRows.unpack(content)
    for name in ("matrix", "target", "numbers", "kinds"):
        np.testing.assert_array_equal(getattr(back, name), getattr(kept, name))
    if rows:
        back.add(np.ones((5, 2)), np.ones(5), rows, [0, 1])


def test_encrypted_rows_hold_nothing_in_the_open_and_notice_changes() -> None:
    kept = keep(300, 1000)
    content = kept.pack()
    sealed = seal(content, b"key")
    assert content[:20] not in sealed
    assert not sealed.startswith(PLAIN)
    assert unseal(sealed, None) is None
    with pytest.raises(StateTamperedError, match="another key"):
        unseal(sealed, b"other")
    with pytest.raises(StateTamperedError, match="changed"):
        unseal(sealed[:-1] + b"x", b"key")
    with pytest.raises(StateTamperedError, match="no form"):
        unseal(b"pickle:" + content, b"key")


@given(st.data())
def test_damaged_rows_are_refused_and_never_read_beyond_their_end(
    data: st.DataObject,
) -> None:
    content = bytearray(keep(120, 1000).pack())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(content)))
    try:
        back = KeptRows.unpack(bytes(content[:end]))
    except ValueError:
        return
    assert len(back.matrix) == len(back.target) == len(back.numbers)
