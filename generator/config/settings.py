"""Settings: defaults < file < environment < flags, frozen, each value with its source.

The file is `wfgen.toml`, or `[tool.wfgen]` of `pyproject.toml`. A table `pipeline`
belongs to the training and is left to it. All mistakes are reported at once, each with
file, line and key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from ..errors import SettingsError
from .options import BY_KEY, OPTIONS, Option
from .types import WithinError
from .validation import Value, contradictions

FILE = "wfgen.toml"
PYPROJECT = "pyproject.toml"
_OURS_ALONE = "tool.wfgen."
_OF_THE_PIPELINE = "pipeline"
_PREFIX = "WFGEN_"
# Of other parts of wfgen, the last five of a run here, within which a workflow may well
# call `wfgen render --check`.
_OTHER_VARIABLES = frozenset(
    f"WFGEN_{name}"
    for name in (
        "CACHE_DIR",
        "ENVIRONMENTS",
        "INPUTS",
        "PYTHONS",
        "REPOSITORY_FOLDER",
        "RUN_LOCK",
    )
)


@dataclass(frozen=True)
class Settings:
    """Every setting by its dotted key."""

    values: Mapping[str, Value]

    def __getitem__(self, key: str) -> object:
        """The value of one setting."""
        return self.values[key].value

    def source(self, key: str) -> str:
        """Where the value was set."""
        return self.values[key].source

    def text(self, key: str) -> str:
        """A value that is a string."""
        value = self[key]
        assert isinstance(value, str), key  # noqa: S101 - the kinds in options.py hold this
        return value

    def whole(self, key: str) -> int:
        """A value that is a whole number."""
        value = self[key]
        assert isinstance(value, int), key  # noqa: S101 - likewise
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A value that is a list of strings."""
        value = self[key]
        assert isinstance(value, tuple), key  # noqa: S101 - likewise
        return tuple(map(str, value))

    @cached_property
    def tree(self) -> dict[str, object]:
        """The values as nested dictionaries, which is how templates see them."""
        tree: dict[str, object] = {}
        for key, value in self.values.items():
            *tables, last = key.split(".")
            branch = tree
            for table in tables:
                branch = branch.setdefault(table, {})  # type: ignore[assignment]
            branch[last] = value.value
        return tree

    @cached_property
    def digest(self) -> str:
        """A short hash of every value that is not the default.

        So that a new setting leaves old files as they are.
        """
        changed = {
            key: value.value
            for key, value in self.values.items()
            if value.value != BY_KEY[key].default
        }
        plain = json.dumps(changed, sort_keys=True)
        return sha256(plain.encode()).hexdigest()[:12]


def load(
    root: Path,
    env: Mapping[str, str],
    flags: Mapping[str, tuple[str, object]] | None = None,
) -> Settings:
    """The settings of the repository at `root`.

    `flags` maps a key to the flag that sets it and its value: text, or a value already
    of its kind. Raises SettingsError, listing every mistake.
    """
    mistakes: list[str] = []
    values = {option.key: Value(option.default, "default") for option in OPTIONS}
    values |= dict(_from_file(root, mistakes))
    values |= dict(_from_environment(env, mistakes))
    for key, (flag, raw) in (flags or {}).items():
        values |= dict(
            _take(
                BY_KEY[key],
                raw,
                _always(f"flag {flag}"),
                mistakes,
                as_text=isinstance(raw, str),
            )
        )
    if not mistakes:
        mistakes.extend(contradictions(values))
    if mistakes:
        raise SettingsError(
            "\n       ".join(mistakes),
            hint="`wfgen settings` lists every setting with what it takes",
        )
    return Settings(MappingProxyType(values))


def _take(
    option: Option,
    raw: object,
    place: Callable[[str], str],
    mistakes: list[str],
    *,
    as_text: bool,
) -> Iterator[tuple[str, Value]]:
    """The value, with the `place` of its key.

    A mistake within a table has the place of what is wrong in it.
    """
    try:
        value = option.kind.from_text(str(raw)) if as_text else option.kind.parse(raw)
    except WithinError as error:
        mistakes.append(f"{place(f'{option.key}.{error.name}')}: {option.key} {error}")
    except ValueError as error:
        mistakes.append(f"{place(option.key)}: {option.key} {error}")
    else:
        yield option.key, Value(value, place(option.key))


def _always(place: str) -> Callable[[str], str]:
    return lambda _: place


