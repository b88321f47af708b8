"""Write tests/integration/old_states.tar.xz: states of older versions, and how those went on.

Usage: make_old_states.py CHECKOUT CHECKOUT_OF_FORMAT_1 OUTPUT, with a Python that has the
libraries of the training. CHECKOUT is this repository at commit a77b172, the last one
with all modules of the pipeline in one folder; CHECKOUT_OF_FORMAT_1 is it at c78e89c, the
last one that wrote format 1. Each case is trained by one of them and then continued by
CHECKOUT; the archive holds, by case, the root before that and what came of it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

KEY = "the key of old states"
ROWS = 420
COLORS = ("red", "green", "blue", "", "black and white")
SHARED = {"batch_rows": "40", "iterations": "2", "source": "rows.csv"}


class Case(NamedTuple):
    """One state: its settings, whether it is signed, in how many runs it was trained."""

    settings: Mapping[str, str]
    signed: bool = False
    runs: int = 2
    format: int = 2


CASES = {
    "binary": Case({"target": "sold", "ignore": "price,size", "models": "auto"}),
    "binary-signed": Case(
        {"target": "sold", "ignore": "price,size", "models": "linear,bayes,sgd"},
        signed=True,
        runs=1,
    ),
    "multiclass": Case(
        {"target": "size", "ignore": "sold,price", "models": "linear,bayes,sgd"},
        signed=True,
    ),
    "multiclass-network": Case(
        {"target": "size", "ignore": "sold,price", "models": "mlp,bayes"}, runs=1
    ),
    "regression": Case(
        {"target": "price", "ignore": "sold,size", "models": "linear,boosting"},
        signed=True,
    ),
    "regression-plain": Case(
        {"target": "price", "ignore": "sold,size", "models": "sgd"}, runs=1
    ),
    "format-1": Case(
        {"target": "sold", "ignore": "price,size", "models": "linear,bayes,boosting"},
        format=1,
    ),
    "format-1-signed": Case(
        {"target": "price", "ignore": "sold,size", "models": "linear,sgd"},
        signed=True,
        runs=1,
        format=1,
    ),
}


def write_table(path: Path) -> None:
    """Write rows of text and numbers, some missing, with a target for each task."""
    chance = random.Random(20_261_127)  # noqa: S311  # no secret
    lines = ["color,city,area,age,sold,size,price"]
    for _ in range(ROWS):
        color = chance.randrange(len(COLORS))
        area, age = chance.uniform(20, 200), chance.randrange(80)
        price = 900 * area - 700 * age + 9000 * color + chance.gauss(0, 9000)
        size = "small" if area < 70 else "medium" if area < 140 else "large"
        sold = "yes" if price + chance.gauss(0, 20_000) > 90_000 else "no"
        written = f"{area:.2f}" if chance.random() > 0.03 else ""
        city = f"city {chance.randrange(30)}"
        lines.append(
            f"{COLORS[color]},{city},{written},{age},{sold},{size},{price:.0f}"
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def measure_arithmetic() -> str:
    """Return a digest of sums that processors and BLAS libraries round differently."""
    chance = np.random.RandomState(7)
    digest = hashlib.sha256()
    values = chance.standard_normal((4096,))
    for result in (np.exp(values), np.log1p(values**2), np.tanh(values)):
        digest.update(result.tobytes())
    for dtype in (np.float32, np.float64):
        left = chance.standard_normal((40, 1093)).astype(dtype)
        right = chance.standard_normal((1093, 64)).astype(dtype)
        digest.update(np.dot(left, right).tobytes())
        digest.update(np.dot(left.T, left).tobytes())
    return digest.hexdigest()[:16]


def run_pipeline(checkout: Path, root: Path, case: Case, *words: str) -> None:
    """Run a command of a checkout's pipeline."""
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    if case.signed:
        environment["PIPELINE_STATE_KEY"] = KEY
    argv = [sys.executable, "-m", "pipeline", *words, "--root", str(root)]
    subprocess.run(
        argv, cwd=checkout, env=environment, check=True, stdout=subprocess.DEVNULL
    )


def train(checkout: Path, root: Path, case: Case) -> None:
    """Train for one run."""
    flags: list[str] = []
    for name, value in {**SHARED, **case.settings}.items():
        flags += [f"--{name.replace('_', '-')}", value]
    run_pipeline(checkout, root, case, "update", *flags)


def read_document(root: Path) -> dict[str, Any]:
    """Read the state document as it was written."""
    document: dict[str, Any] = json.loads(
        (root / "runtime/data/data_state.json").read_bytes()
    )
    return document


def add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    """Add a file without owner and time."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def make_case(
    name: str, case: Case, checkouts: Mapping[int, Path], archive: tarfile.TarFile
) -> None:
    """Train, keep the root, continue, and keep what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_table(root / "rows.csv")
        for _ in range(case.runs):
            train(checkouts[case.format], root, case)
        assert read_document(root)["format"] == case.format
        for path in sorted(root.rglob("*")):
            if path.is_file() and "logs" not in path.parts:
                place = f"{name}/{path.relative_to(root)}"
                add_bytes(archive, place, path.read_bytes())
        train(checkouts[2], root, case)
        output = root / "scored.csv"
        run_pipeline(
            checkouts[2], root, case, "predict", "rows.csv", "--output", str(output)
        )
        document = read_document(root)
        parts = ("counters", "champion", "metric", "figures", "probe", "history")
        expected = {
            "settings": {**SHARED, **case.settings},
            "key": KEY if case.signed else "",
            "arithmetic": measure_arithmetic(),
            "lightgbm": metadata.version("lightgbm"),
            "libraries": document["libraries"],
            "document": {part: document[part] for part in parts},
            "cursor": document["source"]["cursor"],
            "scored": output.read_text("utf-8"),
        }
        content = json.dumps(expected, indent=1, sort_keys=True).encode()
        add_bytes(archive, f"{name}/expected.json", content)


def main(checkout: Path, checkout_of_format_1: Path, output: Path) -> None:
    """Make every case."""
    checkouts = {1: checkout_of_format_1.resolve(), 2: checkout.resolve()}
    with tarfile.open(output, "w:xz") as archive:
        for name, case in CASES.items():
            make_case(name, case, checkouts, archive)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
