"""`data_state.json` as a record: its formats, its validation, its id and its signature.

Nothing here touches a file. Records are named tuples: a run that finds nothing new
passes here, and a dataclass takes ten times as long to define.

Formats, each with a reader that makes the next one of it in memory; the next commit
writes the newest:

1. counters, cursor, metrics, history, libraries, and the sha256 of both pickles;
2. also `probe` (predictions for made-up rows, or none) and `previous` (the document of
   the state before the run that wrote this one, or none).
"""

# Without `from __future__ import annotations`: named tuples made of texts take three
# times as long to make, and every run that finds nothing new makes these.

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias

from ..atomic import sha256
from ..errors import StateFormatError, StateTamperedError
from ..sources.cursor import Cursor
from .json_parts import (
    JsonObject,
    WrongPartError,
    get_part,
    load_json,
    parse_count,
    parse_list,
    parse_number,
    parse_object,
    parse_optional_object,
    parse_optional_text,
    parse_text,
    parse_text_values,
    parse_texts,
)
from .text_forms import (
    ID_LENGTH,
    is_id,
    is_moment,
    is_name,
    is_population,
    is_sha256,
    is_version,
)

if TYPE_CHECKING:
    PreviousDocument: TypeAlias = "StateDocument | None"
else:
    # A named tuple compiles a type that is a text, which costs more than all others here.
    PreviousDocument = object

FORMAT = 2
BEST = "best_model.pkl"

TASKS = frozenset({"binary", "multiclass", "regression"})
# Those in `figures` that are no candidates; `tasks` and `models` bring numpy.
JUDGED = ("baseline", "champion")


class FileRecord(NamedTuple):
    """What a model file is recognised by."""

    sha256: str
    size: int

    @classmethod
    def describe(cls, content: bytes) -> Self:
        """Return the record of a file with this content."""
        return cls(sha256(content), len(content))

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Parse an entry of `files`. Raises WrongPartError."""
        parts = parse_object(value)
        return cls(
            parse_text(parts.get("sha256"), is_sha256), parse_count(parts.get("bytes"))
        )

    def to_json(self) -> JsonObject:
        """Return the entry as the file has it."""
        return {"sha256": self.sha256, "bytes": self.size}


class Counters(NamedTuple):
    """What the models of a state were trained on so far, and in how many runs."""

    rows: int = 0
    batches: int = 0
    unlabelled: int = 0
    runs: int = 0

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Parse `counters`. Raises WrongPartError."""
        parts = parse_object(value)
        return cls(*(parse_count(parts.get(name)) for name in cls._fields))

    def to_json(self) -> JsonObject:
        """Return the counters as the file has them."""
        return self._asdict()


class Metric(NamedTuple):
    """The metric that a run is judged by: its name and its value."""

    name: str
    value: float

    @classmethod
    def from_json(cls, value: object) -> Self | None:
        """Parse `metric`, which is null before anything was scored. Raises WrongPartError."""
        if value is None:
            return None
        parts = parse_object(value)
        return cls(
            parse_text(parts.get("name"), is_name), parse_number(parts.get("value"))
        )

    def to_json(self) -> JsonObject:
        """Return the metric as the file has it."""
        return self._asdict()


class RunRecord(NamedTuple):
    """One run in the history; counts are those of all runs up to its end."""

    at: str
    batches: int
    rows: int
    champion: str
    metric: Metric | None
    parent_state_id: str | None = None
    names_parent: bool = True
    """False for runs of versions that did not record which state they started from."""
    own_metric: Metric | None = None
    """The same over the rows of this run alone; None where none was scored."""

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Parse an entry of `history`. Raises WrongPartError."""
        parts = parse_object(value)
        return cls(
            parse_text(parts.get("at"), is_moment),
            parse_count(parts.get("batches")),
            parse_count(parts.get("rows")),
            parse_text(parts.get("champion"), is_name),
            Metric.from_json(parts.get("metric")),
            parse_optional_text(parts.get("from"), is_id),
            "from" in parts,
            Metric.from_json(parts.get("own_metric")),
        )

    def to_json(self) -> JsonObject:
        """Return the entry as the file has it."""
        parts = {
            "at": self.at,
            "batches": self.batches,
            "rows": self.rows,
            "champion": self.champion,
            "metric": _to_json(self.metric),
        }
        if self.names_parent:
            parts["from"] = self.parent_state_id
        if self.own_metric is not None:
            parts["own_metric"] = self.own_metric.to_json()
        return parts


class SourceRecord(NamedTuple):
    """The source that a state was trained on, and how far it was read."""

    name: str
    cursor: Cursor

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Parse `source`. Raises WrongPartError."""
        parts = parse_object(value)
        name = parse_text(parts.get("name"))
        try:
            cursor = Cursor.from_json(parts.get("cursor"))
        except ValueError as error:
            raise WrongPartError(f"the cursor: {error}") from error
        return cls(name, cursor)

    def to_json(self) -> JsonObject:
        """Return the source as the file has it."""
        return {"name": self.name, "cursor": self.cursor.to_json()}


