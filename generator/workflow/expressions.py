"""`${{ }}` expressions, as far as they are read before a run: names, texts and `||`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_OPENING = "${{"
_CLOSING = "}}"
_TEXT = re.compile(r"'([^']+)'")
_TERM = re.compile(r"\s*(?:github\.(?P<name>\w+)|'(?P<text>[^']*)')\s*")


def has_expression(text: str) -> bool:
    """Whether a text is worked out in the run."""
    return _OPENING in text


def replace_expressions(text: str, replace: Callable[[re.Match[str]], str]) -> str:
    """Replace every expression; group 1 of a match is what stands between the braces."""
    # Behind the last end, each opening would be followed to the end of the text.
    end = text.rfind(_CLOSING) + len(_CLOSING)
    if end < len(_OPENING):
        return text
    return _EXPRESSION.sub(replace, text[:end]) + text[end:]


def expand_github_names(text: str, github: Mapping[str, str]) -> str:
    """Put values in the place of every `${{ github.NAME || 'text' }}`.

    Raises ValueError, with the expression, for one that is more than names, texts and
    ||, and for a name that `github` lacks.
    """
    return replace_expressions(text, lambda match: _evaluate(match[1], github))


def list_possible_labels(label: str, matrix: object) -> list[str]:
    """Return every label that an entry of `runs-on` can come to.

    For an expression these are its own texts, as `a && 'big' || 'small'` has them, and
    every text of the matrix.
    """
    if not has_expression(label):
        return [label]
    return [*_TEXT.findall(label), *_iter_texts(matrix)]


def _evaluate(expression: str, github: Mapping[str, str]) -> str:
    """Return the first term that is not empty."""
    value = ""
    for term in expression.split("||"):
        match = _TERM.fullmatch(term)
        if match is None or (match["name"] and match["name"] not in github):
            raise ValueError(expression.strip())
        value = value or match["text"] or github.get(match["name"] or "", "")
    return value


def _iter_texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _iter_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _iter_texts(item)
