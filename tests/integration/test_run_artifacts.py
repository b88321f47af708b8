"""What a run keeps.

Names, folders, how long, and what it says of it; steps and templates of the user's own.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from generator.runner.models import Conclusion, RunResult

if TYPE_CHECKING:
    from tests.integration.conftest import Project

pytestmark = pytest.mark.act
Rows = Callable[[RunResult], int]
Why = Callable[[RunResult], str]


def days(result: RunResult) -> dict[str, int]:
    """Days that each artifact is kept."""
    return {
        one.name: round((one.expires_at - one.created_at) / timedelta(days=1))
        for one in result.artifacts
    }


@pytest.mark.shows_settings(
    "retention",
    "artifacts.model.retention",
    "artifacts.data.retention",
    "artifacts.extra",
)
def test_each_artifact_is_kept_its_own_time_and_then_gone(
    project: Project, total_rows: Rows, why: Why
) -> None:
    project.render(
        **{
            "retention": "7",
            "artifacts.model.retention": "9",
            "artifacts.data.retention": "8",
            "artifacts.extra": "[{name = 'plots', path = 'runtime/data/*.json', retention = 2},"
            " {name = 'more', path = 'runtime/data/'}]",
        }
    )
    first = project.run()
    assert days(first) == {
        "model-state": 9,
        "data-state": 8,
        "training-logs": 7,
        "plots": 2,
        "more": 7,
    }, why(first)
    # The state is kept as long as both of its halves are.
    assert "| 3 | success | none | 8 days |" in summary_of(first), why(first)
    project.clock.advance(timedelta(days=7.5))
    second = project.run()
    assert total_rows(second) == 2 * total_rows(first)
    project.clock.advance(timedelta(days=8.5))
    third = project.run()
    assert (total_rows(third), third.restored_from) == (total_rows(first), ()), why(
        third
    )


def summary_of(result: RunResult) -> str:
    return "\n".join(step.summary for job in result.jobs for step in job.steps)


@pytest.mark.shows_settings("summary", "artifacts.logs.retention")
def test_without_summary_there_is_none(project: Project, why: Why) -> None:
    project.render(**{"summary": "false", "artifacts.logs.retention": "3"})
    result = project.run()
    assert result.conclusion is Conclusion.SUCCESS, why(result)
    assert "Summarise the run" not in project.map_conclusions(result)
    assert "| iterations |" not in summary_of(result)
    assert days(result)["training-logs"] == 3


ELSEWHERE = """
import json
from pathlib import Path

state = Path("out/how far/state.json")
rows = (json.loads(state.read_text())["rows"] if state.exists() else 0) + 5
assert state.exists() == Path("out/model.d/.weights").exists(), "half a state"
for path, text in ((state, json.dumps({"rows": rows})), (Path("out/model.d/.weights"), str(rows)),
                   (Path("notes/log.txt"), f"{rows} rows")):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
"""


@pytest.mark.shows_settings(
    "artifacts.logs.name",
    "artifacts.model.path",
    "artifacts.data.path",
    "artifacts.logs.path",
)
def test_state_and_logs_lie_where_the_settings_say(project: Project, why: Why) -> None:
    project.write("src/elsewhere.py", ELSEWHERE)
    project.render(
        **{
            "artifacts.model.path": "out/model.d",
            "artifacts.data.path": "out/how far/",
            "artifacts.logs.path": "notes",
            "artifacts.logs.name": "notes of a run",
            "train.command": "python src/elsewhere.py",
        }
    )
    results = [project.run() for _ in range(2)]
    assert [result.conclusion for result in results] == [Conclusion.SUCCESS] * 2, why(
        results[1]
    )
    held = {
        one.name: zipfile.ZipFile(project.local_github.get_artifact_path(one.id))
        for one in results[1].artifacts
    }
    assert {name: archive.namelist() for name, archive in held.items()} == {
        "model-state": [".weights"],
        "data-state": ["state.json"],
        "notes of a run": ["log.txt"],
    }
    assert held["notes of a run"].read("log.txt") == b"10 rows"
    for archive in held.values():
        archive.close()


PLACES = (
    "steps.before_restore",
    "steps.after_restore",
    "steps.before_train",
    "steps.after_train",
    "steps.before_upload",
    "steps.after_upload",
)
OURS = [
    "Download data state",
    "Train",
    "Upload model state",
    "Upload training logs",
    "Summarise the run",
]
IN_ORDER = [
    "steps.before_restore",
    "Download data state",
    "steps.after_restore",
    "steps.before_train",
    "Train",
    "steps.after_train",
    "steps.before_upload",
    "Upload model state",
    "Upload training logs",
    "steps.after_upload",
    "Summarise the run",
]


@pytest.mark.shows_settings(
    "steps.before_restore",
    "steps.before_train",
    "steps.before_upload",
    "steps.after_restore",
    "steps.after_train",
    "steps.after_upload",
)
def test_steps_run_in_their_six_places(project: Project, why: Why) -> None:
    sees = 'echo "$AT: $(cat runtime/model/best_model.pkl 2>/dev/null || echo nothing)"'
    project.render(
        **{
            at: f"[{{name = '{at}', env = {{AT = '{at}'}}, run = {json.dumps(sees)}}}]"
            for at in PLACES
        },
        iterations="1",
    )
    project.run()
    second = project.run()
    assert second.conclusion is Conclusion.SUCCESS, why(second)
    assert [
        name for name in project.map_conclusions(second) if name in {*PLACES, *OURS}
    ] == IN_ORDER
    seen = ["nothing", "10", "10", "20", "20", "20"]
    assert [
        line for line in project.list_output(second) if line.startswith("steps.")
    ] == [f"{at}: {rows}" for at, rows in zip(PLACES, seen, strict=True)]


OWN_TEMPLATE = """<% extends "wfgen/train.yml.j2" %>
<% block train %>

      - name: Train our way
        id: train
        run: python -m pipeline update --iterations <%= iterations %>
<% endblock %>
"""


@pytest.mark.shows_settings("templates_dir")
def test_a_template_of_ones_own_is_run(
    project: Project, total_rows: Rows, why: Why
) -> None:
    project.write("our templates/train.yml.j2", OWN_TEMPLATE)
    project.render(templates_dir="our templates", iterations="2")
    first, second = project.run(), project.run()
    assert second.conclusion is Conclusion.SUCCESS, why(second)
    assert project.map_conclusions(second)["Train our way"] == "success"
    assert [total_rows(first), total_rows(second)] == [20, 40]
