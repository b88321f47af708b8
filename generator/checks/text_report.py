"""Findings as text: place, severity, words wrapped to the terminal, the line and a caret."""

from __future__ import annotations

import textwrap
from collections import Counter
from dataclasses import dataclass

from ..findings import Finding, Severity
from .merging.verdict import is_shown
from .runner import CheckResult

_INDENT = " " * 4
# Of a line that is quoted; more on either side of the caret is cut.
_LONGEST_EXCERPT = 100


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What a report shows: all severities or the worst three; `width` 0 wraps nothing."""

    show_all: bool = False
    width: int = 0


def render_text(result: CheckResult, options: ReportOptions) -> str:
    """Return a paragraph a finding, and a line that counts what is shown and what is not."""
    shown = list_shown(result, options)
    parts = [render_finding(finding, result, options.width) for finding in shown]
    parts.append(count_findings(result, options))
    return "\n".join(parts)


def list_shown(result: CheckResult, options: ReportOptions) -> list[Finding]:
    """Return the findings that a report shows."""
    if options.show_all:
        return list(result.findings)
    return list(filter(is_shown, result.findings))


def render_finding(finding: Finding, result: CheckResult, width: int) -> str:
    """Return the lines about one finding."""
    lines = [format_finding(finding)]
    if width:
        lines = textwrap.wrap(
            lines[0],
            max(width, 40),
            subsequent_indent=_INDENT,
            break_long_words=False,
            break_on_hyphens=False,
        )
    lines += _quote_line(finding, result)
    if finding.hint:
        lines.append(f"{_INDENT}mend: {finding.hint}")
    return "\n".join(lines)


def format_finding(finding: Finding) -> str:
    """Return `path:line:column: severity [tool/rule] message`, which editors can jump to."""
    place = str(finding.path)
    if finding.line:
        place = f"{place}:{finding.line}:{finding.column}"
    name = f"[{format_name(finding)}]"
    return f"{place}: {finding.severity} {name} {finding.message}"


def format_name(finding: Finding) -> str:
    """Return `tool/rule`, and who else found it."""
    name = f"{finding.tool}/{finding.rule}"
    others = [tool for tool in finding.tools if tool != finding.tool]
    if others:
        return f"{name}, also {', '.join(others)}"
    return name


def count_findings(result: CheckResult, options: ReportOptions) -> str:
    """Return `2 files checked by schema, zizmor: 1 finding (3 more with --all: 3 fragile)`."""
    files = format_count(len(result.files), "file")
    shown = list_shown(result, options)
    checkers = ", ".join(result.ran) or "no tool"
    line = f"{files} checked by {checkers}: {format_count(len(shown), 'finding')}"
    hidden = Counter(item.severity for item in result.findings if item not in shown)
    if not hidden:
        return line
    kinds = [f"{hidden[kind]} {kind}" for kind in Severity if hidden[kind]]
    return f"{line} ({hidden.total()} more with --all: {', '.join(kinds)})"


def format_count(number: int, noun: str) -> str:
    """Return `1 file`, `2 files`, `no findings`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number or 'no'} {noun}s"


def _quote_line(finding: Finding, result: CheckResult) -> list[str]:
    """Return the line of a finding and a caret below its column."""
    lines = result.texts.get(finding.path, "").split("\n")
    if not 0 < finding.line <= len(lines):
        return []
    text = lines[finding.line - 1].rstrip()
    # A tab counts as one column, and is as wide as the terminal likes.
    text = "".join(sign if sign.isprintable() else " " for sign in text)
    column = min(max(finding.column, 1), len(text) + 1)
    start = 0
    if len(text) > _LONGEST_EXCERPT:
        start = max(0, column - _LONGEST_EXCERPT // 2)
    excerpt = text[start : start + _LONGEST_EXCERPT]
    number = f"{finding.line:>6} | "
    caret = " " * (len(number) + column - 1 - start)
    return [f"{number}{excerpt}", f"{caret}^"]
