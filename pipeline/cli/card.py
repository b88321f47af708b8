"""A model card: what a state says of its model, as Markdown. Nothing is unpickled.

After Mitchell et al., "Model Cards for Model Reporting" (2019), as far as a program can
know it; the rest is left to people, by name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..program import PACKAGE
from ..reporting.summary import format_candidate, format_metric, format_number
from ..tasks import REGRESSION
from .queries import BASELINE, describe_state, load_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..state.document import StateDocument
    from ..state.store import Store

SHOWN_CLASSES = 50
FOR_PEOPLE = (
    "What the rows are, who collected them and whether they may be used so",
    "What the model is meant for, and what it must not be used for",
    "For whom it may be wrong more often than for others",
)


def format_card(store: Store) -> str:
    """The card of the state at hand. Raises PipelineError where there is none."""
    document = load_state(store).document
    facts = describe_state(store)
    metric = format_metric(facts["metric"])
    champion = quote(format_candidate(document.champion))
    lines = [
        f"# Model card: {quote(document.target)}",
        "",
        _describe_training(document),
        "",
        "## Figures",
        "",
        f"{metric} of rows scored before they were trained on, by {champion}.",
        "",
        *_format_figures(document),
        "",
        "## Columns",
        "",
        *format_table(("column", "read as"), list(document.columns.items())),
        "",
        *_list_classes(document),
        "## Use",
        "",
        "```python",
        f"import {PACKAGE} as pipeline",
        "",
        'model = pipeline.load(".")  # the folder with runtime/',
        "model.predict(frame)",
        "```",
        "",
        f"State {document.state_id}, {_describe_signature(signed=facts['signed'])}; made with "
        + ", ".join(f"{name} {text}" for name, text in document.libraries.items())
        + ".",
        "",
        "## To be said by people",
        "",
        *(f"- {question}." for question in FOR_PEOPLE),
    ]
    return "\n".join(lines)


def _describe_training(document: StateDocument) -> str:
    counters = document.counters
    return (
        f"Predicts {quote(document.target)} ({document.task}), trained batch by batch on "
        f"{counters.rows} rows of {quote(document.source.name)} in {counters.batches} "
        f"batches and {counters.runs} runs; {counters.unlabelled} rows had no target."
    )


def _describe_signature(*, signed: bool) -> str:
    return "signed" if signed else "without a signature"


def _format_figures(document: StateDocument) -> list[str]:
    rows = []
    for name in (document.champion, BASELINE):
        figures = document.metrics.get(name, {})
        for metric, value in figures.items():
            number = "-" if value is None else format_number(value)
            rows.append((f"{format_candidate(name)}: {metric}", number))
    return format_table(("figure", "value"), rows)


def _list_classes(document: StateDocument) -> list[str]:
    if document.task == REGRESSION:
        return []
    shown = [quote(name) for name in document.classes[:SHOWN_CLASSES]]
    more = len(document.classes) - len(shown)
    text = ", ".join(shown)
    if more > 0:
        text += f" and {more} more"
    return ["## Classes", "", text, ""]


def format_table(head: Sequence[str], rows: Sequence[tuple[str, str]]) -> list[str]:
    """A table of Markdown; cells are texts of strangers."""
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for left, right in rows:
        cell = quote(left).replace("|", "\\|")
        lines.append(f"| {cell} | {right} |")
    return lines


def quote(text: str) -> str:
    """A text as code, whatever it holds: a fence longer than any in it."""
    printable = "".join(sign if sign.isprintable() else "\ufffd" for sign in text)
    longest = max(map(len, re.findall(r"`+", printable)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if not printable or "`" in (printable[0], printable[-1]) else ""
    return f"{fence}{pad}{printable}{pad}{fence}"
