"""The jobs of a matrix, by the examples of docs.github.com ("Running variations of jobs")."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import WorkflowProblemError
from generator.workflow.matrix import expand_matrix, format_values

FRUITS: dict[str, Any] = {
    "fruit": ["apple", "pear"],
    "animal": ["cat", "dog"],
    "include": [
        {"color": "green"},
        {"color": "pink", "animal": "cat"},
        {"fruit": "apple", "shape": "circle"},
        {"fruit": "banana"},
        {"fruit": "banana", "animal": "cat"},
    ],
}


def test_includes_extend_what_they_leave_alone_and_else_stand_alone() -> None:
    assert expand_matrix(FRUITS, "a") == [
        {"fruit": "apple", "animal": "cat", "color": "pink", "shape": "circle"},
        {"fruit": "apple", "animal": "dog", "color": "green", "shape": "circle"},
        {"fruit": "pear", "animal": "cat", "color": "pink"},
        {"fruit": "pear", "animal": "dog", "color": "green"},
        {"fruit": "banana"},
        {"fruit": "banana", "animal": "cat"},
    ]


def test_excludes_are_taken_out_before_includes_come_in() -> None:
    matrix = {
        "os": ["a", "b"],
        "version": [12, 14, 16],
        "exclude": [{"os": "a", "version": 12}, {"version": 16}],
        "include": [{"os": "b", "version": 16}],
    }
    assert expand_matrix(matrix, "a") == [
        {"os": "a", "version": 14},
        {"os": "b", "version": 12},
        {"os": "b", "version": 14},
        {"os": "b", "version": 16},
    ]


def test_a_matrix_of_includes_alone_has_a_job_for_each() -> None:
    matrix = {"include": [{"site": "x"}, {"site": "y", "more": {"deep": [1, True]}}]}
    assert expand_matrix(matrix, "a") == matrix["include"]
    assert format_values(expand_matrix(matrix, "a")[1]) == "y, 1, true"


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        ("x", "no mapping"),
        ({"n": "x"}, "must be a list"),
        ({"n": []}, "at least one value"),
        ({"n": [1], "include": "x"}, "must be a list"),
        ({"n": [1], "exclude": ["x"]}, "must list mappings"),
        ({"n": [1], "exclude": [{"n": 1}]}, "no job at all"),
        ({"n": list(range(257))}, "256 at most"),
        ({"n": list(range(20)), "m": list(range(20))}, "256 at most"),
    ],
)
def test_what_is_no_matrix_is_refused(matrix: object, words: str) -> None:
    with pytest.raises(WorkflowProblemError, match=words):
        expand_matrix(matrix, "w.yml, jobs.a")


@given(
    st.dictionaries(
        st.sampled_from("abc"),
        st.lists(st.integers(), min_size=1, max_size=4),
        min_size=1,
    )
)
def test_every_combination_is_there_once(axes: dict[str, list[int]]) -> None:
    combinations = expand_matrix(axes, "a")
    count = 1
    for name, values in axes.items():
        count *= len(values)
        assert [one[name] for one in combinations].count(values[0]) >= 1
    assert len(combinations) == count
