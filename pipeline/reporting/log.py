"""What a run says.

The log on screen and in a file, `summary.json`, `report.html`, and the job summary on
GitHub.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from ..atomic import explain_os_errors, write_atomically
from ..errors import StateWriteError
from ..state.document import StateDocument
from .summary import format_number

MOST_NOTES = 1000


class Note(NamedTuple):
    """Something worth telling, and in which batch; None for the run as a whole."""

    batch: int | None
    text: str

    @property
    def kind(self) -> str:
        """What it is called in the margin."""
        return next(
            (kind for kind in ("drift", "warning") if self.text.startswith(kind + ":")),
            "note",
        )


class Log:
    """Lines for people.

    On standard output and in one file a run below runtime/logs; it keeps what is worth
    a note.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.begun = time.monotonic()
        self.notes: list[Note] = []
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        with explain_os_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self.path, self._sink = _new_file(folder, f"run-{stamp}")
        self._folds = environment.get("GITHUB_ACTIONS") == "true"

    def say(self, text: str) -> None:
        """One line."""
        # A name out of the data may hold anything, and a line that starts with :: is a
        # command to GitHub.
        line = " ".join(text.splitlines())
        _show(line)
        self.keep(line)

    def note(self, text: str, batch: int | None = None) -> None:
        """One line that belongs into the report as well.

        A run of a million batches keeps the first ones.
        """
        self.say(text)
        if len(self.notes) < MOST_NOTES:
            self.notes.append(Note(batch, text))

    def keep(self, text: str) -> None:
        """One line for the file alone."""
        with explain_os_errors(self.path):
            self._sink.write(text + "\n")
            self._sink.flush()

    @contextlib.contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Lines that GitHub folds under a title."""
        if self._folds:
            _show(f"::group::{title}")
        try:
            yield
        finally:
            if self._folds:
                _show("::endgroup::")

    def close(self) -> None:
        """End the file; what a full disk did not take of it is on screen already."""
        with contextlib.suppress(OSError):
            self._sink.close()


def _show(text: str) -> None:
    """On screen at once: a killed job has shown what it did.

    Names may hold what the screen's encoding lacks.
    """
    screen = sys.stdout
    if screen is None:
        return
    encoding = screen.encoding or "utf-8"
    try:
        screen.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        screen.flush()
    except OSError:
        # Nobody looks on any more. It is all in the log, and Python flushes the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), screen.fileno())


def _new_file(folder: Path, stem: str) -> tuple[Path, TextIO]:
    for attempt in range(1000):
        path = folder / (f"{stem}.log" if not attempt else f"{stem}-{attempt}.log")
        with contextlib.suppress(FileExistsError):
            return path, path.open("x", encoding="utf-8", errors="backslashreplace")
    raise FileExistsError(folder / stem)


def write_summary(logs: Path, summary: dict[str, Any]) -> None:
    """`summary.json`: what this run did, for machines."""
    content = json.dumps({"format": 1, **summary}, indent=1).encode() + b"\n"
    write_atomically(logs / "summary.json", content, durable=False)


def write_figures(
    log: Log, environment: Mapping[str, str], summary: dict[str, Any]
) -> None:
    """`summary.json` and the job summary of a run that ended well.

    What it learnt is stored, with them or without.
    """
    writers = (
        partial(write_summary, log.path.parent),
        partial(append_job_summary, environment),
    )
    for write in writers:
        try:
            write(summary)
        except StateWriteError as error:
            with contextlib.suppress(StateWriteError):
                log.note(f"warning: {error.message}; the state is stored all the same")


class Outcome(NamedTuple):
    """What a run came to: its summary, the state it left (None for none), and how it ended."""

    summary: dict[str, Any]
    document: StateDocument | None
    source: str
    stopped: bool = False
    error: tuple[str, str] | None = None
    """Message and hint of what ended it."""


def write_page(log: Log, outcome: Outcome) -> None:
    """`report.html` beside the log.

    Whatever is wrong with it is said there: it costs nobody the training.
    """
    try:
        # Late: templates are of no use to "nothing new".
        from .html import render_page  # noqa: PLC0415

        content = render_page(outcome, log.notes, time.monotonic() - log.begun).encode(
            "utf-8", "replace"
        )
        write_atomically(log.path.with_name("report.html"), content, durable=False)
    except ImportError as error:
        log.say(f"no report.html: {error}; pip install jinja2")
    except Exception as error:  # noqa: BLE001  # the state is committed already
        log.say(f"no report.html: {type(error).__name__}: {error}")


def append_job_summary(environment: Mapping[str, str], summary: dict[str, Any]) -> None:
    """A few lines of Markdown where GitHub asked for them."""
    target = environment.get("GITHUB_STEP_SUMMARY")
    if not target:
        return
    metric = summary["metric"]
    rows = [
        ("Status", summary["status"]),
        ("Started from", _began(summary)),
        (
            "Rows this run / in all",
            f"{summary['rows_this_run']:,} / {summary['rows_total']:,}",
        ),
        (
            "Batches this run / in all",
            f"{summary['batches_this_run']} / {summary['batches_total']}",
        ),
        ("Champion", summary["champion"] or "-"),
        (
            "Metric",
            f"{metric['name']} {format_number(metric['value'])}" if metric else "-",
        ),
        (
            "State",
            f"`{summary['state_id']}`"
            if summary["stored"] and summary["state_id"]
            else "- (nothing stored)",
        ),
    ]
    lines = [
        "### Incremental training",
        "",
        "| | |",
        "| --- | --- |",
        *(f"| {name} | {value} |" for name, value in rows),
        "",
    ]
    with explain_os_errors(Path(target)), open(target, "a", encoding="utf-8") as sink:  # noqa: PTH123  # as GitHub hands it over
        sink.write("\n".join(lines) + "\n")


def _began(summary: dict[str, Any]) -> str:
    parent = summary["parent_state_id"]
    between = (
        ", in place of state" if parent and summary["started_from"] == "nothing" else ""
    )
    return f"{summary['started_from']}{between}" + (f" `{parent}`" if parent else "")
