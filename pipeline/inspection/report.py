"""What was seen, as data, as text, and as the settings to paste."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .columns import ColumnFacts

NAME_WIDTH = 24
SHOWN_EXAMPLE = 18


class Inspection(NamedTuple):
    """A source that was looked at: tables, columns, and what would be trained on.

    `questions` are settings that the rows leave open; `error` is why a training would
    stop, and its hint, "" where it would not.
    """

    label: str
    tables: tuple[str, ...]
    rows: int
    target: str
    target_reason: str
    task: str
    columns: tuple[ColumnFacts, ...]
    warnings: tuple[str, ...]
    settings: Settings
    questions: tuple[str, ...] = ()
    error: tuple[str, str] = ("", "")


def choose_settings(inspection: Inspection) -> dict[str, Any]:
    """The settings that differ from the defaults, in the order of the documents."""
    defaults = Settings()
    chosen: dict[str, Any] = {}
    for name, value in inspection.settings._asdict().items():
        if value != getattr(defaults, name):
            chosen[name] = dict(value) if name == "types" else value
    return chosen


def format_block(settings: Mapping[str, Any]) -> str:
    """The `[pipeline]` table, as TOML."""
    lines = ["[pipeline]"]
    for name, value in settings.items():
        lines.append(f"{name} = {format_toml(value)}")
    return "\n".join(lines)


def format_toml(value: object) -> str:
    """A value as TOML: texts, numbers, lists and flat tables."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(format_toml, value))}]"
    if isinstance(value, dict):
        pairs = []
        for name, part in value.items():
            pairs.append(f"{format_toml(str(name))} = {format_toml(part)}")
        return f"{{{', '.join(pairs)}}}"
    return _quote(str(value))


def _quote(text: str) -> str:
    escaped = ""
    for sign in text:
        if sign in '"\\':
            escaped += f"\\{sign}"
        elif sign.isprintable():
            escaped += sign
        else:
            escaped += f"\\U{ord(sign):08x}"
    return f'"{escaped}"'


def format_text(inspection: Inspection) -> str:
    """The whole of it for people."""
    lines = [f"{inspection.label}: {inspection.rows} rows looked at"]
    lines += [f"  {table}" for table in inspection.tables]
    why = f" ({inspection.target_reason})" if inspection.target_reason else ""
    lines += ["", f"target: {inspection.target or 'none found'}{why}"]
    if inspection.task:
        lines.append(f"task: {inspection.task}")
    lines += ["", *_format_columns(inspection.columns), ""]
    if inspection.warnings:
        lines += ["to look at:", *(f"- {text}" for text in inspection.warnings), ""]
    reason, hint = inspection.error
    if reason:
        lines += [f"a training would stop: {reason}", f"  hint: {hint}", ""]
    lines += ["for wfgen.toml:", "", format_block(choose_settings(inspection))]
    lines += inspection.questions
    return "\n".join(lines)


def _format_columns(columns: Sequence[ColumnFacts]) -> list[str]:
    lines = [f"{'column':{NAME_WIDTH}} {'missing':>8} {'distinct':>9}  kind; examples"]
    for column in columns:
        shown = []
        for example in column.examples:
            cut = example[:SHOWN_EXAMPLE]
            shown.append(repr(cut) if cut == example else f"{cut!r}...")
        examples = ", ".join(shown)
        name = column.name[:NAME_WIDTH]
        lines.append(
            f"{name:{NAME_WIDTH}} {column.missing_share:8.1%} {column.distinct:9}"
            f"  {column.kind}; {examples}"
        )
    return lines


def format_facts(inspection: Inspection) -> dict[str, Any]:
    """The same for machines."""
    facts = inspection._asdict()
    facts["columns"] = [column._asdict() for column in inspection.columns]
    facts["settings"] = choose_settings(inspection)
    reason, hint = inspection.error
    facts["error"] = {"reason": reason, "hint": hint} if reason else None
    return facts
