"""X5.

Hostile, foreign, newer and unsigned states are refused before they are unpickled, and
nothing is overwritten.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from pipeline.cli import model_queries, queries
from pipeline.errors import (
    PipelineError,
    StateBusyError,
    StateFormatError,
    StateLibrariesError,
    StateMismatchError,
    StateTamperedError,
    StateWriteError,
)
from pipeline.prediction.loading import load_champion
from pipeline.settings import load
from pipeline.state.pickles import load_pickle
from pipeline.state.store import Store
from pipeline.state.verification import KEY_VARIABLE
from pipeline.training.update import update

KEY = {KEY_VARIABLE: "correct horse"}


def train(
    root: Path, environment: dict[str, str] | None = None, **flags: object
) -> dict[str, Any]:
    given = {"iterations": 1, "batch_rows": 300, "models": "sgd", **flags}
    update(root, load(root, {}, given), environment or {})
    summary = json.loads((root / "runtime/logs/summary.json").read_text())
    assert isinstance(summary, dict)
    return summary


def state(root: Path) -> dict[str, bytes]:
    folders = (root / "runtime/model", root / "runtime/data")
    return {
        str(path): path.read_bytes()
        for folder in folders
        for path in sorted(folder.glob("*"))
    }


def files(root: Path) -> set[str]:
    return {path.name for path in (root / "runtime/model").iterdir()}


def named(root: Path) -> set[str]:
    """What a state with one before it consists of."""
    document = Store(root / "runtime").read_document()
    assert document is not None
    previous = document.previous
    assert previous is not None
    champion = previous.files["best_model.pkl"].sha256[:16]
    return {
        "best_model.pkl",
        document.population,
        previous.population,
        f"previous-{champion}.pkl",
    }


def assert_refused(
    root: Path,
    expected: type[PipelineError],
    match: str,
    environment: dict[str, str] | None = None,
) -> None:
    before = state(root)
    with pytest.raises(expected, match=match) as caught:
        train(root, environment)
    assert caught.value.hint
    assert state(root) == before


class RunsCode:
    """What an attacker would put in place of a model."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return os.mkdir, (str(self.witness),)


def joblib_bytes(value: object) -> bytes:
    sink = io.BytesIO()
    joblib.dump(value, sink)
    return sink.getvalue()


def hostile(witness: Path) -> dict[str, bytes]:
    evil = RunsCode(witness)
    return {
        "plain pickle": pickle.dumps(evil),
        "joblib": joblib_bytes(evil),
        "inside a dict": joblib_bytes({"model": [evil]}),
        "inside an array of objects": joblib_bytes(np.array([evil], dtype=object)),
        "protocol 0": pickle.dumps(evil, protocol=0),
    }


def swap(root: Path, content: bytes, *, document: bool) -> None:
    """Put a pickle in place of both models, with a data state that fits where asked."""
    path = root / "runtime/data/data_state.json"
    facts = json.loads(path.read_text())
    for name in facts["files"]:
        (root / "runtime/model" / name).write_bytes(content)
        if document:
            facts["files"][name] = {
                "sha256": hashlib.sha256(content).hexdigest(),
                "bytes": len(content),
            }
    path.write_text(json.dumps(facts))


@pytest.mark.parametrize("kind", list(hostile(Path())))
@pytest.mark.parametrize("document", [False, True])
@pytest.mark.parametrize("key", [{}, KEY])
def test_a_pickle_that_runs_code_is_never_run(
    tmp_path: Path, kind: str, document: bool, key: dict[str, str]
) -> None:
    train(tmp_path, key)
    witness = tmp_path / "it ran"
    swap(tmp_path, hostile(witness)[kind], document=document)
    assert_refused(tmp_path, StateTamperedError, ".", key)
    for command in (model_queries.verify_state, load_champion):
        with pytest.raises(StateTamperedError):
            command(
                Store(tmp_path / "runtime", KEY[KEY_VARIABLE].encode() if key else None)
            )
    assert not witness.exists()


@pytest.mark.parametrize("kind", list(hostile(Path())))
def test_the_list_of_classes_alone_stops_it_too(tmp_path: Path, kind: str) -> None:
    witness = tmp_path / "it ran"
    with pytest.raises(StateTamperedError):
        load_pickle(hostile(witness)[kind], "model")
    assert not witness.exists()


@pytest.mark.parametrize(
    "content", [b"", b"\x80", b"not a pickle", b"\x80\x05.", b"(lp0\n"]
)
def test_bytes_that_are_no_pickle_are_said_to_be_none(content: bytes) -> None:
    with pytest.raises(StateTamperedError):
        load_pickle(content, "model")


def test_with_a_key_a_manifest_that_was_swapped_is_refused(tmp_path: Path) -> None:
    train(tmp_path, KEY)
    path = tmp_path / "runtime/data/data_state.json"
    path.write_text(path.read_text().replace('"rows": 300', '"rows": 299'))
    assert_refused(tmp_path, StateTamperedError, "not signed with the key", KEY)


def test_another_key_is_refused(tmp_path: Path) -> None:
    train(tmp_path, KEY)
    assert_refused(
        tmp_path,
        StateTamperedError,
        "not signed with the key",
        {KEY_VARIABLE: "another"},
    )


