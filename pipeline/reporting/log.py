"""What a run says.

The log on screen and in a file, `summary.json`, `report.html`, and the job summary on
GitHub.
"""

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple, TextIO

from ..atomic import explain_os_errors, write_atomically
from ..errors import StateWriteError
from ..state.document import StateDocument
from ..terminal import make_safe, show, show_command
from .summary import Summary, describe_quality, format_candidate, format_metric

MOST_NOTES = 1000
MOST_LOGS_A_SECOND = 1000


class Note(NamedTuple):
    """Something worth telling, and in which batch; None for the run as a whole."""

    batch: int | None
    text: str

    @property
    def kind(self) -> str:
        """What it is called in the margin."""
        for kind in ("drift", "warning"):
            if self.text.startswith(f"{kind}:"):
                return kind
        return "note"


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
            self.path, self._sink = _create_file(folder, f"run-{stamp}")
        self._folds = environment.get("GITHUB_ACTIONS") == "true"

    def say(self, text: str) -> None:
        """Write one line on screen and into the file."""
        # A name out of the data may hold anything.
        line = " ".join(text.splitlines())
        show(line)
        self.keep(make_safe(line, in_step=False))

    def note(self, text: str, batch: int | None = None) -> None:
        """Write one line that belongs into the report as well.

        A run of a million batches keeps the first ones.
        """
        self.say(text)
        if len(self.notes) < MOST_NOTES:
            self.notes.append(Note(batch, text))

    def keep(self, text: str) -> None:
        """Write one line into the file alone."""
        with explain_os_errors(self.path):
            self._sink.write(text + "\n")
            self._sink.flush()

    @contextlib.contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Group lines that GitHub folds under a title."""
        if not self._folds:
            yield
            return
        show_command("group", title)
        try:
            yield
        finally:
            show_command("endgroup", "")

    def close(self) -> None:
        """End the file; what a full disk did not take of it is on screen already."""
        with contextlib.suppress(OSError):
            self._sink.close()


def _create_file(folder: Path, stem: str) -> tuple[Path, TextIO]:
    for attempt in range(MOST_LOGS_A_SECOND):
        suffix = f"-{attempt}" if attempt else ""
        path = folder / f"{stem}{suffix}.log"
        with contextlib.suppress(FileExistsError):
            return path, path.open("x", encoding="utf-8", errors="backslashreplace")
    raise FileExistsError(folder / stem)


def write_summary(logs: Path, summary: Summary) -> None:
    """Write `summary.json`: what this run did, for machines."""
    content = json.dumps({"format": 1, **summary}, indent=1).encode() + b"\n"
    write_atomically(logs / "summary.json", content, durable=False)


def write_figures(log: Log, environment: Mapping[str, str], summary: Summary) -> None:
    """Write `summary.json` and the job summary of a run that ended well.

    The state is stored already, so neither may fail the run.
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

    summary: Summary
    document: StateDocument | None
    source: str
    stopped: bool = False
    error: tuple[str, str] | None = None
    """Message and hint of what ended it."""


def write_page(log: Log, outcome: Outcome) -> None:
    """Write `report.html` beside the log.

    Whatever is wrong with it is said there: it costs nobody the training.
    """
    try:
        # Late: templates are of no use to "nothing new".
        from .html import render_page  # noqa: PLC0415

        seconds = time.monotonic() - log.begun
        content = render_page(outcome, log.notes, seconds).encode("utf-8", "replace")
        write_atomically(log.path.with_name("report.html"), content, durable=False)
    except ImportError as error:
        log.say(f"no report.html: {error}; pip install jinja2")
    except Exception as error:  # noqa: BLE001  # the state is committed already
        log.say(f"no report.html: {type(error).__name__}: {error}")


def append_job_summary(environment: Mapping[str, str], summary: Summary) -> None:
    """Append a table in Markdown where GitHub asked for it."""
    target = environment.get("GITHUB_STEP_SUMMARY")
    if not target:
        return
    rows = {
        "Status": summary["status"],
        "Started from": _describe_start(summary),
        "Rows this run / in all": (
            f"{summary['rows_this_run']:,} / {summary['rows_total']:,}"
        ),
        "Batches this run / in all": (
            f"{summary['batches_this_run']} / {summary['batches_total']}"
        ),
        "Champion": "-",
        "Metric": "-",
        "State": "- (nothing stored)",
    }
    if summary["champion"]:
        rows["Champion"] = format_candidate(summary["champion"])
    if summary["metric"]:
        rows["Metric"] = format_metric(summary["metric"])
    if summary["stored"] and summary["state_id"]:
        rows["State"] = f"`{summary['state_id']}`"
    quality = summary.get("quality")
    rows |= _describe_metrics(summary)
    lines = ["### Incremental training", "", "| | |", "| --- | --- |"]
    for name, value in rows.items():
        lines.append(f"| {name} | {value} |")
    if quality:
        # Indented is code, whatever the names of classes and columns hold.
        described = map(str.split, describe_quality(quality))
        lines += ["", *(f"    {' '.join(words)}" for words in described)]
    text = "\n".join([*lines, "", ""])
    path = Path(target)
    with explain_os_errors(path), path.open("a", encoding="utf-8") as sink:
        sink.write(make_safe(text, in_step=False))


def _describe_metrics(summary: Summary) -> dict[str, str]:
    """The metrics of this run and of the one before, over their own rows."""
    rows = {}
    quality = summary.get("quality")
    if quality:
        rows["Metric of this run"] = format_metric(quality["metric"])
    if summary.get("metric_before"):
        rows["Metric of the run before"] = format_metric(summary["metric_before"])
    return rows


def _describe_start(summary: Summary) -> str:
    parent = summary["parent_state_id"]
    if not parent:
        return str(summary["started_from"])
    if summary["started_from"] == "nothing":
        return f"nothing, in place of state `{parent}`"
    return f"{summary['started_from']} `{parent}`"
