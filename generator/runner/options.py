"""The words of `wfgen run` that hold more than one thing, taken apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..errors import SettingsError
from ..github.core.faults import Fault
from ..workflow.model import Workflow
from ..workflow.nodes import Node

FAULT_FORM = (
    "'[METHOD] PATH STATUS [TIMES]', as in 'GET /repos/*/actions/artifacts* 500'"
)
# RFC 9110, 15: a status has three digits, of which the first is 1 to 5.
_HTTP_STATUSES = range(100, 600)
_FAULT = re.compile(
    r"(?:(?P<method>[^/\s]\S*)\s+)?(?P<path>/\S*)\s+(?P<status>\d+)(?:\s+(?P<times>\d+))?"
)
_ITERATIONS = "TRAINING_ITERATIONS"
# What the rendered workflow takes: seven digits are beyond anybody's training.
_COUNT = re.compile("[1-9][0-9]{0,5}")
# Handed on as a whole, or by a name that is worked out.
_READS_ANY_SECRET = re.compile(
    r"secrets:\s*inherit|\(\s*secrets\s*\)|secrets\[\s*[^'\"\s]"
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True, slots=True)
class ScopedValues:
    """Values of the repository, and of its GitHub environments, by name."""

    repository: Mapping[str, str]
    environments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def parse_pairs(option: str, texts: Iterable[str]) -> dict[str, str]:
    """Read NAME=VALUE, as often as the option was given; raises SettingsError."""
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise SettingsError(f"{option} takes NAME=VALUE, not {text!r}")
        _check_text(f"{option} {name}", value)
        pairs[name] = value
    return pairs


def _check_text(place: str, value: str) -> None:
    """Raise SettingsError for bytes that are no text; the value itself is not quoted."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise SettingsError(
            f"{place} holds bytes that are not UTF-8, as GitHub's values are"
        ) from error


def parse_variables(texts: Iterable[str]) -> ScopedValues:
    """Read `--var [ENVIRONMENT/]NAME=VALUE`; raises SettingsError."""
    return _split_by_environment(parse_pairs("--var", texts))


def parse_secrets(texts: Iterable[str], environ: Mapping[str, str]) -> ScopedValues:
    """Read `--secret [ENVIRONMENT/]NAME[=VALUE]`; raises SettingsError.

    Without a value it comes from `environ`. An error never quotes a value.
    """
    secrets: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        environment, slash, short_name = name.rpartition("/")
        if not equals:
            if short_name not in environ:
                raise SettingsError(
                    f"--secret {name}: the environment has no variable of that name"
                )
            value = environ[short_name]
        _check_text(f"--secret {name}", value)
        # GitHub makes the names of secrets upper case.
        secrets[f"{environment}{slash}{short_name.upper()}"] = value
    return _split_by_environment(secrets)


def find_unread_secrets(text: str, names: Iterable[str]) -> list[str]:
    """Find secrets that a workflow of this text never reads; none where it may read any.

    A misspelt name is empty on GitHub, and nothing says so.
    """
    if _READS_ANY_SECRET.search(text):
        return []
    unread = []
    for name in names:
        pattern = rf"secrets(\.|\[\s*['\"]){re.escape(name)}\b"
        if not re.search(pattern, text, re.IGNORECASE):
            unread.append(name)
    return unread


def check_iterations(
    workflow: Workflow, inputs: Mapping[str, str], variables: Mapping[str, str]
) -> None:
    """Raise SettingsError for a number of iterations that the training would refuse.

    Looked at is what reaches TRAINING_ITERATIONS, as in the workflows that wfgen renders;
    GitHub itself takes any text, and the run fails where it trains.
    """
    sources = _list_iteration_sources(workflow)
    given = (
        ("--input iterations", "inputs.iterations", inputs.get("iterations")),
        (f"--var {_ITERATIONS}", f"vars.{_ITERATIONS}", variables.get(_ITERATIONS)),
    )
    for option, source, value in given:
        if value and source in sources and not _COUNT.fullmatch(value):
            raise SettingsError(
                f"{option} takes a whole number from 1, in the digits 0 to 9 alone, "
                f"not {value!r}"
            )


def _list_iteration_sources(workflow: Workflow) -> str:
    """Return the expressions that TRAINING_ITERATIONS comes to in the jobs, as one text."""
    top = Node(workflow.document, (), workflow.document.data)
    expressions = []
    for _, job in top.get("jobs").iter_mapping():
        expressions.append(job.get("env").get_text(_ITERATIONS))
    return " ".join(expressions)


def check_repository_name(name: str | None) -> None:
    """Raise SettingsError for what is not OWNER/NAME."""
    if name is not None and not _REPOSITORY.fullmatch(name):
        raise SettingsError(f"--repository takes OWNER/NAME, not {name!r}")


def parse_fault(text: str) -> Fault:
    """Read a rule of --fault; raises SettingsError."""
    match = _FAULT.fullmatch(text.strip())
    if match is None or int(match["status"]) not in _HTTP_STATUSES:
        raise SettingsError(
            f"--fault does not understand {text!r}", hint=f"its form is {FAULT_FORM}"
        )
    method = (match["method"] or "*").upper()
    times = match["times"]
    return Fault(
        match["path"],
        method,
        status=int(match["status"]),
        times=None if times is None else int(times),
    )


def _split_by_environment(values: Mapping[str, str]) -> ScopedValues:
    """Tell the repository's values from those named ENVIRONMENT/NAME."""
    repository: dict[str, str] = {}
    environments: dict[str, dict[str, str]] = {}
    for name, value in values.items():
        environment, slash, short_name = name.rpartition("/")
        if not _NAME.fullmatch(short_name) or (slash and not environment):
            raise SettingsError(
                f"{name!r} is not NAME or ENVIRONMENT/NAME, "
                "with a name of letters, digits and _"
            )
        if slash:
            environments.setdefault(environment, {})[short_name] = value
        else:
            repository[short_name] = value
    return ScopedValues(repository, environments)
