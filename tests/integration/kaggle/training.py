"""One update on a source of Kaggle's, in this process, and what it left behind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.settings import load
from pipeline.training.update import update

USER, KEY = "somebody", "0123456789abcdef-the-key"
LOGIN = {"KAGGLE_USERNAME": USER, "KAGGLE_KEY": KEY}
API, STORAGE = "/api/*", "/storage/*"


def train(
    root: Path,
    source: str = "kaggle:somebody/rows",
    environment: Mapping[str, str] = LOGIN,
    **flags: object,
) -> dict[str, Any]:
    """Train, and return the summary."""
    root.mkdir(exist_ok=True)
    given: dict[str, object] = {
        "source": source,
        "target": "y",
        "batch_rows": 100,
        "iterations": 10,
        "models": "sgd",
        "kaggle_retries": 2,
        "kaggle_backoff_seconds": 0.01,
        "kaggle_timeout_seconds": 2,
        **flags,
    }
    update(root, load(root, {}, given), environment)
    summary = json.loads((root / "runtime/logs/summary.json").read_text())
    assert isinstance(summary, dict)
    return summary


def read_state(root: Path) -> dict[str, bytes]:
    """Every file of the state."""
    return {
        str(path): path.read_bytes()
        for folder in ("model", "data")
        for path in sorted((root / "runtime" / folder).glob("*"))
    }