def _from_environment(
    env: Mapping[str, str], mistakes: list[str]
) -> Iterator[tuple[str, Value]]:
    known = {option.variable: option for option in OPTIONS}
    for variable, text in sorted(env.items()):
        if not variable.startswith(_PREFIX) or variable in _OTHER_VARIABLES:
            continue
        if variable not in known:
            mistakes.append(
                f"environment: {variable} is not a setting{did_you_mean(variable, known)}"
            )
            continue
        yield from _take(
            known[variable],
            text,
            _always(f"environment {variable}"),
            mistakes,
            as_text=True,
        )


def _from_file(root: Path, mistakes: list[str]) -> Iterator[tuple[str, Value]]:
    own, _ = read_toml(root / FILE)
    shared, _ = read_toml(root / PYPROJECT)
    tool = shared.get("tool", {})
    section = tool.get("wfgen", {}) if isinstance(tool, dict) else {}
    ours = {key for key in own if key != _OF_THE_PIPELINE}
    if ours and section:
        mistakes.append(
            f"{FILE} and [tool.wfgen] of {PYPROJECT} both hold settings: keep one of the two"
        )
        return
    name, table, prefix = (FILE, own, "") if ours else (PYPROJECT, section, _OURS_ALONE)
    if not isinstance(table, dict):
        mistakes.append(f"{PYPROJECT}: tool.wfgen must be a table")
        return
    text = (root / name).read_text(encoding="utf-8") if table else ""

    def place(key: str) -> str:
        return f"{name}:{line_of(text, prefix + key)}"

    for key, raw in _flatten(table):
        if key in BY_KEY:
            yield from _take(BY_KEY[key], raw, place, mistakes, as_text=False)
        else:
            mistakes.append(f"{place(key)}: {prefix}{key} {_no_setting(key)}")


def read_toml(path: Path) -> tuple[dict[str, object], str]:
    """The content of a TOML file and its text; both empty where there is none.

    Raises SettingsError.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if not text:
            return {}, text
        import tomllib  # noqa: PLC0415 - a quarter of what starting costs, for nothing where there is no file

        return tomllib.loads(text), text
    except FileNotFoundError:
        return {}, ""
    except ValueError as error:
        raise SettingsError(
            f"{path.name} is not TOML: {error}",
            hint="see https://toml.io for the format",
        ) from error
    except OSError as error:
        raise SettingsError(f"{path.name} cannot be read: {error.strerror}") from error


def _flatten(
    table: Mapping[str, object], prefix: str = ""
) -> Iterator[tuple[str, object]]:
    """Dotted keys down to where the table of settings says that a value stands."""
    for name, value in table.items():
        key = prefix + name
        if not prefix and name == _OF_THE_PIPELINE:
            continue
        if (
            isinstance(value, dict)
            and key not in BY_KEY
            and any(known.startswith(key + ".") for known in BY_KEY)
        ):
            yield from _flatten(value, key + ".")
        else:
            yield key, value


def _no_setting(key: str) -> str:
    below = [known for known in BY_KEY if known.startswith(key + ".")]
    return (
        f"is a table of settings: {', '.join(below)}"
        if below
        else f"is not a setting{did_you_mean(key, BY_KEY)}"
    )


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean ...?`, or nothing where nothing known comes near."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for a mistake

    close = get_close_matches(word, list(known), 1, 0.5)
    return f"; did you mean {close[0]}?" if close else ""


_HEADER = re.compile(r"\s*\[\[?\s*([^\]\[]+?)\s*\]\]?\s*(?:#.*)?")
_ENTRY = re.compile(
    r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*="""
)


def line_of(text: str, key: str) -> int:
    """The line, from 1, on which a dotted key of a TOML text is set.

    Or the nearest table around it.
    """
    best, best_line, table = "", 1, ""
    for number, line in enumerate(text.splitlines(), 1):
        header, entry = _HEADER.fullmatch(line), _ENTRY.match(line)
        if header:
            here = table = _plain(header[1])
        elif entry:
            here = f"{table}.{_plain(entry[1])}" if table else _plain(entry[1])
        else:
            continue
        around = key == here or key.startswith(here + ".")
        # A table can be set only by what stands below it: `jobs.lint.steps = ...` sets `jobs`.
        below = here.startswith(key + ".") and not best.startswith(key)
        if (around and len(here) > len(best)) or below:
            best, best_line = here, number
    return best_line


def _plain(dotted: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in dotted.split("."))
