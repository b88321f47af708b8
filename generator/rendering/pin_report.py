"""Where the workflows of a repository use actions, and what an update of pins changes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ..workflow.files import list_workflow_files
from .pins import Pin

# By lines, not by YAML: a file that GitHub would refuse still shows what it uses.
_USES = re.compile(
    r"""\s*(?:-\s+)?uses:\s*["']?([\w.-]+/[\w.-]+)(?:/[^@\s"']*)?@([^\s"'#]+)"""
)
_SHORT_COMMIT = 12


class Use(NamedTuple):
    """A step that uses an action: file, line from 1, and what stands behind the `@`."""

    path: str
    line: int
    ref: str


Uses = Mapping[str, list[Use]]
"""Action -> the steps that use it."""


def find_uses(root: Path) -> Uses:
    """Find every step of the repository's workflows that uses an action."""
    uses: dict[str, list[Use]] = {}
    for path in list_workflow_files(root):
        name = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            match = _USES.match(line)
            if match:
                use = Use(name, number, match[2])
                uses.setdefault(match[1], []).append(use)
    return uses


def describe_changes(
    pins: Mapping[str, Pin], newer: Mapping[str, Pin]
) -> Iterator[str]:
    """Yield a line an action: what an update makes of its pin."""
    for action, pin in sorted(newer.items()):
        old = pins.get(action)
        if old is None:
            yield f"{action:26} {pin.version}  (new)"
        elif old.names_same(pin):
            yield f"{action:26} {pin.version}  unchanged"
        else:
            note = _warn(old, pin)
            yield f"{action:26} {old.version} -> {pin.version}{note}"


def _warn(old: Pin, new: Pin) -> str:
    if old.version == new.version:
        return "  (the tag was moved)"
    if old.version.partition(".")[0] != new.version.partition(".")[0]:
        return "  (new major: read its notes)"
    return ""


def format_text(pins: Mapping[str, Pin], uses: Uses) -> str:
    """Return pins, each with the places that use it, and actions without a pin."""
    lines = []
    for action, pin in pins.items():
        source = "" if pin.source == "wfgen" else f"  ({pin.source})"
        commit = pin.commit[:_SHORT_COMMIT]
        lines.append(f"{action:26} {pin.version:8} {commit}{source}")
        lines.extend(_format_places(uses.get(action, []), pin.commit))
    for action in sorted(set(uses) - set(pins)):
        lines.append(f"{action:26} not pinned by wfgen")
        lines.extend(_format_places(uses[action], ""))
    return "\n".join(lines)


def _format_places(places: Iterable[Use], commit: str) -> Iterator[str]:
    for use in places:
        other = "" if use.ref == commit else f"  at {use.ref[:_SHORT_COMMIT]}"
        yield f"  {use.path}:{use.line}{other}"


def format_json(pins: Mapping[str, Pin], uses: Uses) -> str:
    """Return the same as a JSON document."""
    entries = []
    for action in sorted({*pins, *uses}):
        pin = pins.get(action)
        entry: dict[str, object] = {
            "action": action,
            "version": None,
            "commit": None,
            "source": None,
        }
        if pin is not None:
            entry |= pin._asdict()
        entry["uses"] = [use._asdict() for use in uses.get(action, [])]
        entries.append(entry)
    return json.dumps({"format": 1, "pins": entries}, indent=2)
