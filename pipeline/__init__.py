"""Incremental training whose state survives a kill at any instant.

`load` gives a trained model back, for a notebook or a service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .prediction.model import Model


def load(path: str | Path = ".", models: Sequence[str] = ()) -> Model:
    """Load the model of a state: see `prediction.model.load_model`."""
    from .prediction.model import load_model  # noqa: PLC0415  # brings scikit-learn

    return load_model(path, models)
