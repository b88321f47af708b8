"""Train under SIGKILL, from exec to exit.

Usage: training_kill_driver.py FOLDER KILLS SEED; the last line is JSON.

Every training is a process of its own, as a job on GitHub starts it; it says on a pipe
which phase of its life begins. Half of the kills fall evenly over the time that a life
takes, which is mostly imports; the other half are aimed at a phase each, drawn evenly
from all that follow the start of Python, and fall evenly within it. Two streams are
trained side by side, one signed.
"""

from __future__ import annotations

import collections
import itertools
import json
import os
import random
import select
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.models.population import Population
from pipeline.state.pickles import load_pickle
from pipeline.state.store import Store
from pipeline.state.verification import KEY_VARIABLE, State

CHILD = Path(__file__).with_name("training_kill_child.py")
ROWS = 20_460
BATCHES = 3
SETTINGS = ["--batch-rows", "100", "--models", "linear"]
PHASES = [
    "start of Python",
    "imports",
    "lock",
    "load",
    "recover",
    "look",
    "imports to learn",
    "unpickle",
    "read",
    "learn",
    "pickle",
    "write",
    "summary",
    "page",
    "exit",
]
"""In the order of a life."""
EACH_BATCH = PHASES[8:12]


class Death(NamedTuple):
    """When a training is to be killed.

    In which phase, in the how-manieth of it, and how long after that began.
    """

    phase: str = ""
    nth: int = 1
    seconds: float = 0.0

    def words(self) -> list[str]:
        """For the child."""
        number = PHASES.index(self.phase) if self.phase else -1
        return [str(number), str(self.nth), str(int(self.seconds * 1e9))]


NO_DEATH = Death()


