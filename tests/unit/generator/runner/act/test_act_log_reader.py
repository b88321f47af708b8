"""The log of act becomes events and results."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from generator.runner.act.log_reader import EventKind, LogEvent, LogReader
from generator.runner.models import Conclusion

ReadLog = Callable[[Sequence[object]], tuple[LogReader, list[LogEvent]]]


def test_the_log_becomes_results(
    read_log: ReadLog, entries: list[dict[str, object]]
) -> None:
    reader, _ = read_log(entries)
    (job,) = reader.collect_results()
    assert [(step.name, step.conclusion, step.outcome) for step in job.steps] == [
        ("First", Conclusion.SUCCESS, Conclusion.FAILURE),
        ("Second 1", Conclusion.FAILURE, Conclusion.FAILURE),
        ("Third", Conclusion.SKIPPED, Conclusion.SKIPPED),
    ]
    assert (job.name, job.conclusion) == ("a", Conclusion.FAILURE)
    assert job.steps[0].duration_seconds == pytest.approx(2.5)
    assert job.steps[0].output[:2] == ("said ***", "***")
    assert job.steps[0].summary == "# ***"
    assert job.steps[0].outputs == {"size": "3 ***"}
    assert [(note.level, note.message, note.step) for note in reader.annotations] == [
        ("error", "broken", "Second 1")
    ]


def test_a_job_without_an_end_was_cut_off(
    read_log: ReadLog, entries: list[dict[str, object]]
) -> None:
    reader, _ = read_log(entries[:3])
    assert reader.collect_results(cancelled=True)[0].conclusion is Conclusion.CANCELLED
    assert reader.collect_results()[0].conclusion is Conclusion.FAILURE
    assert reader.collect_results()[0].steps[0].conclusion is Conclusion.CANCELLED


def test_what_act_says_of_itself_is_kept(read_log: ReadLog) -> None:
    noise = {"level": "warning", "msg": "Couldn't get a valid docker connection"}
    reader, events = read_log(
        ["Error: bad file hush", noise, {"level": "error", "msg": "no plan"}]
    )
    assert reader.act_messages == ("Error: bad file ***", "no plan")
    assert {event.kind for event in events} == {EventKind.ACT_MESSAGE}
