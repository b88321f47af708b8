"""What the training says it did, in the summary.json that it leaves in its logs."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...github.core.models import Run
from ...github.local_github import LocalGitHub
from ..actions.stand_ins.unpacking import BROKEN_ARCHIVE_ERRORS

LOGS_ARTIFACT = "training-logs"
SUMMARY_NAME = "summary.json"
MAX_SUMMARY_BYTES = 1 << 20
"""Ours has a few KB; one of somebody's own must not fill the memory."""


@dataclass(frozen=True, slots=True)
class TrainingSummary:
    """The parts of summary.json that are shown; `metric` is "NAME VALUE", or ""."""

    rows_this_run: int
    rows_total: int
    metric: str
    started_from: str

    @classmethod
    def from_json(cls, document: Mapping[str, Any] | None) -> TrainingSummary | None:
        """Read a document; None where there is none. What it lacks is 0 or ""."""
        if not document:
            return None
        return cls(
            rows_this_run=_read_count(document.get("rows_this_run")),
            rows_total=_read_count(document.get("rows_total")),
            metric=_read_metric(document.get("metric")),
            started_from=str(document.get("started_from", "")),
        )


def read_summary(local_github: LocalGitHub, run: Run) -> Mapping[str, Any] | None:
    """Read the document from the newest artifact of a run's logs."""
    for artifact in reversed(local_github.list_artifacts(run.id)):
        if artifact.name != LOGS_ARTIFACT or artifact.expired:
            continue
        try:
            with zipfile.ZipFile(
                local_github.get_artifact_path(artifact.id)
            ) as archive:
                if archive.getinfo(SUMMARY_NAME).file_size > MAX_SUMMARY_BYTES:
                    return None
                document = json.loads(archive.read(SUMMARY_NAME))
        except (KeyError, *BROKEN_ARCHIVE_ERRORS):
            return None
        if isinstance(document, dict):
            return document
        return None
    return None


def _read_count(value: object) -> int:
    if isinstance(value, int):
        return value
    return 0


def _read_metric(metric: object) -> str:
    if not isinstance(metric, dict):
        return ""
    value = metric.get("value")
    if not isinstance(value, int | float):
        return ""
    return f"{metric.get('name')} {float(value):.4f}"
