"""Every text of the settings arrives in the YAML as that text and as nothing else.

Never inside a script.

A rendering with a harmless text is the pattern: with a nasty one in its place, the
parsed workflow must be the same tree with the nasty text exactly where the harmless one
stood. Texts that GitHub itself would not take are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from generator.config import text_types
from generator.config.options import OPTIONS
from generator.config.settings import load
from generator.config.types import (
    Boolean,
    Choice,
    Integer,
    ListOf,
    OrInherit,
    ValueType,
)
from generator.config.workflow_types import Permissions
from generator.errors import SettingsError
from generator.rendering.render import render_all
from generator.rendering.yaml import escape_expressions
from generator.workflow.source import parse_yaml

HARMLESS = "harmless"
ESCAPED = str(escape_expressions("${{"))
NASTY = [
    "${{ secrets.KAGGLE_KEY }}",
    "${{ github.event.pull_request.title }}",
    "a ${{",
    "# not a comment",
    "x #y",
    "a: b",
    "- item",
    "it's",
    'say "so"',
    "back\\slash",
    "$(touch pwned)",
    "`touch pwned`",
    "x; touch pwned",
    "x && touch pwned",
    "two\nlines",
    "x\n        run: touch pwned",
    "größe ☃ 🙂",
    "on",
    "010",
    "null",
    "<%= name %>",
    "{{ name }}",
    "%d %s {}",
    "*anchor",
    "&anchor",
    "!tag",
    "\u2028",
    "x\x07",
]
# Key -> how a text is put into its value, where that is not the text itself.
SHAPES: dict[str, Callable[[str], object]] = {
    "branches": lambda text: [text],
    "state_paths": lambda text: [text],
    "runner": lambda text: ["self-hosted", text],
    "train.env": lambda text: {"VARIABLE": text},
    "artifacts.extra": lambda text: [{"name": text, "path": "x/" + text}],
    "steps.before_train": lambda text: [
        {"name": "x", "run": "true", "env": {"X": text}, "if": text}
    ],
    "jobs": lambda text: {
        "other": {"name": "x", "env": {"X": text}, "steps": [{"run": "true"}]}
    },
}
# Their values come from a strict pattern, or are code by their nature: no text can be
# put in.
CLOSED_TEXTS = (
    text_types.CRON,
    text_types.OPTIONAL_SCRIPT,
    text_types.OPTIONAL_SECRET,
    text_types.OPTIONAL_TIMEZONE,
    text_types.PYTHON,
    text_types.SCRIPT,
    text_types.SECRET,
    text_types.WORKFLOW_FILE,
)
# It is rendered into nothing.
UNSEEN = {"templates_dir"}


def is_closed(value_type: ValueType[object]) -> bool:
    """Whether no text can be put into a value: it comes from a closed list or pattern."""
    if isinstance(value_type, ListOf):
        return is_closed(value_type.item)
    if isinstance(value_type, Integer | Boolean | Choice | OrInherit | Permissions):
        return True
    return value_type in CLOSED_TEXTS


def list_texts() -> dict[str, Callable[[str], object]]:
    """Every setting a text can be put into; the six lists of steps are alike."""
    shapes = {}
    for option in OPTIONS:
        if option.key.startswith("steps.") and option.key not in SHAPES:
            continue
        if not is_closed(option.value_type) and option.key not in UNSEEN:
            shapes[option.key] = SHAPES.get(option.key, str)
    return shapes


TEXTS = list_texts()
# What GitHub evaluates on purpose, as in any workflow.
CODE = {"steps.before_train", "jobs"}


def tree(key: str, text: str) -> object:
    flags = {key: (key, TEXTS[key](text)), "workflows.ci": ("workflows.ci", True)}
    trees: dict[str, object] = {}
    for file in render_all(load(Path("nowhere"), {}, flags), Path("nowhere")):
        if file.path.endswith(".yml"):
            parsed = parse_yaml(file.text, Path(file.path))
            assert parsed.findings == ()
            trees[file.path] = parsed.data
    return trees


def placed(node: object, text: str) -> object:
    """The tree with `text` where the harmless one stands."""
    if isinstance(node, dict):
        return {key: placed(value, text) for key, value in node.items()}
    if isinstance(node, list):
        return [placed(value, text) for value in node]
    return node.replace(HARMLESS, text) if isinstance(node, str) else node


def as_github_evaluates(node: object) -> object:
    """The tree with our escape of `${{` replaced by what GitHub makes of it."""
    if isinstance(node, dict):
        return {key: as_github_evaluates(value) for key, value in node.items()}
    if isinstance(node, list):
        return [as_github_evaluates(value) for value in node]
    return node.replace(ESCAPED, "${{") if isinstance(node, str) else node


def expressions(node: object) -> list[str]:
    """Every string that GitHub would find an expression in, our escape left out."""
    if isinstance(node, dict):
        return [found for value in node.values() for found in expressions(value)]
    if isinstance(node, list):
        return [found for value in node for found in expressions(value)]
    return (
        [node] if isinstance(node, str) and "${{" in node.replace(ESCAPED, "") else []
    )


def scripts(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [str(node["run"])] if isinstance(node.get("run"), str) else []
        return own + [found for value in node.values() for found in scripts(value)]
    return (
        [found for value in node for found in scripts(value)]
        if isinstance(node, list)
        else []
    )


def test_every_setting_that_holds_text_is_looked_at() -> None:
    assert set(TEXTS) >= set(SHAPES) | {
        "name",
        "environment",
        "install.requirements",
        "ci.wfgen",
        "artifacts.model.name",
        "artifacts.model.path",
        "artifacts.data.name",
        "artifacts.data.path",
        "artifacts.logs.name",
        "artifacts.logs.path",
    }


@pytest.mark.parametrize("text", NASTY, ids=ascii)
@pytest.mark.parametrize("key", TEXTS)
def test_a_text_is_that_text_or_is_refused(key: str, text: str) -> None:
    try:
        found = tree(key, text)
    except SettingsError as refused:
        refusal = refused.message
        assert key in refusal
        assert len(refusal.splitlines()) == 1
        return
    pattern = tree(key, HARMLESS)
    assert as_github_evaluates(found) == placed(pattern, text)
    assert scripts(found) == scripts(pattern)
    if key not in CODE:
        assert expressions(found) == expressions(pattern)


@pytest.mark.parametrize("key", sorted(set(TEXTS) - {"name", "branches"}))
def test_what_looks_like_an_expression_is_not_refused_where_it_can_be_handed_on(
    key: str,
) -> None:
    text = "a ${{ x }} b"
    assert as_github_evaluates(tree(key, text)) == placed(tree(key, HARMLESS), text)


@pytest.mark.parametrize(
    "text", ["echo ${{ github.event.issue.title }}", "x\n${{ secrets.A }}"]
)
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("train.command", lambda text: text),
        ("steps.after_upload", lambda text: [{"run": text}]),
        ("jobs", lambda text: {"a": {"steps": [{"run": text}]}}),
    ],
)
def test_nothing_github_would_paste_gets_into_a_script(
    key: str, value: object, text: str
) -> None:
    assert callable(value)
    with pytest.raises(SettingsError, match=r"give it through env and write \$NAME"):
        load(Path("nowhere"), {}, {key: (key, value(text))})
