"""Which commit stands behind each action: wfgen's own list, and over it the repository's.

`wfgen pins --update` writes the repository's list; what is installed is never changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ..errors import SettingsError

OVERRIDES = ".github/wfgen-pins.json"
_OWN = Path(__file__).with_suffix(".json")
_ACTION = re.compile(r"[A-Za-z0-9][\w-]*/[\w.-]+", re.ASCII)
# Stands in a comment of the rendered YAML, so nothing that could end one.
_VERSION = re.compile(r"[\w.+-]{1,60}", re.ASCII)
# In full: a short hash can come to name another commit.
_COMMIT = re.compile(r"[0-9a-f]{40}")
_FORM = (
    'its form is {"actions/checkout": '
    '{"version": "v7.0.1", "commit": "<40 hex digits>"}}'
)


class Pin(NamedTuple):
    """An action's version (a tag) and its commit.

    `source` is the file that says so, "wfgen" for the built-in list.
    """

    version: str
    commit: str
    source: str

    def names_same(self, other: Pin) -> bool:
        """Tell whether another pin, of whatever source, has this version and commit."""
        return (self.version, self.commit) == (other.version, other.commit)


def load_pins(root: Path) -> dict[str, Pin]:
    """Load the pins of a repository by action, in order.

    Raises SettingsError for a list that cannot be read.
    """
    return dict(sorted((load_built_in() | _load_overrides(root)).items()))


@cache
def load_built_in() -> dict[str, Pin]:
    """Load the pins that this version of wfgen was tested with."""
    return parse_pins(_OWN.read_bytes(), "wfgen")


def _load_overrides(root: Path) -> dict[str, Pin]:
    """Load the repository's own pins; none where it has no list."""
    file = root / OVERRIDES
    if not file.exists():
        return {}
    return read_pins(file, OVERRIDES)


def read_pins(file: Path, name: str) -> dict[str, Pin]:
    """Read the pins of a file. Raises SettingsError, which calls the file by `name`."""
    try:
        return parse_pins(file.read_bytes(), name)
    except OSError as error:
        raise SettingsError(f"{name} cannot be read: {error.strerror}") from error


def parse_pins(text: bytes, name: str) -> dict[str, Pin]:
    """Parse pins from JSON of the form in `_FORM`.

    Raises SettingsError, which calls the file by `name`.
    """
    try:
        listed = json.loads(text)
    except ValueError as error:
        raise SettingsError(f"{name} is not JSON: {error}") from error
    if not isinstance(listed, dict):
        raise SettingsError(f"{name} must be an object of actions", hint=_FORM)
    pins = {}
    for action, entry in listed.items():
        pins[action] = _parse_pin(action, entry, name)
    return pins


def _parse_pin(action: str, entry: object, name: str) -> Pin:
    if not _ACTION.fullmatch(action):
        raise SettingsError(
            f"{name}: {action!r} is not an action (owner/name)", hint=_FORM
        )
    if not isinstance(entry, dict) or set(entry) != {"version", "commit"}:
        raise SettingsError(
            f"{name}: {action} needs `version` and `commit`, and nothing else",
            hint=_FORM,
        )
    version, commit = entry["version"], entry["commit"]
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise SettingsError(
            f"{name}: {action} has the version {version!r}, which is no tag", hint=_FORM
        )
    if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        raise SettingsError(
            f"{name}: {action} has the commit {commit!r}, which is not 40 hex digits",
            hint=_FORM,
        )
    return Pin(version, commit, name)


def select_own(pins: Mapping[str, Pin]) -> dict[str, Pin]:
    """Select the pins that differ from the built-in ones."""
    known = load_built_in()
    return {
        action: pin
        for action, pin in pins.items()
        if action not in known or not known[action].names_same(pin)
    }


def format_pins(pins: Mapping[str, Pin]) -> str:
    """Return a list of pins as JSON, a line an action."""
    if not pins:
        return "{}\n"
    lines = []
    for action, pin in sorted(pins.items()):
        entry = {"version": pin.version, "commit": pin.commit}
        lines.append(f"  {json.dumps(action)}: {json.dumps(entry)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


class PinBook:
    """What templates call to pin an action; the list is read when the first one does."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._pins: dict[str, Pin] | None = None

    def __call__(self, action: str, part: str = "") -> str:
        """Return what stands behind `uses:`.

        The action, or a part of its repository, at its commit; the version a comment.
        """
        if self._pins is None:
            self._pins = load_pins(self._root)
        if action not in self._pins:
            raise ValueError(
                f"there is no pin of {action}; `wfgen pins` lists those there are"
            )
        pin = self._pins[action]
        return f"{action}{part}@{pin.commit} # {pin.version}"
