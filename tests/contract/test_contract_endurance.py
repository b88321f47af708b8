"""Many clients at once, and a server killed at any instant."""

from __future__ import annotations

import hashlib
import http.client
import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from generator.github.local_github import LocalGitHub

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.clients import Client
    from tests.contract.programs import Served, Serving

CLIENTS = 64
MEMORY_MEGABYTES = 200


def upload_in_blocks(run: Client, name: str, data: bytes, chance: random.Random) -> int:
    """Upload an artifact in blocks that come in any order; returns its id."""
    size = chance.randint(1, len(data))
    names = [f"{number:04d}" for number in range(-(-len(data) // size))]
    blocks = {
        name: data[number * size : (number + 1) * size]
        for number, name in enumerate(names)
    }
    shuffled = dict(chance.sample(list(blocks.items()), len(blocks)))
    url = run.twirp("CreateArtifact", name=name, version=4).json["signed_upload_url"]
    assert run.put_blocks(url, shuffled, names).status == 201
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    finished = run.twirp(
        "FinalizeArtifact", name=name, size=str(len(data)), hash=digest
    )
    assert finished.status == 200, finished
    return int(finished.json["artifact_id"])


class Shared:
    """What all clients have uploaded: id to digest."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.digests: dict[int, str] = {}

    def run_client(self, served: Served, number: int, seconds: float) -> None:
        chance, run = random.Random(number), served.begin()  # noqa: S311 - no secret
        ends, count = time.monotonic() + seconds, 0
        while time.monotonic() < ends:
            data = chance.randbytes(chance.choice([1, 1_000, 100_000, 400_000]))
            artifact_id = upload_in_blocks(run, f"a{count}", data, chance)
            count += 1
            with self.lock:
                self.digests[artifact_id] = hashlib.sha256(data).hexdigest()
                other, digest = chance.choice(list(self.digests.items()))
            assert hashlib.sha256(run.download(other).body).hexdigest() == digest
            assert len(run.twirp("ListArtifacts").json["artifacts"]) == count
            listed = run.rest(
                "GET", f"actions/runs/{run.run_id}/artifacts?per_page=1"
            ).json
            assert (listed["total_count"], listed["artifacts"][0]["id"]) == (
                count,
                artifact_id,
            )
        run.hang_up()


@pytest.mark.timeout(200)
@pytest.mark.parametrize("seconds", [4, pytest.param(30, marks=pytest.mark.bench)])
def test_64_clients_at_once(serving: Serving, tmp_path: Path, seconds: float) -> None:
    shared = Shared()
    with (
        serving(tmp_path, "--unlimited") as served,
        ThreadPoolExecutor(CLIENTS) as pool,
    ):
        clients = [
            pool.submit(shared.run_client, served, number, seconds)
            for number in range(CLIENTS)
        ]
        for client in clients:
            client.result()
        memory = served.memory_megabytes()
    report = f"{len(shared.digests)} artifacts, {memory:.0f} MB at most"
    print(f"{CLIENTS} clients for {seconds} s: {report}")  # noqa: T201 - a measurement
    assert len(shared.digests) >= CLIENTS
    assert memory < MEMORY_MEGABYTES


def upload_until_killed(
    served: Served, finished: dict[int, str], chance: random.Random
) -> None:
    """Upload one artifact after the other and note those that the server called finished."""
    try:
        run = served.begin()
        for count in range(10_000):
            data = os.urandom(chance.choice([1, 5_000, 300_000]))
            artifact_id = upload_in_blocks(run, f"a{count}", data, chance)
            finished[artifact_id] = hashlib.sha256(data).hexdigest()
    except (OSError, ValueError, KeyError, AssertionError, http.client.HTTPException):
        if served.process.poll() is None and not served.dying:
            raise
    finally:
        served.hang_up()


@pytest.mark.timeout(290)
@pytest.mark.parametrize("kills", [8, pytest.param(100, marks=pytest.mark.bench)])
def test_a_server_killed_at_any_instant_loses_nothing_finished(
    serving: Serving, tmp_path: Path, kills: int
) -> None:
    chance = random.Random(kills)  # noqa: S311 - no secret
    finished: dict[int, str] = {}
    for _ in range(kills):
        with serving(tmp_path, "--unlimited") as served, ThreadPoolExecutor(3) as pool:
            writers = []
            for number in range(3):
                writer_chance = random.Random(number)  # noqa: S311 - no secret
                writers.append(
                    pool.submit(upload_until_killed, served, finished, writer_chance)
                )
            time.sleep(chance.uniform(0.02, 0.4))
            served.dying = True
            os.kill(served.process.pid, signal.SIGKILL)
            for writer in writers:
                writer.result()
    with LocalGitHub.open(tmp_path / ".wfgen" / "github") as local_github:
        stored: dict[int, str] = {}
        declared: dict[int, str] = {}
        for artifact in local_github.list_artifacts():
            data = local_github.get_artifact_path(artifact.id).read_bytes()
            stored[artifact.id] = hashlib.sha256(data).hexdigest()
            declared[artifact.id] = artifact.digest.removeprefix("sha256:")
    print(f"{kills} kills, {len(finished)} artifacts finished, {len(stored)} found")  # noqa: T201 - a measurement
    assert finished
    assert stored.items() >= finished.items()
    assert stored == declared
