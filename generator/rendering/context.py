"""What templates know: the settings as they are, and what follows from them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from ..config import options
from ..config.derived import (
    CACHE_DAYS,
    find_state_retention,
    has_trial_job,
    list_notification_ways,
    list_state_parts,
    list_training_jobs,
)
from ..config.settings import Settings
from ..config.types import as_list
from .pins import PinBook

# Scripts of the rendered workflow; `{}` stands for what is filled in.
# Each digit by itself: what a range as 0-9 holds depends on the locale of the runner. What
# cannot be printed, a line break above all, would begin a command of its own.
_GUARD = """\
case "$TRAINING_ITERATIONS" in
  '' | *[!0123456789]* | 0* | ???????*)
    echo "::error::TRAINING_ITERATIONS must be a whole number from 1, not\
 '${TRAINING_ITERATIONS//[![:print:]]/?}' (the digits 0 to 9 alone, at most six)"
    exit 1
    ;;
esac
"""
_LOOP = """\
for iteration in $(seq 1 "$TRAINING_ITERATIONS"); do
echo "::group::Iteration $iteration of $TRAINING_ITERATIONS"
{}
echo "::endgroup::"
done
"""
_WITHOUT_SECRETS = (
    'if [ "$GITHUB_EVENT_NAME" = pull_request ] && [ -z "{}" ]; then\n'
    '  echo "::notice title=Nothing trained::A pull request from a fork gets no secrets,'
    ' so there is nothing to train on."\n'
    "  exit 0\n"
    "fi\n"
)
# It checks the number of iterations by itself.
_BUILT_IN = "python -m pipeline update"
KAGGLE_SECRETS = ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY")
"""One login is enough: a secret that is not set arrives empty and counts as none."""
STATE_SECRET = "PIPELINE_STATE_KEY"  # noqa: S105 - its name
"""What the built-in training signs its state with.