def test_an_unsigned_state_is_refused_once_a_key_is_set_until_it_is_signed(
    tmp_path: Path,
) -> None:
    train(tmp_path)
    assert_refused(tmp_path, StateTamperedError, "is not signed", KEY)
    Store(tmp_path / "runtime", KEY[KEY_VARIABLE].encode()).sign()
    assert train(tmp_path, KEY)["rows_total"] == 600


def test_an_empty_key_is_no_key(tmp_path: Path) -> None:
    train(tmp_path, {KEY_VARIABLE: ""})
    assert "signature" not in json.loads(
        (tmp_path / "runtime/data/data_state.json").read_text()
    )


@pytest.mark.parametrize(
    ("content", "expected", "match"),
    [
        ("", StateTamperedError, "no JSON"),
        ("{", StateTamperedError, "no JSON"),
        ("[]", StateFormatError, "names no format"),
        ("{}", StateFormatError, "names no format"),
        ('{"format": 99}', StateFormatError, "format 99"),
        ('{"format": 1}', StateFormatError, "lacks"),
        (
            '{"format": 1, "population": "../../x", "files": {}}',
            StateFormatError,
            "lacks",
        ),
    ],
)
def test_a_data_state_that_is_none_is_refused(
    tmp_path: Path, content: str, expected: type[PipelineError], match: str
) -> None:
    train(tmp_path)
    (tmp_path / "runtime/data/data_state.json").write_text(content)
    assert_refused(tmp_path, expected, match)


@pytest.mark.parametrize("missing", ["best_model.pkl", "population", "model"])
def test_a_data_state_whose_model_is_missing_is_refused(
    tmp_path: Path, missing: str
) -> None:
    train(tmp_path)
    for path in (tmp_path / "runtime/model").glob(
        "*" if missing == "model" else f"{missing}*"
    ):
        path.unlink()
    assert_refused(tmp_path, StateMismatchError, "which is not in")


def test_a_best_model_of_another_run_is_refused(tmp_path: Path) -> None:
    train(tmp_path / "one")
    train(tmp_path / "two", seed=7)
    shutil.copy(
        tmp_path / "two/runtime/model/best_model.pkl", tmp_path / "one/runtime/model"
    )
    assert_refused(tmp_path / "one", StateTamperedError, r"best_model\.pkl")


def test_other_libraries_are_refused_and_there_is_a_way_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = train(tmp_path)
    monkeypatch.setattr(
        "pipeline.state.compatibility.read_versions",
        lambda: {
            "python": "3.11",
            "numpy": "9.9",
            "scipy": "1",
            "scikit-learn": "1.0.2",
            "joblib": "1",
        },
    )
    with pytest.raises(
        StateLibrariesError, match=r"scikit-learn .* is now 1\.0\.2"
    ) as caught:
        train(tmp_path)
    assert "pip install" in caught.value.hint
    again = train(tmp_path, on_library_change="retrain")
    assert (again["rows_total"], again["parent_state_id"]) == (300, first["state_id"])


def test_two_trainings_at_once_do_not_share_a_state(tmp_path: Path) -> None:
    train(tmp_path)
    with Store(tmp_path / "runtime").lock(), pytest.raises(StateBusyError):
        train(tmp_path)


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO])
def test_a_write_that_fails_at_any_step_leaves_the_state_of_before_or_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    """Every fsync of a run fails once.

    The next run loads a state and ends where an undisturbed run ends.
    """
    train(tmp_path / "start")
    fsync, steps = os.fsync, 0
    for failing in range(1, 20):
        root = tmp_path / str(failing)
        shutil.copytree(tmp_path / "start", root)
        steps = 0

        def fails_once(handle: int, failing: int = failing) -> None:
            nonlocal steps
            steps += 1
            if steps == failing:
                raise OSError(reason, os.strerror(reason))
            fsync(handle)

        monkeypatch.setattr(os, "fsync", fails_once)
        with contextlib.suppress(StateWriteError):
            train(root)
        monkeypatch.setattr(os, "fsync", fsync)
        loaded = Store(root / "runtime").load()
        assert loaded is not None
        assert loaded.document.counters.rows in {300, 600}
        train(root, iterations=(600 - loaded.document.counters.rows) // 300 + 1)
        assert files(root) == named(root)
        if failing > steps:
            break
    assert failing > steps > 5


def test_a_runtime_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "runtime").write_text("a file")
    with pytest.raises(StateWriteError, match="runtime"):
        train(tmp_path)


def test_reset_removes_the_state_and_keeps_the_logs(tmp_path: Path) -> None:
    train(tmp_path)
    train(tmp_path)
    assert len(Store(tmp_path / "runtime").reset()) == 5
    assert not state(tmp_path)
    assert list((tmp_path / "runtime/logs").glob("*.log"))
    assert train(tmp_path)["started_from"] == "nothing"


def test_the_history_is_bounded_and_names_each_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.training.loop.HISTORY", 3)
    ids = [train(tmp_path)["state_id"] for _ in range(5)]
    history = queries.load_state(Store(tmp_path / "runtime")).document.history
    assert [run.parent_state_id for run in history] == ids[1:4]
    assert [run.rows for run in history] == [900, 1200, 1500]
