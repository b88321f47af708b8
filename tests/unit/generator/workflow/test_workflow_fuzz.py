"""Nothing but findings and clean refusals comes of a workflow file, whatever is in it."""

from __future__ import annotations

import random
import resource
import time
from pathlib import Path

import pytest

from tests.unit.generator.workflow.workflow_fuzzer import make_content, read_everything

SEED = 20_261_127
SHORT, LONG = 400, 20_000
MAX_SECONDS = 1.0
MAX_BYTES = 300_000_000


def fuzz(folder: Path, count: int) -> int:
    """How many of so many files have findings."""
    path = folder / "w.yml"
    faulty = 0
    slowest = 0.0
    for number in range(count):
        # Each by a seed of its own, so that one that fails can be made again.
        content = make_content(random.Random(SEED + number))  # noqa: S311 - made to repeat
        path.write_bytes(content)
        began = time.process_time()
        try:
            faulty += bool(read_everything(path))
        except Exception as error:
            error.add_note(f"seed {SEED + number}: {content[:3000]!r}")
            raise
        slowest = max(slowest, time.process_time() - began)
    assert slowest < MAX_SECONDS
    return faulty


def test_mutated_workflows_give_findings_or_are_refused(tmp_path: Path) -> None:
    faulty = fuzz(tmp_path, SHORT)
    assert SHORT / 2 < faulty < SHORT


@pytest.mark.bench
def test_many_mutated_workflows_give_findings_or_are_refused(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    faulty = fuzz(tmp_path, LONG)
    time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert LONG / 2 < faulty < LONG
    assert (after - before) * 1024 < MAX_BYTES
