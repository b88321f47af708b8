"""Settings that are fine alone and contradict each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from . import options
from .derived import has_trial_job, list_notification_ways, list_training_jobs
from .options import Option
from .types import as_list

if TYPE_CHECKING:  # settings are loaded by what validates them
    from .settings import Settings

_TRIGGERS = (
    options.TRIGGERS_PUSH,
    options.TRIGGERS_PULL_REQUEST,
    options.TRIGGERS_SCHEDULE,
    options.TRIGGERS_DISPATCH,
)
_OWN_JOBS = frozenset({"train", "notify", "plan", "merge"})


def find_contradictions(settings: Settings) -> Iterator[str]:
    """Yield every contradiction as a line that begins with where it was set."""
    yield from _check_triggers(settings)
    yield from _check_artifact_names(settings)
    yield from _check_folders(settings)
    yield from _check_needs(settings)
    yield from _check_jobs(settings)
    yield from _check_file_names(settings)
    yield from _check_step_ids(settings)


def _locate(settings: Settings, *keys: Option[Any]) -> str:
    """Say where the first of some settings was set, of those that were."""
    for option in keys:
        source = settings.get_source(option)
        if source != "default":
            return source
    return "settings"


def _check_triggers(settings: Settings) -> Iterator[str]:
    if not any(settings[trigger] for trigger in _TRIGGERS):
        place = _locate(settings, *_TRIGGERS)
        yield f"{place}: every trigger is off, nothing would ever run"


def _check_artifact_names(settings: Settings) -> Iterator[str]:
    names = [artifact.name for artifact in options.ARTIFACTS.values()]
    # GitHub compares artifact names as they are; a file system that unpacks them may not.
    taken = [settings[option].lower() for option in names]
    extras = settings[options.ARTIFACTS_EXTRA]
    taken += [extra["name"].lower() for extra in extras]
    if len(set(taken)) < len(taken):
        place = _locate(settings, *names, options.ARTIFACTS_EXTRA)
        yield f"{place}: two artifacts have the same name"


def _check_folders(settings: Settings) -> Iterator[str]:
    folders = [artifact.path for artifact in options.ARTIFACTS.values()]
    paths = [settings[option] for option in folders]
    for path, other in itertools.permutations(paths, 2):
        # A folder ends with a slash, so `a/` does not begin `ab/`.
        if path.startswith(other):
            place = _locate(settings, *folders)
            yield (
                f"{place}: the folders of model, data and logs "
                "must not lie in each other"
            )
            return


def _check_needs(settings: Settings) -> Iterator[str]:
    """Check each setting that another one must accompany."""
    for option, fulfilled, reason in _list_needs(settings):
        if settings[option] and not fulfilled:
            yield f"{_locate(settings, option)}: {option.key} {reason}"


def _list_needs(settings: Settings) -> tuple[tuple[Option[Any], bool, str], ...]:
    """List settings, whether what each needs is there, and what that is."""
    return (
        (
            options.INSTALL_HASHES,
            bool(settings[options.INSTALL_REQUIREMENTS]),
            "needs install.requirements",
        ),
        (
            options.DATASET_KAGGLE_JSON,
            settings[options.DATASET_SOURCE] == "kaggle",
            'needs dataset.source = "kaggle"',
        ),
        (
            options.FANOUT_MEMBERS,
            bool(settings[options.FANOUT_MERGE]),
            "needs fanout.merge, which makes one state of many",
        ),
        (
            options.FANOUT_MEMBERS,
            settings[options.STORE] == "artifact",
            'hands states over as artifacts: store = "artifact"',
        ),
        (
            options.FANOUT_MEMBERS,
            not settings[options.STATE_PATHS],
            "hands over the folders of artifacts.*.path: leave out state_paths",
        ),
        (
            options.READ_ONLY_CACHE,
            settings[options.TRIGGERS_PULL_REQUEST],
            "is for pull requests: needs triggers.pull_request",
        ),
        (
            options.READ_ONLY_CACHE,
            not settings[options.FANOUT_MEMBERS],
            "is for one training: needs fanout.members = 0",
        ),
    )


def _check_step_ids(settings: Settings) -> Iterator[str]:
    """Check that ids are used once: GitHub takes no two of a job, whatever their case."""
    taken = dict.fromkeys(("state", "train"), "wfgen")
    if settings[options.FANOUT_MEMBERS]:
        taken |= dict.fromkeys(("merge", "now"), "wfgen")
    for option in options.STEP_OPTIONS:
        yield from _check_repeated_ids(settings, option, settings[option], taken)
    for job in settings[options.EXTRA_JOBS].values():
        steps = job.get("steps")
        if isinstance(steps, list):
            yield from _check_repeated_ids(settings, options.EXTRA_JOBS, steps, {})


def _check_repeated_ids(
    settings: Settings,
    option: Option[Any],
    steps: Iterable[dict[str, Any]],
    taken: dict[str, str],
) -> Iterator[str]:
    """Check one list of steps; `taken` maps the ids so far to who has them."""
    for step in steps:
        name = str(step.get("id", "")).lower()
        if name in taken:
            yield (
                f"{_locate(settings, option)}: {option.key} has a step with the id "
                f"{step['id']!r}, which {taken[name]} has too"
            )
        if name:
            taken[name] = option.key


def _check_file_names(settings: Settings) -> Iterator[str]:
    workflow = settings[options.WORKFLOW].lower()
    for option, file in (
        (options.WORKFLOWS_CI, "ci.yml"),
        (options.WORKFLOWS_KEEPALIVE, "keepalive.yml"),
    ):
        if settings[option] and workflow == file:
            place = _locate(settings, options.WORKFLOW)
            yield f"{place}: workflow and {option.key} would both write {file}"


def _check_jobs(settings: Settings) -> Iterator[str]:
    jobs = settings[options.EXTRA_JOBS]
    place = _locate(settings, options.EXTRA_JOBS)
    known = {*jobs, *list_training_jobs(settings)}
    own = set(_OWN_JOBS)
    if list_notification_ways(settings):
        known.add("notify")
    if has_trial_job(settings):
        known.add("trial")
        own.add("trial")
    for name, job in jobs.items():
        needs = {str(need) for need in as_list(job.get("needs", []))}
        unknown = sorted(needs - known)
        if unknown:
            others = ", ".join(sorted(known - {name}))
            yield (
                f"{place}: jobs.{name} needs {unknown[0]!r}, "
                f"which is no job here ({others})"
            )
    for name in sorted(own.intersection(jobs)):
        yield f"{place}: jobs.{name} is a job wfgen renders; give yours another name"
