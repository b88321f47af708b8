"""Public reports about Kaggle and its client, re-enacted: each with its verdict.

The titles stand at github.com/OWNER/NAME/issues/NUMBER.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from pipeline.errors import PipelineError
from tests.integration.kaggle.training import API, LOGIN, STORAGE, train

if TYPE_CHECKING:
    from tests.integration.kaggle.conftest import Plan

DATASET, RACE = "kaggle:somebody/rows", "kaggle:competitions/race"
PAGE = "https://www.kaggle.com"
DOWNLOAD = "/api/*/Download*"
NO_FAULT: Mapping[str, Any] = {}


class Report(NamedTuple):
    """A report: the source, who fails how often, and how the run ends, with how many calls."""

    issue: str
    source: str
    exit_code: int
    words: str
    calls: int
    path: str = ""
    fault: Mapping[str, Any] = NO_FAULT
    times: int = 1
    environment: Mapping[str, str] = LOGIN


REPORTS = [
    Report(
        "kaggle-cli#87 rules not accepted", RACE, 31, "/rules", 1, API, {"status": 403}
    ),
    Report(
        "kaggle-cli#68 404 of what is there",
        DATASET,
        0,
        "",
        4,
        DOWNLOAD,
        {"status": 404},
    ),
    Report(
        "colabtools#294 404 of a fresh one",
        DATASET,
        0,
        "",
        5,
        DOWNLOAD,
        {"status": 404},
        2,
    ),
    Report(
        "kaggle-cli#92 404 all day",
        RACE,
        34,
        "not ready",
        4,
        DOWNLOAD,
        {"status": 404},
        9,
    ),
    Report("kaggle-cli#229 404 of a name", "kaggle:c/cifar", 32, "has no cifar", 1),
    Report(
        "kaggle-cli#221 not found", "kaggle:somebody/misspelt", 31, "none of that", 1
    ),
    Report("kaggle-cli#444 a file in a folder", "kaggle:o/d/rows.csv", 0, "", 4),
    Report(
        "kaggle-cli#455 a file of a version", "kaggle:o/d/versions/1/rows.csv", 0, "", 3
    ),
    Report("kaggle-cli#448 a whole address", f"{PAGE}/competitions/race", 0, "", 3),
    Report("kaggle-cli#555 an address of data", f"{PAGE}/c/race/data", 0, "", 3),
    Report(
        "kaggle-cli#533 a table's address",
        f"{PAGE}/datasets/o/d?select=rows.csv",
        0,
        "",
        4,
    ),
    Report(
        "kaggle-cli#536 no zip file",
        DATASET,
        0,
        "",
        5,
        STORAGE,
        {"status": 200, "message": "<html>"},
    ),
    Report("kaggle-cli#516 a bad resume", DATASET, 0, "", 5, STORAGE, {"cut": 50}),
    Report(
        "medium-data-bakeoff#10 bad CRC", DATASET, 0, "", 5, STORAGE, {"corrupt": True}
    ),
    Report(
        "kaggle-cli#931 429 without end",
        RACE,
        33,
        "no more calls",
        4,
        DOWNLOAD,
        {"status": 429},
        9,
    ),
    Report(
        "kaggle-cli#132 429 for a moment",
        RACE,
        0,
        "",
        4,
        DOWNLOAD,
        {"status": 429, "retry_after": 0},
    ),
    Report(
        "kaggle-cli#153 a name alone",
        DATASET,
        30,
        "KAGGLE_KEY is not set",
        0,
        environment={"KAGGLE_USERNAME": "somebody"},
    ),
    Report(
        "kaggle-cli#617 no kaggle.json",
        DATASET,
        30,
        "no Kaggle credentials",
        0,
        environment={},
    ),
    Report(
        "kaggle-cli#831 401",
        RACE,
        30,
        "KAGGLE_USERNAME and KAGGLE_KEY",
        1,
        API,
        {"status": 401},
    ),
    Report("kaggle-cli#494 hanging", DATASET, 34, "in time", 3, API, {"hang": 1}, 9),
]


@pytest.mark.parametrize("report", REPORTS, ids=[row.issue for row in REPORTS])
def test_a_report_has_its_verdict(plan: Plan, tmp_path: Path, report: Report) -> None:
    files: dict[str, str | bytes] = {"in/rows.csv": plan.rows(300), "big.bin": b"0"}
    plan.put("datasets/o/d/1", files)
    if report.path:
        plan.fail(report.path, report.fault, report.times)
    exit_code, said = 0, ""
    try:
        summary = train(
            tmp_path / "r",
            report.source,
            report.environment,
            kaggle_timeout_seconds=0.5,
        )
        assert summary["rows_total"] == 300
    except PipelineError as error:
        exit_code, said = error.exit_code, f"{error.message} {error.hint}"
        assert not list((tmp_path / "r/runtime/model").glob("*"))
    assert exit_code == report.exit_code, said
    assert report.words in said
    assert len(plan.calls) == report.calls
