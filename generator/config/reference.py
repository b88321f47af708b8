"""The settings described, from their table.

As text, JSON, JSON schema and the table of `docs/settings.md`.
"""

from __future__ import annotations

import json

from .options import OPTIONS, Option
from .settings import Settings
from .types import Choice, JsonSchema, Kind

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"


def toml(value: object) -> str:
    """A value as TOML writes it on one line."""
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(
                f"{_toml_key(key)} = {toml(item)}" for key, item in value.items()
            )
            + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if value is None:
        return '""'
    return json.dumps(value, ensure_ascii=False)


def _toml_key(key: str) -> str:
    return (
        key
        if key.replace("-", "").replace("_", "").isalnum() and key.isascii()
        else json.dumps(key)
    )


def as_text(settings: Settings, width: int) -> str:
    """A line a setting: key, value (cut to the width), and its source where it is not the default."""
    longest = max(len(option.key) for option in OPTIONS)
    return "\n".join(_line(option.key, settings, longest, width) for option in OPTIONS)


def _line(key: str, settings: Settings, longest: int, width: int) -> str:
    value = settings[key]
    shown = "(inherits)" if value is None else toml(value)
    source = settings.source(key)
    mark = "" if source == "default" else f"  # {source}"
    room = max(10, width - longest - 3 - len(mark))
    return f"{key:{longest}} = {shown if len(shown) <= room else shown[: room - 3] + '...'}{mark}"


def as_json(settings: Settings) -> str:
    """Every setting with value and source."""
    plain = {
        key: {"value": value.value, "source": value.source}
        for key, value in settings.values.items()
    }
    return json.dumps(
        {"format": 1, "digest": settings.digest, "settings": plain},
        indent=2,
        ensure_ascii=False,
    )


def json_schema() -> str:
    """The JSON schema of `wfgen.toml`, for editors that check TOML by one."""
    tree: JsonSchema = {
        "$schema": SCHEMA_ID,
        "title": "Settings of wfgen (wfgen.toml, or [tool.wfgen] of pyproject.toml)",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "pipeline": {
                "type": "object",
                "description": "Settings of the training; not read by wfgen.",
            }
        },
    }
    for option in OPTIONS:
        *tables, last = option.key.split(".")
        branch = tree
        for table in tables:
            below = _properties(branch)
            branch = below.setdefault(
                table,
                {"type": "object", "additionalProperties": False, "properties": {}},
            )  # type: ignore[assignment]
        described = {"description": option.about, **option.kind.schema()}
        if option.default is not None:
            described["default"] = option.default
        _properties(branch)[last] = described
    return json.dumps(tree, indent=2, ensure_ascii=False) + "\n"


def _properties(branch: JsonSchema) -> JsonSchema:
    properties = branch["properties"]
    assert isinstance(properties, dict)  # noqa: S101 - built right above
    return properties


def markdown_table() -> str:
    """The table of `docs/settings.md`."""
    rows = ["| setting | default | takes | what it does |", "| --- | --- | --- | --- |"]
    return "\n".join(rows + [_row(option) for option in OPTIONS])


def _row(option: Option) -> str:
    default = "inherits" if option.default is None else f"`{toml(option.default)}`"
    cells = (f"`{option.key}`", default, _takes(option.kind), option.about)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _takes(kind: Kind) -> str:
    return (
        " or ".join(f"`{word}`" for word in kind.words)
        if isinstance(kind, Choice)
        else kind.noun
    )
