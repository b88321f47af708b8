"""One look: tables, target, columns, and the settings that follow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from ..errors import PipelineError, SettingsError
from ..features.leakage import find_leakage
from ..features.reading.columns import DATE, TEXT
from ..features.reading.styles import (
    COMMA,
    DATE_ORDERS,
    POINT,
    ReadingChoice,
)
from ..features.schema import convert_batch, infer_schema, mark_unlabelled
from ..redaction import hide_credentials
from ..settings import Settings
from ..tasks import REGRESSION
from ..training.source_factory import open_source
from .columns import (
    ColumnFacts,
    describe_classes,
    describe_empty,
    describe_kind,
    describe_values,
)
from .report import Inspection
from .tables import TableHeader, describe_differences, guess_target, read_headers

if TYPE_CHECKING:
    from ..features.schema import Schema, Table

# In the warnings of `styles`.
OPEN_DECIMAL, OPEN_DATES = "leaves open whether its commas", "leave open whether"
DECIMAL_NAMES = {POINT: "point", COMMA: "comma"}
ORDER_NAMES = {style: name for name, style in DATE_ORDERS.items()}


class Seen(NamedTuple):
    """The rows as a training would see them."""

    schema: Schema
    table: Table
    frame: pd.DataFrame
    warnings: list[str]


def inspect_source(
    settings: Settings, root: Path, environment: Mapping[str, str], rows: int
) -> Inspection:
    """Look at the first `rows` rows of a source.

    Raises PipelineError where it cannot be read at all; what a training would stop at
    is a part of the result.
    """
    source, target = open_source(settings, root, environment)
    headers = read_headers(source.list_tables())
    reason = ""
    if not target:
        target, reason = _guess_target(headers, source.label)
        source.select_tables(target)
    settings = _tell(settings, target, headers)
    differences = describe_differences(headers, target)
    begun = Inspection(
        label=hide_credentials(source.label),
        tables=tuple(f"{h.name}: {len(h.columns)} columns" for h in headers),
        rows=0,
        target=target,
        target_reason=reason,
        task="",
        columns=(),
        warnings=tuple(differences),
        settings=settings,
    )
    try:
        with source.open_reader(None) as reader:
            chunk = reader.read(rows, None, lambda _: True)
            notes = [*source.notes, *reader.notes]
    except PipelineError as error:
        return begun._replace(error=(error.message, error.hint))
    if chunk is None:
        return begun
    begun = begun._replace(rows=len(chunk.frame), warnings=(*begun.warnings, *notes))
    return _look_at_rows(begun, chunk.frame)


def _guess_target(headers: list[TableHeader], label: str) -> tuple[str, str]:
    guess = guess_target(headers)
    if guess is None:
        raise SettingsError(f"{label} holds no table with a row")
    return guess.column, f"a guess: {guess.reason}; --target says another"


def _tell(settings: Settings, target: str, headers: list[TableHeader]) -> Settings:
    for header in headers:
        if header.encoding:
            settings = settings._replace(encoding=header.encoding)
    return settings._replace(target=target)


def _look_at_rows(begun: Inspection, frame: pd.DataFrame) -> Inspection:
    settings = begun.settings
    try:
        seen = _convert(settings, frame)
    except PipelineError as error:
        facts = [_describe_undecided(str(name), frame[name]) for name in frame.columns]
        return begun._replace(columns=tuple(facts), error=(error.message, error.hint))
    columns = _describe_columns(seen, settings)
    warnings = [*begun.warnings, *seen.warnings]
    for column in columns:
        prefix = f"{column.name!r} "
        warnings += map(prefix.__add__, column.suspicions)
    if seen.schema.task != REGRESSION:
        prefix = f"{settings.target!r} "
        found = describe_classes(seen.schema.classes, seen.table.target)
        warnings += map(prefix.__add__, found)
    return begun._replace(
        task=seen.schema.task,
        columns=tuple(columns),
        warnings=tuple(dict.fromkeys(warnings)),
        settings=_choose(settings, seen, columns),
        questions=_list_questions(seen),
    )


def _list_questions(seen: Seen) -> tuple[str, ...]:
    """Settings that only people can answer, as comments."""
    questions = []
    if any(OPEN_DECIMAL in text for text in seen.warnings):
        questions.append('# decimal = "comma"  # or "point": the values leave it open')
    if any(OPEN_DATES in text for text in seen.warnings):
        questions.append(
            '# dates = "day-first"  # or "month-first": the values leave it open'
        )
    return tuple(questions)


def _convert(settings: Settings, frame: pd.DataFrame) -> Seen:
    choice = ReadingChoice(
        settings.decimal, settings.dates, dict(settings.types), settings.missing
    )
    order = {settings.time, settings.key} - {"", settings.target}
    rest = frame.drop(columns=list(order & set(frame.columns)))
    task = None if settings.task == "auto" else settings.task
    schema, inferred = infer_schema(
        rest, settings.target, task, settings.ignore, choice
    )
    table = convert_batch(schema, mark_unlabelled(schema, inferred.frame))
    warnings = [*inferred.warnings, *table.notes, *find_leakage(schema, table)]
    if table.unlabelled:
        warnings.append(f"{table.unlabelled} rows have no {settings.target!r}")
    # What columns say themselves, below, is not said twice.
    said = [text for text in warnings if "if it tells nothing" not in text]
    return Seen(schema, table, rest, [_cut(text) for text in said])


def _cut(text: str) -> str:
    return text.removeprefix("warning: ").removeprefix("note: ")


def _describe_columns(seen: Seen, settings: Settings) -> list[ColumnFacts]:
    facts = []
    known = {column.name: column for column in seen.schema.columns}
    for name in map(str, seen.frame.columns):
        raw = seen.frame[name]
        if name in known:
            column = known[name]
            values = seen.table.columns[name]
            found = describe_values(name, column.kind, raw, values)
            kind = describe_kind(column.kind, column.style, is_code=column.is_code)
            facts.append(found._replace(kind=kind))
        elif name == settings.target:
            facts.append(_describe_undecided(name, raw)._replace(kind="the target"))
        elif name in settings.ignore:
            facts.append(_describe_undecided(name, raw)._replace(kind="left out"))
        else:
            facts.append(describe_empty(name, raw))
    return facts


def _describe_undecided(name: str, raw: pd.Series[Any]) -> ColumnFacts:
    """A column as it came."""
    texts = raw.astype(str).where(raw.notna())
    found = describe_values(name, DATE, raw, pd.Categorical(texts))
    return found._replace(kind="not decided", suspicions=(), ignore=False)


def _choose(settings: Settings, seen: Seen, columns: list[ColumnFacts]) -> Settings:
    """The settings that say what was found out, so that it stays so."""
    ignore = [*settings.ignore, *(column.name for column in columns if column.ignore)]
    words: list[str] = []
    for column in columns:
        # Among texts a word may say something.
        if column.missing and not column.kind.startswith("category"):
            words += column.missing
    missing = settings.missing
    if words:
        missing = tuple(dict.fromkeys((*settings.missing, *words)))
    return settings._replace(
        task=seen.schema.task,
        ignore=tuple(dict.fromkeys(ignore)),
        missing=missing,
        types=_choose_types(settings, seen),
        decimal=_choose_decimal(settings, seen),
        dates=_choose_dates(settings, seen),
    )


def _choose_types(settings: Settings, seen: Seen) -> tuple[tuple[str, str], ...]:
    """What is told already, and codes that look like numbers."""
    types = dict(settings.types)
    for column in seen.schema.columns:
        if column.kind == TEXT and any("leading zeros" in w for w in seen.warnings):
            texts = seen.frame[column.name].dropna().astype(str).str.strip()
            if texts.str.fullmatch(r"\d+").all():
                types.setdefault(column.name, TEXT)
    return tuple(types.items())


def _choose_decimal(settings: Settings, seen: Seen) -> str:
    styles = {column.style for column in seen.schema.columns}
    styles.add(seen.schema.target_style)
    found = [name for style, name in DECIMAL_NAMES.items() if style in styles]
    is_open = any(OPEN_DECIMAL in text for text in seen.warnings)
    if settings.decimal != "auto" or len(found) != 1 or is_open:
        return settings.decimal
    return found[0]


def _choose_dates(settings: Settings, seen: Seen) -> str:
    styles = {column.style for column in seen.schema.columns if column.kind == DATE}
    found = [name for style, name in ORDER_NAMES.items() if style in styles]
    is_open = any(OPEN_DATES in text for text in seen.warnings)
    if settings.dates != "auto" or len(found) != 1 or is_open:
        return settings.dates
    return found[0]
