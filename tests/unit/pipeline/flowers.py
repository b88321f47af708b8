"""Tables with all kinds of columns, and a training on them: for the tests of the training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.cli import queries
from pipeline.settings import load
from pipeline.state.store import Store
from pipeline.training.update import update

Frame = pd.DataFrame


def flowers(rows: int, classes: int = 2, seed: int = 0) -> Frame:
    """Numbers, categories, dates and holes, from which the target can be told to a degree."""
    chance = np.random.default_rng(seed)
    x = chance.normal(size=rows)
    colour = chance.choice(["red", "blue", "gr\u00fcn"], rows)
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(rows), unit="h")
    score = x + (colour == "red") + chance.normal(scale=0.5, size=rows)
    bins = np.quantile(score, np.linspace(0, 1, classes + 1)[1:-1])
    frame = pd.DataFrame(
        {
            "x": x,
            "colour": colour,
            "day": day.strftime("%Y-%m-%d %H:%M"),
            "score": score.round(4),
        }
    )
    frame["label"] = np.array([f"k{index}" for index in range(classes)])[
        np.digitize(score, bins)
    ]
    frame.loc[chance.random(rows) < 0.1, "x"] = np.nan
    frame.loc[chance.random(rows) < 0.1, "colour"] = None
    return frame


def train(root: Path, **flags: object) -> dict[str, Any]:
    given_flags = {
        "source": "t.csv",
        "target": "label",
        "batch_rows": 200,
        "iterations": 100,
        **flags,
    }
    update(root, load(root, {}, given_flags), {})
    summary = json.loads((root / "runtime/logs/summary.json").read_text())
    assert isinstance(summary, dict)
    return summary


def put(root: Path, *frames: Frame) -> None:
    pd.concat(frames).to_csv(root / "t.csv", index=False)


def document(root: Path) -> dict[str, Any]:
    return queries.load_state(Store(root / "runtime")).document.to_json()


def log(root: Path) -> str:
    return "\n".join(
        path.read_text() for path in sorted((root / "runtime/logs").glob("*.log"))
    )
