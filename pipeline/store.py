"""Load, commit, recover: the only code that touches runtime/model and runtime/data.

The two folders travel as two artifacts, so the pair is tied by content: `data_state.json` names every model file with
its sha256. Writing it is the one commit point:

1. `population-<sha>.pkl` (all that is needed to go on) and `best_model.pkl.next` are written beside the old files;
2. `data_state.json` is replaced: from here on the new state counts;
3. `best_model.pkl.next` becomes `best_model.pkl`, and files that no state names any more go.

A kill before 2 leaves the old state and stray files, a kill after it the new one; `open` tidies both up.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.atomic import explained, sha256, write_atomically
from pipeline.errors import (
    SettingsError,
    StateBusyError,
    StateFormatError,
    StateMismatchError,
    StateTamperedError,
)

FORMAT = 1
BEST = "best_model.pkl"
NEXT = BEST + ".next"
POPULATION_PREFIX = "population-"
KEY_VARIABLE = "PIPELINE_STATE_KEY"

Document = dict[str, Any]


def signing_key(environment: Mapping[str, str]) -> bytes | None:
    """The key that states are signed with; an empty variable is what GitHub hands over for a secret that is not set."""
    return environment.get(KEY_VARIABLE, "").encode() or None


class State(NamedTuple):
    """A committed state whose files were all found to be what was committed; nothing is unpickled yet."""

    document: Document
    population: bytes
    champion: bytes

    @property
    def state_id(self) -> str:
        """Names this commit; derived from its content and its parent."""
        return str(self.document["state_id"])


class Store:
    """The state below one runtime folder."""

    def __init__(self, runtime: Path, key: bytes | None = None) -> None:
        self.runtime = runtime
        self.model = runtime / "model"
        self.data = runtime / "data"
        self.document_path = self.data / "data_state.json"
        self._key = key

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the state for one training at a time; the lock is on the folder, so it leaves no file behind."""
        with explained(self.runtime):
            self.runtime.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.runtime, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(handle)
            raise StateBusyError(f"another training is at work in {self.runtime}") from error
        try:
            yield
        finally:
            os.close(handle)

    def load(self) -> State | None:
        """The committed state, or None where there is none yet. Every file is checked by sha256, and HMAC with a key.

        Raises StateMismatchError, StateTamperedError or StateFormatError, and never writes.
        """
        document = self.read_document()
        if document is None:
            if (self.model / BEST).exists():
                raise StateMismatchError(f"{self.model / BEST} stands there without {self.document_path}")
            return None
        population = self._checked(document, document["population"])
        for name in (BEST, NEXT):
            champion = _read(self.model / name)
            if champion is not None and sha256(champion) == document["files"][BEST]["sha256"]:
                return State(document, population, champion)
        return State(document, population, self._checked(document, BEST))

    def read_document(self) -> Document | None:
        """`data_state.json` after the checks that need no other file."""
        content = _read(self.document_path)
        if content is None:
            return None
        document = _parse(content, self.document_path)
        self._check_signature(document)
        return document

    def recover(self, state: State | None) -> None:
        """Finish or tidy up what a kill left: nothing that `state` names is touched, except to put it in place."""
        if state is not None and _digest(self.model / BEST) != state.document["files"][BEST]["sha256"]:
            write_atomically(self.model / BEST, state.champion)
        self._sweep(None if state is None else state.document)

    def commit(self, document: Document, population: bytes, champion: bytes, parent: str | None) -> State:
        """Make this the state. Raises StateWriteError, and the state is then the one before."""
        name = f"{POPULATION_PREFIX}{sha256(population)[:16]}.pkl"
        entry = {name: _fingerprint(population), BEST: _fingerprint(champion)}
        complete = self._sealed({**document, "format": FORMAT, "population": name, "files": entry}, parent)
        write_atomically(self.model / name, population)
        write_atomically(self.model / NEXT, champion)
        self._write_document(complete)
        with explained(self.model / BEST):
            (self.model / NEXT).replace(self.model / BEST)
        self._sweep(complete)
        return State(complete, population, champion)

    def commit_cursor(self, state: State, cursor: Document) -> State:
        """Make `state` with another cursor the state; its models stay. Raises StateWriteError."""
        sealed = {"state_id", "signature"}
        document = {name: value for name, value in state.document.items() if name not in sealed}
        document["source"] = {**document["source"], "cursor": cursor}
        complete = self._sealed(document, state.state_id)
        self._write_document(complete)
        return State(complete, state.population, state.champion)

    @property
    def signs(self) -> bool:
        """Whether a key is set."""
        return self._key is not None

    def adopt(self) -> str:
        """Sign an unsigned state; its id. Raises StateMismatchError or StateTamperedError where it does not hold."""
        if self._key is None:
            raise SettingsError(f"{KEY_VARIABLE} is not set")
        state = Store(self.runtime).load()
        if state is None:
            raise StateFormatError(f"there is no state in {self.runtime}")
        if "signature" in state.document:
            self._check_signature(state.document)
        self._write_document({**state.document, "signature": self._sign(_unsigned(state.document))})
        return state.state_id

    def reset(self) -> list[Path]:
        """Remove the state, the commit point first; gives back what was removed."""
        own = [
            self.document_path,
            *sorted(self.model.glob(BEST + "*")),
            *sorted(self.model.glob(POPULATION_PREFIX + "*")),
        ]
        own += sorted(self.data.glob(self.document_path.name + ".*"))
        gone = [path for path in own if path.exists()]
        for path in gone:
            with explained(path):
                path.unlink()
        return gone

    def _sealed(self, document: Document, parent: str | None) -> Document:
        complete = {**document, "parent_state_id": parent}
        complete["state_id"] = sha256(_canonical(complete))[:16]
        if self._key is not None:
            complete["signature"] = self._sign(complete)
        return complete

    def _write_document(self, document: Document) -> None:
        content = json.dumps(document, indent=1, sort_keys=True, allow_nan=False).encode() + b"\n"
        write_atomically(self.document_path, content)

    def _checked(self, document: Document, name: str) -> bytes:
        expected = document["files"][name]
        path = self.model / name
        content = _read(path)
        run = f"the state {document['state_id']} in {self.document_path}"
        if content is None:
            found = sorted(path.name for path in self.model.glob(POPULATION_PREFIX + "*.pkl"))
            beside = f"; it holds {', '.join(found)} of another state" if found else ""
            raise StateMismatchError(f"{run} belongs to {name}, which is not in {self.model}{beside}")
        if len(content) != expected["bytes"]:
            raise StateTamperedError(f"{path} has {len(content)} bytes, {run} says {expected['bytes']}")
        if sha256(content) != expected["sha256"]:
            raise StateTamperedError(f"{path} is not the file that {run} was committed with (sha256 differs)")
        return content

    def _check_signature(self, document: Document) -> None:
        if self._key is None:
            return
        signature = document.get("signature")
        if signature is None:
            hint = f"unset {KEY_VARIABLE} to go on without, or `python -m pipeline sign` after you checked the state"
            raise StateTamperedError(f"{self.document_path} is not signed, but {KEY_VARIABLE} is set", hint=hint)
        import hmac  # noqa: PLC0415  # only where a key is set

        if not isinstance(signature, str) or not hmac.compare_digest(signature, self._sign(_unsigned(document))):
            raise StateTamperedError(f"{self.document_path} is not signed with the key in {KEY_VARIABLE}")

    def _sign(self, document: Document) -> str:
        import hmac  # noqa: PLC0415  # only where a key is set

        return "hmac-sha256:" + hmac.new(self._key or b"", _canonical(document), "sha256").hexdigest()

    def _sweep(self, document: Document | None) -> None:
        named = set() if document is None else set(document["files"])
        stray = [
            *self.model.glob(POPULATION_PREFIX + "*"),
            *self.model.glob(BEST + ".*"),
            *self.data.glob("*.json.part"),
        ]
        for path in stray:
            if path.name not in named:
                with explained(path):
                    path.unlink(missing_ok=True)


