"""A state as it is read.

Every file is checked against the document that names it, and the document against its
signature.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..atomic import sha256
from ..errors import StateFormatError, StateMismatchError, StateTamperedError
from ..program import COMMAND
from .document import (
    BEST,
    FileRecord,
    Origin,
    StateDocument,
    has_signature_of,
)
from .text_forms import ID_LENGTH, POPULATION_PREFIX

PREVIOUS_PREFIX = "previous-"
KEY_VARIABLE = "PIPELINE_STATE_KEY"


def get_signing_key(environment: Mapping[str, str]) -> bytes | None:
    """Return the key that states are signed with, or None.

    An empty variable is what GitHub hands over for a secret that is not set.
    """
    # A secret may be any bytes, which Python hands over as halves of characters.
    return environment.get(KEY_VARIABLE, "").encode("utf-8", "surrogateescape") or None


def get_origin(environment: Mapping[str, str]) -> Origin:
    """Return where a state of this job belongs, as far as GitHub says.

    A pull request goes on from the state of its base, as restoring does; everything
    else from that of its own branch.
    """
    repository = environment.get("GITHUB_REPOSITORY") or None
    branch = environment.get("GITHUB_BASE_REF") or environment.get("GITHUB_REF_NAME")
    # As `owner/name/.github/workflows/x.yml@refs/heads/main`.
    path, _, _ = environment.get("GITHUB_WORKFLOW_REF", "").partition("@")
    return Origin(
        repository,
        environment.get("GITHUB_REPOSITORY_ID") or None,
        branch or None,
        path.removeprefix(f"{repository}/") or None,
    )


def check_origin(bound: Origin, present: Origin, path: Path) -> None:
    """Check that a signed state belongs here; what either side lacks is not compared.

    Raises StateTamperedError: a state with a good signature that was moved here from
    another repository, branch or workflow.
    """
    is_renamed = bound.repository_id == present.repository_id is not None
    names = (
        ("branch", "workflow") if is_renamed else ("repository", "branch", "workflow")
    )
    for name in names:
        before, now = getattr(bound, name), getattr(present, name)
        if before is not None and now is not None and before != now:
            raise StateTamperedError(
                f"{path} was signed for the {name} {before}, and this is {now}",
                hint=f"restore the state of this {name}, or `{COMMAND} sign` "
                "after you checked where the state comes from",
            )


class State(NamedTuple):
    """A committed state whose files are all as they were committed.

    `population` and `champion` are pickles; nothing is unpickled yet.
    """

    document: StateDocument
    population: bytes
    champion: bytes

    @property
    def state_id(self) -> str:
        """Names this commit; derived from its content and its parent."""
        return self.document.state_id

    @property
    def is_signed(self) -> bool:
        """Whether it was signed, by whatever key."""
        return self.document.signature is not None


def describe_missing_state(runtime: Path) -> StateFormatError:
    """Return the error for commands that need a state."""
    return StateFormatError(
        f"there is no state in {runtime}", hint=f"`{COMMAND} update` makes one"
    )


def read_state(
    document: StateDocument, path: Path, model: Path, places: tuple[str, ...]
) -> State:
    """Read the state of the document at `path`, with its files in `model`.

    The champion lies in the first of `places` that holds it. Raises StateMismatchError
    or StateTamperedError.
    """
    owner = f"the state {document.state_id} in {path}"
    population = _read_checked(
        model / document.population, document.files[document.population], owner
    )
    # A kill during a commit leaves it in another place than the last one.
    expected = document.files[BEST]
    for name in places:
        champion = read_file(model / name)
        if champion is not None and sha256(champion) == expected.sha256:
            return State(document, population, champion)
    champion = _read_checked(model / places[0], expected, owner)
    return State(document, population, champion)


def check_signature(document: Mapping[str, Any], path: Path, key: bytes | None) -> None:
    """Check the signature of a document as it was written.

    Raises StateTamperedError where a key is set that it is not signed with.
    """
    if key is None:
        return
    if "signature" not in document:
        raise StateTamperedError(
            f"{path} is not signed, but {KEY_VARIABLE} is set",
            hint=f"unset {KEY_VARIABLE} to go on without, "
            f"or `{COMMAND} sign` after you checked the state",
        )
    if not has_signature_of(document, key):
        raise StateTamperedError(f"{path} is not signed with the key in {KEY_VARIABLE}")


def name_previous_champion(document: StateDocument) -> str:
    """Name the file of a state's champion once another state came after it."""
    return f"{PREVIOUS_PREFIX}{document.files[BEST].sha256[:ID_LENGTH]}.pkl"


def read_file(path: Path) -> bytes | None:
    """Read a file; None where there is none.

    Raises StateMismatchError where it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateMismatchError(f"{path} cannot be read: {error.strerror}") from error


def _read_checked(path: Path, expected: FileRecord, owner: str) -> bytes:
    content = read_file(path)
    if content is None:
        raise StateMismatchError(
            f"{owner} belongs to {path.name}, which is not in {path.parent}"
            + _list_other_populations(path.parent)
        )
    if len(content) != expected.size:
        raise StateTamperedError(
            f"{path} has {len(content)} bytes, {owner} says {expected.size}"
        )
    if sha256(content) != expected.sha256:
        raise StateTamperedError(
            f"{path} is not the file that {owner} was committed with (sha256 differs)"
        )
    return content


def _list_other_populations(folder: Path) -> str:
    others = sorted(path.name for path in folder.glob(POPULATION_PREFIX + "*.pkl"))
    if not others:
        return ""
    return f"; it holds {', '.join(others)} of another state"
