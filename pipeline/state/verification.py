"""A state as it is read.

Every file held against the document that names it, and the document against its
signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ..atomic import sha256
from ..errors import StateFormatError, StateMismatchError, StateTamperedError
from . import document as documents
from .document import BEST, POPULATION_PREFIX, Document

PREVIOUS_PREFIX = "previous-"
KEY_VARIABLE = "PIPELINE_STATE_KEY"


def signing_key(environment: Mapping[str, str]) -> bytes | None:
    """The key that states are signed with.

    An empty variable is what GitHub hands over for a secret that is not set.
    """
    return environment.get(KEY_VARIABLE, "").encode() or None


class State(NamedTuple):
    """A committed state whose files were all found to be what was committed.

    Nothing is unpickled yet.
    """

    document: Document
    population: bytes
    champion: bytes

    @property
    def state_id(self) -> str:
        """Names this commit; derived from its content and its parent."""
        return str(self.document["state_id"])

    @property
    def is_signed(self) -> bool:
        """Whether it was signed, by whatever key."""
        return "signature" in self.document


def no_state(runtime: Path) -> StateFormatError:
    """The error for commands that need a state."""
    return StateFormatError(
        f"there is no state in {runtime}", hint="`python -m pipeline update` makes one"
    )


def whole(
    document: Document, path: Path, model: Path, places: tuple[str, ...]
) -> State:
    """The state of the document at `path`, with its files in `model`.

    The champion lies in the first of `places` that holds it. Raises StateMismatchError
    or StateTamperedError.
    """
    named = f"the state {document['state_id']} in {path}"
    files = document["files"]
    population = _checked(
        model / document["population"], files[document["population"]], named
    )
    for name in places:
        champion = contents(model / name)
        if champion is not None and sha256(champion) == files[BEST]["sha256"]:
            return State(document, population, champion)
    return State(document, population, _checked(model / places[0], files[BEST], named))


def check_signature(document: Document, path: Path, key: bytes | None) -> None:
    """Raises StateTamperedError where a key is set that the document is not signed with."""
    if key is None:
        return
    if "signature" not in document:
        hint = f"unset {KEY_VARIABLE} to go on without, or `python -m pipeline sign` after you checked the state"
        raise StateTamperedError(
            f"{path} is not signed, but {KEY_VARIABLE} is set", hint=hint
        )
    if not documents.holds(document, key):
        raise StateTamperedError(f"{path} is not signed with the key in {KEY_VARIABLE}")


def aside(document: Document) -> str:
    """Where the champion of a state lies once another state came after it."""
    return f"{PREVIOUS_PREFIX}{document['files'][BEST]['sha256'][:16]}.pkl"


def contents(path: Path) -> bytes | None:
    """The file, or None where there is none. Raises StateMismatchError where it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateMismatchError(f"{path} cannot be read: {error.strerror}") from error


def digest(path: Path) -> str | None:
    """Its sha256, or None where there is none."""
    content = contents(path)
    return None if content is None else sha256(content)


def _checked(path: Path, expected: dict[str, object], named: str) -> bytes:
    content = contents(path)
    if content is None:
        found = sorted(
            path.name for path in path.parent.glob(POPULATION_PREFIX + "*.pkl")
        )
        beside = f"; it holds {', '.join(found)} of another state" if found else ""
        raise StateMismatchError(
            f"{named} belongs to {path.name}, which is not in {path.parent}{beside}"
        )
    if len(content) != expected["bytes"]:
        raise StateTamperedError(
            f"{path} has {len(content)} bytes, {named} says {expected['bytes']}"
        )
    if sha256(content) != expected["sha256"]:
        raise StateTamperedError(
            f"{path} is not the file that {named} was committed with (sha256 differs)"
        )
    return content
