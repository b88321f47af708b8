"""Settings that are fine alone and cannot stand together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

_PARTS = ("model", "data", "logs")


class Value(NamedTuple):
    """A value and where it was set: "default", "wfgen.toml:3", "environment WFGEN_X", "flag --x"."""

    value: object
    source: str


Values = Mapping[str, Value]


def contradictions(values: Values) -> Iterator[str]:
    """Every contradiction as a line that begins with where it was set."""
    yield from _triggers(values)
    yield from _artifacts(values)
    yield from _needs(values)
    yield from _jobs(values)
    yield from _workflows(values)
    yield from _step_ids(values)


def _where(values: Values, *keys: str) -> str:
    return next(
        (values[key].source for key in keys if values[key].source != "default"),
        "settings",
    )


def _triggers(values: Values) -> Iterator[str]:
    triggers = [key for key in values if key.startswith("triggers.")]
    if not any(values[key].value for key in triggers):
        yield f"{_where(values, *triggers)}: every trigger is off, nothing would ever run"


def _artifacts(values: Values) -> Iterator[str]:
    keys = [f"artifacts.{part}.name" for part in _PARTS]
    extra = values["artifacts.extra"].value
    extras = (
        [str(artifact["name"]) for artifact in extra]
        if isinstance(extra, tuple)
        else []
    )
    # GitHub compares artifact names as they are; a file system that unpacks them may not.
    taken = [str(values[key].value).lower() for key in keys] + [
        name.lower() for name in extras
    ]
    if len(set(taken)) < len(taken):
        yield f"{_where(values, *keys, 'artifacts.extra')}: two artifacts have the same name"
    folders = [f"artifacts.{part}.path" for part in _PARTS]
    paths = [str(values[key].value) for key in folders]
    if any(
        one != other and one.startswith(other) for one in paths for other in paths
    ) or len(set(paths)) < len(paths):
        yield f"{_where(values, *folders)}: the folders of model, data and logs must not lie in each other"


def _needs(values: Values) -> Iterator[str]:
    """A setting that another one must accompany."""
    rules = (
        (
            "install.hashes",
            bool(values["install.requirements"].value),
            "needs install.requirements",
        ),
        (
            "dataset.kaggle_json",
            values["dataset.source"].value == "kaggle",
            'needs dataset.source = "kaggle"',
        ),
        (
            "fanout.members",
            bool(values["fanout.merge"].value),
            "needs fanout.merge, which makes one state of many",
        ),
        (
            "fanout.members",
            values["store"].value == "artifact",
            'hands states over as artifacts: store = "artifact"',
        ),
    )
    for key, fulfilled, reason in rules:
        if values[key].value and not fulfilled:
            yield f"{_where(values, key)}: {key} {reason}"


def _step_ids(values: Values) -> Iterator[str]:
    """GitHub takes no file in which two steps of a job have the same id, whatever their case."""
    ours = (
        ("state", "train", "merge", "now")
        if values["fanout.members"].value
        else ("state", "train")
    )
    taken = dict.fromkeys(ours, "wfgen")
    for key in (key for key in values if key.startswith("steps.")):
        yield from _repeated(values, key, values[key].value, taken)
    jobs = values["jobs"].value
    for job in jobs.values() if isinstance(jobs, dict) else ():
        yield from _repeated(values, "jobs", job.get("steps"), {})


def _repeated(
    values: Values, key: str, steps: object, taken: dict[str, str]
) -> Iterator[str]:
    for step in steps if isinstance(steps, list | tuple) else ():
        name = str(step.get("id", "")).lower()
        if name in taken:
            yield f"{_where(values, key)}: {key} has a step with the id {step['id']!r}, which {taken[name]} has too"
        if name:
            taken[name] = key


def _workflows(values: Values) -> Iterator[str]:
    for name in ("ci", "keepalive"):
        if (
            values[f"workflows.{name}"].value
            and str(values["workflow"].value).lower() == f"{name}.yml"
        ):
            yield f"{_where(values, 'workflow')}: workflow and workflows.{name} would both write {name}.yml"


def _jobs(values: Values) -> Iterator[str]:
    jobs = values["jobs"].value
    jobs = jobs if isinstance(jobs, dict) else {}
    rendered = (
        {"plan", "train", "merge"} if values["fanout.members"].value else {"train"}
    )
    if any(values[f"notify.{way}"].value for way in ("issue", "webhook", "command")):
        rendered.add("notify")
    for name, job in jobs.items():
        needs = job.get("needs", [])
        unknown = sorted(
            {str(one) for one in (needs if isinstance(needs, list) else [needs])}
            - rendered
            - set(jobs)
        )
        if unknown:
            known = ", ".join(sorted(rendered | set(jobs) - {name}))
            yield f"{_where(values, 'jobs')}: jobs.{name} needs {unknown[0]!r}, which is no job here ({known})"
    for job in sorted({"train", "notify", "plan", "merge"} & set(jobs)):
        yield f"{_where(values, 'jobs')}: jobs.{job} is a job wfgen renders; give yours another name"
