"""YAML text -> Workflow.

The data, and line and column of every node, parsed once as YAML 1.2 (core schema).

YAML 1.1, which PyYAML speaks by itself, would read `on:` as true and `010` as 8.
libyaml does the parsing where PyYAML was built with it, which is about ten times as
fast.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from yamlcore import CCoreLoader

from ..findings import Finding, Severity

Place = tuple[int, int]
Step = str | int
_TOO_DEEP = 200
_TOO_MANY = 200_000  # aliases can multiply; GitHub takes files of 500 kB at the most


@dataclass(frozen=True)
class Workflow:
    """A YAML file: its data, where each node stands, and what is wrong with it as YAML.

    `data` is None where the text cannot be parsed. `places` maps a path of keys and
    indexes to line and column, from 1.
    """

    path: Path
    data: object
    places: dict[tuple[Step, ...], Place] = field(repr=False)
    findings: tuple[Finding, ...] = ()

    def place(self, path: tuple[Step, ...]) -> Place:
        """Where a node stands, or the nearest one around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))


def parse(text: str, path: Path) -> Workflow:
    """Parse once; every fault of the YAML itself is a finding, none an exception."""
    findings: list[Finding] = []
    places: dict[tuple[Step, ...], Place] = {}
    try:
        node = _compose(text)
        data = None if node is None else _build(node, (), places, findings, path)
    except (yaml.YAMLError, RecursionError) as error:
        return Workflow(path, None, {}, (_unreadable(path, error),))
    return Workflow(path, data, places, tuple(findings))


def read(path: Path) -> Workflow:
    """Parse a file; one that cannot be read is a finding too."""
    try:
        return parse(path.read_text(encoding="utf-8"), path)
    except UnicodeDecodeError:
        return Workflow(
            path, None, {}, (_fault(path, 1, 1, "encoding", "the file is not UTF-8"),)
        )
    except OSError as error:
        return Workflow(
            path,
            None,
            {},
            (_fault(path, 0, 0, "unreadable", f"cannot be read: {error.strerror}"),),
        )


def _compose(text: str) -> yaml.Node | None:
    loader = CCoreLoader(text)
    try:
        node = loader.get_single_node()
    finally:
        loader.dispose()
    return node if isinstance(node, yaml.Node) else None


def _build(
    node: yaml.Node,
    where: tuple[Step, ...],
    places: dict[tuple[Step, ...], Place],
    findings: list[Finding],
    path: Path,
) -> object:
    if len(where) > _TOO_DEEP or len(places) > _TOO_MANY:
        raise yaml.YAMLError("nested too deep, or aliases that multiply beyond reason")
    places.setdefault(where, (node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, yaml.MappingNode):
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = _key(key_node)
            line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
            if key in found:
                message = (
                    f"key {key!r} stands here twice: the earlier value would be lost"
                )
                findings.append(_fault(path, line, column, "duplicate-key", message))
            places[*where, key] = (line, column)
            found[key] = _build(value_node, (*where, key), places, findings, path)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [
            _build(item, (*where, index), places, findings, path)
            for index, item in enumerate(node.value)
        ]
    return scalar(node.tag, node.value)


def _key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise yaml.constructor.ConstructorError(
            None, None, "a key that is no plain word", node.start_mark
        )
    return str(node.value)


def scalar(tag: str, text: str) -> object:
    """The value of a scalar of the core schema."""
    kind = tag.rpartition(":")[2]
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int":
        return int(text, 0) if text.startswith(("0x", "0o")) else int(text)
    if kind == "float":
        return float(
            text.replace(".inf", "inf")
            .replace(".Inf", "inf")
            .replace(".INF", "inf")
            .replace(".nan", "nan")
        )
    return text


def _fault(path: Path, line: int, column: int, rule: str, message: str) -> Finding:
    return Finding(path, line, column, "yaml", rule, Severity.ERROR, message)


def _unreadable(path: Path, error: Exception) -> Finding:
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or str(error) or type(error).__name__
    if "'\\t'" in reason or "found character that cannot start any token" in reason:
        reason += " (a tab? YAML indents with blanks)"
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return _fault(path, line, column, "syntax", f"not YAML: {reason}")


def jobs(workflow: Workflow) -> Iterator[tuple[str, dict[str, object]]]:
    """The jobs of a workflow, where it has any."""
    data = workflow.data
    found = data.get("jobs") if isinstance(data, dict) else None
    if isinstance(found, dict):
        yield from ((name, job) for name, job in found.items() if isinstance(job, dict))
