"""Every setting with its value, where that was set, and what it says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..redaction import hide_credentials
from ..settings import RULES, Settings, read_values

DEFAULT = "default"


def describe_settings(
    root: Path, environment: Mapping[str, str], flags: Mapping[str, object]
) -> dict[str, dict[str, Any]]:
    """By name: value, source and help. Raises SettingsError."""
    found = read_values(root, environment, flags)
    described = {}
    for name, rule in RULES.items():
        value, source = Settings._field_defaults[name], DEFAULT
        if name in found:
            value, source = found[name]
        if name == "source":
            value = hide_credentials(value)
        if name == "types":
            value = dict(value)
        described[name] = {"value": value, "source": source, "help": rule.help}
    return described


def format_settings(described: Mapping[str, Mapping[str, Any]]) -> str:
    """A line a setting."""
    width = max(map(len, described))
    lines = []
    for name, one in described.items():
        shown = json.dumps(one["value"], ensure_ascii=False)
        mark = "" if one["source"] == DEFAULT else f"  # {one['source']}"
        lines.append(f"{name:{width}} = {shown}{mark}")
    return "\n".join(lines)
