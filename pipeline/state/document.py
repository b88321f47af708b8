"""`data_state.json` as a value: its formats, what it must hold, its id and its signature.

Nothing here touches a file.

Formats, each with a reader that makes the next one of it in memory; the next commit
writes the newest:

1. counters, cursor, figures, history, libraries, and the sha256 of both pickles;
2. also `probe` (what the models said of made-up rows, or none) and `previous` (the
document of the state before the run
   that wrote this one, or none).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..atomic import sha256
from ..errors import StateFormatError, StateTamperedError
from ..sources import cursor

FORMAT = 2
BEST = "best_model.pkl"
POPULATION_PREFIX = "population-"

Document = dict[str, Any]

_ID = re.compile(r"[0-9a-f]{16}")
_POPULATION = re.compile(POPULATION_PREFIX + r"[0-9a-f]{16}\.pkl")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_VERSION = re.compile(r"[0-9A-Za-z.+!-]{1,64}")
"""Versions are shown in a command that people paste into a shell."""
_NAME = re.compile(r"[A-Za-z_][\w.:+-]*")
"""Of a candidate or a metric; a line that starts with two colons is a command to GitHub."""
_MOMENT = re.compile(r"[0-9TZ:-]{1,32}")


def parsed(content: bytes, path: Path) -> Document:
    """The document as it was written, in its own format, as far as to check its signature.

    Raises StateTamperedError where it is no JSON, StateFormatError where no reader is
    there for it.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise StateTamperedError(f"{path} is truncated or no JSON: {error}") from error
    version = document.get("format") if isinstance(document, dict) else None
    if type(version) is not int:
        raise StateFormatError(
            f"{path} was not written by this pipeline: it names no format"
        )
    if version not in READERS:
        raise StateFormatError(
            f"{path} has format {version}; this version reads up to {FORMAT}"
        )
    return document  # type: ignore[no-any-return]  # a dict, as was looked at


def current(document: Document, path: Path) -> Document:
    """The document in the newest format.

    Raises StateFormatError where it lacks what its format has.
    """
    version = document["format"]
    if not _sound(document) or (version > 1 and not _sound_since_2(document)):
        raise StateFormatError(
            f"{path} lacks parts that format {version} has, or they are of another kind"
        )
    while document["format"] != FORMAT:
        document = READERS[document["format"]](document)
    return document


def _from_1(document: Document) -> Document:
    return {**document, "format": 2, "probe": None, "previous": None}


READERS: Mapping[int, Callable[[Document], Document]] = {
    1: _from_1,
    FORMAT: lambda document: document,
}
"""By the format that they read."""


def _sound(document: Document) -> bool:
    """Whether everything that is relied on later is there, of its kind."""
    kinds: dict[str, type | tuple[type, ...]] = {
        "counters": dict,
        "figures": dict,
        "files": dict,
        "history": list,
        "libraries": dict,
        "models": list,
        "source": dict,
        "target": str,
        "task": str,
        "champion": str,
        "metric": (dict, type(None)),
        "parent_state_id": (str, type(None)),
        "population": str,
        "state_id": str,
    }
    if not all(
        isinstance(document.get(name, ...), kind) for name, kind in kinds.items()
    ):
        return False
    files, counters, source = (
        document["files"],
        document["counters"],
        document["source"],
    )
    entries = [files.get(document["population"]), files.get(BEST)]
    return (
        _matches(_ID, document["state_id"])
        and _matches(_POPULATION, document["population"])
        and len(files) == len(entries)
        and all(_sound_entry(entry) for entry in entries)
        and all(
            _is_count(counters.get(name))
            for name in ("rows", "batches", "unlabelled", "runs")
        )
        and isinstance(source.get("name"), str)
        and cursor.sound(source.get("cursor"))
        and all(
            _matches(_NAME, name)
            for name in (
                *document["models"],
                *document["figures"],
                document["champion"],
            )
        )
        and _sound_figures(document)
        and {"scikit-learn", "numpy"} <= set(document["libraries"])
        and all(_matches(_VERSION, text) for text in document["libraries"].values())
    )


def _sound_figures(document: Document) -> bool:
    """What `status`, `history` and the report print."""
    figures, history = document["figures"].values(), document["history"]
    return (
        all(isinstance(figure, dict) and "loss" in figure for figure in figures)
        and all(_is_number(value) for figure in figures for value in figure.values())
        and all(map(_sound_run, history))
        and _sound_metric(document["metric"])
    )


def _sound_run(run: object) -> bool:
    return (
        isinstance(run, dict)
        and _matches(_MOMENT, run.get("at"))
        and _is_count(run.get("batches"))
        and _is_count(run.get("rows"))
        and _matches(_NAME, run.get("champion"))
        and _sound_metric(run.get("metric"))
    )


def _sound_metric(metric: object) -> bool:
    if not isinstance(metric, dict):
        return metric is None
    return _matches(_NAME, metric.get("name")) and type(metric.get("value")) in {
        int,
        float,
    }


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_number(value: object) -> bool:
    return value is None or type(value) in {int, float}


def _sound_since_2(document: Document) -> bool:
    previous = document.get("previous", ...)
    if not isinstance(document.get("probe", ...), dict | None):
        return False
    return previous is None or (
        isinstance(previous, dict)
        and previous.get("format") == FORMAT
        and _sound(previous)
    )


def _sound_entry(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and _is_count(entry.get("bytes"))
        and _matches(_SHA256, entry.get("sha256"))
    )


def sealed(document: Document, parent: str | None, key: bytes | None) -> Document:
    """With its parent, an id from its content, and a signature where there is a key."""
    bare = {
        name: value
        for name, value in document.items()
        if name not in {"state_id", "signature"}
    }
    complete = {**bare, "parent_state_id": parent}
    complete["state_id"] = sha256(_canonical(complete))[:16]
    return complete if key is None else signed(complete, key)


def signed(document: Document, key: bytes) -> Document:
    """With the signature of this key."""
    return {**document, "signature": _signature(document, key)}


def without(document: Document, name: str) -> Document:
    """All but one part."""
    return {key: value for key, value in document.items() if key != name}


def holds(document: Document, key: bytes) -> bool:
    """Whether the signature is that of this key."""
    import hmac  # noqa: PLC0415  # only where a key is set

    signature = document["signature"]
    return isinstance(signature, str) and hmac.compare_digest(
        signature.encode(), _signature(document, key).encode()
    )


def written(document: Document) -> bytes:
    """For the file, with lines for people."""
    return (
        json.dumps(document, indent=1, sort_keys=True, allow_nan=False).encode() + b"\n"
    )


def fingerprint(content: bytes) -> dict[str, Any]:
    """What a file is known again by."""
    return {"sha256": sha256(content), "bytes": len(content)}


def _signature(document: Document, key: bytes) -> str:
    import hmac  # noqa: PLC0415  # only where a key is set

    return (
        "hmac-sha256:"
        + hmac.new(
            key, _canonical(without(document, "signature")), "sha256"
        ).hexdigest()
    )


def _canonical(document: Document) -> bytes:
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()
