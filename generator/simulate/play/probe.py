"""Stands before a command of a step: `python probe.py SITE COMMAND...`.

A copy of this file lies beside `sites.json`, which says what each site is, and `runs/`,
in which each run has a folder: `found.json` is the state as the training met it,
`written.json` as it left it. Between the two it waits for the player's word in `go`:
so runs overlap as the timeline says, not as this machine is fast. Only the standard
library; nothing of wfgen is imported.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import time
from pathlib import Path

FOUND, GO, WRITTEN = "found.json", "go", "written.json"
PAUSE_SECONDS = 0.005
# A folder with more is looked at as far as that.
MAX_FILES = 5000
DEFAULT_NAME = "counter.json"
TRAINING_FAILS = "training-fails"
# Beyond this a shell ends with the number of the signal that ended a command.
SIGNALLED = 128


def main() -> int:
    """Do what the site is for; return the exit code of the command."""
    folder = Path(__file__).resolve().parent
    site_id, *words = sys.argv[1:]
    settings = json.loads((folder / "sites.json").read_text(encoding="utf-8"))
    site = settings["sites"][site_id]
    run_id, attempt = os.environ["GITHUB_RUN_ID"], os.environ["GITHUB_RUN_ATTEMPT"]
    run = folder / "runs" / f"{run_id}-{attempt}"
    run.mkdir(parents=True, exist_ok=True)
    workspace = Path(os.environ["GITHUB_WORKSPACE"])
    # A loop trains several times in a run: what it began from counts.
    if not (run / FOUND).exists():
        write_json(run / FOUND, {"files": list_files(workspace, site["state"])})
    fault = wait_for_word(run / GO)
    if settings["model"]:
        code = count(workspace, site, f"{run_id}-{attempt}", words, fault)
    elif fault == TRAINING_FAILS:
        say("the simulation lets the training fail")
        code = 1
    else:
        code = start(words)
    files = list_files(workspace, site["state"])
    number = count_up(workspace, site)
    document = {"files": files, "exit_code": code, "count": number}
    write_json(run / WRITTEN, document)
    return code


def wait_for_word(path: Path) -> str:
    """Return the player's word, which says what is to go wrong."""
    while True:
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError:
            time.sleep(PAUSE_SECONDS)


def start(words: list[str]) -> int:
    """Run the command itself, and return its exit code as a shell would tell it."""
    # Each word as the shell of the step has made it: none takes them apart again.
    code = os.spawnvp(os.P_WAIT, words[0], words)  # noqa: S606 - as said
    if code < 0:
        return SIGNALLED - code
    return code


def say(text: str) -> None:
    """Write a line into the log of the step."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def write_json(path: Path, document: object) -> None:
    """Write a document that is there as a whole or not at all."""
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps(document), encoding="utf-8")
    aside.replace(path)


def resolve(workspace: Path, path: str) -> Path:
    """Return where a path of a workflow is; of a pattern, a name that it covers."""
    name = path.replace("**", "state").replace("*", "state").replace("?", "x")
    return workspace / Path(re.sub(r"[\[\]{}]", "", name)).expanduser()


def list_files(workspace: Path, paths: list[str]) -> dict[str, str]:
    """Return the files below some paths, with git's hash of each."""
    found: dict[str, str] = {}
    for path in paths:
        if any(sign in path for sign in "*?["):
            roots = sorted(workspace.glob(path))
        else:
            roots = [resolve(workspace, path)]
        for root in roots:
            files = [root]
            if root.is_dir():
                files = sorted(root.rglob("*"))
            for file in files[:MAX_FILES]:
                if file.is_file() and ".git" not in file.parts:
                    found[os.path.relpath(file, workspace)] = hash_file(file)
    return found


def hash_file(path: Path) -> str:
    """Return what git calls the content of a file."""
    data = path.read_bytes()
    header = f"blob {len(data)}\0".encode()
    return hashlib.sha1(header + data, usedforsecurity=False).hexdigest()


def count(
    workspace: Path, site: dict[str, list[str]], run: str, words: list[str], fault: str
) -> int:
    """Behave like a training: go on from the state that is there, write it and reports.

    One that fails has written half of a state by then.
    """
    targets = [choose_file(workspace, path) for path in site["state"]]
    number = count_up(workspace, site) + find_iterations(words)
    for target in targets:
        target.parent.mkdir(parents=True, exist_ok=True)
        name = os.path.relpath(target, workspace)
        text = json.dumps({"counter": number, "run": run, "path": name}) + "\n"
        if fault == TRAINING_FAILS:
            text = text[: len(text) // 2]
        target.write_text(text, encoding="utf-8")
    if fault == TRAINING_FAILS:
        say("the simulation lets the training fail half way")
        return 1
    for path in site["reports"]:
        report = choose_file(workspace, path)
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(json.dumps({"counter": number}), encoding="utf-8")
    # A document: what the command would have written may go on into a pipe.
    say(json.dumps({"counter": number, "run": run}))
    return 0


def count_up(workspace: Path, site: dict[str, list[str]]) -> int:
    """Return how far the state that is there has come, 0 for one of a real training."""
    targets = [choose_file(workspace, path) for path in site["state"]]
    return max(map(read_count, targets), default=0)


def choose_file(workspace: Path, path: str) -> Path:
    """Return the file that stands for the state at a path: it, or one in the folder."""
    place = resolve(workspace, path)
    if place.is_file() or (place.suffix and not place.is_dir()):
        return place
    return place / DEFAULT_NAME


def read_count(path: Path) -> int:
    """Return how far an earlier run counted, 0 for what is no counter."""
    try:
        return int(json.loads(path.read_text(encoding="utf-8"))["counter"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def find_iterations(words: list[str]) -> int:
    """Return the value of `--iterations`, 1 where there is none."""
    for index, word in enumerate(words[:-1]):
        if word == "--iterations" and words[index + 1].isdigit():
            return int(words[index + 1])
    return 1


if __name__ == "__main__":
    sys.exit(main())
