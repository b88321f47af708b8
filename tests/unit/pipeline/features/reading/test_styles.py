"""Numbers and dates as people write them: one style a column, kept, and said if guessed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SourceSchemaError
from pipeline.features.reading.columns import DATE, Reading, convert_column
from pipeline.features.reading.styles import (
    COMMA,
    DAY_FIRST,
    MONTH_FIRST,
    PLAIN,
    POINT,
    ReadingChoice,
    find_date_style,
    find_number_style,
    parse_styled_numbers,
)

AUTO = ReadingChoice()


@pytest.mark.parametrize(
    ("texts", "style", "numbers"),
    [
        (["1,234", "986", "12,000,500"], POINT, [1234, 986, 12000500]),
        (["1,234.5", "7.25"], POINT, [1234.5, 7.25]),
        (["0,591", "3,496", "12"], COMMA, [0.591, 3.496, 12]),
        (["1.234,56", "-7,5"], COMMA, [1234.56, -7.5]),
        (["$1,200", "$ 35.50", "($4.00)"], POINT, [1200, 35.5, -4]),
        (["12%", "7.5 %"], POINT, [12, 7.5]),
        (["1 234 567,8", "12,5"], COMMA, [1234567.8, 12.5]),
        (["1\u00a0234", "7"], POINT, [1234, 7]),
        (["CHF 1'234.50", "7"], POINT, [1234.5, 7]),
        (["3,5 \u20ac", "1.000,00 \u20ac"], COMMA, [3.5, 1000]),
    ],
)
def test_numbers_are_read_as_they_are_written(
    texts: list[str], style: str, numbers: list[float]
) -> None:
    found = find_number_style("x", texts, AUTO)
    assert found is not None
    assert (found.style, found.warning) == (style, "")
    assert parse_styled_numbers(pd.Series(texts), style).tolist() == numbers


@pytest.mark.parametrize(
    "texts",
    [
        ["a", "b"],
        ["1,2,3", "4,5,6"],
        ["10.0.0.1", "10.0.0.2"],
        ["12-34", "56-78"],
        ["12:30"],
    ],
)
def test_what_is_no_number_stays_text(texts: list[str]) -> None:
    assert find_number_style("x", texts, AUTO) is None


def test_what_is_open_is_guessed_and_said_or_settled() -> None:
    texts = ["1,234", "5,678"]
    guessed = find_number_style("x", texts, AUTO)
    assert guessed is not None
    assert guessed.style == POINT
    assert "`decimal" in guessed.warning
    settled = find_number_style("x", texts, ReadingChoice(decimal="comma"))
    assert settled == (COMMA, "")


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=1), st.sampled_from([POINT, COMMA])
)
def test_what_is_written_in_a_style_is_read_in_it(
    values: list[int], style: str
) -> None:
    texts = [f"{value / 100:,.2f}" for value in values]
    if style == COMMA:
        texts = [text.translate(str.maketrans(",.", ".,")) for text in texts]
    parsed = parse_styled_numbers(pd.Series(texts), style)
    np.testing.assert_allclose(parsed, [value / 100 for value in values])


@pytest.mark.parametrize(
    ("texts", "style", "is_guess"),
    [
        (["05/02/2024", "13/02/2024"], DAY_FIRST, False),
        (["05/02/2024", "02/13/2024 10:00"], MONTH_FIRST, False),
        (["05.02.2024"], DAY_FIRST, True),
        (["05/02/2024"], MONTH_FIRST, True),
        (["2024-02-05", "5 May 2024"], PLAIN, False),
    ],
)
def test_the_order_of_day_and_month(
    texts: list[str], style: str, is_guess: object
) -> None:
    found = find_date_style("when", texts, AUTO)
    assert found is not None
    assert (found.style, bool(found.warning)) == (style, is_guess)


def test_dates_of_two_orders_in_a_column_are_no_style() -> None:
    assert find_date_style("when", ["13/02/2024", "02/13/2024"], AUTO) is None
    choice = ReadingChoice(dates="month-first")
    assert find_date_style("when", ["13/02/2024"], choice) is None


def test_a_later_date_that_contradicts_stops_with_the_setting() -> None:
    kept = convert_column(
        DATE, pd.Series(["05/02/2024", "13/02/2024"]), Reading(DAY_FIRST)
    )
    assert [str(day)[:10] for day in kept] == ["2024-02-05", "2024-02-13"]
    with pytest.raises(SourceSchemaError, match="02/13/2024") as caught:
        convert_column(DATE, pd.Series(["02/13/2024"]), Reading(DAY_FIRST))
    assert 'dates = "day-first"' in caught.value.hint
