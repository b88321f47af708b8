"""The timeline page: all that it is told is data, whatever strangers called their steps."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from generator.errors import OutputError
from generator.runner.models import Conclusion
from generator.simulate.page.writing import write_page
from generator.simulate.play.records import PlayedRun, PlayedStep, Simulation
from generator.simulate.timeline.records import Scenario, TimedEvent
from generator.simulate.verdict.deciding import decide

START = datetime(2026, 1, 1, tzinfo=UTC)
EVIL = "</script><script>alert(1)</script>\u2028<!--"


def make_run(number: int, found: str) -> PlayedRun:
    begun = START + timedelta(days=number)
    step = PlayedStep("a", EVIL, Conclusion.FAILURE, 1.0, (EVIL,))
    return PlayedRun(
        event=number - 1,
        workflow="a.yml",
        number=number,
        attempt=1,
        run_id=number,
        due=begun,
        begun=begun,
        ended=begun + timedelta(minutes=10),
        conclusion=Conclusion.SUCCESS,
        is_trusted=True,
        trained_at=begun,
        found={"state": found},
        written={"state": str(number)},
        exit_code=0,
        count=number,
        saved=frozenset({str(number)}),
        held=frozenset(),
        artifacts=(),
        steps=(step,),
        seconds=1.0,
    )


def make_simulation() -> Simulation:
    runs = (make_run(1, "0"), make_run(2, "1"))
    events = tuple(TimedEvent(run.begun, "schedule") for run in runs)
    return Simulation(Scenario(START, 2, events), runs, (), (EVIL,), True, True)


def test_texts_of_strangers_are_data_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    simulation = make_simulation()
    write_page(page, simulation, decide(simulation))
    text = page.read_text("utf-8")
    scripts = re.findall(r"<script", text)
    assert len(scripts) == len(re.findall(r"</script>", text)) == 2
    embedded = re.search(r'id="data">(.*?)</script>', text, re.DOTALL)
    assert embedded is not None
    data = json.loads(embedded[1])
    assert data["notes"] == [EVIL]
    assert data["runs"][1]["steps"][0] == [EVIL, "failure", 1.0, EVIL]
    assert [run["parent"] for run in data["runs"]] == [None, 0]


def test_the_page_asks_nobody_for_anything(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    simulation = make_simulation()
    write_page(page, simulation, decide(simulation))
    text = page.read_text("utf-8")
    assert "default-src 'none'" in text
    assert re.findall(r"https?://|src=|href=|@import|url\(", text) == []


def test_a_page_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    simulation = make_simulation()
    with pytest.raises(OutputError, match="cannot be written"):
        write_page(tmp_path / "no" / "page.html", simulation, decide(simulation))
