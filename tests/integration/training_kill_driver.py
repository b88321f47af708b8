"""Train under SIGKILL. Usage: training_kill_driver.py FOLDER KILLS SEED; the last line is JSON.

Everything heavy is imported once; each training is a fork that is killed after a random time. It is a script of its own
because a process that pytest runs in must not fork like that.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np

from pipeline import persist
from pipeline.population import Population
from pipeline.run import update
from pipeline.settings import load
from pipeline.state import State
from pipeline.store import Store

BATCH_ROWS, ROWS = 100, 20_460


def train(root: Path, iterations: int) -> None:
    """One training that commits after every batch."""
    flags = {"iterations": iterations, "batch_rows": BATCH_ROWS, "models": "linear", "checkpoint_seconds": 0}
    with open(os.devnull, "w", encoding="utf-8") as sink, contextlib.redirect_stdout(sink):  # noqa: PTH123  # a device
        update(root, load(root, {}, flags), {})


def killed(root: Path, seconds: float) -> bool:
    """Train in a fork and kill it; whether it was still at work."""
    child = os.fork()
    if not child:
        train(root, 1_000_000)
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def facts(state: State) -> tuple[object, ...]:
    """Counters, cursor and coefficients."""
    population = persist.loads(state.population, "population")
    assert isinstance(population, Population)
    counters = {name: value for name, value in state.document["counters"].items() if name != "runs"}
    candidates: dict[str, object] = dict(population.candidates)
    learner = candidates["linear"].learners[0]  # type: ignore[attr-defined]  # models.Linear
    return (
        counters,
        state.document["source"]["cursor"],
        np.asarray(learner.coef_).tobytes(),
        learner.intercept_.tobytes(),
    )


def loaded(root: Path) -> State | None:
    """What the store makes of what the kill left; raises where it is no state."""
    return Store(root / "runtime").load()


def main(folder: Path, kills: int, seed: int) -> None:
    """Kill `kills` trainings, finish each stream, compare with an undisturbed run."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    train(folder / "undisturbed", 1_000_000)
    whole = loaded(folder / "undisturbed")
    assert whole is not None
    expected, done, streams, identical, stray = facts(whole), 0, 0, True, 0
    while done < kills:
        root = folder / f"disturbed-{streams}"
        streams += 1
        batches = 0
        while done < kills:
            alive = killed(root, chance.uniform(0.005, 0.25))
            if not alive:
                break
            done += 1
            names = {path.name for path in (root / "runtime/model").glob("*")}
            state = loaded(root)
            now = 0 if state is None else state.document["counters"]["batches"]
            assert now >= batches, "a batch was lost"
            stray += bool(names - set({} if state is None else state.document["files"]))
            batches = now
        train(root, 1_000_000)
        state = loaded(root)
        assert state is not None
        assert state.document["counters"]["rows"] == ROWS
        identical = identical and facts(state) == expected
    sys.stdout.write(
        json.dumps({"kills": done, "streams": streams, "identical": identical, "in the middle of a write": stray})
        + "\n"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
