"""The source that the settings name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..settings import Settings
from ..sources.sample import TARGET, sample
from ..sources.tables import Files


def make(
    settings: Settings, root: Path, environment: Mapping[str, str]
) -> tuple[Files, str]:
    """The source that the settings name, and the target in it. Raises SourceError where there is none."""
    if settings.source.startswith("kaggle:"):
        from ..sources.kaggle.client import Patience  # noqa: PLC0415
        from ..sources.kaggle.source import KaggleFiles  # noqa: PLC0415  # only where Kaggle is read

        patience = Patience(
            settings.kaggle_timeout_seconds,
            settings.kaggle_retries,
            settings.kaggle_backoff_seconds,
        )
        downloads = root / "runtime" / "downloads"
        return KaggleFiles(
            settings.source, downloads, environment, patience
        ), settings.target
    return tables(settings.source, root), settings.target or TARGET


def tables(source: str, root: Path) -> Files:
    """The tables of a source by its name."""
    if source == "sample":
        return sample()
    from ..sources.discovery import files  # noqa: PLC0415  # zip archives, globs and URLs

    return files(source, root)
