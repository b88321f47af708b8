"""A walk through a document by keys, on which a value of the wrong shape is refused.

Not the whole schema: that is `wfgen check`'s, and a key that GitHub introduced last week
must not keep anybody from running.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import WorkflowProblemError
from .source import NodePath, Position, YamlDocument

CHECK_HINT = "`wfgen check` shows where"


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands; a key that is not there is a node of value None."""

    document: YamlDocument
    path: NodePath
    value: object

    @property
    def position(self) -> Position:
        """Line and column."""
        return self.document.get_position(self.path)

    def get(self, key: str) -> Node:
        """Return the value of a key, where this is a mapping that has it."""
        value = None
        if isinstance(self.value, dict):
            value = self.value.get(key)
        return Node(self.document, (*self.path, key), value)

    def get_text(self, key: str) -> str:
        """Return the value of a key as text, as GitHub spells it; "" where there is none."""
        value = self.get(key).value
        if value is None:
            return ""
        # `if: false` is the text "false" for GitHub, not Python's "False".
        if isinstance(value, bool):
            return str(value).lower()
        return str(value)

    def list_texts(self) -> list[str]:
        """Return a list's items, or the one value there is, as texts."""
        if self.value is None:
            return []
        if isinstance(self.value, list):
            return [str(item) for item in self.value]
        return [str(self.value)]

    def iter_mapping(self) -> Iterator[tuple[str, Node]]:
        """Yield key and value of a mapping; raises WorkflowProblemError for other values."""
        self.require_mapping()
        if isinstance(self.value, dict):
            for key, value in self.value.items():
                yield key, Node(self.document, (*self.path, key), value)

    def list_mappings(self) -> list[Node]:
        """Return the mappings of a list; raises WorkflowProblemError for other values."""
        if self.value is None:
            return []
        nodes = []
        if isinstance(self.value, list):
            for index, item in enumerate(self.value):
                nodes.append(Node(self.document, (*self.path, index), item))
        if not isinstance(self.value, list) or not all(
            isinstance(node.value, dict) for node in nodes
        ):
            raise self.make_error("is not a list of mappings")
        return nodes

    def require_mapping(self, *, optional: bool = True) -> None:
        """Raise WorkflowProblemError where this is not a mapping."""
        if isinstance(self.value, dict) or (optional and self.value is None):
            return
        raise self.make_error("is not a mapping")

    def make_error(self, fault: str) -> WorkflowProblemError:
        """Return the error that names this place in the file."""
        place = ".".join(map(str, self.path)) or "its top level"
        message = f"{self.document.path} is not a workflow: {place} {fault}"
        return WorkflowProblemError(message, hint=CHECK_HINT)