class Life:
    """One training and what it said of itself so far."""

    def __init__(
        self, root: Path, key: str, death: Death = NO_DEATH, **flags: int
    ) -> None:
        source, sink = os.pipe()
        told = {"iterations": BATCHES, "checkpoint_seconds": 0, **flags}
        words = [
            *SETTINGS,
            *(
                word
                for name, each in told.items()
                for word in (f"--{name.replace('_', '-')}", str(each))
            ),
        ]
        argv = [
            sys.executable,
            str(CHILD),
            str(sink),
            *death.words(),
            "update",
            "--root",
            str(root),
            *words,
        ]
        self.begun = time.monotonic()
        self.said: list[tuple[str, float]] = [(PHASES[0], self.begun)]
        self.process = subprocess.Popen(
            argv,
            pass_fds=[sink],
            stdout=subprocess.DEVNULL,
            env=os.environ | {KEY_VARIABLE: key, "PYTHONPATH": str(CHILD.parents[2])},
        )
        os.close(sink)
        self._source = source

    def listen(self, seconds: float) -> bool:
        """Take in what it says within so many seconds; False where it has ended."""
        if not select.select([self._source], [], [], max(seconds, 0.0))[0]:
            return True
        said = os.read(self._source, 4096)
        self.said += [(PHASES[number], time.monotonic()) for number in said]
        return bool(said)

    def wait(self, seconds: float) -> None:
        """Let it live on for so long, or until it ends."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.listen(end - time.monotonic()):
            pass

    def kill(self) -> str | None:
        """Kill it; the phase it was in, or None where it had ended by itself."""
        self.process.kill()
        code = self.process.wait()
        while self.listen(1):
            pass
        os.close(self._source)
        assert code in {0, -9}, f"it ended with {code}"
        return self.said[-1][0] if code else None


class Stream:
    """One stream of batches, trained by processes that are killed."""

    def __init__(self, root: Path, key: str) -> None:
        self.root = root
        self.key = key
        self.batches = 0
        self.stray = 0

    def load(self) -> State | None:
        """What the kill left; raises where it is no state, or where a batch was lost."""
        store = Store(self.root / "runtime", self.key.encode() or None)
        state = store.load()
        now = 0
        if state is not None:
            now = state.document.counters.batches
            store.load_previous(state.document)
            names = {path.name for path in (self.root / "runtime/model").iterdir()}
            self.stray += not names <= {*state.document.files, *_previous(state)}
        assert now >= self.batches, "a batch was lost"
        self.batches = now
        return state

    def finish(self) -> tuple[object, ...]:
        """Learn what is left without being killed; the facts to compare."""
        life = Life(self.root, self.key, iterations=1_000_000, checkpoint_seconds=5)
        assert life.process.wait() == 0
        os.close(life._source)
        state = self.load()
        assert state is not None
        assert state.document.counters.rows == ROWS
        return facts(state)


def _previous(state: State) -> set[str]:
    previous = state.document.previous
    if previous is None:
        return set()
    return {
        previous.population,
        f"previous-{previous.files['best_model.pkl'].sha256[:16]}.pkl",
    }


def facts(state: State) -> tuple[object, ...]:
    """Counters, cursor and coefficients."""
    population = load_pickle(state.population, "population")
    assert isinstance(population, Population)
    counters = {
        name: value
        for name, value in state.document.counters.to_json().items()
        if name != "runs"
    }
    candidates: dict[str, object] = dict(population.candidates)
    learner = candidates["linear"].estimators[0]  # type: ignore[attr-defined]  # models.Linear
    cursor = state.document.source.cursor
    return (
        counters,
        cursor,
        np.asarray(learner.coef_).tobytes(),
        learner.intercept_.tobytes(),
    )


def durations(root: Path, key: str) -> tuple[float, dict[str, float]]:
    """How long a life of three batches takes, and each of its phases."""
    life = Life(root, key)
    while life.listen(60):
        pass
    end = time.monotonic()
    assert life.kill() is None
    times = [*life.said, ("", end)]
    return end - life.begun, {
        phase: after - at for (phase, at), (_, after) in itertools.pairwise(times)
    }


def disturb(
    folder: Path, kills: int, chance: random.Random, key: str
) -> tuple[collections.Counter[str], list[Stream]]:
    """Kill so many trainings, over as many streams as that takes."""
    folder.mkdir(parents=True)
    life_seconds, phase_seconds = durations(folder / "measured", key)
    fell: collections.Counter[str] = collections.Counter()
    streams = [Stream(folder / "0", key)]
    while fell.total() < kills:
        stream = streams[-1]
        if fell.total() % 2:
            life = Life(stream.root, key)
            life.wait(chance.uniform(0, life_seconds))
        else:
            phase = chance.choice(PHASES[1:])
            nth = chance.randint(1, BATCHES if phase in EACH_BATCH else 1)
            life = Life(
                stream.root,
                key,
                Death(phase, nth, chance.uniform(0, phase_seconds[phase])),
            )
            life.wait(60)
        died_in = life.kill()
        state = stream.load()
        if died_in is not None:
            fell[died_in] += 1
        if state is not None and state.document.counters.rows == ROWS:
            streams.append(Stream(folder / str(len(streams)), key))
    return fell, streams


def main(folder: Path, kills: int, seed: int) -> None:
    """Kill, finish each stream, compare with a run that nobody disturbed."""
    begun, lock = time.monotonic(), threading.Lock()
    whole = Stream(folder / "undisturbed", "").finish()
    fell: collections.Counter[str] = collections.Counter()
    identical, count, stray = True, 0, 0

    def one(number: int) -> None:
        nonlocal identical, count, stray
        share = kills // 2 + (kills % 2) * number
        chance = random.Random(seed + number)  # noqa: S311  # no secret
        phases, streams = disturb(
            folder / f"disturbed-{number}", share, chance, ["", "a key"][number]
        )
        for stream in streams:
            same = stream.finish() == whole
            with lock:
                identical, stray, count = (
                    identical and same,
                    stray + stream.stray,
                    count + 1,
                )
        with lock:
            fell.update(phases)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, (0, 1)))
    report = {
        "kills": fell.total(),
        "streams": count,
        "identical": identical,
        "in the middle of a write": stray,
    }
    phases = {phase: fell[phase] for phase in PHASES}
    sys.stdout.write(
        json.dumps(
            {**report, "phases": phases, "seconds": round(time.monotonic() - begun)}
        )
        + "\n"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
