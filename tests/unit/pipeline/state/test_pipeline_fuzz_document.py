"""Damaged and hostile `data_state.json`: a code and one line, or a state that goes on.

The long form is a bench.
"""

from __future__ import annotations

import contextlib
import copy
import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.queries import describe_state, format_facts
from pipeline.errors import PipelineError, StateFormatError, StateTamperedError
from pipeline.settings import Settings
from pipeline.state.document import (
    FORMAT,
    StateDocument,
    compute_signature,
    parse_json,
    serialize_json,
)
from pipeline.state.store import Store
from pipeline.state.verification import check_signature, get_signing_key
from pipeline.training.update import update

KEY = b"correct horse"
PATH = Path("data_state.json")
SETTINGS = Settings(models=("sgd",), batch_rows=40, iterations=1, report=True)
LONE = "\ud800"
VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    1 << 63,
    10**400,
    0.5,
    -1e308,
    float("nan"),
    float("inf"),
    "",
    "a\n::error::b",
    LONE,
    "x" * 5000,
    [],
    {},
    [[]],
    {"": None},
    [LONE],
    {LONE: LONE},
    json.loads("[" * 300 + "]" * 300),
]
COUNTS = [300, pytest.param(20_000, marks=pytest.mark.bench)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of two runs, with the one before it."""
    root = tmp_path_factory.mktemp("trained")
    for _ in range(2):
        update(root, SETTINGS, {})
    return root


def list_places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401  # any JSON
    """The way to every part of a document."""
    places = [place] if place else []
    if isinstance(value, dict):
        for name, part in value.items():
            places += list_places(part, (*place, name))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            places += list_places(part, (*place, index))
    return places


def damage(document: dict[str, Any], chance: random.Random) -> bytes:
    """Replace, remove or rename parts, or change bytes."""
    changed = copy.deepcopy(document)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        *way, last = chance.choice(list_places(changed))
        owner: Any = changed
        for name in way:
            owner = owner[name]
        kind = chance.randrange(8)
        if kind == 0:
            del owner[last]
        elif kind == 1 and isinstance(owner, dict):
            owner[chance.choice([LONE, "", "loss", "champion", "x"])] = owner.pop(last)
        else:
            owner[last] = copy.deepcopy(chance.choice(VALUES))
    content = json.dumps(changed).encode()
    if chance.randrange(10) == 0:
        place = chance.randrange(len(content))
        content = (
            content[:place] + chance.randbytes(chance.randrange(4)) + content[place:]
        )
    return content


def read_as_commands_do(content: bytes, key: bytes | None) -> StateDocument:
    written = parse_json(content, PATH)
    check_signature(written, PATH, key)
    return StateDocument.from_json(written, PATH)


@pytest.mark.parametrize("count", COUNTS)
def test_a_damaged_document_is_refused_or_can_be_written_again(
    trained: Path, count: int
) -> None:
    document = json.loads((trained / "runtime/data/data_state.json").read_bytes())
    chance = random.Random(10)  # noqa: S311  # no secret
    refused = 0
    for _ in range(count):
        content = damage(document, chance)
        try:
            read = read_as_commands_do(content, chance.choice([None, None, None, KEY]))
        except (StateFormatError, StateTamperedError):
            refused += 1
            continue
        again = read.finalize(None, KEY).serialize()
        assert read_as_commands_do(again, KEY).serialize() == again
    assert refused > count / 2


@pytest.mark.parametrize("count", [4, pytest.param(200, marks=pytest.mark.bench)])
def test_a_damaged_document_that_is_read_is_shown_and_trained_on(
    trained: Path, tmp_path: Path, count: int
) -> None:
    document = json.loads((trained / "runtime/data/data_state.json").read_bytes())
    chance = random.Random(11)  # noqa: S311  # no secret
    done = 0
    while done < count:
        content = damage(document, chance)
        try:
            read_as_commands_do(content, None)
        except PipelineError:
            continue
        done += 1
        root = tmp_path / str(done)
        shutil.copytree(trained, root)
        (root / "runtime/data/data_state.json").write_bytes(content)
        for command in (show, go_on):
            with contextlib.suppress(PipelineError):
                command(root)
        shutil.rmtree(root)


def show(root: Path) -> None:
    format_facts(describe_state(Store(root / "runtime"))).encode()


def go_on(root: Path) -> None:
    assert update(root, SETTINGS, {}) == 0
    assert update(root, SETTINGS, {}) == 0


# What was found by hand first; each ended in a traceback.
FOUND = {
    "NaN in the history": ("history", 1, "metric", "value", float("nan")),
    "an infinite metric": ("metric", "value", float("inf")),
    "no metrics": ("figures", {}),
    "no metrics of the baseline": ("figures", "baseline", None),
    "a signature that is no text": ("signature", 5),
    "a signature of half a character": ("signature", LONE),
    "a source of half a character": ("source", "name", LONE),
    "a count beyond any number": ("counters", "rows", 10**400),
    "a metric beyond any number": ("metric", "value", 10**400),
    "nested beyond what can be written": ("probe", {"said": VALUES[-1]}),
    "a task of another kind": ("task", "none"),
    "a mark before the file": ("source", "cursor", "files", {"f": None}),
}


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize("what", FOUND)
def test_each_fault_found_by_hand_is_refused(
    trained: Path, what: str, key: bytes | None
) -> None:
    document = json.loads((trained / "runtime/data/data_state.json").read_bytes())
    *way, last, value = FOUND[what]
    owner: Any = document
    for name in way:
        owner = owner[name]
    owner[last] = value
    if what == "a mark before the file":
        position = {"offset": 9, "records": 1, "end": None, "taken": 1, "stride": 1}
        owner[last] = {"f": {**position, "marks": [[-5, 3, "x"]]}}
    with pytest.raises((StateFormatError, StateTamperedError)):
        read_as_commands_do(json.dumps(document).encode(), key)


def test_a_key_that_is_no_text_is_a_key(trained: Path) -> None:
    key = get_signing_key({"PIPELINE_STATE_KEY": "\udcff\udcfe"})
    assert key == b"\xff\xfe"
    document = json.loads((trained / "runtime/data/data_state.json").read_bytes())
    document["signature"] = compute_signature(document, key)
    read = read_as_commands_do(serialize_json(document), key)
    assert read.to_json()["format"] == FORMAT
