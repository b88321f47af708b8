"""zizmor: what is unsafe in a workflow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ...findings import Finding
from .meanings import judge_other
from .tool import (
    JsonObject,
    Tool,
    ToolCall,
    make_failure,
    parse_json_list,
    read_number,
)

NAME = "zizmor"
# 0 nothing, 11 to 14 findings by severity; 1 it broke, 2 usage, 3 no inputs.
_EXIT_CODES = frozenset({0, 11, 12, 13, 14})
_INJECTION = "template-injection"
# What anybody can write who opens an issue, a pull request or a comment.
_STRANGERS = re.compile(
    r"github\.(head_ref|event\.(issue|pull_request\.(title|body|head\.(ref|label))|"
    r"comment|review|discussion|pages|head_commit|commits|"
    r"workflow_run\.(head_branch|head_commit|display_title|head_repository)))"
)
_SEVERE = frozenset({"High", "Medium"})


def check(call: ToolCall, files: Sequence[Path]) -> Iterator[Finding]:
    """Yield its findings, as strict as it goes and without asking GitHub anything."""
    completed = call.run(
        "--offline",
        "--persona=pedantic",
        "--format=json-v1",
        "--no-progress",
        *map(str, files),
    )
    if completed.exit_code not in _EXIT_CODES:
        raise make_failure(NAME, completed)
    for item in parse_json_list(NAME, completed):
        if not item.get("ignored") and item.get("locations"):
            yield _make_finding(item)


def _make_finding(item: JsonObject) -> Finding:
    location = _choose_location(item["locations"])
    symbolic = location["symbolic"]
    start = location["concrete"]["location"]["start_point"]
    rule = str(item.get("ident"))
    said = item.get("determinations", {})
    is_certain = said.get("severity") in _SEVERE and said.get("confidence") == "High"
    if rule == _INJECTION:
        # Who may start a workflow by hand may also change it: its inputs are no attack.
        is_certain = _STRANGERS.search(_read_expression(symbolic)) is not None
    return Finding(
        Path(_read_path(symbolic["key"])),
        # It counts from 0.
        read_number(start.get("row")) + 1,
        read_number(start.get("column")) + 1,
        NAME,
        rule,
        judge_other(rule, is_certain=is_certain),
        f"{item.get('desc')}: {symbolic.get('annotation')}",
        str(item.get("url") or ""),
    )


def _read_expression(symbolic: JsonObject) -> str:
    """Return the expression that a finding is about, "" where it names none."""
    kind = symbolic.get("feature_kind")
    if not isinstance(kind, dict):
        return ""
    fragment = kind.get("Subfeature", {}).get("fragment", {})
    return str(fragment.get("Raw") or "")


def _choose_location(locations: list[JsonObject]) -> JsonObject:
    for location in locations:
        if location["symbolic"].get("kind") == "Primary":
            return location
    return locations[0]


def _read_path(key: JsonObject) -> str:
    """Return the path as it was given; `key` has one entry, named by the kind of input."""
    place = next(iter(key.values()))
    return str(place.get("verbatim_path") or place.get("given_path") or "")


TOOL = Tool(
    NAME, package="zizmor", reports_syntax=False, check=check, reads_actions=True
)
