"""The settings described from their table: text, JSON, JSON schema, Markdown.

`make docs` runs this module, which writes `docs/settings.md` and
`docs/settings.schema.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .options import OPTIONS, Option
from .settings import DEFAULT_SOURCE, Settings
from .types import Choice, JsonSchema, ValueType

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"
PAGE = "docs/settings.md"
SCHEMA_FILE = "docs/settings.schema.json"
_TABLE_HEAD = (
    "| setting | default | takes | what it does |\n| --- | --- | --- | --- |\n"
)
# A value is shown at this width even on a narrow terminal.
_LEAST_WIDTH = 10


def format_toml(value: object) -> str:
    """Return a value as TOML writes it on one line."""
    if isinstance(value, dict):
        entries = []
        for key, item in value.items():
            entries.append(f"{_format_key(key)} = {format_toml(item)}")
        return "{" + ", ".join(entries) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(format_toml(item) for item in value) + "]"
    if value is None:
        return '""'
    # A string of JSON is one of TOML, and so are its numbers and booleans.
    return json.dumps(value, ensure_ascii=False)


def _format_key(key: str) -> str:
    is_bare = key.replace("-", "").replace("_", "").isalnum() and key.isascii()
    if is_bare:
        return key
    return json.dumps(key)


def format_text(settings: Settings, width: int) -> str:
    """Return a line a setting: key, value cut to the width, and source if it was set."""
    key_width = max(len(option.key) for option in OPTIONS)
    lines = [_format_line(option, settings, key_width, width) for option in OPTIONS]
    return "\n".join(lines)


def _format_line(
    option: Option[Any], settings: Settings, key_width: int, width: int
) -> str:
    value, source = settings[option], settings.get_source(option)
    shown = "(inherits)" if value is None else format_toml(value)
    mark = "" if source == DEFAULT_SOURCE else f"  # {source}"
    room = max(_LEAST_WIDTH, width - key_width - len(" = ") - len(mark))
    if len(shown) > room:
        shown = shown[: room - 3] + "..."
    return f"{option.key:{key_width}} = {shown}{mark}"


def format_training(training: Mapping[str, Mapping[str, Any]], width: int) -> str:
    """Return a line for each setting of the training, cut to the width."""
    lines = []
    for name, one in training.items():
        mark = "" if one["source"] == DEFAULT_SOURCE else f"  # {one['source']}"
        line = f"pipeline.{name} = {format_toml(one['value'])}"
        room = max(_LEAST_WIDTH, width - len(mark))
        if len(line) > room:
            line = line[: room - 3] + "..."
        lines.append(line + mark)
    return "\n".join(lines)


def format_json(
    settings: Settings, training: Mapping[str, Mapping[str, Any]] | None = None
) -> str:
    """Return every setting with value and source as JSON."""
    values = {}
    for key, value in settings.values.items():
        values[key] = {"value": value.value, "source": value.source}
    document = {"format": 1, "digest": settings.digest, "settings": values}
    if training:
        document["pipeline"] = dict(training)
    return json.dumps(document, indent=2, ensure_ascii=False)


def format_schema() -> str:
    """Return the JSON schema of `wfgen.toml`, for editors that check TOML by one."""
    properties: dict[str, Any] = {
        "pipeline": {
            "type": "object",
            "description": "Settings of the training; not read by wfgen.",
        }
    }
    for option in OPTIONS:
        *tables, last = option.key.split(".")
        branch = properties
        for table in tables:
            branch = branch.setdefault(table, _make_table({}))["properties"]
        branch[last] = _describe_option(option)
    schema: JsonSchema = {
        "$schema": SCHEMA_DIALECT,
        "title": "Settings of wfgen (wfgen.toml, or [tool.wfgen] of pyproject.toml)",
        **_make_table(properties),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _make_table(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }


def _describe_option(option: Option[Any]) -> JsonSchema:
    schema = {"description": option.summary, **option.value_type.describe_schema()}
    if option.default is not None:
        schema["default"] = option.default
    return schema


def format_table() -> str:
    """Return the table of `docs/settings.md`."""
    rows = [_format_row(option) for option in OPTIONS]
    return _TABLE_HEAD + "\n".join(rows)


def _format_row(option: Option[Any]) -> str:
    default = "inherits"
    if option.default is not None:
        default = f"`{format_toml(option.default)}`"
    takes = _describe_type(option.value_type)
    columns = (f"`{option.key}`", default, takes, option.summary)
    # A bar would end the cell, even in code.
    escaped = [column.replace("|", "\\|") for column in columns]
    return f"| {' | '.join(escaped)} |"


def _describe_type(value_type: ValueType[Any]) -> str:
    if isinstance(value_type, Choice):
        listed = "` or `".join(value_type.words)
        return f"`{listed}`"
    return value_type.noun


def update_page(page: str) -> str:
    """Return the page of the settings with the table of today in place of its own."""
    before, head, after = page.partition(_TABLE_HEAD)
    if not head:
        raise ValueError(f"{PAGE} has no table of settings")
    lines = after.splitlines(keepends=True)
    while lines and lines[0].startswith("|"):
        del lines[0]
    return before + format_table() + "\n" + "".join(lines)


def write_docs(root: Path) -> None:
    """Write the table and the schema into the documentation of this project."""
    page = root / PAGE
    page.write_text(update_page(page.read_text(encoding="utf-8")), encoding="utf-8")
    (root / SCHEMA_FILE).write_text(format_schema(), encoding="utf-8")


if __name__ == "__main__":
    write_docs(Path.cwd())
