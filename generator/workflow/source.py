"""YAML text to data, with line and column of every node, parsed once as YAML 1.2.

PyYAML by itself speaks YAML 1.1, which reads `on:` as true and `010` as 8. yamlcore
gives it the core schema of YAML 1.2, as GitHub has it, and libyaml does the parsing
where PyYAML was built with it, which is about ten times as fast.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import yaml
from yamlcore import CCoreLoader

from ..findings import Finding, Severity

NodePath: TypeAlias = tuple[str | int, ...]

# What GitHub takes (docs.github.com, "Limits", workflow file size).
MAX_BYTES = 500 * 1024
# GitHub itself stops at 50.
MAX_DEPTH = 100
# Keys and values together: 10,000 steps of a name and a script have 50,000.
MAX_NODES = 60_000
# What aliases may multiply the text of scalars to.
MAX_CHARACTERS = 2_000_000
# Of keys that stand twice: nobody reads more.
MAX_FINDINGS = 100
# No 64-bit float, which is what GitHub reads numbers into, reaches beyond 309 digits.
_MAX_DIGITS = 300
TOOL = "yaml"


class Position(NamedTuple):
    """Where something stands in a file, both from 1."""

    line: int
    column: int


class Scalar(NamedTuple):
    """Where the text of a scalar begins, and how it is written: "|", ">", quotes or ""."""

    position: Position
    style: str


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """A YAML file: its data, where each node stands, and what is wrong with it as YAML.

    `data` is None where the text cannot be parsed. `positions` maps a path of keys and
    indexes to the position of the key or the list item, `scalars` to that of the value.
    """

    path: Path
    data: object
    positions: dict[NodePath, Position] = field(repr=False)
    findings: tuple[Finding, ...] = ()
    text: str = field(default="", repr=False)
    scalars: dict[NodePath, Scalar] = field(default_factory=dict, repr=False)

    @property
    def is_readable(self) -> bool:
        """Whether there is any data: a key that stands twice is a finding, too."""
        return self.data is not None or not self.findings

    @property
    def mapping(self) -> dict[str, Any]:
        """The data of a file whose top level is a mapping, empty for any other."""
        if isinstance(self.data, dict):
            return self.data
        return {}

    def get_position(self, path: NodePath) -> Position:
        """Return where a node stands, or the nearest one around it."""
        while path and path not in self.positions:
            path = path[:-1]
        return self.positions.get(path, Position(1, 1))


class _TooLargeError(yaml.YAMLError):
    """A document of more than the bounds above."""

    def __init__(self) -> None:
        super().__init__("larger than any workflow, or aliases multiply beyond reason")


def parse_yaml(text: str, path: Path) -> YamlDocument:
    """Parse once; every fault of the YAML itself is a finding, none an exception."""
    builder = _Builder(path)
    try:
        node = _parse_nodes(text)
        data = None
        if node is not None:
            data = builder.build(node, ())
    except _TooLargeError as error:
        finding = _make_finding(path, Position(1, 1), "too-large", str(error))
        return YamlDocument(path, None, {}, (finding,))
    except (yaml.YAMLError, RecursionError) as error:
        finding = _describe_syntax_error(path, error)
        return YamlDocument(path, None, {}, (finding,), text)
    return YamlDocument(
        path,
        data,
        builder.positions,
        tuple(builder.findings),
        text,
        builder.scalars,
    )


def read_yaml(path: Path) -> YamlDocument:
    """Parse a file; one that cannot be read is a finding too."""
    try:
        with path.open("rb") as file:
            # One byte more tells a file that ends there from one that goes on.
            content = file.read(MAX_BYTES + 1)
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        finding = _make_finding(
            path, Position(1, 1), "encoding", "the file is not UTF-8"
        )
        return YamlDocument(path, None, {}, (finding,))
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        finding = _make_finding(path, Position(0, 0), "unreadable", message)
        return YamlDocument(path, None, {}, (finding,))
    if len(content) > MAX_BYTES:
        finding = _make_finding(
            path,
            Position(1, 1),
            "too-large",
            "larger than the 500 kB that GitHub takes",
        )
        return YamlDocument(path, None, {}, (finding,))
    return parse_yaml(text, path)


def parse_scalar(tag: str, text: str) -> object:
    """Return the value of a scalar of the core schema, by its resolved tag."""
    scalar_type = tag.rpartition(":")[2]
    if scalar_type == "null":
        return None
    if scalar_type == "bool":
        return text.lower() == "true"
    if scalar_type == "int":
        return _parse_integer(text)
    if scalar_type == "float":
        # The schema spells them .inf, .Inf, .INF, .nan, .NaN and .NAN.
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


def _parse_integer(text: str) -> int | float:
    # Python refuses to write out and to read integers of more than 4,300 digits.
    if len(text) > _MAX_DIGITS:
        return float("-inf" if text.startswith("-") else "inf")
    if text.startswith(("0x", "0o")):
        return int(text, 0)
    return int(text)


def _make_finding(path: Path, position: Position, rule: str, message: str) -> Finding:
    """Return a finding of the YAML itself."""
    return Finding(path, *position, TOOL, rule, Severity.BREAKS, message)


class _BoundedLoader(CCoreLoader):  # type: ignore[misc]  # yamlcore has no types
    """One that stops while it reads: its nodes alone can take seconds and much memory."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._count = 0
        self._depth = 0

    def descend_resolver(self, parent: yaml.Node | None, index: object) -> None:
        """Go down to a node: libyaml's reader has no bound of its own before 6.0.4."""
        self._depth += 1
        # One more than the data may have, for the document itself.
        if self._depth > MAX_DEPTH + 1:
            raise yaml.YAMLError("nested too deep")
        super().descend_resolver(parent, index)

    def ascend_resolver(self) -> None:
        """Come back from a node."""
        self._depth -= 1
        super().ascend_resolver()

    def resolve(self, kind: type[yaml.Node], value: object, implicit: object) -> str:
        """Resolve the tag of a node, which happens once for each."""
        self._count += 1
        if self._count > MAX_NODES:
            raise _TooLargeError
        tag: str = super().resolve(kind, value, implicit)
        return tag


