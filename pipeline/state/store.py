"""Load, commit, recover, roll back: the only code that touches runtime/model and runtime/data.

The two folders travel as two artifacts, so the pair is tied by content:
`data_state.json` names every model file with its sha256. Writing it is the one commit
point:

1. `population-<sha>.pkl` (all that is needed to go on) and `best_model.pkl.next` are
written beside the old files, and
   the champion of the state before the run as `previous-<sha>.pkl`, where that state is kept;
2. `data_state.json` is replaced: from here on the new state counts;
3. `best_model.pkl.next` becomes `best_model.pkl`, and files that no state names any
more go.

A kill before 2 leaves the old state and stray files, a kill after it the new one;
`recover` tidies both up. Going back to the previous state is the same three steps, with
that state's document, which lies in the newer one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from ..atomic import explained, sha256, write_atomically
from ..errors import (
    SettingsError,
    StateBusyError,
    StateMismatchError,
    StateTamperedError,
)
from . import document as documents
from .document import BEST, POPULATION_PREFIX, Document
from .verification import (
    KEY_VARIABLE,
    PREVIOUS_PREFIX,
    State,
    aside,
    check_signature,
    contents,
    digest,
    no_state,
    whole,
)

NEXT = BEST + ".next"


class Store:
    """The state below one runtime folder."""

    def __init__(self, runtime: Path, key: bytes | None = None) -> None:
        self.runtime = runtime
        self.model = runtime / "model"
        self.data = runtime / "data"
        self.document_path = self.data / "data_state.json"
        self.previous: State | None = None
        """The state that `rollback` is to go back to from what is committed here; none for none."""
        self.trial = False
        """Commit to memory alone."""
        self.unchecked = False
        """Whether a document was read that is signed while there is no key to check it with."""
        self._key = key

    @property
    def signs(self) -> bool:
        """Whether a key is set."""
        return self._key is not None

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the state for one training at a time.

        The lock is on the folder, so it leaves no file behind.
        """
        with explained(self.runtime):
            self.runtime.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.runtime, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(handle)
            raise StateBusyError(
                f"another training is at work in {self.runtime}"
            ) from error
        try:
            yield
        finally:
            os.close(handle)

    def load(self) -> State | None:
        """The committed state, or None where there is none yet.

        Every file is checked by sha256, and HMAC with a key.

        Raises StateMismatchError, StateTamperedError or StateFormatError, and never
        writes.
        """
        document = self.read_document()
        if document is None:
            if contents(self.model / BEST) is not None:
                raise StateMismatchError(
                    f"{self.model / BEST} stands there without {self.document_path}"
                )
            return None
        return whole(document, self.document_path, self.model, (BEST, NEXT))

    def read_document(self) -> Document | None:
        """`data_state.json` in the newest format, after the checks that need no other file."""
        content = contents(self.document_path)
        if content is None:
            return None
        document = documents.parsed(content, self.document_path)
        check_signature(document, self.document_path, self._key)
        self.unchecked = "signature" in document and not self.signs
        return documents.current(document, self.document_path)

    def recover(self, state: State | None) -> None:
        """Finish or tidy up what a kill left.

        Nothing that `state` names is touched, except to put it in place.
        """
        if self.trial:
            return
        if (
            state is not None
            and digest(self.model / BEST) != state.document["files"][BEST]["sha256"]
        ):
            write_atomically(self.model / BEST, state.champion)
        self._sweep(None if state is None else state.document)

    def prepare(self) -> None:
        """Raises StateWriteError where nothing could be committed.

        Better now than after an hour of learning.
        """
        if self.trial:
            return
        from tempfile import TemporaryFile  # noqa: PLC0415  # only where there is something to learn

        for folder in (self.model, self.data):
            with explained(folder):
                folder.mkdir(parents=True, exist_ok=True)
                TemporaryFile(dir=folder).close()

    def commit(
        self, document: Document, population: bytes, champion: bytes, parent: str | None
    ) -> State:
        """Make this the state. Raises StateWriteError, and the state is then the one before."""
        name = f"{POPULATION_PREFIX}{sha256(population)[:16]}.pkl"
        files = {
            name: documents.fingerprint(population),
            BEST: documents.fingerprint(champion),
        }
        complete = {
            **document,
            "format": documents.FORMAT,
            "population": name,
            "files": files,
        }
        complete = documents.sealed(
            {**complete, "previous": self._kept()}, parent, self._key
        )
        if not self.trial:
            write_atomically(self.model / name, population)
            if self.previous is not None:
                place = self.model / aside(self.previous.document)
                if not place.exists():
                    write_atomically(place, self.previous.champion)
            self._switch(complete, champion)
        return State(complete, population, champion)

    def commit_cursor(self, state: State, cursor: Document) -> State:
        """Make `state` with another cursor the state; its models stay. Raises StateWriteError."""
        source = {**state.document["source"], "cursor": cursor}
        complete = documents.sealed(
            {**state.document, "source": source}, state.state_id, self._key
        )
        if not self.trial:
            write_atomically(self.document_path, documents.written(complete))
        return State(complete, state.population, state.champion)

    def rollback(self) -> State:
        """Make the previous state the state again. Raises StateMismatchError where none is kept.

        The models of the present one may be damaged: that is when it is wanted most.
        """
        current = self.read_document()
        if current is None:
            raise no_state(self.runtime)
        previous = self.kept(current)
        if previous is None:
            raise StateMismatchError(
                f"the state {current['state_id']} in {self.document_path} keeps none from before it",
                hint="older states are in the artifacts of older runs",
            )
        with contextlib.suppress(StateMismatchError, StateTamperedError):
            self.recover(self.load())
        self._switch(previous.document, previous.champion)
        return previous

    def kept(self, current: Document) -> State | None:
        """The state before the one of this document, if one is kept, after the same checks."""
        document = current["previous"]
        if document is None:
            return None
        check_signature(document, self.document_path, self._key)
        return whole(document, self.document_path, self.model, (aside(document),))

    def adopt(self) -> str:
        """Sign an unsigned state; its id.

        Raises StateMismatchError or StateTamperedError where it does not hold.
        """
        if self._key is None:
            raise SettingsError(
                f"{KEY_VARIABLE} is not set", hint="hand over the key to sign with"
            )
        state = self._unchecked()
        if state.is_signed:
            # As it was written: an older format was signed as such.
            self.read_document()
        previous = state.document["previous"]
        document = {
            **state.document,
            "previous": previous and documents.signed(previous, self._key),
        }
        write_atomically(
            self.document_path, documents.written(documents.signed(document, self._key))
        )
        return state.state_id

    def disown(self) -> str:
        """Take the signature off a state, also without the key; its id."""
        state = self._unchecked()
        previous = state.document["previous"]
        document = {
            **state.document,
            "previous": previous and documents.without(previous, "signature"),
        }
        write_atomically(
            self.document_path,
            documents.written(documents.without(document, "signature")),
        )
        return state.state_id

    def reset(self) -> list[Path]:
        """Remove the state, the commit point first; gives back what was removed."""
        own = [self.document_path, *sorted(self.model.glob(BEST + "*"))]
        own += [
            *sorted(self.model.glob(POPULATION_PREFIX + "*")),
            *sorted(self.model.glob(PREVIOUS_PREFIX + "*")),
        ]
        own += sorted(self.data.glob(self.document_path.name + ".*"))
        gone = [path for path in own if path.exists()]
        for path in gone:
            with explained(path):
                path.unlink()
        return gone

    def _unchecked(self) -> State:
        state = Store(self.runtime).load()
        if state is None:
            raise no_state(self.runtime)
        return state

    def _kept(self) -> Document | None:
        """The previous document for the next one to hold.

        Without its own previous, so that states do not grow.
        """
        if self.previous is None:
            return None
        document = {**self.previous.document, "previous": None}
        return document if self._key is None else documents.signed(document, self._key)

    def _switch(self, document: Document, champion: bytes) -> None:
        write_atomically(self.model / NEXT, champion)
        write_atomically(self.document_path, documents.written(document))
        with explained(self.model / BEST):
            (self.model / NEXT).replace(self.model / BEST)
        self._sweep(document)

    def _sweep(self, document: Document | None) -> None:
        named = set() if document is None else {document["population"]}
        previous = document and document["previous"]
        if previous:
            named |= {previous["population"], aside(previous)}
        stray = [
            *self.model.glob(POPULATION_PREFIX + "*"),
            *self.model.glob(PREVIOUS_PREFIX + "*"),
            *self.model.glob(BEST + ".*"),
            *self.data.glob("*.json.part"),
        ]
        for path in stray:
            if path.name not in named:
                with explained(path):
                    path.unlink(missing_ok=True)
