"""Every setting is seen in a run under act, or there is a reason why a run cannot show it.

A test below tests/integration says by `@pytest.mark.shows_settings(KEY, ...)` what it
shows. It does so when it sets them: each key stands in the test, or in a constant of the
file that the test uses.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from generator.config.options import OPTIONS

TESTS = Path(__file__).parents[3] / "integration"
MARKER = ".shows_settings"
# What GitHub does before a run begins; one test shows that it keeps none from running.
SHOWS_NOTHING = {
    "schedule.timezone": "It decides when GitHub starts a run; "
    "nothing here starts one by the clock.",
}


@cache
def parse_test_file(file: str) -> ast.Module:
    return ast.parse((TESTS / file).read_text(encoding="utf-8"))


def list_words(node: ast.AST) -> Iterator[str]:
    """Every text, and every name of an argument, below a node."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield from inner.value.split()
            yield inner.value
        if isinstance(inner, ast.keyword) and inner.arg:
            yield inner.arg


def find_function(file: str, name: str) -> ast.FunctionDef:
    for node in parse_test_file(file).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    raise LookupError(f"{file} has no {name}")


def list_assignments(file: str) -> list[ast.Assign]:
    body = parse_test_file(file).body
    return [node for node in body if isinstance(node, ast.Assign)]


def find_words(file: str, test: str) -> set[str]:
    """The words of a test and of the constants it names.

    What it is marked with as shown says nothing about what it does.
    """
    function = find_function(file, test)
    markers = list_markers(function)
    names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    words: set[str] = set()
    for part in (*function.decorator_list, function.args, *function.body):
        if part not in markers:
            words.update(list_words(part))
    for assignment in list_assignments(file):
        targets = {getattr(target, "id", "") for target in assignment.targets}
        if names & targets:
            words.update(list_words(assignment))
    return words


def list_markers(function: ast.FunctionDef) -> list[ast.Call]:
    calls = [one for one in function.decorator_list if isinstance(one, ast.Call)]
    return [one for one in calls if ast.unparse(one.func).endswith(MARKER)]


def find_shown() -> list[tuple[str, str, str]]:
    """Each setting that a test says to show, with file and test."""
    shown = []
    for path in sorted(TESTS.glob("test_run_*.py")):
        for function in parse_test_file(path.name).body:
            if not isinstance(function, ast.FunctionDef):
                continue
            for marker in list_markers(function):
                keys = map(ast.literal_eval, marker.args)
                shown += [(key, path.name, function.name) for key in keys]
    return shown


SHOWN = find_shown()


def test_every_setting_is_run_or_has_a_reason_why_not() -> None:
    shown = {key for key, _, _ in SHOWN}
    assert shown | set(SHOWS_NOTHING) == {option.key for option in OPTIONS}
    assert not shown & set(SHOWS_NOTHING)


@pytest.mark.parametrize(("key", "file", "test"), SHOWN)
def test_the_run_that_shows_a_setting_sets_it(key: str, file: str, test: str) -> None:
    assert any(
        "pytest.mark.act" in ast.unparse(node) for node in list_assignments(file)
    )
    # `wfgen.toml` in a test holds keys such as `ci.lint = ...`.
    assert key in find_words(file, test)


@pytest.mark.parametrize("key", SHOWS_NOTHING)
def test_a_setting_that_shows_nothing_keeps_nothing_from_running(key: str) -> None:
    assert key in find_words(
        "test_run_settings.py", "test_a_queue_and_a_time_zone_keep_nothing_from_running"
    )
