"""Values -> YAML text that reads back as exactly those values.

Strings are always quoted (or stand in a literal block), so that none can turn into a
number, a key, a comment or another line. Where GitHub evaluates expressions, `literal`
keeps `${{` of a setting from becoming one.
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


def yaml_scalar(value: object) -> str:
    """A value on one line: strings and lists of them in double quotes."""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(yaml_scalar(item) for item in value) + "]"
    text = json.dumps(value, ensure_ascii=False)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def literal(value: object) -> object:
    """Strings whose `${{` GitHub hands on as it stands instead of evaluating it."""
    if isinstance(value, str):
        return value.replace("${{", _ESCAPED_EXPRESSION)
    if isinstance(value, list | tuple):
        return [literal(item) for item in value]
    return value


def one_or_list(values: Sequence[str]) -> str | Sequence[str]:
    """A list of one as its only item: `runs-on: "ubuntu-latest"`."""
    return values[0] if len(values) == 1 else values


def yaml_block(value: object, indent: int = 0) -> str:
    """A mapping or a list as an indented block, without the blanks before its first line."""
    return ("\n" + " " * indent).join(_lines(value))


def script(text: str, indent: int = 0) -> str:
    """A script with one line break at its end, as a literal block where YAML can hold it so.

    To stand behind `run:`.
    """
    return _block_scalar(text.rstrip("\n") + "\n", indent)


def _block_scalar(text: str, indent: int) -> str:
    """A string as a literal block where YAML can hold it so, else quoted.

    Exactly that string in either case.
    """
    body = text.removesuffix("\n")
    lines = body.split("\n")
    if (
        not body.strip()
        or not all(_fits_block(line) for line in lines)
        or not lines[0]
        or lines[0][0] in " \t"
        or not lines[-1]
    ):
        return yaml_scalar(text)
    return ("|-\n" if body == text else "|\n") + "\n".join(
        " " * indent + line if line else "" for line in lines
    )


def _fits_block(line: str) -> bool:
    return not line or (line.strip() != "" and line.replace("\t", " ").isprintable())


def _lines(value: object) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _entry(key, item)
    elif isinstance(value, list | tuple) and value:
        for item in value:
            for number, line in enumerate(_lines(item)):
                yield (("  " if number else "- ") + line) if line else ""
    else:
        yield "{}" if isinstance(value, Mapping) else yaml_scalar(value)


def _entry(key: object, item: object) -> Iterator[str]:
    name = str(key)
    shown = (
        name
        if _SIMPLE_KEY.fullmatch(name) and name.lower() not in _NOT_SIMPLE
        else yaml_scalar(name)
    )
    if isinstance(item, Mapping | list | tuple) and item:
        yield f"{shown}:"
        if key == "permissions" and isinstance(item, Mapping):
            yield from (
                f"  {scope}: {right} # asked for in the settings"
                for scope, right in item.items()
            )
        else:
            yield from ("  " + line if line else "" for line in _lines(item))
    elif key == "run" and isinstance(item, str):
        yield from f"{shown}: {_block_scalar(item, 2)}".split("\n")
    else:
        yield f"{shown}: {'{}' if isinstance(item, Mapping) else yaml_scalar(item)}"
