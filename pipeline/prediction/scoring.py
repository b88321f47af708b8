"""What a model says of rows, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ..features.schema import Schema, convert_features
from ..tasks import REGRESSION

if TYPE_CHECKING:
    from ..choice.champion import Champion


def make_empty_predictions(model: Champion) -> pd.DataFrame:
    """Make a frame with the columns of predictions and no rows."""
    classes = list_classes(model.encoder.schema)
    return pd.DataFrame(columns=["prediction", *(f"share_{name}" for name in classes)])


def predict_frame(model: Champion, frame: pd.DataFrame) -> pd.DataFrame:
    """Predict for a frame, in its row order."""
    schema = model.encoder.schema
    predicted = model.predict(convert_features(schema, frame))
    classes = list_classes(schema)
    if not classes:
        return pd.DataFrame({"prediction": predicted[:, 0]})
    best = [classes[index] for index in predicted.argmax(axis=1)]
    columns: dict[str, Any] = {"prediction": best}
    for index, name in enumerate(classes):
        columns[f"share_{name}"] = predicted[:, index]
    return pd.DataFrame(columns)


def list_classes(schema: Schema) -> list[str]:
    """List what the shares are of; empty for amounts."""
    if schema.task == REGRESSION:
        return []
    if len(schema.classes) > 1:
        return schema.classes
    # A model of one class says how sure it is that others come.
    return [*schema.classes, "other"]
