"""engine = "dask".

A real scheduler with two worker processes on loopback, one of which is killed half way.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest

from pipeline.models.population import Population
from pipeline.state.pickles import load_pickle
from pipeline.state.store import Store

ROOT = Path(__file__).parents[2]
CLUSTER = """
import json, sys
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as c:
        pids = [worker.pid for worker in c.workers.values()]
        print(json.dumps({"address": c.scheduler_address, "pids": pids}), flush=True)
        sys.stdin.read()
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[dict[str, Any]]:
    script = tmp_path / "cluster.py"
    script.write_text(CLUSTER)
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "DASK_TEMPORARY_DIRECTORY": str(tmp_path),
    }
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    with process:
        try:
            yield {
                **json.loads(pipe(process.stdout).readline()),
                "scheduler": process.pid,
            }
        finally:
            pipe(process.stdin).close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
            process.kill()


def pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def train(root: Path, *flags: str, kill: int | None = None) -> int:
    """Train eight batches; after the third, a worker is killed."""
    argv = [
        sys.executable,
        "-m",
        "wfgen_actions.pipeline",
        "update",
        "--root",
        str(root),
        "--iterations",
        "8",
        *flags,
    ]
    process = subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
    )
    with process:
        for line in pipe(process.stdout):
            if kill is not None and line.startswith("batch 3:"):
                os.kill(kill, signal.SIGKILL)
        return process.wait(timeout=120)


def population(root: Path) -> Any:  # noqa: ANN401  # reached into below
    state = Store(root / "runtime").load()
    assert state is not None
    value = load_pickle(state.population, "population")
    assert isinstance(value, Population)
    return value


def test_a_worker_that_dies_half_way_changes_nothing(
    cluster: dict[str, Any], tmp_path: Path
) -> None:
    flags = ["--engine", "dask", "--dask-address", cluster["address"]]
    assert train(tmp_path / "dask", *flags, kill=cluster["pids"][0]) == 0
    assert train(tmp_path / "local") == 0
    there, here = (
        population(tmp_path / "dask").candidates,
        population(tmp_path / "local").candidates,
    )
    np.testing.assert_allclose(
        there["linear"].estimators[0].coef_,
        here["linear"].estimators[0].coef_,
        rtol=1e-9,
        atol=1e-12,
    )
    for one, other in zip(
        there["mlp"].estimator.coefs_, here["mlp"].estimator.coefs_, strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_a_cluster_that_goes_for_good_ends_the_run_and_not_the_state(
    cluster: dict[str, Any], tmp_path: Path
) -> None:
    flags = [
        "--engine",
        "dask",
        "--dask-address",
        cluster["address"],
        "--checkpoint-seconds",
        "0",
    ]
    assert train(tmp_path, *flags, kill=cluster["scheduler"]) == 34
    state = Store(tmp_path / "runtime").load()
    assert state is not None
    assert state.document.counters.batches >= 2
    (log,) = (tmp_path / "runtime/logs").glob("*.log")
    assert "the Dask cluster was lost" in log.read_text()


def test_threads_give_the_same(tmp_path: Path) -> None:
    assert train(tmp_path / "threads", "--threads", "2") == 0
    assert train(tmp_path / "one") == 0
    there, here = (
        population(tmp_path / "threads").candidates,
        population(tmp_path / "one").candidates,
    )
    np.testing.assert_array_equal(
        there["linear"].estimators[0].coef_, here["linear"].estimators[0].coef_
    )


def test_a_scheduler_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert (
        train(tmp_path, "--engine", "dask", "--dask-address", "tcp://127.0.0.1:9") == 34
    )
    assert Store(tmp_path / "runtime").load() is None
