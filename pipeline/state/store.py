"""Load, commit, recover, roll back: the only code that writes runtime/model and runtime/data.

The two folders travel as two artifacts, so the pair is tied by content:
`data_state.json` names every model file with its sha256. Writing it is the one commit
point:

1. `population-<sha>.pkl` (all that is needed to go on) and `best_model.pkl.next` are
   written beside the old files, and the champion of the state before the run as
   `previous-<sha>.pkl`, where that state is kept;
2. `data_state.json` is replaced: from here on the new state counts;
3. `best_model.pkl.next` becomes `best_model.pkl`, and files that no state names any
   more are removed.

A kill before 2 leaves the old state and stray files, a kill after it the new one;
`recover` tidies both up, and what a restore left that was killed. Going back to the
previous state is the same three steps, with that state's document, which lies in the
newer one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

from ..atomic import (
    explain_os_errors,
    make_folders,
    remove_path,
    sha256,
    sync_folder,
    write_atomically,
)
from ..errors import (
    PipelineError,
    SettingsError,
    StateBusyError,
    StateMismatchError,
    StateTamperedError,
)
from ..sources.cursor import Cursor
from .document import (
    BEST,
    NO_ORIGIN,
    FileRecord,
    Origin,
    StateDocument,
    parse_json,
)
from .text_forms import ID_LENGTH, POPULATION_PREFIX
from .verification import (
    KEY_VARIABLE,
    PREVIOUS_PREFIX,
    State,
    check_origin,
    check_signature,
    describe_missing_state,
    name_previous_champion,
    read_file,
    read_state,
)

NEXT = BEST + ".next"
# Where what restores a state from a release, a branch or artifacts puts the champion
# before the document.
RESTORED = BEST + ".restored"
PLACES = (BEST, NEXT, RESTORED)


class Mode(Enum):
    """What a commit does."""

    STORE = "store"
    """Write the state."""
    TRIAL = "trial"
    """Keep it in memory: nothing below the runtime folder changes."""


class Store:
    """The state below one runtime folder.

    `previous` is the state that `rollback` is to go back to from what is committed
    here; None keeps none.
    """

    def __init__(
        self,
        runtime: Path,
        key: bytes | None = None,
        *,
        mode: Mode = Mode.STORE,
        previous: State | None = None,
        origin: Origin = NO_ORIGIN,
    ) -> None:
        self.runtime = runtime
        self.mode = mode
        self.model = runtime / "model"
        self.data = runtime / "data"
        self.document_path = self.data / "data_state.json"
        self._key = key
        self._previous = previous
        self._skipped_signature = False
        self._origin = origin
        self._is_unbound = False

    @property
    def is_unbound(self) -> bool:
        """Whether a signature was read that does not say where the state belongs.

        Those of older versions, and those made outside of GitHub.
        """
        return self._is_unbound

    @property
    def signs(self) -> bool:
        """Whether a key is set."""
        return self._key is not None

    @property
    def skipped_signature(self) -> bool:
        """Whether a signed document was read while there is no key to check it with."""
        return self._skipped_signature

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the state for one training at a time.

        The lock is on the folder, so it leaves no file behind. Raises StateBusyError
        where another process holds it.
        """
        with explain_os_errors(self.runtime):
            make_folders(self.runtime)
            handle = os.open(self.runtime, os.O_RDONLY)
        try:
            # The kernel lets go of it with the process, also after SIGKILL.
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
        """Read the committed state; None where there is none yet.

        Every file is checked by sha256, and the document by HMAC where there is a key.
        Raises StateMismatchError, StateTamperedError or StateFormatError, and never
        writes.
        """
        document = self.read_document()
        if document is None:
            if read_file(self.model / BEST) is not None:
                raise StateMismatchError(
                    f"{self.model / BEST} stands there without {self.document_path}"
                )
            return None
        return read_state(document, self.document_path, self.model, PLACES)

    def read_document(self) -> StateDocument | None:
        """Read `data_state.json`, after the checks that need no other file."""
        content = read_file(self.document_path)
        if content is None:
            return None
        written = parse_json(content, self.document_path)
        # As it was written: an older format was signed as such.
        check_signature(written, self.document_path, self._key)
        self._skipped_signature = "signature" in written and not self.signs
        document = StateDocument.from_json(written, self.document_path)
        if self.signs:
            check_origin(document.origin, self._origin, self.document_path)
            self._is_unbound = document.origin == NO_ORIGIN != self._origin
        return document

    def recover(self, state: State | None) -> None:
        """Finish or tidy up what a kill left.

        Nothing that `state` names is touched, except to put it in place.
        """
        if self.mode is Mode.TRIAL:
            return
        if state is None:
            self._sweep(None)
            return
        # A kill after the document was replaced leaves the champion beside its place.
        champion = read_file(self.model / BEST)
        expected = state.document.files[BEST]
        if champion is None or sha256(champion) != expected.sha256:
            write_atomically(self.model / BEST, state.champion)
        self._sweep(state.document)

    def prepare(self) -> None:
        """Try to write, before an hour of training rather than after it.

        Raises StateWriteError where nothing could be committed.
        """
        if self.mode is Mode.TRIAL:
            return
        from tempfile import TemporaryFile  # noqa: PLC0415  # only where there are new rows

        for folder in (self.model, self.data):
            with explain_os_errors(folder):
                make_folders(folder)
                TemporaryFile(dir=folder).close()

    def commit(
        self,
        document: StateDocument,
        population: bytes,
        champion: bytes,
        parent: str | None,
    ) -> State:
        """Make this the state, with `parent` the id of the one before.

        Raises StateWriteError, and the state is then the one before.
        """
        name = f"{POPULATION_PREFIX}{sha256(population)[:ID_LENGTH]}.pkl"
        complete = document._replace(
            population=name,
            files={
                name: FileRecord.describe(population),
                BEST: FileRecord.describe(champion),
            },
            previous=self._make_previous_document(),
        ).finalize(parent, self._key, self._origin)
        if self.mode is Mode.STORE:
            write_atomically(self.model / name, population)
            self._keep_previous_champion()
            self._replace_state(complete, champion)
        return State(complete, population, champion)

    def commit_cursor(self, state: State, cursor: Cursor) -> State:
        """Make `state` with another cursor the state; its models stay.

        Raises StateWriteError.
        """
        source = state.document.source._replace(cursor=cursor)
        complete = state.document._replace(source=source).finalize(
            state.state_id, self._key, self._origin
        )
        if self.mode is Mode.STORE:
            write_atomically(self.document_path, complete.serialize())
        return State(complete, state.population, state.champion)

    def rollback(self) -> State:
        """Make the previous state the state again.

        The models of the present one may be damaged: that is when it is wanted most.
        Raises StateMismatchError where no previous state is kept.
        """
        current = self.read_document()
        if current is None:
            raise describe_missing_state(self.runtime)
        previous = self.load_previous(current)
        if previous is None:
            raise StateMismatchError(
                f"the state {current.state_id} in {self.document_path} "
                "keeps none from before it",
                hint="older states are in the artifacts of older runs",
            )
        # What a kill left is tidied up where the present state is whole.
        with contextlib.suppress(StateMismatchError, StateTamperedError):
            self.recover(self.load())
        self._replace_state(previous.document, previous.champion)
        return previous

    def load_previous(self, current: StateDocument) -> State | None:
        """Read the state before the one of this document, after the same checks.

        None where none is kept.
        """
        document = current.previous
        if document is None:
            return None
        check_signature(document.to_json(), self.document_path, self._key)
        if self.signs:
            check_origin(document.origin, self._origin, self.document_path)
        place = name_previous_champion(document)
        return read_state(document, self.document_path, self.model, (place,))

    def sign(self) -> str:
        """Sign an unsigned state, and the previous one in it; return its id.

        Raises SettingsError without a key, StateMismatchError or StateTamperedError
        where the state does not pass the checks.
        """
        if self._key is None:
            raise SettingsError(
                f"{KEY_VARIABLE} is not set", hint="hand over the key to sign with"
            )
        state = self._load_without_key()
        if state.is_signed:
            # Only a signature of this key is made anew, wherever it was made.
            Store(self.runtime, self._key).read_document()
        previous = state.document.previous
        if previous is not None:
            previous = previous.sign(self._key, self._origin)
        document = state.document._replace(previous=previous).sign(
            self._key, self._origin
        )
        write_atomically(self.document_path, document.serialize())
        return state.state_id

    def unsign(self) -> str:
        """Take the signature off a state, also without the key; return its id."""
        state = self._load_without_key()
        previous = state.document.previous
        if previous is not None:
            previous = previous.unsign()
        document = state.document._replace(previous=previous).unsign()
        write_atomically(self.document_path, document.serialize())
        return state.state_id

    def reset(self) -> list[Path]:
        """Remove the state, and what lies in its place; return what was removed.

        The document is the commit point, as ever: before it is removed the state loads,
        after it there is none. `load` finds a champion beside its place too, but takes
        one in its place without a document for a loss.
        """
        removed = [
            # A file in place of a folder.
            *(path for path in (self.model, self.data) if path.is_file()),
            *sorted(self.model.glob(BEST + "*")),
            *sorted(self.model.glob(POPULATION_PREFIX + "*")),
            *sorted(self.model.glob(PREVIOUS_PREFIX + "*")),
            *sorted(self.data.glob(self.document_path.name + ".*")),
        ]
        self._move_champion_aside()
        if os.path.lexists(self.document_path):
            removed.insert(0, self.document_path)
            remove_path(self.document_path)
            with explain_os_errors(self.data):
                sync_folder(self.data)
        for path in [*removed, self.model / NEXT]:
            remove_path(path)
        return removed

    def _move_champion_aside(self) -> None:
        """Move the champion to where a commit writes it, unless that one counts."""
        best, following = self.model / BEST, self.model / NEXT
        if not best.is_file():
            return
        with contextlib.suppress(PipelineError):
            state = Store(self.runtime).load()
            if state is not None and sha256(best.read_bytes()) != sha256(
                state.champion
            ):
                remove_path(best)
                return
        if following.is_dir():
            remove_path(following)
        with explain_os_errors(best):
            best.replace(following)
            sync_folder(self.model)

    def _load_without_key(self) -> State:
        state = Store(self.runtime).load()
        if state is None:
            raise describe_missing_state(self.runtime)
        return state

    def _make_previous_document(self) -> StateDocument | None:
        """Make the previous document for the next one to hold.

        Without its own previous, so that states do not grow.
        """
        if self._previous is None:
            return None
        document = self._previous.document._replace(previous=None)
        if self._key is None:
            return document
        return document.sign(self._key, self._origin)

    def _keep_previous_champion(self) -> None:
        if self._previous is None:
            return
        place = self.model / name_previous_champion(self._previous.document)
        if not place.exists():
            write_atomically(place, self._previous.champion)

    def _replace_state(self, document: StateDocument, champion: bytes) -> None:
        write_atomically(self.model / NEXT, champion)
        write_atomically(self.document_path, document.serialize())
        with explain_os_errors(self.model / BEST):
            (self.model / NEXT).replace(self.model / BEST)
        self._sweep(document)

    def _sweep(self, document: StateDocument | None) -> None:
        """Remove files that the document does not name."""
        named = set()
        if document is not None:
            named.add(document.population)
            if document.previous is not None:
                named.add(document.previous.population)
                named.add(name_previous_champion(document.previous))
        prefixes = (POPULATION_PREFIX, PREVIOUS_PREFIX, BEST + ".")
        stray = [
            path for path in _list_folder(self.model) if path.name.startswith(prefixes)
        ]
        stray += [
            path for path in _list_folder(self.data) if path.name.endswith(".json.part")
        ]
        for path in stray:
            if path.name not in named:
                remove_path(path)


def _list_folder(folder: Path) -> list[Path]:
    # Every start sweeps, and a glob would compile an expression for each pattern.
    if not folder.is_dir():
        return []
    return list(folder.iterdir())