class Origin(NamedTuple):
    """Where a signed state belongs: what is bound to it is part of what is signed.

    None stands for what was not known where it was signed.
    """

    repository: str | None = None
    repository_id: str | None = None
    """Of GitHub's; the same after the repository was renamed."""
    branch: str | None = None
    workflow: str | None = None
    """The path of the workflow's file."""

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Parse `origin`. Raises WrongPartError."""
        parts = parse_object(value)
        return cls(*(parse_optional_text(parts.get(name)) for name in cls._fields))

    def to_json(self) -> JsonObject:
        """Return what is known, as the file has it."""
        parts = self._asdict()
        return {name: parts[name] for name in parts if parts[name] is not None}


NO_ORIGIN = Origin()


# `loss` and, where it was scored, the headline metric of one candidate.
CandidateMetrics = Mapping[str, float | None]


class StateDocument(NamedTuple):
    """What `data_state.json` says, in the newest format.

    The training gives the parts without a default; the store adds the others.
    """

    counters: Counters
    champion: str
    metric: Metric | None
    metrics: Mapping[str, CandidateMetrics]
    """By candidate; `figures` in the file."""
    task: str
    target: str
    models: tuple[str, ...]
    classes: tuple[str, ...]
    columns: Mapping[str, str]
    source: SourceRecord
    libraries: Mapping[str, str]
    probe: JsonObject | None
    """Predictions for made-up rows; read by `prediction_check`."""
    history: tuple[RunRecord, ...]
    population: str = ""
    """Name of the file with everything that is needed to train on."""
    files: Mapping[str, FileRecord] = {}
    previous: PreviousDocument = None
    parent_state_id: str | None = None
    state_id: str = ""
    signature: str | None = None
    origin: Origin = NO_ORIGIN
    """Known of signed states alone, and no part of the id."""

    @classmethod
    def from_json(cls, written: Mapping[str, Any], path: Path) -> Self:
        """Validate a document of any format, as `parse_json` gave it.

        Raises StateFormatError where it lacks what its format has, or a part of it is
        of another type.
        """
        document = dict(written)
        while document["format"] != FORMAT:
            document = READERS[document["format"]](document)
        try:
            return cls._parse(document)
        except ValueError as error:
            raise StateFormatError(
                f"{path} lacks parts that format {written['format']} has, "
                "or they are of another kind"
            ) from error

    @classmethod
    def _parse(cls, parts: Mapping[str, Any]) -> Self:
        document = cls(
            counters=Counters.from_json(parts.get("counters")),
            champion=parse_text(parts.get("champion"), is_name),
            metric=Metric.from_json(get_part(parts, "metric")),
            metrics=_parse_metrics(parts.get("figures")),
            task=parse_text(parts.get("task")),
            target=parse_text(parts.get("target")),
            models=parse_texts(parts.get("models"), is_name),
            classes=parse_texts(parts.get("classes")),
            columns=parse_text_values(parts.get("columns")),
            source=SourceRecord.from_json(parts.get("source")),
            libraries=parse_text_values(parts.get("libraries"), is_version),
            probe=parse_optional_object(get_part(parts, "probe")),
            history=tuple(map(RunRecord.from_json, parse_list(parts.get("history")))),
            population=parse_text(parts.get("population"), is_population),
            files=_parse_files(parts.get("files")),
            previous=cls._parse_previous(get_part(parts, "previous")),
            parent_state_id=parse_optional_text(
                get_part(parts, "parent_state_id"), is_id
            ),
            state_id=parse_text(parts.get("state_id"), is_id),
            signature=parse_optional_text(parts.get("signature")),
            origin=Origin.from_json(parts.get("origin", {})),
        )
        if set(document.files) != {document.population, BEST}:
            raise WrongPartError("the files are not those of a state")
        if not {"scikit-learn", "numpy"} <= document.libraries.keys():
            raise WrongPartError("libraries are missing")
        if not {document.champion, *JUDGED} <= document.metrics.keys():
            raise WrongPartError("metrics of the champion or the baseline are missing")
        if document.task not in TASKS:
            raise WrongPartError("the task is none of ours")
        return document

    @classmethod
    def _parse_previous(cls, value: object) -> Self | None:
        if value is None:
            return None
        parts = parse_object(value)
        # A previous state holds none of its own, so that states do not grow.
        if parts.get("format") != FORMAT or get_part(parts, "previous") is not None:
            raise WrongPartError("the previous state has another form")
        return cls._parse(parts)

    def to_json(self) -> JsonObject:
        """Return the document as the file has it; a state without a key has no signature."""
        history = [run.to_json() for run in self.history]
        files = {name: record.to_json() for name, record in self.files.items()}
        metrics = {name: dict(values) for name, values in self.metrics.items()}
        document: JsonObject = {
            "format": FORMAT,
            "counters": self.counters.to_json(),
            "champion": self.champion,
            "metric": _to_json(self.metric),
            "figures": metrics,
            "task": self.task,
            "target": self.target,
            "models": list(self.models),
            "classes": list(self.classes),
            "columns": dict(self.columns),
            "source": self.source.to_json(),
            "libraries": dict(self.libraries),
            "probe": self.probe,
            "history": history,
            "population": self.population,
            "files": files,
            "previous": _to_json(self.previous),
            "parent_state_id": self.parent_state_id,
            "state_id": self.state_id,
        }
        if self.signature is not None:
            document["signature"] = self.signature
        if self.origin != NO_ORIGIN:
            document["origin"] = self.origin.to_json()
        return document

    def finalize(
        self, parent: str | None, key: bytes | None, origin: Origin = NO_ORIGIN
    ) -> Self:
        """Return it with its parent, an id from its content, and signed where there is a key."""
        document = self.unsign()._replace(parent_state_id=parent)
        content = document.to_json()
        # The id is that of everything else.
        del content["state_id"]
        state_id = sha256(_canonicalize(content))[:ID_LENGTH]
        document = document._replace(state_id=state_id)
        return document if key is None else document.sign(key, origin)

    def sign(self, key: bytes, origin: Origin = NO_ORIGIN) -> Self:
        """Return it bound to where it belongs, with the signature of this key."""
        bound = self._replace(origin=origin)
        return bound._replace(signature=compute_signature(bound.to_json(), key))

    def unsign(self) -> Self:
        """Return it without a signature."""
        return self._replace(signature=None, origin=NO_ORIGIN)

    def serialize(self) -> bytes:
        """Return the content of the file, with lines for people."""
        return serialize_json(self.to_json())


def parse_json(content: bytes, path: Path) -> JsonObject:
    """Read the document as it was written, in its own format, to check its signature.

    Raises StateTamperedError where it is no JSON, StateFormatError where no reader is
    there for it.
    """
    try:
        document = load_json(content)
    except (ValueError, RecursionError) as error:
        raise StateTamperedError(f"{path} is truncated or no JSON: {error}") from error
    version = None
    if isinstance(document, dict):
        version = document.get("format")
    # JSON's `true` is an int to Python.
    if not isinstance(document, dict) or type(version) is not int:
        raise StateFormatError(
            f"{path} was not written by this pipeline: it names no format"
        )
    if version not in READERS:
        raise StateFormatError(
            f"{path} has format {version}; this version reads up to {FORMAT}"
        )
    return document


def _upgrade_from_1(document: JsonObject) -> JsonObject:
    return {**document, "format": 2, "probe": None, "previous": None}


# By the format that they read; each makes the next one.
READERS: Mapping[int, Callable[[JsonObject], JsonObject]] = {
    1: _upgrade_from_1,
    FORMAT: dict,
}


def compute_signature(document: Mapping[str, Any], key: bytes) -> str:
    """Return the HMAC (RFC 2104) of everything but the signature, in canonical form."""
    import hmac  # noqa: PLC0415  # only where a key is set

    unsigned = dict(document)
    unsigned.pop("signature", None)
    return "hmac-sha256:" + hmac.digest(key, _canonicalize(unsigned), "sha256").hex()


def has_signature_of(document: Mapping[str, Any], key: bytes) -> bool:
    """Whether a document, as it was written, is signed with this key."""
    import hmac  # noqa: PLC0415  # as above

    signature = document["signature"]
    expected = compute_signature(document, key)
    return isinstance(signature, str) and hmac.compare_digest(
        signature.encode("utf-8", "surrogatepass"), expected.encode()
    )


def serialize_json(document: Mapping[str, Any]) -> bytes:
    """Return a document as the bytes of its file."""
    text = json.dumps(document, indent=1, sort_keys=True, allow_nan=False)
    return text.encode() + b"\n"


def _canonicalize(document: Mapping[str, Any]) -> bytes:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode()


def _to_json(record: Metric | StateDocument | None) -> JsonObject | None:
    return None if record is None else record.to_json()


def _parse_metrics(value: object) -> dict[str, CandidateMetrics]:
    metrics = parse_object(value)
    for candidate, values in metrics.items():
        parse_text(candidate, is_name)
        if "loss" not in parse_object(values):
            raise WrongPartError("a candidate has no loss")
        for number in values.values():
            if number is not None:
                parse_number(number)
    return metrics


def _parse_files(value: object) -> dict[str, FileRecord]:
    files = {}
    for name, entry in parse_object(value).items():
        files[name] = FileRecord.from_json(entry)
    return files