def _parse_nodes(text: str) -> yaml.Node | None:
    loader = _BoundedLoader(text)
    try:
        node = loader.get_single_node()
    # The parser of libyaml and its events refer to each other.
    finally:
        loader.dispose()
    if isinstance(node, yaml.Node):
        return node
    return None


class _Builder:
    """Turns the nodes of one document into data and notes where each stands."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.positions: dict[NodePath, Position] = {}
        self.scalars: dict[NodePath, Scalar] = {}
        self.findings: list[Finding] = []
        self._characters = 0

    def build(self, node: yaml.Node, where: NodePath) -> object:
        """Return the data of a node; raises YAMLError for what is beyond the bounds."""
        if len(where) > MAX_DEPTH:
            raise yaml.YAMLError("nested too deep")
        if len(self.positions) > MAX_NODES or self._characters > MAX_CHARACTERS:
            raise _TooLargeError
        # A value's position is its key's, where it has one.
        self.positions.setdefault(where, _get_start(node))
        if isinstance(node, yaml.MappingNode):
            return self._build_mapping(node, where)
        if isinstance(node, yaml.SequenceNode):
            items = []
            for index, item in enumerate(node.value):
                items.append(self.build(item, (*where, index)))
            return items
        self._characters += len(node.value)
        style = str(getattr(node, "style", None) or "")
        self.scalars[where] = Scalar(_get_start(node), style)
        try:
            return parse_scalar(node.tag, node.value)
        except ValueError as error:
            # A tag that was written out: `!!int x`.
            raise yaml.constructor.ConstructorError(
                None,
                None,
                f"{node.value[:50]!r} is not what its tag says",
                node.start_mark,
            ) from error

    def _build_mapping(
        self, node: yaml.MappingNode, where: NodePath
    ) -> dict[str, object]:
        mapping: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = _read_key(key_node)
            self._characters += len(key)
            position = _get_start(key_node)
            if key in mapping and len(self.findings) < MAX_FINDINGS:
                message = (
                    f"key {key!r} stands here twice: the earlier value would be lost"
                )
                self.findings.append(
                    _make_finding(self._path, position, "duplicate-key", message)
                )
            self.positions[*where, key] = position
            mapping[key] = self.build(value_node, (*where, key))
        return mapping


def _get_start(node: yaml.Node) -> Position:
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)


def _read_key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise yaml.constructor.ConstructorError(
            None, None, "a key that is no plain word", node.start_mark
        )
    return str(node.value)


def _describe_syntax_error(path: Path, error: Exception) -> Finding:
    reason = getattr(error, "problem", None) or str(error) or type(error).__name__
    if "'\\t'" in reason or "found character that cannot start any token" in reason:
        reason += " (a tab? YAML indents with blanks)"
    position = Position(1, 1)
    mark = getattr(error, "problem_mark", None)
    if mark:
        position = Position(mark.line + 1, mark.column + 1)
    return _make_finding(path, position, "syntax", f"not YAML: {reason}")
