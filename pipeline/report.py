"""What a run says: the log on screen and in a file, `summary.json`, and the job summary on GitHub."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from pipeline.atomic import explained, write_atomically


class Log:
    """Lines for people: on standard output and in one file a run below runtime/logs."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        with explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self.path, self._sink = _new_file(folder, f"run-{stamp}")
        self._folds = environment.get("GITHUB_ACTIONS") == "true"

    def say(self, text: str) -> None:
        """One line."""
        _show(text)
        self.keep(text)

    def keep(self, text: str) -> None:
        """One line for the file alone."""
        with explained(self.path):
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
    """On screen at once: a killed job has shown what it did."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _new_file(folder: Path, stem: str) -> tuple[Path, TextIO]:
    for attempt in range(1000):
        path = folder / (f"{stem}.log" if not attempt else f"{stem}-{attempt}.log")
        with contextlib.suppress(FileExistsError):
            return path, path.open("x", encoding="utf-8")
    raise FileExistsError(folder / stem)


def write_summary(logs: Path, summary: dict[str, Any]) -> None:
    """`summary.json`: what this run did, for machines."""
    content = json.dumps({"format": 1, **summary}, indent=1).encode() + b"\n"
    write_atomically(logs / "summary.json", content, durable=False)


def append_job_summary(environment: Mapping[str, str], summary: dict[str, Any]) -> None:
    """A few lines of Markdown where GitHub asked for them."""
    target = environment.get("GITHUB_STEP_SUMMARY")
    if not target:
        return
    metric = summary["metric"]
    rows = [
        ("Status", summary["status"]),
        (
            "Started from",
            summary["started_from"] + (f" `{summary['parent_state_id']}`" if summary["parent_state_id"] else ""),
        ),
        ("Rows this run / in all", f"{summary['rows_this_run']:,} / {summary['rows_total']:,}"),
        ("Batches this run / in all", f"{summary['batches_this_run']} / {summary['batches_total']}"),
        ("Champion", summary["champion"] or "-"),
        ("Metric", f"{metric['name']} {metric['value']:.4f}" if metric else "-"),
        ("State", f"`{summary['state_id']}`" if summary["state_id"] else "-"),
    ]
    lines = [
        "### Incremental training",
        "",
        "| | |",
        "| --- | --- |",
        *(f"| {name} | {value} |" for name, value in rows),
        "",
    ]
    with explained(Path(target)), open(target, "a", encoding="utf-8") as sink:  # noqa: PTH123  # as GitHub hands it over
        sink.write("\n".join(lines) + "\n")


def environment() -> Mapping[str, str]:
    """The environment of this process."""
    return os.environ
