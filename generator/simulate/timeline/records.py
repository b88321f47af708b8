"""A timeline as frozen records, and as the JSON of a scenario file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from ...errors import OutputError, SettingsError
from ...github.core.clock import check_instant
from ...resources import scenario_schema_file

FORMAT = 1
RERUN = "rerun"
COMMIT = "commit"


class FaultKind(StrEnum):
    """What goes wrong in one run."""

    NONE = ""
    TRAINING_FAILS = "training-fails"
    RUNNER_LOST = "runner-lost"
    API_DOWN = "api-down"
    UPLOAD_FAILS = "upload-fails"
    RACING_PUSH = "racing-push"


@dataclass(frozen=True, slots=True)
class TimedEvent:
    """Something that happens at an instant (aware, UTC).

    `due` is when the cron line asked for it; a `dropped` one never comes. `workflow`
    is the file that a schedule, a dispatch or a re-run is about; other events start
    whatever reacts to them. `minutes` is how long the run takes, 0 for the scenario's
    own. A `commit` changes the default branch and starts no run.
    """

    at: datetime
    event: str
    workflow: str = ""
    cron: str = ""
    due: datetime | None = None
    dropped: bool = False
    from_fork: bool = False
    head_branch: str = "topic"
    fault: FaultKind = FaultKind.NONE
    minutes: float = 0.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """A timeline that can be played again.

    `minutes` is how long a run takes where its event does not say; a `public`
    repository has its schedules switched off after 60 quiet days.
    """

    start: datetime
    days: float
    events: tuple[TimedEvent, ...]
    minutes: float = 10.0
    public: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return the document of a scenario file."""
        return {
            "format": FORMAT,
            "start": self.start.isoformat(),
            "days": self.days,
            "minutes": self.minutes,
            "public": self.public,
            "events": [_write_event(event) for event in self.events],
        }


def _write_event(event: TimedEvent) -> dict[str, Any]:
    """Return an event without what is as it is by default."""
    document: dict[str, Any] = {}
    defaults = {field.name: field.default for field in fields(event)}
    for name, value in asdict(event).items():
        if value == defaults[name]:
            continue
        if isinstance(value, datetime):
            document[name] = value.isoformat()
        else:
            document[name] = value
    return document


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file; raises SettingsError with the place of what is wrong."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OutputError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"{path} is no JSON: {error}") from error
    try:
        return parse_scenario(document)
    except ValueError as error:
        hint = "docs/simulate.md describes the file"
        raise SettingsError(f"{path}: {error}", hint=hint) from error


def parse_scenario(document: Any) -> Scenario:  # noqa: ANN401 - JSON of anybody
    """Read the document of a scenario; raises ValueError naming the place."""
    _check_schema(document)
    events = [_read_event(entry) for entry in document["events"]]
    start = _read_instant(document["start"])
    for number, event in enumerate(events):
        if event.at < start:
            raise ValueError(f"events/{number}/at: it is before the start")
    events.sort(key=_get_instant)
    return Scenario(
        start=start,
        days=float(document.get("days", 0)),
        events=tuple(events),
        minutes=float(document.get("minutes", 10.0)),
        public=document.get("public", True),
    )


def _check_schema(document: object) -> None:
    """Raise ValueError for the first thing that the schema does not allow."""
    import jsonschema_rs  # noqa: PLC0415 - a drawn timeline goes without

    schema = json.loads(scenario_schema_file().read_bytes())
    for error in jsonschema_rs.Draft7Validator(schema).iter_errors(document):
        place = "/".join(map(str, error.instance_path)) or "the document"
        raise ValueError(f"{place}: {error.message}")


def _read_event(entry: Mapping[str, Any]) -> TimedEvent:
    fields = dict(entry)
    for name in ("at", "due"):
        if name in fields:
            fields[name] = _read_instant(fields[name])
    fields["fault"] = FaultKind(fields.get("fault", ""))
    fields["minutes"] = float(fields.get("minutes", 0))
    return TimedEvent(**fields)


def _get_instant(event: TimedEvent) -> datetime:
    return event.at


def _read_instant(text: str) -> datetime:
    """Return an instant in UTC; raises ValueError for the 31st of February."""
    instant = datetime.fromisoformat(text).astimezone(UTC)
    check_instant(instant)
    return instant
