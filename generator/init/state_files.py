"""Which files a training goes on from, as its workflow and its scripts name them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from ..config.options import ARTIFACTS
from ..errors import WfgenError
from ..workflow.parser import read_workflow
from .candidates.commands import split_commands
from .candidates.record import Candidate

_MODEL = (
    r"pkl|pickle|joblib|sav|pt|pth|ckpt|h5|hdf5|keras|onnx|ubj|cbm|safetensors|npz|rds"
    r"|RData"
)
# How far a training got: `data_state.json`, `seen.db`, `last_run.txt`.
_PROGRESS = (
    r"(?:state|seen|cursor|history|checkpoint|progress|ledger|last_\w+)[\w-]*"
    r"\.(?:json|db|sqlite3?|txt|csv|parquet)"
)
_LITERAL = re.compile(
    rf"""["'](?:\./)?((?:[\w.-]+/)*(?:[\w.-]+\.(?:{_MODEL})|[\w-]*?{_PROGRESS}))["']"""
)
# What a run shows to people, and nobody goes on from.
_SHOWN = (".log", ".html", ".md", ".png", ".svg", ".pdf")
_ACTIONS = {
    "actions/upload-artifact": "path",
    "actions/cache": "path",
    "actions/cache/save": "path",
    "stefanzweifel/git-auto-commit-action": "file_pattern",
    "EndBug/add-and-commit": "add",
}
_MOST = 12


def find_state_files(
    root: Path, candidate: Candidate, sources: Sequence[str]
) -> tuple[str, ...]:
    """Return paths and patterns of what is kept between runs, none where nothing tells.

    What a workflow stores already comes first; else what the scripts call a model, or
    a note of how far they got. `sources` are their texts; one that speaks of the usual
    folder keeps its state there.
    """
    text = "\n".join(sources)
    if str(ARTIFACTS["model"].path.default).rstrip("/") in text:
        return ()
    found: dict[str, None] = {}
    place = candidate.place.rpartition(":")[0]
    if place.startswith(".github/workflows/"):
        for path in _iter_stored(root, Path(place)):
            found.setdefault(path)
    # What the command itself names: `--out-model m/model.pkl`.
    for path in _LITERAL.findall(_quote_words(candidate.command)):
        found.setdefault(path)
    if not found:
        for path in _LITERAL.findall(text):
            # A name alone is joined to a folder that the text does not tell.
            found.setdefault(path if "/" in path else f"**/{path}")
    return _drop_inner(list(found))[:_MOST]


def _quote_words(command: str) -> str:
    words = re.split(r"[\s='\"]+", command)
    return " ".join(f'"{word}"' for word in words)


def _iter_stored(root: Path, path: Path) -> Iterator[str]:
    """Yield what a workflow uploads, caches or commits."""
    try:
        workflow = read_workflow(root, path)
    except WfgenError:
        return
    for job in workflow.jobs:
        steps: Any = workflow.document.mapping["jobs"][job.id].get("steps", [])
        for step, node in zip(job.steps, steps, strict=False):
            for command, _ in split_commands(step.run):
                if command.words[:2] == ("git", "add"):
                    yield from filter(_is_state, command.words[2:])
            key = _ACTIONS.get(step.uses.partition("@")[0])
            inputs = node.get("with") if isinstance(node, Mapping) else None
            if key and isinstance(inputs, Mapping):
                yield from filter(_is_state, str(inputs.get(key, "")).split())


def _is_state(path: str) -> bool:
    """Whether it is a part of the repository that a run may have to go on from."""
    if path.startswith((".", "-", "~", "/", "!", "#", "$", "*")) or "$" in path:
        return False
    parts = PurePosixPath(path).parts
    return bool(parts) and ".." not in parts and not path.endswith(_SHOWN)


def _drop_inner(paths: list[str]) -> tuple[str, ...]:
    """Leave out what lies in a folder that is named too."""
    kept = []
    for path in paths:
        folders = [parent.as_posix() for parent in PurePosixPath(path).parents]
        named = {other.rstrip("/") for other in paths if other != path}
        if not named.intersection(folders):
            kept.append(path)
    return tuple(kept)
