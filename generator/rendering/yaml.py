"""Values -> YAML text that reads back as exactly those values.

Strings are always quoted (or stand in a literal block), so that none can turn into a
number, a key, a comment or another line. Where GitHub evaluates expressions,
`escape_expressions` keeps `${{` of a setting from becoming one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

# JSON leaves these as they are; YAML readers take some for line breaks and refuse others.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_SIMPLE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)
# Words that some YAML reader takes for something else when they stand alone as a key.
_NOT_SIMPLE = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
# GitHub's escape is a string literal in an expression; linters report one that is
# constant, hence the condition, which is always true (context `github` is there
# wherever expressions are).
_ESCAPED_EXPRESSION = "${{ github.run_id && '${{' }}"
_INDENT = "  "


def format_scalar(value: object) -> str:
    """Return a value on one line: strings and lists of them in double quotes."""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(format_scalar(item) for item in value) + "]"
    text = json.dumps(value, ensure_ascii=False)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def escape_expressions(value: object) -> object:
    """Return strings whose `${{` GitHub hands on as it stands instead of evaluating it."""
    if isinstance(value, str):
        return value.replace("${{", _ESCAPED_EXPRESSION)
    if isinstance(value, list | tuple):
        return [escape_expressions(item) for item in value]
    return value


def unwrap_single(values: Sequence[str]) -> str | Sequence[str]:
    """Return a list of one as its only item: `runs-on: "ubuntu-latest"`."""
    if len(values) == 1:
        return values[0]
    return values


def format_block(value: object, indent: int = 0) -> str:
    """Return a mapping or a list as an indented block, its first line not indented."""
    return ("\n" + " " * indent).join(_iter_lines(value))


def format_script(text: str, indent: int = 0) -> str:
    """Return a script with one line break at its end, to stand behind `run:`.

    As a literal block where YAML can hold it so.
    """
    return _format_block_scalar(text.rstrip("\n") + "\n", indent)


def _format_block_scalar(text: str, indent: int) -> str:
    """Return a string as a literal block where YAML can hold it so, else quoted.

    Exactly that string in either case.
    """
    body = text.removesuffix("\n")
    lines = body.split("\n")
    if not _fits_block(lines):
        return format_scalar(text)
    # `-` strips the line break that a block otherwise ends with.
    head = "|-" if body == text else "|"
    margin = " " * indent
    return "\n".join([head, *(margin + line if line else "" for line in lines)])


def _fits_block(lines: Sequence[str]) -> bool:
    """Tell whether YAML reads a literal block of these lines as they are."""
    # The first line sets the indentation, and the last line break is counted.
    if not lines[0] or not lines[-1] or lines[0][0] in " \t":
        return False
    for line in lines:
        is_printable = line.replace("\t", " ").isprintable()
        if line and (not line.strip() or not is_printable):
            return False
    return True


def _iter_lines(value: object) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _iter_entry(str(key), item)
    elif isinstance(value, list | tuple) and value:
        for item in value:
            lines = _iter_lines(item)
            yield "- " + next(lines)
            yield from _indent_lines(lines)
    elif isinstance(value, Mapping):
        yield "{}"
    else:
        yield format_scalar(value)


def _indent_lines(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield _INDENT + line if line else ""


def _iter_entry(key: str, item: object) -> Iterator[str]:
    name = _format_key(key)
    if key == "permissions" and isinstance(item, Mapping) and item:
        yield f"{name}:"
        # Linters want a reason beside every right.
        for scope, right in item.items():
            yield f"{_INDENT}{scope}: {right} # asked for in the settings"
    elif isinstance(item, Mapping | list | tuple) and item:
        yield f"{name}:"
        yield from _indent_lines(_iter_lines(item))
    elif key == "run" and isinstance(item, str):
        yield from f"{name}: {_format_block_scalar(item, len(_INDENT))}".split("\n")
    else:
        yield f"{name}: {next(_iter_lines(item))}"


def _format_key(key: str) -> str:
    if _SIMPLE_KEY.fullmatch(key) and key.lower() not in _NOT_SIMPLE:
        return key
    return format_scalar(key)