def _parse(content: bytes, path: Path) -> Document:
    try:
        document = json.loads(content)
    except ValueError as error:
        raise StateTamperedError(f"{path} is truncated or no JSON: {error}") from error
    version = document.get("format") if isinstance(document, dict) else None
    if not isinstance(version, int):
        raise StateFormatError(f"{path} was not written by this pipeline: it names no format")
    if version > FORMAT:
        raise StateFormatError(f"{path} has format {version}; this version reads up to {FORMAT}")
    try:
        names = {document["population"], BEST}
        entries = [document["files"][name] for name in names]
        sound = all(isinstance(entry["bytes"], int) and isinstance(entry["sha256"], str) for entry in entries)
        sound = sound and isinstance(document["state_id"], str) and all(Path(name).name == name for name in names)
    except (KeyError, TypeError):
        sound = False
    if not sound:
        raise StateFormatError(f"{path} lacks parts that format {version} has")
    return document  # type: ignore[no-any-return]  # checked above as far as the store relies on it


def _unsigned(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "signature"}


def _fingerprint(content: bytes) -> dict[str, Any]:
    return {"sha256": sha256(content), "bytes": len(content)}


def _canonical(document: Document) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateMismatchError(f"{path} cannot be read: {error.strerror}") from error


def _digest(path: Path) -> str | None:
    content = _read(path)
    return None if content is None else sha256(content)
