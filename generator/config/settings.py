"""Settings: defaults < file < environment < flags, frozen, each value with its source.

The file is `wfgen.toml`, or `[tool.wfgen]` of `pyproject.toml`. A table `pipeline`
belongs to the training and is left to it. All mistakes are reported at once, each with
file, line and key.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from ..errors import SettingsError
from .options import BY_KEY, ENVIRONMENT_PREFIX, OPTIONS, Option
from .toml_files import find_line, read_toml, set_keys
from .types import EntryError
from .validation import find_contradictions

FILE = "wfgen.toml"
PYPROJECT = "pyproject.toml"
DEFAULT_SOURCE = "default"
_PYPROJECT_TABLE = "tool.wfgen."
_PIPELINE_TABLE = "pipeline"
# Variables of other parts of wfgen. A run here sets the last five, and its workflow may
# well call `wfgen render --check`.
_OTHER_VARIABLES = frozenset(
    {
        "WFGEN_CACHE_DIR",
        "WFGEN_ENVIRONMENTS",
        "WFGEN_INPUTS",
        "WFGEN_PYTHONS",
        "WFGEN_REPOSITORY_FOLDER",
        "WFGEN_RUN_LOCK",
    }
)

T = TypeVar("T")
Flags = dict[str, tuple[str, object]]
"""Key of a setting -> the flag that sets it, and its text or a value of its type."""


class Value(NamedTuple):
    """A value and where it was set.

    "default", "wfgen.toml:3", "environment WFGEN_X" or "flag --x".
    """

    value: Any  # of the type of its option, which `Settings.__getitem__` gives back
    source: str


class FileChange(NamedTuple):
    """A file at the top of the repository: its text now ("" for none) and the new one."""

    name: str
    current: str
    changed: str


@dataclass(frozen=True)
class Settings:
    """Every setting: `settings[ITERATIONS]` has the type of that option."""

    values: Mapping[str, Value]

    def __getitem__(self, option: Option[T]) -> T:
        """Return the value of one setting."""
        value: T = self.values[option.key].value
        return value

    def get_source(self, option: Option[T]) -> str:
        """Return where a value was set."""
        return self.values[option.key].source

    @cached_property
    def tree(self) -> dict[str, object]:
        """The values as nested dictionaries, which is how templates see them."""
        tree: dict[str, object] = {}
        for key, value in self.values.items():
            *tables, last = key.split(".")
            branch: dict[str, Any] = tree
            for table in tables:
                branch = branch.setdefault(table, {})
            branch[last] = value.value
        return tree

    @cached_property
    def changed(self) -> tuple[Option[Any], ...]:
        """The options whose value is not the default."""
        return tuple(option for option in OPTIONS if self[option] != option.default)

    @cached_property
    def digest(self) -> str:
        """A short hash of every value that is not the default.

        So that a new setting leaves old files as they are.
        """
        values = {option.key: self[option] for option in self.changed}
        text = json.dumps(values, sort_keys=True)
        return sha256(text.encode()).hexdigest()[:12]


def load(root: Path, env: Mapping[str, str], flags: Flags | None = None) -> Settings:
    """Load the settings of the repository at `root`.

    Raises SettingsError, listing every mistake.
    """
    # A later source replaces what an earlier one set: this order is the precedence.
    collector = _Collector()
    collector.add_file(root)
    collector.add_environment(env)
    for key, (flag, raw) in (flags or {}).items():
        locate = _locate_at(f"flag {flag}")
        collector.add(BY_KEY[key], raw, locate, as_text=isinstance(raw, str))
    settings = Settings(MappingProxyType(collector.values))
    # What could not be parsed is still the default, and might contradict what was set.
    mistakes = collector.mistakes or list(find_contradictions(settings))
    if mistakes:
        raise SettingsError(
            "\n       ".join(mistakes),
            hint="`wfgen settings` lists every setting with what it takes",
        )
    return settings


def set_in_file(root: Path, values: Mapping[str, object]) -> FileChange:
    """Set keys in the text of the file that holds the settings of a repository.

    Nothing is written. The file is `wfgen.toml` unless [tool.wfgen] of
    `pyproject.toml` holds settings. Raises SettingsError where it cannot be read.
    """
    shared, shared_text = read_toml(root / PYPROJECT)
    if _get_own_table(shared):
        changed = set_keys(shared_text, _PYPROJECT_TABLE.rstrip("."), values)
        return FileChange(PYPROJECT, shared_text, changed)
    _, own_text = read_toml(root / FILE)
    return FileChange(FILE, own_text, set_keys(own_text, "", values))


class _Collector:
    """Values from one source after the other, and every mistake in them."""

    def __init__(self) -> None:
        self.mistakes: list[str] = []
        self.values: dict[str, Value] = {}
        # Defaults are not parsed: a test holds that parsing leaves them as they are.
        for option in OPTIONS:
            self.values[option.key] = Value(option.default, DEFAULT_SOURCE)

    def add(
        self,
        option: Option[Any],
        raw: object,
        locate: Callable[[str], str],
        *,
        as_text: bool,
    ) -> None:
        """Parse a value and keep it; `locate` says where a dotted key was set."""
        try:
            if as_text:
                value = option.value_type.from_text(str(raw))
            else:
                value = option.value_type.parse(raw)
        except EntryError as error:
            place = locate(f"{option.key}.{error.name}")
            self.mistakes.append(f"{place}: {option.key} {error}")
        except ValueError as error:
            self.mistakes.append(f"{locate(option.key)}: {option.key} {error}")
        else:
            self.values[option.key] = Value(value, locate(option.key))

    def add_environment(self, env: Mapping[str, str]) -> None:
        """Take the variables whose names begin with the prefix."""
        known = {option.variable: option for option in OPTIONS}
        # Sorted, so that mistakes come in the same order everywhere.
        for variable, text in sorted(env.items()):
            if not variable.startswith(ENVIRONMENT_PREFIX):
                continue
            if variable in known:
                locate = _locate_at(f"environment {variable}")
                self.add(known[variable], text, locate, as_text=True)
            elif variable not in _OTHER_VARIABLES:
                hint = suggest_similar(variable, known)
                self.mistakes.append(f"environment: {variable} is not a setting{hint}")

    def add_file(self, root: Path) -> None:
        """Take the one file that holds settings."""
        own, own_text = read_toml(root / FILE)
        shared, shared_text = read_toml(root / PYPROJECT)
        section = _get_own_table(shared)
        has_own = any(key != _PIPELINE_TABLE for key in own)
        if has_own and section:
            self.mistakes.append(
                f"{FILE} and [tool.wfgen] of {PYPROJECT} both hold settings: "
                "keep one of the two"
            )
        elif has_own:
            self._add_table(own, partial(_locate, FILE, own_text, ""), "")
        elif isinstance(section, dict):
            locate = partial(_locate, PYPROJECT, shared_text, _PYPROJECT_TABLE)
            self._add_table(section, locate, _PYPROJECT_TABLE)
        else:
            self.mistakes.append(f"{PYPROJECT}: tool.wfgen must be a table")

    def _add_table(
        self, table: Mapping[str, object], locate: Callable[[str], str], prefix: str
    ) -> None:
        for key, raw in _flatten(table):
            if key in BY_KEY:
                self.add(BY_KEY[key], raw, locate, as_text=False)
            else:
                reason = _explain_unknown(key)
                self.mistakes.append(f"{locate(key)}: {prefix}{key} {reason}")


def _get_own_table(pyproject: Mapping[str, object]) -> object:
    tool = pyproject.get("tool")
    if isinstance(tool, dict):
        return tool.get("wfgen", {})
    return {}


def _locate_at(place: str) -> Callable[[str], str]:
    return lambda _: place


def _locate(name: str, text: str, prefix: str, key: str) -> str:
    return f"{name}:{find_line(text, prefix + key)}"


def _flatten(
    table: Mapping[str, object], prefix: str = ""
) -> Iterator[tuple[str, object]]:
    """Dotted keys down to where the table of options says that a value stands."""
    for name, value in table.items():
        key = prefix + name
        if key == _PIPELINE_TABLE:
            continue
        if isinstance(value, dict) and key not in BY_KEY and _list_below(key):
            yield from _flatten(value, key + ".")
        else:
            yield key, value


def _list_below(key: str) -> list[str]:
    return [known for known in BY_KEY if known.startswith(key + ".")]


def _explain_unknown(key: str) -> str:
    below = _list_below(key)
    if below:
        return f"is a table of settings: {', '.join(below)}"
    return f"is not a setting{suggest_similar(key, BY_KEY)}"


def suggest_similar(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean ...?`, or nothing where nothing known comes near."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for a mistake

    close = get_close_matches(word, list(known), 1, 0.5)
    if close:
        return f"; did you mean {close[0]}?"
    return ""
