"""What GitHub's own parser takes and the schema of editors does not.

Found by asking `@actions/workflow-parser` (npm): texts may be numbers, booleans or null,
a list of names may be one name, `strategy` may lack a matrix. Mappings and lists may not
be null.
"""

from __future__ import annotations

_MAX_DEPTH = 60
# Where one text stands for a list of one.
_LISTS = frozenset(
    {
        "branches",
        "branches-ignore",
        "tags",
        "tags-ignore",
        "paths",
        "paths-ignore",
        "types",
        "workflows",
    }
)
_TEXTS = frozenset(
    {
        "name",
        "run-name",
        "run",
        "shell",
        "working-directory",
        "description",
        "group",
        "image",
        "username",
        "password",
        "options",
        "cron",
        "runs-on",
    }
)
# Null is as if the key was not there.
_NULLABLE = frozenset(
    {*_TEXTS, "if", "concurrency", "container", "runs-on", "environment"}
)
_ENTRY_KEYS = ("description", "required", "default", "value", "deprecationMessage")
# Whatever stands in these is a text, or GitHub does not mind.
_FREE = frozenset({"env", "with", "matrix", "secrets"})


def accept_as_github(value: object, key: str = "", depth: int = 0) -> object:
    """Return a value as the schema would have it written."""
    if depth > _MAX_DEPTH:
        return value
    if isinstance(value, dict):
        return _accept_mapping(value, key, depth)
    if isinstance(value, list):
        # Items of a list of names are names, and a list in `matrix` is one of its values.
        inner = key if key in _FREE else ""
        return [accept_as_github(item, inner, depth + 1) for item in value]
    if key in _LISTS and isinstance(value, str):
        return [value]
    if key in _TEXTS and isinstance(value, bool | int | float):
        return str(value)
    return value


def accept_action(value: object) -> object:
    """Return the metadata of an action as the schema would have it written.

    The runner takes what it does not know of an input, needs no description, and reads
    any scalar as text (`actions/runner`, action_yaml.json).
    """
    accepted = accept_as_github(value)
    if not isinstance(accepted, dict):
        return accepted
    accepted = {"name": "-", "description": "-", **accepted}
    for part in ("inputs", "outputs"):
        entries = accepted.get(part)
        if isinstance(entries, dict):
            accepted[part] = {
                name: _accept_entry(item) for name, item in entries.items()
            }
        elif entries is None:
            accepted.pop(part, None)
    return accepted


def _accept_entry(entry: object) -> object:
    if entry is None:
        return {"description": "-"}
    if not isinstance(entry, dict):
        return entry
    known = {name: entry[name] for name in _ENTRY_KEYS if entry.get(name) is not None}
    for name in ("default", "description", "value"):
        if isinstance(known.get(name), bool | int | float):
            known[name] = str(known[name])
    known.pop("required", None)
    return {"description": "-", **known}


def _accept_mapping(
    value: dict[str, object], key: str, depth: int
) -> dict[str, object]:
    accepted: dict[str, object] = {}
    is_free = key in _FREE
    for name, item in value.items():
        if item is None and is_free:
            accepted[name] = ""
        elif item is None and name in _NULLABLE:
            continue
        elif name == "strategy" and isinstance(item, dict) and "matrix" not in item:
            accepted[name] = {**item, "matrix": {"none": [""]}}
        else:
            inner = key if key == "matrix" else name
            accepted[name] = accept_as_github(item, inner, depth + 1)
    return accepted
