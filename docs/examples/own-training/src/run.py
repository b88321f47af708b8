# ruff: noqa: INP001 - a script of a project, not a package
"""A training of your own: learns the next rows of a file that grows, once each time it is started.

`python src/run.py -mode "update"` is the command of the reference workflow. It keeps
two things between two starts: the model, and how far into the data it has come. wfgen
carries both from run to run; all this script has to do is to look for them where it
left them.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import pickle
from itertools import islice
from pathlib import Path

DATA = Path("data/visits.csv")
MODEL = Path("runtime/model/best_model.pkl")
STATE = Path("runtime/data/data_state.json")
LOGS = Path("runtime/logs")
BATCH_ROWS = 200
RATE = 0.05


def main() -> None:
    """Learn one batch, or say that there is none."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-mode", choices=["update"], required=True)
    parser.parse_args()
    weights, state = load()
    with DATA.open(newline="") as file:
        batch = list(
            islice(csv.DictReader(file), state["rows"], state["rows"] + BATCH_ROWS)
        )
    hits = sum(learn(weights, row) for row in batch)
    state["rows"] += len(batch)
    save(weights, state)
    right = f", {hits / len(batch):.0%} foretold" if batch else ""
    report(f"learnt {len(batch)} rows, {state['rows']} in all{right}")


def load() -> tuple[dict[str, float], dict[str, int]]:
    """Go on where the last start left off, or begin."""
    if not STATE.exists():
        return {}, {"rows": 0}
    # Only ever a file of this repository's own runs: wfgen restores from nowhere else.
    with MODEL.open("rb") as file:
        return pickle.load(file), json.loads(STATE.read_text())  # noqa: S301 - see above


def learn(weights: dict[str, float], row: dict[str, str]) -> bool:
    """Foretell whether a visit ends in an order, then learn whether it did."""
    features = {
        f"page={row['page']}": 1.0,
        "minutes": float(row["minutes"]) / 10,
        "bias": 1.0,
    }
    score = sum(weights.get(name, 0.0) * value for name, value in features.items())
    chance = 1 / (1 + math.exp(-score))
    ordered = row["ordered"] == "yes"
    for name, value in features.items():
        weights[name] = weights.get(name, 0.0) + RATE * (ordered - chance) * value
    return (chance > 0.5) is ordered  # noqa: PLR2004 - more likely than not


def save(weights: dict[str, float], state: dict[str, int]) -> None:
    """Write both aside and put them in place: a start that is cut off leaves the old ones."""
    for path in (MODEL, STATE):
        path.parent.mkdir(parents=True, exist_ok=True)
    new_model, new_state = MODEL.with_suffix(".new"), STATE.with_suffix(".new")
    new_model.write_bytes(pickle.dumps(weights))
    new_state.write_text(json.dumps(state))
    new_model.replace(MODEL)
    new_state.replace(STATE)


def report(line: str) -> None:
    """Say it in the log, in a file for the artifact, and on the run's page."""
    print(line)  # noqa: T201 - the log of the step
    LOGS.mkdir(parents=True, exist_ok=True)
    for path in (
        LOGS / "training.log",
        Path(os.environ.get("GITHUB_STEP_SUMMARY", os.devnull)),
    ):
        with path.open("a") as file:
            file.write(f"{line}\n")


if __name__ == "__main__":
    main()
