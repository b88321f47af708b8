"""Bash to records, by tree-sitter: it reads on behind what it does not understand.

`${{ }}` is no bash. Each expression is a word of the same length while the script is
parsed, and stands in the records as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from .model import Command, Construct, Redirect, Role, Script

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

# Longer scripts are nobody's: what is not read is not judged.
MAX_BYTES = 100_000
MAX_DEPTH = 60
# A loop within a loop is looked through once each; beyond, nobody reads the findings.
MAX_COMMANDS = 3_000
_EXPRESSION = re.compile(rb"\$\{\{.*?\}\}", re.DOTALL)
_QUOTES = re.compile(r"""^(["'])(.*)\1$""", re.DOTALL)
_COMMANDS = frozenset(
    {
        "command",
        "test_command",
        "declaration_command",
        "unset_command",
        "variable_assignment",
    }
)
_LOOPS = ("for_statement", "while_statement", "c_style_for_statement")
_BODIES = {
    "subshell": Role.SUBSHELL,
    "compound_statement": Role.GROUP,
    "function_definition": Role.FUNCTION,
    "case_item": Role.CASE,
}


@lru_cache(maxsize=512)
def parse_script(text: str, *, exits: bool = True, pipefail: bool = False) -> Script:
    """Parse a script that starts with `set -e` or not, with `pipefail` or not."""
    source = text.encode("utf-8", errors="replace")
    if len(source) > MAX_BYTES:
        return Script(text, ())
    readable = source
    if b"}}" in source:
        readable = _EXPRESSION.sub(lambda match: b"_" * len(match[0]), source)
    tree = _load_parser().parse(readable)
    reader = _Reader(source, exits=exits, pipefail=pipefail)
    reader.read_children(tree.root_node, ())
    return Script(
        text, tuple(reader.commands), len(source), frozenset(reader.functions)
    )


@cache
def _load_parser() -> Parser:
    # Only where there is a script to read.
    import tree_sitter_bash  # noqa: PLC0415 - as above
    from tree_sitter import Language, Parser  # noqa: PLC0415 - as above

    return Parser(Language(tree_sitter_bash.language()))


class _Reader:
    """Walks the tree once, in the order of the text."""

    def __init__(self, source: bytes, *, exits: bool, pipefail: bool) -> None:
        self._source = source
        self._exits = exits
        self._pipefail = pipefail
        self.commands: list[Command] = []
        self.functions: set[str] = set()
        self._readers = {
            "redirected_statement": self._read_redirected,
            "list": self._read_list,
            "pipeline": self._read_pipeline,
            "negated_command": self._read_negated,
            "if_statement": self._read_if,
        }

    def read_children(self, node: Node, parents: tuple[Construct, ...]) -> None:
        """Read every child; a statement before `&` runs in the background."""
        children = node.children
        for index, child in enumerate(children):
            inner = parents
            if index + 1 < len(children) and children[index + 1].type == "&":
                inner = (*parents, _make_construct(Role.BACKGROUND, child, child))
            self.read(child, inner)

    def read(self, node: Node, parents: tuple[Construct, ...]) -> None:
        """Read one node and what lies in it."""
        if len(parents) > MAX_DEPTH or len(self.commands) >= MAX_COMMANDS:
            return
        kind = node.type
        if kind in _COMMANDS:
            self._read_command(node, parents, ())
        elif kind in _BODIES:
            self._read_body(node, parents)
        elif kind in _LOOPS:
            self._read_loop(node, parents)
        elif kind in self._readers:
            self._readers[kind](node, parents)
        elif node.child_count:
            self.read_children(node, parents)

    def _read_negated(self, node: Node, parents: tuple[Construct, ...]) -> None:
        construct = _make_construct(Role.NEGATED, node, node)
        self.read_children(node, (*parents, construct))

    def _read_body(self, node: Node, parents: tuple[Construct, ...]) -> None:
        if node.type == "function_definition":
            name = node.child_by_field_name("name")
            if name is not None:
                self.functions.add(self._get_text(name))
        construct = _make_construct(_BODIES[node.type], node, node)
        exits, pipefail = self._exits, self._pipefail
        self.read_children(node, (*parents, construct))
        if node.type == "subshell":
            self._exits, self._pipefail = exits, pipefail

    def _read_list(self, node: Node, parents: tuple[Construct, ...]) -> None:
        left, operator, right = None, "", None
        for child in node.children:
            if child.type in {"&&", "||"}:
                operator = child.type
            elif not operator:
                left = child
            elif right is None:
                right = child
        if left is None or right is None:
            self.read_children(node, parents)
            return
        role = Role.AND_LEFT
        if operator == "||":
            role = Role.OR_LEFT
        self.read(left, (*parents, _make_construct(role, node, right)))
        self.read(right, (*parents, _make_construct(Role.LIST_RIGHT, node, right)))

    def _read_pipeline(self, node: Node, parents: tuple[Construct, ...]) -> None:
        parts = [child for child in node.children if child.is_named]
        if not parts:
            return
        for part in parts:
            role = Role.PIPE
            if part == parts[-1]:
                role = Role.PIPE_END
            self.read(part, (*parents, _make_construct(role, node, parts[-1])))

    def _read_if(self, node: Node, parents: tuple[Construct, ...]) -> None:
        role = Role.CONDITION
        then = node
        for child in node.children:
            if child.type == "then":
                then, role = child, Role.IF_BODY
        role = Role.CONDITION
        for child in node.children:
            if child.type == "then":
                role = Role.IF_BODY
            elif child.type in {"elif_clause", "else_clause"}:
                self._read_else(child, node, parents)
            elif child.is_named:
                self.read(child, (*parents, _make_construct(role, node, then)))

    def _read_else(
        self, clause: Node, node: Node, parents: tuple[Construct, ...]
    ) -> None:
        outer = (*parents, _make_construct(Role.ELSE_BODY, node, clause))
        if clause.type == "elif_clause":
            self._read_if(clause, outer)
        else:
            self.read_children(clause, outer)

    def _read_loop(self, node: Node, parents: tuple[Construct, ...]) -> None:
        keyword = node.children[0].type
        body = node.child_by_field_name("body") or node
        for child in node.children:
            role = Role.LOOP_CONDITION
            if child == body:
                role = Role.LOOP_BODY
            # What a `for` loops over is no condition.
            elif keyword not in {"while", "until"}:
                role = Role.SUBSTITUTION
            if child.is_named:
                construct = _make_construct(role, node, body, keyword)
                self.read(child, (*parents, construct))

    def _read_redirected(self, node: Node, parents: tuple[Construct, ...]) -> None:
        body = node.child_by_field_name("body")
        nodes = [child for child in node.children if child.type == "file_redirect"]
        redirects = [self._read_redirect(child) for child in nodes]
        if body is None:
            self.read_children(node, parents)
        elif body.type == "command":
            self._read_command(body, parents, tuple(redirects), node)
        else:
            # `{ ...; } > file` and pipelines: the last command writes.
            count = len(self.commands)
            self.read(body, parents)
            self._give_redirects(count, tuple(redirects))
        for child in node.children:
            if child.type == "heredoc_redirect":
                self._read_heredoc(child, parents)

    def _give_redirects(self, count: int, redirects: tuple[Redirect, ...]) -> None:
        if len(self.commands) > count and redirects:
            last = self.commands[-1]
            self.commands[-1] = _add_redirects(last, redirects)

    def _read_heredoc(self, node: Node, parents: tuple[Construct, ...]) -> None:
        for child in node.children:
            # `cat <<EOF && next`, `cat <<EOF | next`.
            if child.type == "heredoc_body":
                self._read_substitutions(child, parents, Role.SUBSTITUTION)
            elif child.type == "file_redirect":
                self._give_redirects(0, (self._read_redirect(child),))
            elif child.is_named:
                self.read(child, parents)

    def _read_redirect(self, node: Node) -> Redirect:
        operator, target = "", ""
        for child in node.children:
            if not child.is_named:
                operator = child.type
        destination = node.child_by_field_name("destination")
        if destination is not None:
            target = self._read_word(destination)
        descriptor = node.child_by_field_name("descriptor")
        if descriptor is not None:
            operator = self._get_text(descriptor) + operator
        return Redirect(operator, target)

    def _read_command(
        self,
        node: Node,
        parents: tuple[Construct, ...],
        redirects: tuple[Redirect, ...],
        whole: Node | None = None,
    ) -> None:
        words, assignments = self._read_parts(node)
        for child in node.children:
            if child.type == "file_redirect":
                redirects = (*redirects, self._read_redirect(child))
        role = Role.SUBSTITUTION
        if node.type == "variable_assignment":
            role = Role.ASSIGNED
        # The commands within come first: they run first.
        self._read_substitutions(node, parents, role)
        start = whole or node
        self.commands.append(
            Command(
                words=tuple(words),
                line=node.start_point.row,
                column=node.start_point.column,
                start=start.start_byte,
                end=start.end_byte,
                parents=parents,
                exits=self._exits,
                pipefail=self._pipefail,
                redirects=redirects,
                assignments=tuple(assignments),
            )
        )
        if words[:1] == ["set"]:
            self._obey_set(words[1:])

    def _read_parts(self, node: Node) -> tuple[list[str], list[tuple[str, str]]]:
        """Return the words of a command, and what it sets."""
        if node.type == "variable_assignment":
            return [], [self._read_assignment(node)]
        words: list[str] = []
        assignments = []
        for child in node.children:
            if child.type == "variable_assignment":
                assignments.append(self._read_assignment(child))
            elif node.type == "test_command" and child.child_count:
                words += self._read_test(child)
            elif child.type not in {"file_redirect", "herestring_redirect"}:
                words.append(self._read_word(child))
        return words, assignments

    def _obey_set(self, words: list[str]) -> None:
        for index, word in enumerate(words):
            is_on = word.startswith("-")
            option = words[index + 1] if index + 1 < len(words) else ""
            if not word.startswith(("-", "+")):
                continue
            if "e" in word[1:] or (word[1:].endswith("o") and option == "errexit"):
                self._exits = is_on
            if word[1:].endswith("o") and option == "pipefail":
                self._pipefail = is_on

    def _read_substitutions(
        self, node: Node, parents: tuple[Construct, ...], role: Role
    ) -> None:
        for inner in _iter_substitutions(node):
            construct = _make_construct(role, node, inner)
            self.read_children(inner, (*parents, construct))

    def _read_test(self, node: Node) -> list[str]:
        return [_unquote(part) for part in self._get_text(node).split()]

    def _read_assignment(self, node: Node) -> tuple[str, str]:
        name, _, value = self._get_text(node).partition("=")
        return name, _unquote(value)

    def _read_word(self, node: Node) -> str:
        if node.type == "concatenation":
            return "".join(self._read_word(child) for child in node.children)
        return _unquote(self._get_text(node))

    def _get_text(self, node: Node) -> str:
        text = self._source[node.start_byte : node.end_byte]
        return text.decode("utf-8", errors="replace")


def _iter_substitutions(node: Node) -> Iterator[Node]:
    """Yield the outermost `$(...)`, backquotes and `<(...)` within a node."""
    waiting = [(child, 0) for child in reversed(node.children)]
    while waiting:
        child, depth = waiting.pop()
        if child.type in {"command_substitution", "process_substitution"}:
            yield child
        elif depth < MAX_DEPTH:
            waiting += [(inner, depth + 1) for inner in reversed(child.children)]


def _make_construct(
    role: Role, node: Node, right: Node, keyword: str = ""
) -> Construct:
    return Construct(
        role,
        node.start_byte,
        node.end_byte,
        right.start_byte,
        node.start_point.row,
        node.start_point.column,
        keyword,
    )


def _add_redirects(command: Command, redirects: tuple[Redirect, ...]) -> Command:
    from dataclasses import replace  # noqa: PLC0415 - seldom

    return replace(command, redirects=(*command.redirects, *redirects))


def _unquote(text: str) -> str:
    match = _QUOTES.match(text)
    if match is not None:
        return match[2]
    return text