Data can be read without it, so a fork trains, as a trial.
"""


def build_context(settings: Settings, root: Path) -> dict[str, object]:
    """Build everything a template can name.

    `root` is where the repository's own pins are looked for.
    """
    secrets = _list_secrets(settings)
    return {
        **settings.tree,
        "cache": _uses_cache(settings),
        "kept": _describe_retention(settings),
        "judged_jobs": _list_judged_jobs(settings),
        "missing_logs": _choose_missing_logs(settings, secrets),
        "notifies": bool(list_notification_ways(settings)),
        "pin": PinBook(root),
        "rights": _list_rights(settings),
        "secrets": secrets,
        "state_parts": _list_state_parts(settings),
        "stem": Path(settings[options.WORKFLOW]).stem,
        "trial": has_trial_job(settings),
        "trial_rights": _list_trial_rights(settings),
        "watched_artifacts": _list_watched_artifacts(settings),
        "watched_schedules": _write_schedules(settings),
        "training": _write_training_script(settings, secrets),
    }


def _list_state_parts(settings: Settings) -> list[tuple[str, object]]:
    """List the artifacts of the state, each with its settings.

    Files that are collected into one folder are one part.
    """
    artifacts = cast("dict[str, object]", settings.tree["artifacts"])
    return [(part, artifacts[part]) for part in list_state_parts(settings)]


def _list_watched_artifacts(settings: Settings) -> str:
    """List the artifacts that a run leaves its state in, as find_state.py is told them."""
    if settings[options.STORE] != "artifact":
        return ""
    artifacts = cast("dict[str, dict[str, str]]", settings.tree["artifacts"])
    return "/".join(artifacts[part]["name"] for part in list_state_parts(settings))


def _write_schedules(settings: Settings) -> str:
    """Write the cron lines, each with its zone, as JSON; none where they are off."""
    if not settings[options.TRIGGERS_SCHEDULE]:
        return "[]"
    zone = settings[options.SCHEDULE_TIMEZONE]
    return json.dumps([[cron, zone] for cron in settings[options.SCHEDULE_CRON]])


def _list_secrets(settings: Settings) -> tuple[str, ...]:
    secrets = settings[options.DATASET_SECRETS]
    has_login = bool(set(secrets) - {STATE_SECRET})
    if settings[options.DATASET_SOURCE] == "kaggle" and not has_login:
        return (*KAGGLE_SECRETS, *secrets)
    return secrets


def _uses_cache(settings: Settings) -> bool:
    # What a release is made of must not come from a cache that any run of another
    # branch may have filled.
    for branch in settings[options.BRANCHES]:
        if "release" in branch.lower():
            return False
    return bool(settings[options.INSTALL_REQUIREMENTS])


def _write_training_script(settings: Settings, secrets: Sequence[str]) -> str:
    """Write the script of the training step."""
    script = settings[options.TRAIN_COMMAND].rstrip("\n")
    if settings[options.TRAIN_LOOP] == "each":
        script = _GUARD + _LOOP.replace("{}", script)
    elif not script.startswith(_BUILT_IN):
        script = _GUARD + script
    runs_for_forks = settings[options.TRIGGERS_PULL_REQUEST]
    needed = [f"${secret}" for secret in secrets if secret != STATE_SECRET]
    if needed and runs_for_forks:
        return _WITHOUT_SECRETS.replace("{}", "".join(needed)) + script
    return script


def _choose_missing_logs(settings: Settings, secrets: Sequence[str]) -> str:
    """Choose what it means that there are no logs.

    A pull request from a fork, which gets no secrets, trains nothing and leaves none.
    """
    needs_secrets = bool(set(secrets) - {STATE_SECRET})
    if needs_secrets and settings[options.TRIGGERS_PULL_REQUEST]:
        return "${{ github.event_name == 'pull_request' && 'ignore' || 'warn' }}"
    return "warn"


def _list_judged_jobs(settings: Settings) -> list[str]:
    """List the jobs whose results a notification tells of.

    All but those that wait for the notification themselves.
    """
    jobs = settings[options.EXTRA_JOBS]
    waiting = {"notify"}
    # A job may wait for one that stands behind it: as many rounds as there are jobs
    # follow the longest chain.
    for _ in jobs:
        for name, job in jobs.items():
            if waiting.intersection(as_list(job.get("needs", []))):
                waiting.add(name)
    judged = [name for name in jobs if name not in waiting]
    return list_training_jobs(settings) + judged


def _describe_retention(settings: Settings) -> str:
    """Say how long the state of a run stays."""
    if settings[options.STORE] == "cache":
        return f"{CACHE_DAYS} days without use"
    days = find_state_retention(settings)
    if days is None:
        return "until replaced"
    return f"{days} days"


def _list_rights(settings: Settings) -> list[tuple[str, str, str]]:
    """List (scope, right, why) of the training job's token.

    The least it can do with, and what the settings add.
    """
    store = settings[options.STORE]
    contents = ("contents", "read", "to check the code out")
    if store in {"release", "branch"}:
        reason = f"to check the code out and to keep the state in a {store}"
        contents = ("contents", "write", reason)
    reason = "to find what earlier runs left"
    if store == "artifact":
        reason = "to find and download the state of an earlier run"
    rights = {"contents": contents, "actions": ("actions", "read", reason)}
    for scope, right in settings[options.PERMISSIONS_OF_TOKEN].items():
        # A right to write includes that to read; ours are not taken away.
        if right == "write" or scope not in rights:
            rights[scope] = (scope, right, "asked for in the settings")
    return list(rights.values())


def _list_trial_rights(settings: Settings) -> list[tuple[str, str, str]]:
    """List (scope, right, why) of the token of a pull request's job.

    It runs the pull request's own code, so it reads the contents whatever is asked for.
    """
    rights = []
    for scope, right, why in _list_rights(settings):
        if scope == "contents":
            rights.append((scope, "read", "to check the code out and read the state"))
        else:
            rights.append((scope, right, why))
    return rights
