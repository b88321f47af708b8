"""The file that a local GitHub is filled from: YAML or JSON, sections of records.

A record is what GitHub's REST API takes to make it, so that its documentation is the
documentation of the file.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from ...errors import SettingsError

MAX_BYTES = 16 << 20


class Request(NamedTuple):
    """One request that makes a record; `place` is where in the file that stands."""

    place: str
    method: str
    path: str
    body: Mapping[str, Any]


class Section(NamedTuple):
    """A list of records that are made in one way."""

    name: str
    method: str
    path: str


# In this order: later ones may name records of earlier ones.
SECTIONS = (
    Section("labels", "POST", "labels"),
    Section("milestones", "POST", "milestones"),
    Section("issues", "POST", "issues"),
    Section("pulls", "POST", "pulls"),
    Section("releases", "POST", "releases"),
    Section("deployments", "POST", "deployments"),
    Section("hooks", "POST", "hooks"),
)
_MAPPINGS = ("repository", "files", "branches", "variables", "environments")
_OTHERS = ("runs",)
RUN_FIELDS = ("workflow", "name", "event", "branch", "sha", "conclusion", "artifacts")
COMMENTS = "comments"


def read_seed(path: Path) -> dict[str, Any]:
    """The sections of a file; SettingsError for one that cannot be read, or is no such."""
    # Most who serve have no such file, and YAML takes its time.
    import yaml  # noqa: PLC0415 - as above
    from yamlcore import CCoreLoader  # noqa: PLC0415 - as above

    try:
        if path.stat().st_size > MAX_BYTES:
            raise SettingsError(f"{path} has more than {MAX_BYTES} bytes")
        text = path.read_text(encoding="utf-8")
        seed = yaml.load(text, Loader=CCoreLoader)  # noqa: S506 - makes plain data alone
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    except (yaml.YAMLError, RecursionError) as error:
        reason = str(error).partition("\n")[0]
        raise SettingsError(f"{path} is no YAML: {reason}") from None
    return check_seed(seed or {}, str(path))


def check_seed(seed: object, name: str) -> dict[str, Any]:
    """A file's content, if it has known sections of the right shapes; SettingsError."""
    if not isinstance(seed, dict):
        raise SettingsError(f"{name} holds no sections")
    lists = [*(section.name for section in SECTIONS), *_OTHERS]
    known = [*_MAPPINGS, *lists]
    for section, content in seed.items():
        if section not in known:
            hint = f"there are: {', '.join(known)}"
            raise SettingsError(f"{name} has a section {section}", hint=hint)
        if section in _MAPPINGS and not isinstance(content, dict):
            raise SettingsError(f"{name}: {section} is no mapping")
        if section in lists:
            _check_records(content, f"{name}: {section}")
    return seed


def _check_records(content: object, name: str) -> None:
    if not isinstance(content, list):
        raise SettingsError(f"{name} is no list")
    for number, record in enumerate(content):
        if not isinstance(record, dict):
            raise SettingsError(f"{name}[{number}] is no mapping")


def list_requests(seed: Mapping[str, Any]) -> Iterator[Request]:
    """The requests that make what a file names, in order; runs are made otherwise."""
    if settings := seed.get("repository"):
        yield Request("repository", "PATCH", "", settings)
    for path, text in seed.get("files", {}).items():
        yield _write_file(path, text)
    # A branch begins where another is; what is in it alone comes by `files` of its own.
    for name, content in seed.get("branches", {}).items():
        yield from _make_branch(name, content or {})
    for name, value in seed.get("variables", {}).items():
        body = {"name": name, "value": str(value)}
        yield Request(f"variables.{name}", "POST", "actions/variables", body)
    for name, body in seed.get("environments", {}).items():
        path = f"environments/{quote(name, safe='')}"
        yield Request(f"environments.{name}", "PUT", path, body or {})
    for section in SECTIONS:
        for number, record in enumerate(seed.get(section.name, [])):
            place = f"{section.name}[{number}]"
            body = {key: value for key, value in record.items() if key != COMMENTS}
            yield Request(place, section.method, section.path, body)


def _write_file(path: str, text: object, branch: str | None = None) -> Request:
    data = base64.b64encode(str(text).encode()).decode()
    body = {"message": f"Add {path}", "content": data}
    if branch is not None:
        body["branch"] = branch
    return Request(f"files.{path}", "PUT", f"contents/{quote(path)}", body)


def _make_branch(name: str, content: Mapping[str, Any]) -> Iterator[Request]:
    body = {"ref": f"refs/heads/{name}", "from": content.get("from", "")}
    yield Request(f"branches.{name}", "POST", "git/refs", body)
    for path, text in content.get("files", {}).items():
        yield _write_file(path, text, name)
