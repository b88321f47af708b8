"""The state document: what is read is written again byte for byte."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import StateFormatError
from pipeline.settings import load
from pipeline.state.document import (
    NO_ORIGIN,
    StateDocument,
    has_signature_of,
    parse_json,
    serialize_json,
)
from pipeline.training.update import update

KEY = b"correct horse"
PATH = Path("data_state.json")


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The document of two runs, signed, with the one before it."""
    root = tmp_path_factory.mktemp("trained")
    flags = {"models": "sgd", "batch_rows": 40, "iterations": 2}
    for _ in range(2):
        environment = {
            "PIPELINE_STATE_KEY": KEY.decode(),
            "GITHUB_REPOSITORY": "owner/name",
        }
        update(root, load(root, {}, flags), environment)
    return (root / "runtime/data/data_state.json").read_bytes()


def read(content: bytes) -> StateDocument:
    return StateDocument.from_json(parse_json(content, PATH), PATH)


def edit(content: bytes, **parts: object) -> bytes:
    return serialize_json({**json.loads(content), **parts})


def test_what_is_read_is_written_again_byte_for_byte(content: bytes) -> None:
    assert read(content).serialize() == content


def test_the_id_and_the_signature_are_those_of_the_content(content: bytes) -> None:
    document = read(content)
    again = document.finalize(document.parent_state_id, KEY, document.origin)
    assert again == document
    assert has_signature_of(document.to_json(), KEY)
    assert document.previous is not None
    assert has_signature_of(document.previous.to_json(), KEY)
    changed = document._replace(champion="other").finalize(None, KEY)
    assert changed.state_id != document.state_id
    assert document.unsign().sign(KEY, document.origin) == document


def test_runs_of_versions_that_named_no_parent_are_written_as_they_were(
    content: bytes,
) -> None:
    history: list[dict[str, Any]] = json.loads(content)["history"]
    for run in history:
        del run["from"]
    old = edit(content, history=history)
    assert read(old).serialize() == old


def test_a_document_of_format_1_has_neither_predictions_nor_a_previous_state(
    tmp_path: Path,
) -> None:
    with tarfile.open(Path(__file__).with_name("state_format_1.tar.gz")) as archive:
        archive.extractall(tmp_path, filter="data")
    old = (tmp_path / "runtime/data/data_state.json").read_bytes()
    document = read(old)
    assert document.probe is None
    assert document.previous is None
    written = {**json.loads(old), "format": 2, "probe": None, "previous": None}
    assert document.to_json() == written


@pytest.mark.parametrize("name", StateDocument._fields)
def test_every_part_must_be_there(content: bytes, name: str) -> None:
    key = {"metrics": "figures"}.get(name, name)
    parts = json.loads(content)
    del parts[key]
    # Of signed states, and of those signed on GitHub.
    absent = {"signature": None, "origin": NO_ORIGIN}
    if name in absent:
        assert getattr(read(serialize_json(parts)), name) == absent[name]
        return
    with pytest.raises(StateFormatError, match="lacks parts"):
        read(serialize_json(parts))


def test_a_previous_state_that_holds_one_of_its_own_is_refused(content: bytes) -> None:
    parts = json.loads(content)
    nested = {**parts["previous"], "previous": parts["previous"]}
    with pytest.raises(StateFormatError, match="lacks parts"):
        read(edit(content, previous=nested))
