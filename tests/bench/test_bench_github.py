"""What the local GitHub costs: starting it, and moving bytes through it.

Ratios are printed, time is never asserted.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.bench
MEGABYTES = 300
BLOCK_BYTES = 8 << 20
REPEATS = 5
CONNECTIONS = 5


def timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def send(
    connection: http.client.HTTPConnection,
    method: str,
    url: str,
    body: bytes | None,
    **headers: str,
) -> bytes:
    parts = urlsplit(url)
    connection.request(method, f"{parts.path}?{parts.query}", body, headers)
    response = connection.getresponse()
    data = response.read()
    assert response.status < 400, data
    return data


def block_id(number: int) -> str:
    """As Azure's clients make them.

    A prefix and the number, 48 characters in base64, which needs no quoting then.
    """
    return base64.b64encode(f"{'b' * 36}{number:012d}".encode()).decode()


def upload(server: dict[str, Any], source: Path, name: str) -> str:
    """As the official client does.

    Blocks of 8 MiB over five connections, the list, finalize; gives its address.
    """
    connection = http.client.HTTPConnection(urlsplit(server["url"]).netloc)
    runtime_token = server["environment"]["ACTIONS_RUNTIME_TOKEN"]

    def twirp(method: str, **fields: str) -> dict[str, str]:
        url = f"{server['url']}/twirp/github.actions.results.api.v1.ArtifactService/{method}"
        headers = {
            "Authorization": f"Bearer {runtime_token}",
            "Content-Type": "application/json",
        }
        answer: dict[str, str] = json.loads(
            send(connection, "POST", url, json.dumps(fields).encode(), **headers)
        )
        return answer

    url = twirp("CreateArtifact", name=name)["signed_upload_url"]
    numbers = range(-(-source.stat().st_size // BLOCK_BYTES))
    idle: SimpleQueue[http.client.HTTPConnection] = SimpleQueue()
    for _ in range(CONNECTIONS):
        idle.put(http.client.HTTPConnection(urlsplit(url).netloc))
    with source.open("rb") as file, ThreadPoolExecutor(CONNECTIONS) as pool:

        def put(number: int) -> None:
            block, taken = (
                os.pread(file.fileno(), BLOCK_BYTES, number * BLOCK_BYTES),
                idle.get(),
            )
            send(taken, "PUT", f"{url}&comp=block&blockid={block_id(number)}", block)
            idle.put(taken)

        list(pool.map(put, numbers))
    for _ in range(CONNECTIONS):
        idle.get().close()
    listed = "".join(f"<Latest>{block_id(number)}</Latest>" for number in numbers)
    send(
        connection,
        "PUT",
        f"{url}&comp=blocklist",
        f"<BlockList>{listed}</BlockList>".encode(),
    )
    twirp("FinalizeArtifact", name=name, size=str(source.stat().st_size))
    address = twirp("GetSignedArtifactURL", name=name)["signed_url"]
    connection.close()
    return address


def download(address: str, target: Path) -> None:
    """Read an artifact into a file in constant memory."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.request("GET", f"{parts.path}?{parts.query}")
    response = connection.getresponse()
    with target.open("wb") as file:
        shutil.copyfileobj(response, file, 1 << 20)
    connection.close()


def copy_and_hash(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    with target.open("rb") as file:
        hashlib.file_digest(file, "sha256")
        os.fsync(file.fileno())


def memory_megabytes(pid: int) -> float:
    (line,) = (
        line
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmHWM:")
    )
    return int(line.split()[1]) / 1024


def test_300_megabytes_up_and_down(tmp_path: Path) -> None:
    source = tmp_path / "source"
    with source.open("wb") as file:
        for _ in range(MEGABYTES):
            file.write(os.urandom(1_000_000))
    plain, up, down = [], [], []
    command = [
        sys.executable,
        "-m",
        "wfgen_actions.generator",
        "serve",
        "--json",
        "--root",
        str(tmp_path / "github"),
    ]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        server = json.loads(process.stdout.readline())
        for repeat in range(REPEATS):
            plain.append(timed(lambda: copy_and_hash(source, tmp_path / "plain")))
            addresses: list[str] = []
            name = f"a{repeat}"
            up.append(timed(lambda: addresses.append(upload(server, source, name))))  # noqa: B023 - called at once
            down.append(timed(lambda: download(addresses[0], tmp_path / "back")))  # noqa: B023 - as above
        held = memory_megabytes(process.pid)
        process.terminate()
    print(f"\nmemory of the server: {held:.0f} MB at most")
    base = statistics.median(plain)
    print(f"{MEGABYTES} MB, cp + sha256: {base:.2f} s")
    for label, times in (("up", up), ("down", down)):
        took = statistics.median(times)
        print(f"{label}: {took:.2f} s, {base / took:.0%} of the plain copy's speed")


def test_starting(tmp_path: Path) -> None:
    """In fresh processes.

    What importing, starting and stopping add to a program that has what wfgen always
    loads.
    """
    script = (
        "import click, dataclasses, json, pathlib, subprocess, threading, time\n"
        "wall, cpu = time.perf_counter(), time.process_time()\n"
        "from generator.github.local_github import LocalGitHub\n"
        "from generator.github.core.models import NewRun\n"
        f"with LocalGitHub.open(pathlib.Path({str(tmp_path / 'github')!r})) as local_github:\n"
        "    local_github.begin_run(NewRun('w.yml', 'w', 'push', 'main', 'a' * 40, {}))\n"
        "print(time.perf_counter() - wall, time.process_time() - cpu)\n"
    )
    pairs = []
    for _ in range(REPEATS * 2):
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        )
        pairs.append(tuple(map(float, done.stdout.split())))
    wall, cpu = (
        statistics.median(column) * 1000 for column in zip(*pairs, strict=True)
    )
    least = min(pair[0] for pair in pairs) * 1000
    print(
        f"\nimport, start, one run, stop: {wall:.0f} ms ({least:.0f} ms at best), "
        f"{cpu:.0f} ms of processor time"
    )
