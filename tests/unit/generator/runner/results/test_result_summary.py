"""How a run's result looks."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from generator.github.core.models import Artifact, Run
from generator.runner.demo import find_faults, list_table_lines
from generator.runner.models import (
    Annotation,
    Conclusion,
    JobResult,
    RunResult,
    StepResult,
)
from generator.runner.results.summary import (
    describe_metric,
    describe_origin,
    describe_training,
    list_artifact_lines,
    list_result_lines,
    make_result_document,
)

# The value of some field of a record: the record has the types.
FieldValue: TypeAlias = Any

INSTANT = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
SUMMARY = {
    "rows_this_run": 3000,
    "rows_total": 6000,
    "metric": {"name": "auc", "value": 0.62841},
}


def run(number: int) -> Run:
    return Run(
        id=10_000_000_000 + number,
        number=number,
        attempt=1,
        workflow_id=1,
        workflow_path="w.yml",
        workflow_name="W",
        event="push",
        head_branch="main",
        head_sha="a" * 40,
        head_repository="local/it",
        head_repository_id=1,
        status="completed",
        conclusion="success",
        created_at=INSTANT,
        started_at=INSTANT,
        updated_at=INSTANT,
        backend_id="b",
        ref="refs/heads/main",
        base_branch="",
    )


def artifact(name: str, size_bytes: int) -> Artifact:
    return Artifact(
        id=1,
        run_id=2,
        attempt=1,
        name=name,
        mime_type="application/zip",
        size_bytes=size_bytes,
        digest="sha256:0",
        blob="b",
        created_at=INSTANT,
        updated_at=INSTANT,
        expires_at=INSTANT + timedelta(days=7),
        expired=False,
        job_backend_id="j",
    )


def result(number: int, **changes: FieldValue) -> RunResult:
    step = StepResult(
        "Train",
        Conclusion.SUCCESS,
        1.5,
        Conclusion.SUCCESS,
        id="train",
        outputs={"a": "b"},
        summary="#",
    )
    made = RunResult(
        run=run(number),
        conclusion=Conclusion.SUCCESS,
        jobs=(JobResult("train", "Train", Conclusion.SUCCESS, (step,)),),
        artifacts=(artifact("model-state", 61_234),),
        restored_from=(),
        summary=SUMMARY,
        stand_ins=("actions/checkout",),
        annotations=(Annotation("notice", "fresh", "Train", "Find"),),
        duration_seconds=12.34,
        log=Path("/repository/.wfgen/logs/1.jsonl"),
    )
    return replace(made, **changes)


def test_artifacts_show_size_and_end() -> None:
    assert list_artifact_lines([artifact("a", 10)]) == [
        "a  10 B  kept until 2026-11-29 21:00"
    ]


def test_what_the_training_did() -> None:
    assert describe_training(SUMMARY) == "3,000 rows, 6,000 in all; auc 0.6284"
    assert (
        describe_training({"rows_this_run": 1, "rows_total": 2, "metric": None})
        == "1 rows, 2 in all"
    )
    assert describe_training(None) == describe_training({}) == ""
    assert (describe_metric(SUMMARY), describe_metric(None)) == ("auc 0.6284", "-")


def test_where_state_came_from() -> None:
    runs = [run(1), run(2)]
    assert (
        describe_origin(result(2, restored_from=(run(1).id,)), runs)
        == "run #1 (10000000001)"
    )
    assert describe_origin(result(2), runs).startswith("nothing")
    assert "not artifacts" in describe_origin(
        result(2, summary={"started_from": "state"}), runs
    )


def test_the_table_at_the_end() -> None:
    lines = list_result_lines(
        result(1, notes=("a note",), problem="no step ran"),
        [run(1)],
        Path("/repository"),
    )
    assert lines == [
        "run         #1 (10000000001), push, success in 12.3 s",
        "state from  nothing: no state of an earlier run was fetched",
        "trained on  3,000 rows, 6,000 in all; auc 0.6284",
        "artifacts   model-state  61.2 kB  kept until 2026-11-29 21:00",
        "stand-ins   for checkout",
        "note        a note",
        "log         .wfgen/logs/1.jsonl",
        "failed      no step ran",
    ]


def test_the_document_is_json() -> None:
    document = json.loads(json.dumps(make_result_document(result(1))))
    assert document["jobs"][0]["steps"][0]["outputs"] == {"a": "b"}
    assert document["artifacts"][0]["expires_at"] == "2026-11-29T21:00:00+00:00"
    assert document["conclusion"] == "success"


def test_the_demo_judges_its_runs() -> None:
    first = result(1, summary={**SUMMARY, "rows_total": 3000})
    second = result(2, restored_from=(first.run.id,))
    assert find_faults([first, second]) == []
    assert "took its state from nothing" in find_faults([first, result(2)])[0]
    assert find_faults([first, result(2, conclusion=Conclusion.FAILURE)]) == [
        "run #2 failed"
    ]
    assert find_faults([result(1, summary=None), second])
    assert list_table_lines([first, second])[2].split() == [
        "#2", "push", "run", "#1", "3000", "6000", "auc", "0.6284", "2026-11-29", "21:00",
    ]  # fmt: skip
