"""TOML files: their content, the line on which a key is set, and how one is set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import SettingsError

_HEADER = re.compile(r"\s*\[\[?\s*([^\]\[]+?)\s*\]\]?\s*(?:#.*)?")
_PART = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_ENTRY = re.compile(rf"\s*({_PART}(?:\s*\.\s*{_PART})*)\s*=")


def read_toml(path: Path) -> tuple[dict[str, object], str]:
    """Return the content of a TOML file and its text; both empty where there is none.

    Raises SettingsError.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if not text:
            return {}, text
        # A quarter of what starting costs, for nothing where there is no file.
        import tomllib  # noqa: PLC0415 - see above

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


def find_line(text: str, key: str) -> int:
    """Find the line, from 1, on which a dotted key of a TOML text is set.

    Where the key does not stand there, it is the line of the nearest table around it.
    """
    best_key, best_line, table = "", 1, ""
    for number, line in enumerate(text.splitlines(), 1):
        header, entry = _HEADER.fullmatch(line), _ENTRY.match(line)
        if header:
            here = table = _unquote(header[1])
        elif entry and table:
            here = f"{table}.{_unquote(entry[1])}"
        elif entry:
            here = _unquote(entry[1])
        else:
            continue
        is_nearer = len(here) > len(best_key) and _is_within(key, here)
        # Only what stands below a table may set it: `jobs.lint.steps = ...` sets `jobs`.
        is_first_below = here.startswith(key + ".") and not best_key.startswith(key)
        if is_nearer or is_first_below:
            best_key, best_line = here, number
    return best_line


def set_keys(text: str, table: str, values: Mapping[str, object]) -> str:
    """Return a TOML text with dotted keys set below a table ("" is the top level).

    Comments, order and what else stands there are kept. None is written as "", as
    everywhere in settings.
    """
    # Keeps comments, which a reader and a writer would lose.
    import tomlkit  # noqa: PLC0415 - only where a setting is written

    document = tomlkit.parse(text)
    for key, value in values.items():
        *tables, name = filter(None, [*table.split("."), *key.split(".")])
        branch: Any = document
        for part in tables:
            if part not in branch:
                branch[part] = tomlkit.table(is_super_table=part != tables[-1])
            branch = branch[part]
        branch[name] = _thaw(value)
    return document.as_string()


def _thaw(value: object) -> object:
    """Turn frozen records into the lists and dictionaries that tomlkit takes."""
    if isinstance(value, Mapping):
        return {str(key): _thaw(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_thaw(item) for item in value]
    if value is None:
        return ""
    return value


def _is_within(key: str, table: str) -> bool:
    return key == table or key.startswith(table + ".")


def _unquote(dotted: str) -> str:
    parts = [part.strip().strip("\"'") for part in dotted.split(".")]
    return ".".join(parts)
