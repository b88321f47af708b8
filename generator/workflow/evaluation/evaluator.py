"""GitHub's expressions worked out.

The grammar is that of docs.github.com, "Evaluate expressions in workflows", with its
operators in their order: index and dereference, `!`, comparisons, equality, `&&`, `||`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .values import (
    are_equal,
    compare,
    get_item,
    is_primitive,
    is_true,
    to_number,
    to_text,
)

MAX_DEPTH = 50
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')"
    r"|(?P<number>[+-]?(?:0x[0-9a-fA-F]+|0o[0-7]+|\.?\d[\w.+-]*|Infinity|NaN))"
    r"|(?P<name>[A-Za-z_][\w-]*)"
    r"|(?P<sign>&&|\|\||==|!=|<=|>=|[()\[\].,<>!*]))"
)
_CONSTANTS = {"true": True, "false": False, "null": None}
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(\d+)\}|[{}]")


class ExpressionError(ValueError):
    """An expression that GitHub refuses."""


class Scope(NamedTuple):
    """What an expression can name: contexts, and functions beside the fixed ones."""

    contexts: Mapping[str, object]
    functions: Mapping[str, Callable[..., object]]


class _Filtered(list[object]):
    """The list that `*` makes: what follows is taken of each of its items."""


def evaluate(expression: str, scope: Scope) -> Any:  # noqa: ANN401 - of any type
    """Return the value of an expression, without `${{` and `}}`.

    Raises ExpressionError.
    """
    parser = _Parser(_split(expression), scope, expression)
    value = parser.parse_or()
    parser.require_end()
    return value


def _split(expression: str) -> list[tuple[str, str]]:
    tokens = []
    position, end = 0, len(expression.rstrip())
    while position < end:
        match = _TOKEN.match(expression, position)
        if match is None:
            raise ExpressionError(f"Unexpected symbol: '{expression[position:end]}'")
        tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
        position = match.end()
    if not tokens:
        raise ExpressionError("An expression was expected")
    return tokens


class _Parser:
    """Works out as it parses; `is_live` is false in what an operator passes over."""

    def __init__(
        self, tokens: list[tuple[str, str]], scope: Scope, expression: str
    ) -> None:
        self._tokens = tokens
        self._scope = scope
        self._expression = expression.strip()
        self._place = 0
        self._is_live = True
        self._depth = 0

    def require_end(self) -> None:
        if self._place < len(self._tokens):
            raise self._make_error()

    def parse_or(self) -> object:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(f"Exceeded max expression depth {MAX_DEPTH}")
        value = self._parse_and()
        while self._take("||"):
            value = self._pass_over(value, self._parse_and, when=is_true(value))
        self._depth -= 1
        return value

    def _parse_and(self) -> object:
        value = self._parse_equality()
        while self._take("&&"):
            passes = not is_true(value)
            value = self._pass_over(value, self._parse_equality, when=passes)
        return value

    def _pass_over(
        self, value: object, parse: Callable[[], object], *, when: bool
    ) -> object:
        """Parse the other side; its value counts unless it is passed over."""
        was_live = self._is_live
        self._is_live = was_live and not when
        other = parse()
        self._is_live = was_live
        return value if when else other

    def _parse_equality(self) -> object:
        value = self._parse_comparison()
        while sign := self._take("==", "!="):
            equal = are_equal(value, self._parse_comparison())
            value = equal if sign == "==" else not equal
        return value

    def _parse_comparison(self) -> object:
        value = self._parse_not()
        while sign := self._take("<=", ">=", "<", ">"):
            order = compare(value, self._parse_not())
            signs = {"<=": (-1, 0), ">=": (0, 1), "<": (-1,), ">": (1,)}
            value = order in signs[sign]
        return value

    def _parse_not(self) -> object:
        if self._take("!"):
            return not is_true(self._parse_not())
        return self._parse_access()

    def _parse_access(self) -> object:
        value = self._parse_atom()
        while sign := self._take(".", "["):
            if sign == ".":
                if self._take("*"):
                    value = _filter(value)
                    continue
                kind, name = self._next()
                if kind != "name":
                    raise self._make_error()
                value = _access(value, name)
            elif self._take("*"):
                self._require("]")
                value = _filter(value)
            else:
                key = self.parse_or()
                self._require("]")
                value = _access(value, key)
        return value

    def _parse_atom(self) -> object:
        kind, text = self._next()
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            number = to_number(text)
            if math.isnan(number) and text != "NaN":
                raise ExpressionError(f"Unexpected symbol: '{text}'")
            return number
        if text == "(":
            value = self.parse_or()
            self._require(")")
            return value
        if kind != "name":
            self._place -= 1
            raise self._make_error()
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if self._take("("):
            return self._call(text)
        if text.lower() not in self._scope.contexts:
            raise ExpressionError(
                f"Unrecognized named-value: '{text}'. Located at position "
                f"{self._find_position(text)} within expression: {self._expression}"
            )
        return self._scope.contexts[text.lower()]

    def _call(self, name: str) -> object:
        arguments = []
        if not self._take(")"):
            arguments.append(self.parse_or())
            while self._take(","):
                arguments.append(self.parse_or())
            self._require(")")
        function = FUNCTIONS.get(name.lower()) or self._scope.functions.get(
            name.lower()
        )
        if function is None:
            raise ExpressionError(
                f"Unrecognized function: '{name}'. Located at position "
                f"{self._find_position(name)} within expression: {self._expression}"
            )
        if not self._is_live:
            return None
        try:
            return function(*arguments)
        except TypeError as error:
            raise ExpressionError(
                f"Too few or too many parameters supplied for function '{name}'"
            ) from error

    def _find_position(self, name: str) -> int:
        return self._expression.find(name) + 1

    def _take(self, *signs: str) -> str:
        """Take the next token where it is one of these signs."""
        if self._place < len(self._tokens):
            kind, text = self._tokens[self._place]
            if kind == "sign" and text in signs:
                self._place += 1
                return text
        return ""

    def _require(self, sign: str) -> None:
        if not self._take(sign):
            raise self._make_error()

    def _next(self) -> tuple[str, str]:
        if self._place >= len(self._tokens):
            raise self._make_error()
        self._place += 1
        return self._tokens[self._place - 1]

    def _make_error(self) -> ExpressionError:
        if self._place >= len(self._tokens):
            return ExpressionError(f"Unexpected end of expression: {self._expression}")
        text = self._tokens[self._place][1]
        return ExpressionError(
            f"Unexpected symbol: '{text}'. Located at position "
            f"{self._find_position(text)} within expression: {self._expression}"
        )


def _access(holder: object, key: object) -> object:
    if not isinstance(holder, _Filtered):
        return get_item(holder, key)
    found = _Filtered()
    for item in holder:
        value = get_item(item, key)
        if value is not None:
            found.append(value)
    return found


def _filter(holder: object) -> _Filtered:
    items = holder if isinstance(holder, _Filtered) else [holder]
    found = _Filtered()
    for item in items:
        if isinstance(item, Mapping):
            found += item.values()
        elif isinstance(item, Sequence) and not isinstance(item, str):
            found += item
    return found


def _contains(where: object, what: object) -> bool:
    if isinstance(where, Sequence) and not isinstance(where, str):
        return any(are_equal(item, what) for item in where)
    if not is_primitive(where) or not is_primitive(what):
        return False
    return to_text(what).upper() in to_text(where).upper()


def _starts_with(text: object, start: object) -> bool:
    if not is_primitive(text) or not is_primitive(start):
        return False
    return to_text(text).upper().startswith(to_text(start).upper())


def _ends_with(text: object, end: object) -> bool:
    if not is_primitive(text) or not is_primitive(end):
        return False
    return to_text(text).upper().endswith(to_text(end).upper())


def _format(pattern: object, *values: object) -> str:
    template = to_text(pattern)

    def replace(match: re.Match[str]) -> str:
        if match[0] in {"{{", "}}"}:
            return match[0][0]
        if match[1] is None or int(match[1]) >= len(values):
            raise ExpressionError(f"The following format string is invalid: {template}")
        return to_text(values[int(match[1])])

    return _PLACEHOLDER.sub(replace, template)


def _join(items: object, separator: object = ",") -> str:
    sign = to_text(separator) if is_primitive(separator) else ","
    if isinstance(items, Sequence) and not isinstance(items, str):
        return sign.join(to_text(item) for item in items)
    return to_text(items) if is_primitive(items) else ""


def _to_json(value: object) -> str:
    return json.dumps(_normalise(value), indent=2, ensure_ascii=False)


def _normalise(value: object) -> object:
    """Write whole numbers without a point, as GitHub does."""
    if isinstance(value, Mapping):
        return {str(name): _normalise(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_normalise(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _from_json(text: object) -> Any:  # noqa: ANN401 - of any type
    try:
        return json.loads(to_text(text), parse_constant=_refuse_constant)
    except ValueError as error:
        raise ExpressionError(f"Error parsing fromJson: {error}") from error


def _refuse_constant(name: str) -> object:
    """Refuse what Python takes beyond JSON: NaN and Infinity."""
    raise ValueError(f"unexpected token {name}")


def _case(*branches: object) -> object:
    """Return the value behind the first condition that is true, else the last one."""
    if len(branches) % 2 == 0:
        raise ExpressionError("case requires an odd number of arguments")
    pairs: Iterator[object] = iter(branches[:-1])
    for condition, value in zip(pairs, pairs, strict=True):
        if not isinstance(condition, bool):
            raise ExpressionError("case predicate must evaluate to a boolean value")
        if condition:
            return value
    return branches[-1]


FUNCTIONS: Mapping[str, Callable[..., object]] = {
    "contains": _contains,
    "startswith": _starts_with,
    "endswith": _ends_with,
    "format": _format,
    "join": _join,
    "tojson": _to_json,
    "fromjson": _from_json,
    "case": _case,
}
