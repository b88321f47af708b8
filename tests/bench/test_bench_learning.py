"""How well tables are learnt: ours against full nightly retrains and river, in one run.

Each table comes in ten increments; all of an increment is predicted before it is learnt.
`BENCH_TABLES` names tables or their use (dev, seen, unseen), all without it; BENCH_ROWS is
the most rows of each (6,000), BENCH_SITE and STREAMS say where tables and river lie.
"""

from __future__ import annotations

import os
import statistics
import time
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from pipeline.settings import load
from pipeline.state.store import Store
from pipeline.training.update import update
from tests.bench import peers
from tests.bench.table_data import (
    MissingTableError,
    find_package,
    load_table,
    name_task,
)
from tests.bench.tables import TABLES, BenchTable

pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(7200),
    # Of the libraries that are compared with.
    pytest.mark.filterwarnings("ignore"),
]

INCREMENTS = 10
RETRAINS = {
    "hist": peers.predict_by_hist,
    "lightgbm": peers.predict_by_lightgbm,
    "regression": peers.predict_by_regression,
}
RIVER = ("logistic", "forest")
LEVEL = 0.01
Results = dict[str, dict[str, float]]


def run_ours(root: Path, frame: pd.DataFrame, target: str, batch: int) -> Results:
    """What the pipeline scored before it trained, and its baseline."""
    frame.to_csv(root / "rows.csv", index=False)
    flags = {
        "source": "rows.csv",
        "target": target,
        "batch_rows": batch,
        "iterations": 10 * INCREMENTS,
        "report": "false",
        "checkpoint_seconds": 3600,
    }
    update(root, load(root, {}, flags), {})
    document = Store(root / "runtime").read_document()
    assert document is not None
    results = {}
    for name, out in (("champion", "ours"), ("baseline", "baseline")):
        figures = document.metrics[name]
        results[out] = {
            key: value for key, value in figures.items() if value is not None
        }
        if document.task == "regression":
            del results[out]["loss"]
    return results


def compare_table(table: BenchTable, rows: int, root: Path) -> Results:
    """Everybody's figures on one table."""
    frame = load_table(table, rows)
    task = name_task(frame[table.target])
    batch = -(-len(frame) // INCREMENTS)
    results = run_ours(root, frame, table.target, batch)
    for name, predict in RETRAINS.items():
        results[name] = peers.run_retrain(predict, frame, table.target, task, batch)
    for name in RIVER:
        run = partial(peers.run_river, name, frame, table.target, task, batch)
        try:
            find_package("river")
            results[f"river {name}"] = run()
        except MissingTableError:
            continue
    return results


def headline(figures: dict[str, float]) -> tuple[str, float]:
    """Name and value, the lower the better."""
    for name in ("auc", "accuracy"):
        if name in figures:
            return name, -figures[name]
    return "rmse", figures["rmse"]


def rank(results: Results) -> dict[str, float]:
    """Mean of the ranks by headline and by log loss, 1 for the best."""
    ranks: dict[str, list[float]] = {name: [] for name in results if name != "baseline"}
    orders = [{name: headline(results[name])[1] for name in ranks}]
    if all("loss" in results[name] for name in ranks):
        orders.append({name: results[name]["loss"] for name in ranks})
    for order in orders:
        values = pd.Series(order).round(4).rank()
        for name, places in ranks.items():
            places.append(float(values[name]))
    return {name: statistics.mean(places) for name, places in ranks.items()}


def is_level(ours: dict[str, float], theirs: dict[str, float]) -> bool:
    """Whether ours is within one per cent of theirs, or better."""
    mine, other = headline(ours)[1], headline(theirs)[1]
    is_good = mine <= other + LEVEL * abs(other)
    if "loss" in ours and "loss" in theirs:
        is_good = is_good and ours["loss"] <= theirs["loss"] * (1 + LEVEL)
    return is_good


def is_above_baseline(results: Results) -> bool:
    """Whether ours has the loss, or the error, of the baseline at most."""
    ours, baseline = results["ours"], results["baseline"]
    key = "loss" if "loss" in ours else "rmse"
    return ours[key] <= baseline[key]


def print_table(name: str, use: str, results: Results, seconds: float) -> None:
    parts = []
    for peer, figures in results.items():
        metric, value = headline(figures)
        loss = f"/{figures['loss']:.4f}" if "loss" in figures else ""
        parts.append(f"{peer} {abs(value):.4f}{loss}")
    level = is_level(results["ours"], results["hist"])
    above = is_above_baseline(results)
    print(f"\n{name} ({use}, {metric}, {seconds:.0f} s): {'; '.join(parts)}; "
          f"level with hist: {level}; not below the baseline: {above}", flush=True)  # fmt: skip


def test_tables_in_ten_increments(tmp_path: Path) -> None:
    chosen = os.environ.get("BENCH_TABLES", "dev,seen,unseen").split(",")
    rows = int(os.environ.get("BENCH_ROWS", "6000"))
    all_ranks: dict[str, list[float]] = {}
    level = above = tables = 0
    for table in TABLES:
        if table.use not in chosen and table.name not in chosen:
            continue
        (tmp_path / table.name).mkdir()
        begun = time.process_time()
        try:
            results = compare_table(table, rows, tmp_path / table.name)
        except (MissingTableError, FileNotFoundError) as error:
            print(f"\n{table.name}: skipped, {error}")
            continue
        print_table(table.name, table.use, results, time.process_time() - begun)
        for name, place in rank(results).items():
            all_ranks.setdefault(name, []).append(place)
        tables += 1
        level += is_level(results["ours"], results["hist"])
        above += is_above_baseline(results)
    means = {name: statistics.mean(places) for name, places in all_ranks.items()}
    for name, value in sorted(means.items(), key=lambda item: item[1]):
        print(f"mean rank {value:.2f}: {name} on {len(all_ranks[name])} tables")
    print(f"level with the full retrain on {level} of {tables}")
    print(f"not below the baseline on {above} of {tables}")
