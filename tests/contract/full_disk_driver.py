"""A local GitHub on a disk that is small, full or read-only, and what its clients are told.

Run as a program, `full_disk_driver.py ACTION STORE [FILLER]`, so that mounts and limits
can be its own. FILLER is a file that takes the disk's room. Prints JSON.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

from generator.errors import LocalGitHubError
from generator.github.local_github import LocalGitHub
from tests.contract.clients import Client, begin_run

MEGABYTE = 1 << 20
LARGE = 8 * MEGABYTE
KEPT = b"kept" * 1000


def count_bytes(store: Path) -> int:
    """Bytes that the uploads and blobs of a store take on the disk."""
    total = 0
    for folder in (store / "staging", store / "blobs"):
        for path in folder.rglob("*"):
            if path.is_file():
                total += path.stat().st_blocks * 512
    return total


def send_in_chunks(data: bytes) -> Iterator[bytes]:
    """A body whose length is not announced."""
    for start in range(0, len(data), MEGABYTE):
        yield data[start : start + MEGABYTE]


def upload_too_much(run: Client) -> dict[str, int]:
    """The statuses of uploads that are larger than the disk, by the protocol."""
    data = os.urandom(LARGE)
    url = run.twirp("CreateArtifact", name="large").json["signed_upload_url"]
    statuses = {"block": run.put_block(url, "0", data).status}
    url = run.twirp("CreateArtifact", name="chunked").json["signed_upload_url"]
    statuses["chunked"] = run.ask("PUT", url, send_in_chunks(data)).status
    token = {"Authorization": f"token {run.ticket.token}"}
    address = f"{run.local_github.url}/repos/local/repository/releases/1/assets?name=a"
    statuses["asset"] = run.ask("POST", address, data, token).status
    runtime = {"Authorization": f"Bearer {run.ticket.runtime_token}"}
    caches = f"{run.local_github.url}/_apis/artifactcache/caches"
    # A key of its own: one that failed stays reserved.
    entry = json.dumps({"key": os.urandom(8).hex(), "version": "v"}).encode()
    cache_id = run.ask("POST", caches, entry, runtime).json["cacheId"]
    chunk = runtime | {"Content-Range": f"bytes 0-{LARGE - 1}/*"}
    statuses["cache"] = run.ask("PATCH", f"{caches}/{cache_id}", data, chunk).status
    return statuses


def write_everywhere(run: Client) -> dict[str, int]:
    """The statuses of small writes of every kind, where the disk takes nothing more."""
    statuses = {}
    # As long as GitHub takes a text of an issue; together more than there is room for.
    text = "x" * 60_000
    for number in range(50):
        issue = {"title": f"t{number}", "body": text}
        statuses["issue"] = run.rest("POST", "issues", issue).status
    statuses["release"] = run.rest(
        "POST", "releases", {"tag_name": "v2", "body": text}
    ).status
    noise = base64.b64encode(os.urandom(2 * MEGABYTE)).decode()
    content = {"message": "m", "content": noise}
    statuses["contents"] = run.rest("PUT", "contents/b", content).status
    answer = run.twirp("CreateArtifact", name="n" * 200)
    statuses["twirp"] = answer.status
    if answer.status == 200:
        url = answer.json["signed_upload_url"]
        statuses["twirp"] = run.put_block(url, "0", os.urandom(2 * MEGABYTE)).status
    query = {
        "query": 'mutation{createIssue(input:{repositoryId:"R",title:"t",body:"%s"})'
    }
    query["query"] = query["query"] % text + "{issue{id}}}"
    statuses["graphql"] = run.rest("POST", "/graphql", query).status
    return statuses


def fill(filler: Path) -> None:
    """Take all room that the disk has."""
    with filler.open("wb", buffering=0) as file:
        size = MEGABYTE
        while size:
            try:
                file.write(b"\0" * size)
            except OSError:
                size //= 2


def prepare(store: Path) -> None:
    """Make a store with one artifact, a release and a file in git."""
    with LocalGitHub.open(store) as local_github:
        run = begin_run(local_github)
        run.upload("kept", KEPT)
        run.rest("POST", "releases", {"tag_name": "v1"})
        run.rest("PUT", "contents/a", {"message": "m", "content": "eA=="})


def try_to_write(store: Path, filler: Path | None) -> dict[str, object]:
    """What clients are told of writes, and what is left of those that failed.

    With a `filler` all room is taken before the small writes, and given back at the end.
    """
    facts: dict[str, object] = {}
    with LocalGitHub.open(store) as local_github:
        run = begin_run(local_github)
        before = count_bytes(store)
        facts["uploads"] = upload_too_much(run)
        if filler is not None:
            fill(filler)
        facts["left"] = count_bytes(store) - before
        facts["writes"] = write_everywhere(run)
        artifact = local_github.list_artifacts()[0]
        facts["read"] = run.download(artifact.id).body == KEPT
        facts["listed"] = run.rest("GET", "actions/runs").status
        if filler is not None:
            filler.unlink()
            facts["afterwards"] = run.upload("later", b"x" * 1000) > artifact.id
    return facts


def tell(facts: dict[str, object]) -> None:
    """Print facts as one line of JSON."""
    sys.stdout.write(json.dumps(facts) + "\n")


def main() -> None:
    """Do one of the things that there are."""
    action, store = sys.argv[1], Path(sys.argv[2])
    if action == "prepare":
        prepare(store)
    if action == "full":
        tell(try_to_write(store, Path(sys.argv[3])))
    if action == "limited":
        resource.setrlimit(resource.RLIMIT_FSIZE, (MEGABYTE, MEGABYTE))
        tell(try_to_write(store, None))
    if action == "readonly":
        tell(try_to_write(store, None))
    if action == "open":
        try:
            LocalGitHub.open(store)
        except LocalGitHubError as error:
            tell({"refused": error.message})


if __name__ == "__main__":
    main()
