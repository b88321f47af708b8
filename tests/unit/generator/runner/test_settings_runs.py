"""Every setting is seen in a run under act: which test shows it, or why a run cannot.

A test shows a setting when it sets it: its key stands in the test, or in a constant of
the file that the test uses.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from generator.config.options import OPTIONS

TESTS = Path(__file__).parents[3] / "integration"
# By file below tests/integration: a test, and the settings that it shows.
SHOWN_IN = {
    "test_run_triggers.py": {
        "test_a_workflow_of_another_name_has_a_state_of_its_own": [
            "name",
            "workflow",
        ],
        "test_other_branches_start_nothing_and_each_has_its_own_state": [
            "branches",
        ],
        "test_an_input_wins_over_a_variable_and_a_variable_over_the_setting": [
            "iterations",
        ],
        "test_a_trigger_that_is_off_starts_nothing": [
            "triggers.push",
            "triggers.pull_request",
            "triggers.schedule",
            "triggers.dispatch",
        ],
        "test_each_cron_line_starts_it": [
            "schedule.cron",
        ],
    },
    "test_run_artifacts.py": {
        "test_each_artifact_is_kept_its_own_time_and_then_gone": [
            "retention",
            "artifacts.model.retention",
            "artifacts.data.retention",
            "artifacts.extra",
        ],
        "test_without_summary_there_is_none": [
            "summary",
            "artifacts.logs.retention",
        ],
        "test_a_template_of_ones_own_is_run": [
            "templates_dir",
        ],
        "test_state_and_logs_lie_where_the_settings_say": [
            "artifacts.logs.name",
            "artifacts.model.path",
            "artifacts.data.path",
            "artifacts.logs.path",
        ],
        "test_steps_run_in_their_six_places": [
            "steps.before_restore",
            "steps.before_train",
            "steps.before_upload",
            "steps.after_restore",
            "steps.after_train",
            "steps.after_upload",
        ],
    },
    "test_run_install.py": {
        "test_only_what_has_the_right_hash_is_installed": [
            "python",
            "install.requirements",
            "install.installer",
            "install.hashes",
        ],
    },
    "test_run_rights.py": {
        "test_the_token_has_the_rights_of_the_settings_on_whatever_runner": [
            "runner",
            "permissions",
        ],
        "test_an_environment_gives_its_secrets_to_its_own_jobs_only": [
            "environment",
        ],
        "test_secrets_reach_the_training_and_nothing_else": [
            "dataset.secrets",
        ],
    },
    "test_run_timeouts.py": {
        "test_what_takes_longer_than_it_may_is_stopped": [
            "timeout",
            "train.timeout",
        ],
    },
    "test_run_concurrency.py": {
        "test_of_three_runs_at_once_each_has_its_turn": [
            "concurrency",
        ],
    },
    "test_run_settings.py": {
        "test_state_in_a_store_is_carried_over_five_runs": [
            "store",
        ],
        "test_a_pull_request_runs_in_a_job_that_keeps_no_state": [
            "read_only_cache",
        ],
        "test_credentials_of_kaggle_reach_file_and_training_and_no_log": [
            "dataset.source",
            "dataset.kaggle_json",
        ],
        "test_the_command_of_the_reference_document": [
            "train.command",
            "train.loop",
        ],
        "test_names_folders_and_environment_reach_the_training": [
            "train.env",
            "artifacts.model.name",
            "artifacts.data.name",
        ],
        "test_three_members_train_side_by_side_and_one_job_merges": [
            "fanout.members",
            "fanout.merge",
        ],
        "test_failure_and_recovery_are_told": [
            "notify.issue",
            "notify.webhook",
            "notify.command",
        ],
        "test_completion_alone_is_told_where_that_is_wanted": [
            "notify.on",
        ],
        "test_extra_steps_and_jobs_run_in_their_places": [
            "jobs",
        ],
    },
    "test_run_workflows.py": {
        "test_ci_holds_the_rendered_files_to_the_settings": [
            "workflows.ci",
            "ci.lint",
            "ci.test",
            "ci.wfgen",
        ],
        "test_keepalive_switches_on_what_inactivity_switched_off": [
            "workflows.keepalive",
        ],
    },
}


def invert(shown_in: dict[str, dict[str, list[str]]]) -> dict[str, tuple[str, str]]:
    """File and test, by setting."""
    shown_by: dict[str, tuple[str, str]] = {}
    for file, tests in shown_in.items():
        for test, keys in tests.items():
            shown_by.update(dict.fromkeys(keys, (file, test)))
    return shown_by


SHOWN_BY = invert(SHOWN_IN)
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
    """The words of a test and of the constants it names."""
    function = find_function(file, test)
    names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    words = set(list_words(function))
    for assignment in list_assignments(file):
        targets = {getattr(target, "id", "") for target in assignment.targets}
        if names & targets:
            words.update(list_words(assignment))
    return words


def test_every_setting_is_run_or_has_a_reason_why_not() -> None:
    assert set(SHOWN_BY) | set(SHOWS_NOTHING) == {option.key for option in OPTIONS}
    assert not set(SHOWN_BY) & set(SHOWS_NOTHING)


@pytest.mark.parametrize("key", SHOWN_BY)
def test_the_run_that_shows_a_setting_sets_it(key: str) -> None:
    file, test = SHOWN_BY[key]
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
