"""`report.html`.

Says what the state and the run say, whatever names the data brings, and costs nobody
the training.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli.commands import pipeline
from pipeline.cli.queries import describe_state, format_facts
from pipeline.errors import PipelineError, SourceError
from pipeline.reporting.chart import (
    choose_ticks,
    count_decimals,
    count_rows,
    format_label,
)
from pipeline.reporting.html import format_percent, render_page
from pipeline.reporting.log import Note, Outcome
from pipeline.reporting.summary import format_number
from pipeline.settings import load
from pipeline.state.document import RunRecord
from pipeline.state.store import Store
from pipeline.training.update import update

HOSTILE = "<script>alert('1')</script>"
CLASS = '"><img src=x onerror=alert(2)>'
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Every element with its attributes, and the text outside of style sheets.

    Unclosed elements are an error.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [found for name, found in self.elements if name == tag]


def train(
    root: Path, environment: Mapping[str, str] | None = None, **flags: object
) -> dict[str, Any]:
    given = {
        "source": "rows.csv",
        "target": "y",
        "batch_rows": 50,
        "iterations": 2,
        "models": "sgd,linear",
        **flags,
    }
    update(root, load(root, {}, given), environment or {})
    document = json.loads((root / "runtime/data/data_state.json").read_text())
    assert isinstance(document, dict)
    return document


def page(root: Path) -> Page:
    return Page((root / "runtime/logs/report.html").read_text(encoding="utf-8"))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """600 rows whose target follows the second column, except in every seventh row."""
    quoted = CLASS.replace('"', '""')
    labels = (quoted if (i % 5 > 2) != (i % 7 == 0) else "good" for i in range(600))
    rows = "".join(f'{i % 17},{i % 5},"{label}"\n' for i, label in enumerate(labels))
    (tmp_path / "rows.csv").write_text(f'"{HOSTILE}",b,y\n{rows}')
    return tmp_path


def test_the_page_tells_what_the_state_and_the_summary_say(table: Path) -> None:
    train(table)
    document = train(table)
    text = page(table).text
    summary = json.loads((table / "runtime/logs/summary.json").read_text())
    assert (
        f"Trained on 100 new rows: AUC {summary['metric']['value']:.4f} by {summary['champion']}"
        in text
    )
    assert f"Started from state {summary['parent_state_id']}" in text
    assert f"Is now state {summary['state_id']}" in text
    for name, figures in document["figures"].items():
        assert f"{figures['loss']:.4f}" in text, name
    used, base = (
        document["figures"][name]["loss"] for name in ("champion", "baseline")
    )
    assert f"{100 * (base - used) / base:.1f} % below" in text


def test_every_point_of_the_chart_is_a_run_of_the_history(table: Path) -> None:
    for batches in (2, 1, 3):
        document = train(table, iterations=batches)
    found = page(table)
    values = [run["metric"]["value"] for run in document["history"]]
    dots = [float(dot["data-value"] or "") for dot in found.all("circle")]
    assert dots == values * 2
    for line, at in zip(found.all("polyline"), (0, len(values)), strict=True):
        drawn = [
            tuple(map(float, pair.split(",")))
            for pair in (line["points"] or "").split()
        ]
        circles = found.all("circle")[at : at + len(values)]
        assert drawn == [
            (float(dot["cx"] or ""), float(dot["cy"] or "")) for dot in circles
        ]
        # The better figure stands higher, in proportion.
        rises = [
            (two[1] - one[1]) / (late - soon)
            for (one, two), (soon, late) in zip(
                pairwise(drawn), pairwise(values), strict=True
            )
            if abs(late - soon) > 0.01
        ]
        assert all(rise < 0 for rise in rises)
        assert max(rises, default=0) - min(rises, default=0) < 0.05 * abs(
            min(rises, default=1)
        )
    assert [bar.get("height") for bar in found.all("rect")][:3] == [
        "37.3",
        "18.7",
        "56.0",
    ]


@pytest.mark.parametrize("checkpoint", [5, 0])
def test_a_run_with_new_models_is_told_as_one_that_began_with_nothing(
    table: Path, checkpoint: int
) -> None:
    before = train(table, iterations=2)
    text = (table / "rows.csv").read_text()
    (table / "rows.csv").write_text(text.replace("\n0,0", "\n5,0", 1))
    sheet = table / "sheet.md"
    github = {"GITHUB_STEP_SUMMARY": str(sheet)}
    for rounds in (1, 2):
        document = train(
            table,
            github,
            on_rewrite="restart",
            iterations=4,
            checkpoint_seconds=checkpoint,
        )
        summary = json.loads((table / "runtime/logs/summary.json").read_text())
        assert (summary["rows_this_run"], summary["rows_total"]) == (200, rounds * 200)
        found = page(table)
        assert [bar["height"] for bar in found.all("rect")] == ["56.0"] * rounds * 2
        parent = summary["parent_state_id"]
        if rounds == 1:
            assert (summary["started_from"], parent) == ("nothing", before["state_id"])
            assert f"Started from nothing, in place of state {parent}" in found.text
            assert (
                f"| Started from | nothing, in place of state `{parent}` |"
                in sheet.read_text()
            )
        else:
            assert summary["started_from"] == "state"
            assert f"Started from state {parent}" in found.text
    assert document["counters"]["runs"] == 2


def test_the_first_of_the_runs_that_are_remembered_has_no_bar_where_others_are_forgotten() -> (
    None
):
    runs = [RunRecord("", 1, rows, "sgd", None) for rows in (300, 500)]
    assert count_rows(runs, forgotten=False) == [300, 200]
    assert count_rows(runs, forgotten=True) == [0, 200]


def test_what_new_models_learnt_before_an_error_is_counted(table: Path) -> None:
    train(table)
    text = (table / "rows.csv").read_text()
    (table / "rows.csv").write_text(text.replace("\n0,0", "\n5,0", 1) + "1,2,3,4\n")
    with pytest.raises(PipelineError):
        train(table, on_rewrite="restart", iterations=99, checkpoint_seconds=0)
    summary = json.loads((table / "runtime/logs/summary.json").read_text())
    assert (summary["status"], summary["started_from"], summary["rows_this_run"]) == (
        "failed",
        "nothing",
        600,
    )


def test_names_out_of_the_data_stay_text(table: Path) -> None:
    train(table)
    document = Store(table / "runtime").read_document()
    assert document is not None
    metrics = dict(document.metrics)
    metrics[HOSTILE] = metrics.pop("sgd")
    last = document.history[-1]._replace(champion=HOSTILE)
    document = document._replace(
        champion=HOSTILE, metrics=metrics, history=(*document.history[:-1], last)
    )
    summary = json.loads((table / "runtime/logs/summary.json").read_text()) | {
        "champion": HOSTILE
    }
    outcome = Outcome(summary, document, f"{HOSTILE}.csv", error=(HOSTILE, CLASS))
    for found in (
        page(table),
        Page(render_page(outcome, [Note(1, f"drift: {HOSTILE}: moved")], 1.0)),
    ):
        assert HOSTILE in found.text
        assert CLASS in found.text
        assert not [
            tag
            for tag, _ in found.elements
            if tag in {"script", "img", "link", "iframe", "object", "a"}
        ]
        assert not [
            name
            for _, given in found.elements
            for name in given
            if name.startswith("on") or name in {"src", "href"}
        ]
    assert "moved" in found.text


def test_an_amount_is_told_in_its_own_units(table: Path) -> None:
    document = train(table, target="b", task="regression", ignore="y")
    text = page(table).text
    assert f"RMSE {document['metric']['value']:.4f} by" in text
    assert "Lower is better, in the target's units." in text
    assert "By squared error (in deviations of the first batch)" in text


def test_after_the_first_batch_there_are_no_figures_yet(table: Path) -> None:
    train(table, iterations=1)
    assert "Nothing is scored yet" in page(table).text
    assert page(table).all("svg") == []


def test_the_page_needs_nothing_else(table: Path) -> None:
    train(table)
    html = (table / "runtime/logs/report.html").read_text()
    assert "default-src 'none'" in html
    assert not re.search(r"https?:|url\(|@import", html)
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html


def test_what_stood_out_is_listed_with_its_batch(table: Path) -> None:
    train(table)
    with (table / "rows.csv").open("a") as rows:
        rows.write("".join(f"{900 + i},{i % 5},good\n" for i in range(50)))
    train(table, iterations=99)
    assert re.search(
        r"batch 13 drift target: share of class 1 went from 0\.\d+ to 1\.000",
        page(table).text,
    )


def test_a_failed_run_says_why_and_shows_the_state_that_is_left(table: Path) -> None:
    document = train(table)
    whole = (table / "rows.csv").read_text()
    (table / "rows.csv").write_text(whole.replace(HOSTILE, "renamed"))
    with pytest.raises(PipelineError) as caught:
        train(table)
    text = page(table).text
    assert "The training ended with an error" in text
    assert caught.value.message in text
    assert caught.value.hint in text
    assert f"Is now state {document['state_id']}" in text


def test_a_trial_is_called_one(table: Path) -> None:
    train(table, {"PIPELINE_STATE_KEY": "a key of some length"})
    assert ", signed" in page(table).text
    train(table, {"GITHUB_EVENT_NAME": "pull_request"})
    text = page(table).text
    assert "A trial: nothing is stored" in text
    assert "Is now as it was: this run was a trial" in text
    assert "run warning" in text


def test_what_was_committed_before_an_error_is_counted(table: Path) -> None:
    (table / "more").mkdir()
    (table / "rows.csv").rename(table / "more/1.csv")
    (table / "more/2.csv").write_text(f'"{HOSTILE}",b,y\n1,2,3,good\n')
    with pytest.raises(SourceError):
        train(table, source="more", iterations=99, checkpoint_seconds=0)
    summary = json.loads((table / "runtime/logs/summary.json").read_text())
    assert (summary["status"], summary["rows_this_run"]) == ("failed", 600)
    assert f"Is now state {summary['state_id']}" in page(table).text


def test_the_first_run_of_all_may_fail(tmp_path: Path) -> None:
    with pytest.raises(PipelineError):
        train(tmp_path, source="absent.csv")
    assert "absent.csv does not exist" in page(tmp_path).text


def test_nothing_new_leaves_the_report_of_the_last_run_that_learnt(table: Path) -> None:
    train(table, iterations=99)
    before = (table / "runtime/logs/report.html").read_bytes()
    train(table)
    assert (table / "runtime/logs/report.html").read_bytes() == before


@pytest.mark.parametrize(
    ("file", "environment", "flags"),
    [
        ("[pipeline]\nreport = false\n", {}, {}),
        ("", {"PIPELINE_REPORT": "false"}, {}),
        (
            "[pipeline]\nreport = true\n",
            {"PIPELINE_REPORT": "True"},
            {"report": "false"},
        ),
    ],
)
def test_it_can_be_left_out(
    tmp_path: Path, file: str, environment: dict[str, str], flags: dict[str, str]
) -> None:
    (tmp_path / "wfgen.toml").write_text(file)
    settings = load(tmp_path, environment, flags | {"models": "sgd", "iterations": 1})
    assert update(tmp_path, settings, {}) == 0
    assert not (tmp_path / "runtime/logs/report.html").exists()


def test_a_page_that_cannot_be_made_costs_nobody_the_training(
    table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (table / "runtime/logs/report.html").mkdir(parents=True)
    assert train(table)["counters"]["rows"] == 100
    assert "no report.html: " in capsys.readouterr().out
    monkeypatch.setitem(sys.modules, "jinja2", None)
    monkeypatch.delitem(sys.modules, "pipeline.reporting.html")
    assert train(table)["counters"]["rows"] == 200
    assert "pip install jinja2" in capsys.readouterr().out


@given(
    st.floats(-1e3, 1e3) | st.floats(0, 1e99), st.floats(0, 1e3) | st.floats(0, 1e99)
)
def test_an_axis_has_a_few_round_values_around_the_figures(
    least: float, span: float
) -> None:
    most = least + span
    steps = choose_ticks(least, most)
    assert 2 <= len(steps) <= 7
    slack = 1e-6 * max(1, abs(least), abs(most))
    assert steps[0] <= least + slack
    assert steps[-1] >= most - slack
    labels = [format_label(step, count_decimals(steps)) for step in steps]
    assert len(set(labels)) == len(labels)
    assert max(map(len, labels)) <= 11


@pytest.mark.parametrize("scale", [1e-4, 1e13, 1e90])
def test_targets_of_any_size_are_told_in_few_digits(
    table: Path, scale: float, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"{i % 5},{i % 17 * scale}\n" for i in range(600))
    (table / "rows.csv").write_text("a,y\n" + rows)
    sheet = table / "sheet.md"
    document = train(
        table, {"GITHUB_STEP_SUMMARY": str(sheet)}, task="regression", models="sgd"
    )
    assert len(page(table).all("svg")) == 2
    store = Store(table / "runtime")
    value = document["metric"]["value"]
    told = {
        "log": capsys.readouterr().out,
        "report": page(table).text,
        "job summary": sheet.read_text(),
        "status": format_facts(describe_state(store)),
        "history": CliRunner()
        .invoke(pipeline, ["history", "--root", str(table)])
        .output,
    }
    for where, text in told.items():
        said = re.search(r"rmse\D*?([0-9][0-9.,e+-]*)", text, re.IGNORECASE)
        assert said is not None, where
        assert float(said[1].rstrip(",.").replace(",", "")) == pytest.approx(
            value, rel=0.01
        ), where
        assert max(map(len, re.findall(r"[\d.,]+", text))) <= 16, where


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.0000"),
        (0.70126, "0.7013"),
        (-0.00002, "-2e-05"),
        (43.216, "43.22"),
        (123456.78, "123,456.8"),
        (1e91, "1e+91"),
    ],
)
def test_figures_have_the_digits_that_say_something(value: float, text: str) -> None:
    assert format_number(value) == text


@pytest.mark.parametrize(
    ("share", "text"), [(-0.1234, "-12.3 %"), (0.5, "+50.0 %"), (-1e80, "-1e+82 %")]
)
def test_shares_do_too(share: float, text: str) -> None:
    assert format_percent(share, "+") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (9_500, "9,500"),
        (30_000, "30k"),
        (1_250_500, "1250.5k"),
        (98_765_432, "98.7654M"),
        (1.5e14, "1.5e14"),
    ],
)
def test_labels_fit_beside_their_axis(value: int, text: str) -> None:
    assert format_label(value) == text


def test_figures_that_never_moved_have_an_axis_too() -> None:
    for figure_of_all in (0.0, 0.7, 45_000.0, 1e14, 1e91):
        steps = choose_ticks(figure_of_all, figure_of_all)
        assert steps[0] < figure_of_all < steps[-1]
