"""The settings of a look at a source, and the look."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ..inspection.inspect import inspect_source
from ..inspection.report import format_facts, format_text
from ..settings import Settings, load

NO_TARGET = "?"


def inspect_rows(
    root: Path, source: str, rows: int, flags: Mapping[str, object], *, as_json: bool
) -> str:
    """Look at a source, and give the report. Raises PipelineError.

    What has to be downloaded goes to a folder that is removed.
    """
    with tempfile.TemporaryDirectory(prefix="wfgen-inspect-") as folder:
        if source:
            settings = _make_settings(Path(folder), source, flags)
        else:
            settings = load(root, os.environ, flags)
        place = root
        if settings.source.startswith("kaggle:"):
            place = Path(folder)
        found = inspect_source(settings, place, os.environ, rows)
    if as_json:
        return json.dumps(format_facts(found), indent=1)
    return format_text(found)


def _make_settings(folder: Path, source: str, flags: Mapping[str, object]) -> Settings:
    """Those of the flags and the environment; a file speaks of another source."""
    target = flags.get("target")
    given = {**flags, "source": source, "target": target or NO_TARGET}
    settings = load(folder, os.environ, given)
    return settings if target else settings._replace(target="")
